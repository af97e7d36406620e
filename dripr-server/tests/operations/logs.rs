//! What is said in logs: who can be found by it, and who cannot.

use std::{
    io::Write,
    path::Path,
    sync::{Arc, Mutex, OnceLock},
};

use dripr_core::{
    campaign::{Action, Actor},
    ids::CampaignId,
    ports::{AgentStore, CampaignStore, Clock},
    testkit::samples,
};
use dripr_server::{
    config::{Config, log::Log},
    http,
};
use serde_json::Value;
use tracing_subscriber::{fmt::MakeWriter, layer::SubscriberExt, util::SubscriberInitExt};

use crate::stage::{CONFIG, Stage, client, serve};

/// What stands in everything that is somebody's own.
const MARK: &str = "Quixotry";
const CAMPAIGN: &str = "hostile-1";

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn log(lines: &str) -> Log {
    Config::parse(&format!("{CONFIG}[log]\n{lines}\n"), Path::new(""), &|_| None).unwrap().log
}

/// All that is said by this process, as text and as JSON.
fn said() -> &'static (Lines, Lines) {
    static SAID: OnceLock<(Lines, Lines)> = OnceLock::new();
    SAID.get_or_init(|| {
        let (text, json) = (Lines::default(), Lines::default());
        tracing_subscriber::registry()
            .with(log("filter = \"debug\"").layer(text.clone()))
            .with(log("filter = \"debug\"\nformat = \"json\"").layer(json.clone()))
            .init();
        (text, json)
    })
}

/// Somebody whose every word means something to somebody.
fn hostile(word: &str) -> String {
    format!("{word}{MARK}\"\n\u{1b}[31m{{}} %s \u{202e}<b>'; DROP TABLE users; --")
}

#[tokio::test]
async fn a_day_of_hostile_names_leaves_no_personal_data_and_no_secrets_in_the_log() {
    let (text, json) = said();
    let stage = Stage::new(0, "").await;
    let mut agent = samples::agent("hostile", stage.clock.now()).unwrap();
    (agent.first_name, agent.last_name) = (hostile("A"), hostile("B"));
    (agent.brokerage, agent.phone) = (Some(hostile("C")), Some(hostile("D")));
    agent.email = format!("agent.{MARK}@brokerage.example").parse().unwrap();
    agent.postal_address = format!("1 {MARK} Street, Seattle WA 98101");
    stage
        .deployment
        .store
        .register(agent.clone(), samples::user_created(&agent), Actor::Operator)
        .await
        .unwrap();
    let mut new = Vec::new();
    for n in 1..=4 {
        let mut one = samples::campaign(&agent, n, "98103", 12, stage.clock.now()).unwrap();
        (one.contact.first_name, one.contact.last_name) = (hostile("E"), hostile("F"));
        one.contact.email = format!("{MARK}{n}@home.example").parse().unwrap();
        if let Some(home) = &mut one.campaign.home {
            home.street = format!("{n} {}", hostile("G"));
        }
        new.push(one);
    }
    stage.dripr.enrol(new).await.unwrap();
    stage.until("2026-03-11T16:00:00Z").await;
    // What people do by links, links that are none, and what is refused.
    let id: CampaignId = CAMPAIGN.parse().unwrap();
    let by = Actor::User("hostile".parse().unwrap());
    for action in [Action::EditIntro { of: None, text: Some(hostile("H")) }, Action::Retry] {
        // Whether it is done or refused.
        let _ = stage.dripr.command(&id, by.clone(), action).await;
    }
    stage.until("2026-03-13T12:00:00Z").await;
    let sent = stage.mailbox.accepted();
    assert!(!sent.is_empty());
    let base = serve(http::router(&stage.deployment, &stage.operations).unwrap()).await;
    let link = sent[0].message.opt_out_link.clone().unwrap();
    let path = link.strip_prefix("http://reports.example").unwrap().to_owned();
    let tag = path.rsplit('/').next().unwrap();
    for (path, name) in
        [(path.clone(), None), (format!("/o/{MARK}/1/0"), None), (format!("/{MARK}"), Some("a-1"))]
    {
        let request = client().post(format!("{base}{path}?name={MARK}")).header("cookie", MARK);
        let request = match name {
            Some(name) => request.header("x-request-id", name),
            None => request.header("x-request-id", format!("{MARK} {MARK}")),
        };
        let answer = request.send().await.unwrap();
        let id = answer.headers()["x-request-id"].to_str().unwrap();
        match name {
            Some(name) => assert_eq!(id, name),
            None => assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}"),
        }
    }
    let dossier =
        stage.deployment.store.load(&[sent[0].campaign_id.clone().unwrap()]).await.unwrap().remove(0);
    assert!(dossier.unwrap().suppression.is_some(), "the link opted them out");

    for log in [text.text(), json.text()] {
        for secret in [MARK, &MARK.to_lowercase(), "a key for tests only", tag] {
            let found = log.lines().find(|line| line.contains(secret));
            assert_eq!(found, None, "{secret} stands in the log");
        }
        assert!(!log.contains('\u{1b}') || !log.contains("DROP TABLE"));
    }
    let lines: Vec<Value> = json.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |wanted: &dyn Fn(&Value) -> bool| lines.iter().any(wanted);
    let in_span = |line: &Value, name: &str, field: &str, value: &str| {
        let spans = line["spans"].as_array();
        spans.is_some_and(|spans| spans.iter().any(|span| span["name"] == name && span[field] == value))
    };
    assert!(of(&|line| in_span(line, "request", "request_id", "a-1") && line["message"] == "answered"));
    assert!(text.text().contains("request_id=\"a-1\""), "{}", text.text());
}

/// A provider that fails, so that something is said about each delivery.
#[tokio::test]
async fn what_is_said_about_a_delivery_names_its_campaign_and_its_event() {
    let (text, json) = said();
    let stage = Stage::failing(1, "").await;
    stage.until("2026-03-11T15:30:00Z").await;
    let lines: Vec<Value> = json.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let failed = lines
        .iter()
        .find(|line| line["message"] == "an operation failed" && line["campaign_id"] == "failing-1")
        .unwrap();
    let span = failed["spans"].as_array().unwrap().last().unwrap();
    assert_eq!((&span["name"], &span["campaign_id"]), (&"delivery".into(), &"failing-1".into()));
    assert!(span["event_id"].as_str().is_some_and(|id| !id.is_empty()), "{failed}");
    assert!(span["queue"].is_string() && failed["timestamp"].is_string() && failed["level"] == "INFO");
    let text = text.text();
    let line = text.lines().find(|line| line.contains("an operation failed")).unwrap();
    assert!(line.contains("campaign_id=\"failing-1\"") && line.contains("event_id="), "{line}");
}
