//! The queues of a deployment, looked at from the command line: in SQS, as moto imitates it, and in a real Redis.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "the real program runs on the real clock")]

#[path = "../../dripr-adapters/tests/sns_sqs/service.rs"]
mod service;

use std::{
    collections::BTreeMap,
    fs,
    process::{Command, Output, Stdio},
    time::{Duration, SystemTime},
};

use dripr_adapters::redis::{Redis, RedisOptions, RedisQueue};
use dripr_core::{
    campaign::CampaignStatus,
    events::{Event, Queue, StatusChanged},
    ids::CampaignId,
    ports::{EventBus, EventQueue},
};
use serde_json::{Value, json};

/// A configuration in a folder of its own, and an environment.
struct Program {
    folder: tempfile::TempDir,
    environment: BTreeMap<String, String>,
}

impl Program {
    fn configured(sections: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "[public]\nurl = \"https://reports.example\"\nopt_out_key = \"a key that is long enough\"\n[data]\nsales = \"sales.csv\"\n{sections}"
        );
        fs::write(folder.path().join("dripr.toml"), config).unwrap();
        fs::write(folder.path().join("sales.csv"), "").unwrap();
        let environment = BTreeMap::from([
            ("AWS_ACCESS_KEY_ID".to_owned(), "key".to_owned()),
            ("AWS_SECRET_ACCESS_KEY".to_owned(), "s3cr3t".to_owned()),
        ]);
        Self { folder, environment }
    }

    fn output(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_dripr"))
            .args(args)
            .current_dir(self.folder.path())
            .envs(&self.environment)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    fn told(&self, args: &[&str]) -> String {
        let output = self.output(args);
        assert!(output.status.success(), "dripr {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn refused(&self, args: &[&str]) -> String {
        let output = self.output(args);
        assert!(!output.status.success(), "dripr {args:?}: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).unwrap()
    }

    /// Waiting, hidden and parked, of a queue.
    fn standing(&self, queue: &str) -> (u64, u64, u64) {
        let all: Value = serde_json::from_str(&self.told(&["queues", "--json"])).unwrap();
        let rows = all.as_array().unwrap();
        assert_eq!(rows.len(), Queue::ALL.len());
        let row = rows.iter().find(|row| row["queue"] == queue).unwrap();
        let count = |name: &str| row[name].as_u64().unwrap();
        (count("waiting"), count("hidden"), count("parked"))
    }

    fn parked(&self, queue: &str) -> Vec<Value> {
        serde_json::from_str(&self.told(&["queues", "parked", queue, "--json", "--messages"])).unwrap()
    }
}

#[test]
fn what_aws_needs_is_made_and_its_queues_are_looked_at() {
    let nanos = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos();
    let region = format!("server-{}", nanos % 1_000_000_000);
    let section = format!(
        "[queues]\nplace = \"aws\"\n[aws]\nregion = \"{region}\"\nendpoint = \"http://127.0.0.1:{}\"\ntimeout_seconds = 60\n",
        service::port()
    );
    let mut program = Program::configured(&section);
    assert!(program.refused(&["queues", "--in", "aws"]).contains("aws.queues"));
    let dry = program.told(&["aws", "provision", "--suffix", "-dev", "--dry-run"]);
    assert!(dry.contains("would make the topic dripr-campaign-events-topic-dev\n"), "{dry}");
    assert!(!dry.contains('='), "there is nothing to be told yet: {dry}");
    let made = program.told(&["aws", "provision", "--suffix", "-dev"]);
    assert!(made.contains("\nmake the queue dripr-intro-queue-dev-dlq\n"), "{made}");
    let lines = made.lines().filter_map(|line| line.split_once('='));
    let variables = lines.filter(|(name, _)| name.starts_with("SNS_") || name.starts_with("SQS_"));
    program.environment.extend(variables.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(program.environment.len(), 2 + 2 + Queue::ALL.len());
    let again = program.told(&["aws", "provision", "--suffix", "-dev"]);
    assert!(again.starts_with("everything is as it should be\n"), "{again}");
    let checked = program.told_of_aws();
    assert!(
        checked.iter().any(|line| line.starts_with("the queues in SQS") && line.ends_with("works")),
        "{checked:?}"
    );
    assert!(
        checked.iter().any(|line| line.starts_with("the topics in SNS") && line.ends_with("works")),
        "{checked:?}"
    );

    assert_eq!(program.standing("intro"), (0, 0, 0));
    let dead = format!("{}-dlq", program.environment["SQS_INTRO_QUEUE_URL"]);
    for body in ["one\u{1b}[31m", "two", "three"] {
        let scope = format!(
            "AWS4-HMAC-SHA256 Credential=key/20260101/{region}/sqs/aws4_request, SignedHeaders=host, Signature=0"
        );
        let headers = [
            ("X-Amz-Target", "AmazonSQS.SendMessage"),
            ("Content-Type", "application/x-amz-json-1.0"),
            ("Authorization", scope.as_str()),
        ];
        service::ask("POST", "/", &headers, &json!({"QueueUrl": dead, "MessageBody": body}).to_string());
    }
    assert_eq!(program.standing("intro"), (0, 0, 3));
    let shown = program.told(&["queues", "parked", "intro", "--messages"]);
    assert!(shown.ends_with("3 are parked\n") && !shown.contains('\u{1b}'), "{shown}");
    let shown = program.told(&["queues", "parked", "intro"]);
    assert!(!shown.contains("two"), "messages are shown only to whoever asks: {shown}");
    let id = |message: &str| {
        let parked = program.parked("intro");
        let letter = parked.iter().find(|letter| letter["message"] == message).unwrap();
        letter["id"].as_str().unwrap().to_owned()
    };
    let (two, three) = (id("two"), id("three"));
    assert_eq!(program.told(&["queues", "drop", "intro", &two]), "1 was thrown away\n");
    let refused = program.refused(&["queues", "drop", "intro", &two]);
    assert!(refused.contains("1 of 1 ids are not parked there"), "{refused}");
    assert_eq!(program.told(&["queues", "replay", "intro", &three]), "1 was delivered again\n");
    assert_eq!(program.standing("intro"), (1, 0, 1));
    assert_eq!(program.told(&["queues", "replay", "intro", "--all"]), "1 was delivered again\n");
    assert_eq!(program.standing("intro"), (2, 0, 0));
    let table = program.told(&["queues"]);
    assert!(table.lines().any(|line| line == "intro                         2        0        0"), "{table}");
    for wrong in [&["queues", "replay", "intro"][..], &["queues", "drop", "nonsense", "--all"]] {
        program.refused(wrong);
    }
}

impl Program {
    /// What `dripr doctor` says; other parts may be broken here.
    fn told_of_aws(&self) -> Vec<String> {
        let output = self.output(&["doctor"]);
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn queues_in_redis_are_looked_at_with_the_same_commands() {
    let address = std::env::var("DRIPR_TEST_REDIS").unwrap_or_else(|_| "redis://127.0.0.1:6379/0".to_owned());
    let nanos = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos();
    let prefix = format!("dripr-test-queues-{nanos}-{}:", std::process::id());
    let mut program =
        Program::configured(&format!("[queues]\nplace = \"redis\"\n[redis]\nprefix = \"{prefix}\"\n"));
    program.environment.insert("DRIPR_REDIS_URL".to_owned(), address.clone());
    let mut options = RedisOptions::new(address);
    options.prefix = prefix;
    let queue = RedisQueue::new(Redis::new(options).unwrap());
    let now = "2026-03-12T15:00:00Z".parse().unwrap();
    let event = Event::StatusChanged(StatusChanged {
        event_id: None,
        campaign_id: CampaignId::new("campaign").unwrap(),
        zip_code: "98103".parse().unwrap(),
        from_status: CampaignStatus::WaitingForData,
        to_status: CampaignStatus::WaitingForHomeAnalysis,
        timestamp: now,
        version: None,
        cycle: None,
        operations: None,
    });
    for answer in queue.publish(&[event.clone(), event]).await {
        answer.unwrap();
    }
    assert_eq!(program.standing("home_report"), (2, 0, 0));
    let all = queue.receive(Queue::HomeReport, 10, now, Duration::from_secs(30)).await.unwrap();
    queue.settle(all.into_iter().map(|one| one.park("no home")).collect(), now).await.unwrap();
    let parked = program.parked("home_report");
    assert_eq!((parked.len(), &parked[0]["cause"]), (2, &json!("no home")));
    assert_eq!(parked[0]["parked_at"], "2026-03-12T15:00:00Z");
    assert_eq!(
        program.told(&["queues", "replay", "home_report", "--all", "--in", "redis"]),
        "2 were delivered again\n"
    );
    let all = queue.receive(Queue::HomeReport, 10, now, Duration::from_secs(30)).await.unwrap();
    queue.settle(all.into_iter().map(|one| one.park("no home")).collect(), now).await.unwrap();
    assert_eq!(program.told(&["queues", "drop", "home_report", "--all"]), "2 were thrown away\n");
    assert_eq!(program.standing("home_report"), (0, 0, 0));
}

#[test]
fn without_a_word_the_queues_are_those_of_the_database() {
    let program = Program::configured("");
    assert_eq!(program.standing("intro"), (0, 0, 0), "in the database nothing waits");
    assert!(program.refused(&["queues", "--in", "redis"]).contains("redis.url_file"));
    assert!(program.refused(&["aws", "provision"]).contains("aws.region"));
}

#[test]
fn a_section_that_is_wrong_is_told_by_its_key() {
    for (section, said) in [
        ("suffix = \"-dev\"", "aws.region: missing"),
        ("region = \"us east\"", "aws.region: must be"),
        ("region = \"r\"\nsuffix = \"-dev.x\"", "aws.suffix: must be"),
        ("region = \"r\"\nendpoint = \"ftp://x\"", "aws.endpoint: must be an address"),
        ("region = \"r\"\ntimeout_seconds = 0", "aws.timeout_seconds: must be at least 1"),
        ("region = \"r\"\nmost_receives = 0", "aws.most_receives: must be 1 to 1000"),
        ("region = \"r\"\ncampaign_topic = \"arn:aws:sns:r:1:x\"", "aws.user_topic: missing"),
        (
            "region = \"r\"\ncampaign_topic = \"x\"\nuser_topic = \"x\"",
            "aws.campaign_topic: must be a topic's ARN",
        ),
        ("region = \"r\"\nqueues = { intro = \"x\" }", "aws.queues.intro: must be an address"),
        ("region = \"r\"\nqueues = { outro = \"x\" }", "aws"),
    ] {
        let program = Program::configured(&format!("[aws]\n{section}\n"));
        let refused = program.refused(&["queues"]);
        assert!(refused.contains(said), "{section}: {refused}");
    }
    let mut program = Program::configured("");
    let url = "https://sqs.us-east-1.amazonaws.com/1/dripr-intro-queue";
    program.environment.insert("SQS_INTRO_QUEUE_URL".to_owned(), url.to_owned());
    assert!(program.refused(&["queues"]).contains("aws.region: missing"));
}
