//! `/metrics`, read by a parser that is not ours.

use std::{collections::BTreeSet, sync::Arc};

use chrono::TimeDelta;
use dripr_core::{
    campaign::Actor,
    content::{Author, LocalMarket, Usage, Words},
    email::{Suppression, SuppressionCause},
    errors::PortResult,
    feedback::{Bounce, BounceKind, Feedback, Happening, take},
    guard::Objection,
    ports::{
        Allowance, CampaignStore, Clock, ContactStore, EmailFilter, EmailStore, EventQueue, HomeReportFacts,
        IntroFacts, LlmWriter,
    },
};
use dripr_server::operations::metric;
use prometheus_parse::{Scrape, Value};

use crate::stage::{Stage, get, serve};

/// What is exposed now.
struct Exposed(Scrape);

impl Exposed {
    async fn at(base: &str) -> Self {
        let shown = get(&format!("{base}/metrics")).await;
        assert_eq!(shown.status, 200);
        assert_eq!(shown.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
        let lines = shown.text.lines().map(|line| Ok(line.to_owned()));
        Self(Scrape::parse(lines).unwrap())
    }

    /// The value of a metric whose labels have these values.
    fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let mut found = self.0.samples.iter().filter(|sample| {
            sample.metric == name && labels.iter().all(|(label, is)| sample.labels.get(label) == Some(*is))
        });
        let sample = found.next()?;
        assert!(found.next().is_none(), "{name} {labels:?} stands twice");
        match sample.value {
            Value::Counter(value) | Value::Gauge(value) => Some(value),
            ref other => panic!("{name} is {other:?}"),
        }
    }

    fn names(&self) -> BTreeSet<&str> {
        self.0.samples.iter().map(|sample| sample.metric.as_str()).collect()
    }
}

/// After what was gathered is not kept any more.
fn pass(stage: &Stage) {
    stage.clock.set(stage.clock.now() + TimeDelta::seconds(5));
}

#[tokio::test]
async fn a_deployment_shows_how_it_stands() {
    let stage = Stage::new(3, "").await;
    let base = serve(stage.operations.routes()).await;
    let before = Exposed::at(&base).await;
    assert_eq!(before.value("dripr_campaigns", &[("status", "DORMANT")]), Some(3.0));
    assert_eq!(before.value("dripr_emails_sent_total", &[]), Some(0.0));
    assert_eq!(before.value("dripr_complaint_ratio", &[]), None, "of no emails there is no ratio");
    assert_eq!(before.value("dripr_build_info", &[("version", env!("CARGO_PKG_VERSION"))]), Some(1.0));
    let started = before.value("process_start_time_seconds", &[]);
    assert_eq!(
        started,
        Some("2026-03-01T12:00:00Z".parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp() as f64)
    );

    stage.until("2026-03-13T12:00:00Z").await;
    let store = &stage.deployment.store;
    let emails = store.emails(&EmailFilter::default(), None, 10).await.unwrap();
    let bounce = Bounce { kind: BounceKind::FullMailbox, detail: "4.2.2".to_owned() };
    for (id, what) in [("b", Happening::Bounced(bounce)), ("c", Happening::Complained)] {
        let email_id = emails[0].id.clone();
        let feedback =
            Feedback { id: id.parse().unwrap(), email_id, recipient: None, at: stage.clock.now(), what };
        take(&**store, &stage.deployment.desk(), feedback).await.unwrap();
    }
    let dossier = store.load(&[emails[1].campaign_id.clone()]).await.unwrap().remove(0).unwrap();
    let (user_id, address) = (dossier.agent.id.clone(), dossier.contact.email.clone());
    let suppression = Suppression {
        user_id,
        address,
        cause: SuppressionCause::OptOut,
        since: stage.clock.now(),
        carried_from: None,
    };
    store.suppress(suppression, Actor::System).await.unwrap();
    let exposed = Exposed::at(&base).await;
    for (name, labels, value) in [
        ("dripr_emails_sent_total", &[][..], 3.0),
        ("dripr_emails", &[("delivery_status", "COMPLETE")], 3.0),
        ("dripr_emails_held", &[], 0.0),
        ("dripr_emails_bounced_total", &[], 1.0),
        ("dripr_emails_complained_total", &[], 1.0),
        ("dripr_suppressed_addresses", &[("cause", "complaint")], 1.0),
        ("dripr_suppressed_addresses", &[("cause", "opt_out")], 1.0),
        ("dripr_suppressed_addresses", &[("cause", "hard_bounce")], 0.0),
        ("dripr_complaint_ratio", &[], 1.0 / 3.0),
        ("dripr_complaints", &[], 1.0),
        ("dripr_campaigns_stuck", &[], 0.0),
        ("dripr_queue_waiting", &[("queue", "email_sending")], 0.0),
        ("dripr_gathered", &[("part", "store")], 1.0),
        ("dripr_ready", &[], 1.0),
    ] {
        assert_eq!(exposed.value(name, labels), Some(value), "{name} {labels:?}");
    }
}

#[tokio::test]
async fn what_waits_what_was_parked_and_what_is_stuck_is_seen() {
    let stage = Stage::new(2, "").await;
    let base = serve(stage.operations.routes()).await;
    stage.until("2026-03-11T14:00:00Z").await;
    // The day of preparation comes, and one tick announces the work that nobody takes up.
    stage.clock.set("2026-03-11T15:00:00Z".parse().unwrap());
    let store = &stage.deployment.store;
    let ids: Vec<_> = store.due(stage.clock.now(), 10).await.unwrap();
    let tick = |id: &dripr_core::ids::CampaignId| dripr_core::campaign::Command {
        campaign_id: id.clone(),
        actor: Actor::System,
        action: dripr_core::campaign::Action::Tick,
        desk: stage.deployment.desk(),
    };
    store.execute(ids.iter().map(tick).collect()).await.unwrap();
    let queue = dripr_core::events::Queue::Intro;
    stage.clock.set("2026-03-11T15:00:40Z".parse().unwrap());
    let lease = std::time::Duration::from_secs(300);
    let taken = store.receive(queue, 1, stage.clock.now(), lease).await.unwrap().remove(0);
    store.settle(vec![taken.park("for a test")], stage.clock.now()).await.unwrap();
    let exposed = Exposed::at(&base).await;
    let of_intro = [("queue", queue.as_str())];
    assert_eq!(exposed.value("dripr_queue_waiting", &of_intro), Some(1.0));
    assert_eq!(exposed.value("dripr_queue_dead_letters", &of_intro), Some(1.0));
    assert_eq!(exposed.value("dripr_queue_oldest_seconds", &of_intro), Some(40.0));
    assert_eq!(exposed.value("dripr_campaigns_stuck", &[]), Some(0.0));
    // Nobody looks at them although their lease is over, and two looks should have come.
    let deadline = store.next_due().await.unwrap().unwrap();
    stage.clock.set(deadline + TimeDelta::seconds(420));
    assert_eq!(Exposed::at(&base).await.value("dripr_campaigns_stuck", &[]), Some(0.0));
    pass(&stage);
    assert_eq!(Exposed::at(&base).await.value("dripr_campaigns_stuck", &[]), Some(2.0));
}

#[tokio::test]
async fn where_nobody_ever_looked_at_new_campaigns_they_are_stuck() {
    let stage = Stage::new(2, "").await;
    let stuck = async || stage.operations.figures().await.unwrap().stored.as_ref().unwrap().stuck;
    assert_eq!(stuck().await, 0);
    let later = |seconds| stage.clock.set(stage.clock.now() + TimeDelta::seconds(seconds));
    later(420);
    assert_eq!(stuck().await, 0, "a lease and two looks");
    later(30);
    assert_eq!(stuck().await, 2);
    // One look, and they are planned.
    stage.dripr.step().await.unwrap();
    later(30);
    assert_eq!(stuck().await, 0);
}

#[tokio::test]
async fn scraping_often_gathers_no_more_often_and_a_part_that_fails_is_left_out() {
    let stage = Stage::new(1, "").await;
    let base = serve(stage.operations.routes()).await;
    let first = stage.operations.figures().await.unwrap();
    Exposed::at(&base).await;
    assert!(Arc::ptr_eq(&first, &stage.operations.figures().await.unwrap()));
    pass(&stage);
    assert!(!Arc::ptr_eq(&first, &stage.operations.figures().await.unwrap()));
    stage.deployment.close().await;
    pass(&stage);
    let exposed = Exposed::at(&base).await;
    assert_eq!(exposed.value("dripr_gathered", &[("part", "store")]), Some(0.0));
    assert_eq!(exposed.value("dripr_gathered", &[("part", "queues")]), Some(0.0));
    assert_eq!(exposed.value("dripr_ready", &[]), Some(0.0));
    assert!(!exposed.names().contains("dripr_campaigns") && exposed.names().contains("dripr_build_info"));
}

/// A writer whose texts cost something.
struct Dear;

#[async_trait::async_trait]
impl LlmWriter for Dear {
    async fn intro(&self, _: &IntroFacts, _: &[Objection], _: &Allowance) -> PortResult<Words> {
        let usage = Usage { input_tokens: 100, output_tokens: 20, microdollars: Some(1_500_000) };
        Ok(Words { usage: Some(usage), ..Words::new("x", Author::Model("m".to_owned())) })
    }

    async fn home_report(&self, _: &HomeReportFacts, _: &[Objection], _: &Allowance) -> PortResult<Words> {
        Ok(Words::new("x", Author::Composed))
    }
}

#[tokio::test]
async fn providers_and_what_models_cost_are_counted_and_every_metric_is_shown_as_it_is_declared() {
    let stage = Stage::new(1, "").await;
    stage.until("2026-03-13T12:00:00Z").await;
    let metrics = &stage.deployment.metrics;
    let (writer, clock) = (Arc::new(Dear), stage.clock.clone());
    let meter = dripr_adapters::layers::Meter::new("openai", clock, metrics.clone());
    let layered = Arc::new(dripr_adapters::layers::Layered::new(writer, meter));
    let counted = dripr_adapters::layers::Spending::new("openai", layered, metrics.clone());
    let zip = "98103".parse().unwrap();
    let market = LocalMarket { statistics: None, mortgage_rate: None };
    let facts = IntroFacts { zip_code: zip, has_home: true, as_of: "2026-03-12".parse().unwrap(), market };
    for _ in 0..2 {
        counted.intro(&facts, &[], &Allowance::unlimited()).await.unwrap();
    }
    let base = serve(stage.operations.routes()).await;
    let exposed = Exposed::at(&base).await;
    let of = [("provider", "openai"), ("question", "intro")];
    assert_eq!(exposed.value("dripr_provider_calls_total", &of), Some(2.0));
    assert_eq!(exposed.value("dripr_provider_failures_total", &of), Some(0.0));
    assert_eq!(exposed.value("dripr_model_input_tokens_total", &of[..1]), Some(200.0));
    assert_eq!(exposed.value("dripr_model_output_tokens_total", &of[..1]), Some(40.0));
    assert_eq!(exposed.value("dripr_model_cost_dollars_total", &of[..1]), Some(3.0));

    assert_eq!(exposed.value("dripr_mail_paused", &[]), Some(0.0));
    assert_eq!(exposed.value("dripr_webhooks_rejected_total", &[("from", "clerk")]), Some(0.0));

    let declared: BTreeSet<&str> = metric::ALL.iter().map(|metric| metric.name).collect();
    assert_eq!(exposed.names(), declared);
    for sample in &exposed.0.samples {
        let metric = metric::ALL.iter().find(|metric| metric.name == sample.metric).unwrap();
        let labels: BTreeSet<&str> = sample.labels.keys().map(String::as_str).collect();
        assert_eq!(labels, metric.labels.iter().copied().collect(), "{}", metric.name);
        assert_eq!(exposed.0.docs.get(metric.name).map(String::as_str), Some(metric.help));
        let is_counter = matches!(sample.value, Value::Counter(_));
        assert_eq!(is_counter, metric.kind == metric::Kind::Counter, "{}", metric.name);
        assert_eq!(is_counter, metric.name.ends_with("_total"), "{}", metric.name);
    }
}
