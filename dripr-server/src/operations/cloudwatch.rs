//! Figures as CloudWatch takes them out of a log: the Embedded Metric Format
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>). One line
//! of JSON has all of them; nobody calls AWS.

use std::{
    collections::BTreeMap,
    io::Write as _,
    sync::{Mutex, PoisonError},
};

use serde_json::{Map, Value, json};

use super::{
    figures::Figures,
    metric::{CloudWatch, Metric, Unit},
    metrics::{self, Sink},
};

/// So many metrics a directive may have; a line may have several directives.
const MOST_OF_A_DIRECTIVE: usize = 100;

/// Who tells CloudWatch what of figures.
pub(super) struct Teller {
    namespace: String,
    /// Whether it also tells what is the same in all processes.
    tells_shared: bool,
    /// What was counted when the line before was made, by name.
    counted: Mutex<BTreeMap<String, f64>>,
}

impl Teller {
    pub(super) fn new(namespace: String, tells_shared: bool) -> Self {
        Self { namespace, tells_shared, counted: Mutex::default() }
    }

    /// The line that tells figures. What is told of a process's own counts since the line before is told once, whether anybody reads
    /// it or not.
    pub(super) fn line(&self, figures: &Figures) -> String {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let mut told = Told {
            tells_shared: self.tells_shared,
            counted: &mut counted,
            metrics: Vec::new(),
            values: Map::new(),
        };
        metrics::say(&mut told, figures);
        let Told { metrics, values, .. } = told;
        let directive = |metrics: &[Value]| {
            let dimensions = [["Service"]];
            json!({ "Namespace": self.namespace, "Dimensions": dimensions, "Metrics": metrics })
        };
        let directives: Vec<Value> = metrics.chunks(MOST_OF_A_DIRECTIVE).map(directive).collect();
        let head = json!({ "Timestamp": figures.at.timestamp_millis(), "CloudWatchMetrics": directives });
        let mut line = Map::new();
        line.insert("_aws".to_owned(), head);
        line.insert("Service".to_owned(), "dripr".into());
        line.extend(values);
        Value::Object(line).to_string()
    }
}

/// What a line tells.
struct Told<'a> {
    tells_shared: bool,
    counted: &'a mut BTreeMap<String, f64>,
    metrics: Vec<Value>,
    values: Map<String, Value>,
}

impl Told<'_> {
    fn tell(&mut self, name: String, unit: Unit, value: f64) {
        self.metrics.push(json!({ "Name": name, "Unit": unit.as_str() }));
        // Things are counted in whole numbers, which are no larger than a float has them exactly.
        let value = if unit == Unit::Count { Value::from(value as u64) } else { Value::from(value) };
        self.values.insert(name, value);
    }
}

impl Sink for Told<'_> {
    fn say(&mut self, metric: &Metric, values: Vec<metrics::Value<'_>>) {
        match metric.cloudwatch {
            CloudWatch::Shared(name, unit) if self.tells_shared => {
                for (of, value) in values {
                    if let Some(value) = value {
                        self.tell(named(name, &of), unit, value);
                    }
                }
            }
            CloudWatch::Largest(name, unit) if self.tells_shared => {
                // Where one cannot be told, the zeros of the others would say that nothing is.
                let all: Option<Vec<f64>> = values.into_iter().map(|(_, value)| value).collect();
                if let Some(largest) = all.and_then(|all| all.into_iter().reduce(f64::max)) {
                    self.tell(name.to_owned(), unit, largest);
                }
            }
            CloudWatch::Added(name, unit) => {
                for (of, value) in values {
                    let Some(value) = value else { continue };
                    let name = named(name, &of);
                    let before = self.counted.insert(name.clone(), value).unwrap_or_default();
                    self.tell(name, unit, (value - before).max(0.0));
                }
            }
            CloudWatch::Shared(..) | CloudWatch::Largest(..) | CloudWatch::LeftOut(_) => {}
        }
    }
}

/// The name of a metric for some values of its labels.
fn named(name: &str, of: &[&str]) -> String {
    std::iter::once(name).chain(of.iter().copied()).collect::<Vec<_>>().join(".")
}

/// Prints a line on stdout, without keeping others from their work if nobody reads it.
pub(super) async fn print(line: String) {
    let printed = tokio::task::spawn_blocking(move || {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{line}").and_then(|()| out.flush())
    });
    match printed.await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "CloudWatch could not be told"),
        Err(error) => tracing::warn!(%error, "CloudWatch could not be told"),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, time::Duration};

    use dripr_adapters::layers::Spent;
    use dripr_core::{
        alerts::Rejected,
        events::Queue,
        ports::{CameBack, Standing},
        safeguards::Complaints,
        schedule::Instant,
    };

    use super::{
        super::{figures::Stored, metric},
        *,
    };

    fn figures(queues: Vec<(Queue, Standing)>) -> Figures {
        Figures {
            at: "2026-03-12T15:00:00Z".parse().unwrap(),
            took: Duration::ZERO,
            queues: Some(queues),
            stored: None,
            calls: Vec::new(),
            spending: Vec::new(),
            told: Vec::new(),
            incoming: Vec::new(),
            paused: None,
        }
    }

    fn read(line: &str) -> Value {
        serde_json::from_str(line).unwrap()
    }

    fn told(queues: Vec<(Queue, Standing)>) -> Value {
        read(&Teller::new("Dripr".to_owned(), true).line(&figures(queues)))
    }

    #[test]
    fn the_oldest_delivery_is_told_only_where_every_queue_with_deliveries_can_tell() {
        let since: Instant = "2026-03-12T14:50:00Z".parse().unwrap();
        let empty = Standing::default();
        let known = Standing { waiting: 3, waiting_since: Some(since), ..Standing::default() };
        // As SQS has it.
        let unknown = Standing { waiting: 3, waiting_since: None, ..Standing::default() };
        let of = |intro, sending| told(vec![(Queue::Intro, intro), (Queue::EmailSending, sending)]);
        assert_eq!(of(empty, known)["QueueOldest"], 600.0);
        assert_eq!(of(empty, empty)["QueueOldest"], 0.0);
        for line in [of(empty, unknown), of(unknown, known)] {
            assert_eq!(line.get("QueueOldest"), None, "{line}");
        }
        assert_eq!(of(empty, unknown)["QueueDepth.email_sending"], 3);
    }

    #[test]
    fn what_a_process_counts_is_told_once_and_what_all_share_by_those_that_are_to() {
        let mut now = figures(vec![(Queue::Intro, Standing::default())]);
        now.paused = Some(vec!["nothing comes back".to_owned()]);
        now.told = vec![("taken", 3)];
        let (cron, other) = (Teller::new("D".to_owned(), true), Teller::new("D".to_owned(), false));
        let (shared, own) = (read(&cron.line(&now)), read(&other.line(&now)));
        assert_eq!((&shared["MailPaused"], &shared["WebhookAttempts.taken"]), (&json!(1), &json!(3)));
        assert_eq!((own.get("MailPaused"), &own["WebhookAttempts.taken"]), (None, &json!(3)));
        assert_eq!((own.get("QueueDepth.intro"), own.get("QueueOldest")), (None, None));
        now.told = vec![("taken", 5), ("failed", 1)];
        let own = read(&other.line(&now));
        assert_eq!((&own["WebhookAttempts.taken"], &own["WebhookAttempts.failed"]), (&json!(2), &json!(1)));
        let still = read(&other.line(&now));
        assert_eq!(still["WebhookAttempts.taken"], 0);
        assert_eq!(still["WebhooksRejected.clerk"], 0, "there is something to alarm on where all is well");
    }

    /// Figures of which every metric is made.
    fn everything() -> Figures {
        let stored = Stored {
            campaigns: BTreeMap::new(),
            stuck: 0,
            emails: BTreeMap::new(),
            came_back: CameBack { bounced: 0, complained: 0 },
            complaints: Complaints { sent: 1000, complained: 1 },
            suppressed: BTreeMap::new(),
            webhooks: (0, None),
            webhooks_off: Vec::new(),
        };
        Figures {
            stored: Some(stored),
            calls: vec![("postmark", "send", Default::default())],
            spending: vec![("openai", Spent { microdollars: Some(1), ..Spent::default() })],
            incoming: vec![("stripe", Rejected::default())],
            paused: Some(Vec::new()),
            ..figures(Queue::ALL.map(|queue| (queue, Standing::default())).to_vec())
        }
    }

    /// The metrics that are left out for CloudWatch, all of them. One more needs a reason that whoever watches by it can live with.
    const LEFT_OUT: [&str; 8] = [
        "dripr_build_info",
        "process_start_time_seconds",
        "dripr_ready",
        "dripr_gathered",
        "dripr_gathering_seconds",
        "dripr_emails",
        "dripr_emails_complained_total",
        "dripr_provider_seconds_total",
    ];

    #[test]
    fn every_metric_is_told_or_left_out_for_a_reason() {
        let line = read(&Teller::new("Dripr".to_owned(), true).line(&everything()));
        let mut left_out = Vec::new();
        for metric in metric::ALL {
            let (name, is_single) = match metric.cloudwatch {
                CloudWatch::Shared(name, _) | CloudWatch::Added(name, _) => (name, metric.labels.is_empty()),
                CloudWatch::Largest(name, _) => (name, true),
                CloudWatch::LeftOut(why) => {
                    assert!(why.len() > 20, "{} is left out: {why:?}", metric.name);
                    left_out.push(metric.name);
                    continue;
                }
            };
            let told = line.as_object().unwrap().keys().filter(|told| match told.split_once('.') {
                None => is_single && *told == name,
                Some((told, _)) => !is_single && told == name,
            });
            assert!(told.count() > 0, "{} is not told as {name}", metric.name);
        }
        assert_eq!(left_out, LEFT_OUT);
        assert_eq!(line["ComplaintRatio"], 0.001);
        assert_eq!(line["ProviderCalls.postmark.send"], 0);
    }

    #[test]
    fn every_metric_of_a_line_is_declared_and_no_directive_has_too_many() {
        let providers = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"];
        let calls = providers.into_iter().flat_map(|provider| {
            ["intro", "send", "listings"].map(|question| (provider, question, Default::default()))
        });
        let line = read(
            &Teller::new("Dripr".to_owned(), true).line(&Figures { calls: calls.collect(), ..everything() }),
        );
        let directives = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
        assert!(directives.len() > 1);
        let mut declared = BTreeSet::new();
        for directive in directives {
            let metrics = directive["Metrics"].as_array().unwrap();
            assert!(metrics.len() <= 100);
            declared.extend(metrics.iter().map(|metric| metric["Name"].as_str().unwrap()));
        }
        let mut told: BTreeSet<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert!(told.remove("_aws") && told.remove("Service"));
        assert_eq!(declared, told);
    }
}
