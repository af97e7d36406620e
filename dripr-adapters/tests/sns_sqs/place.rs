//! A region of its own, with all that a deployment needs in it, and what tests put there.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use dripr_adapters::sns_sqs::{
    Aws, AwsCredentials, AwsOptions, Provision, Provisioned, QueueUrl, QueueUrls, SnsBus, SqsQueue, Topics,
    queue_variable,
};
use dripr_core::{
    campaign::CampaignStatus,
    errors::PortResult,
    events::{Event, Queue, StatusChanged},
    ids::{CampaignId, EventId},
    ports::{Delivery, EventQueue, Settlement},
    schedule::Instant,
    testkit::ManualClock,
};
use serde_json::{Value, json};

use super::service::{ask, port};

pub(crate) const QUEUE: Queue = Queue::EmailSending;
pub(crate) const VISIBILITY: Duration = Duration::from_secs(30);
pub(crate) const START: &str = "2026-03-12T15:00:00Z";

pub(crate) fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// A region, and the clock of those who work in it.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) region: String,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) aws: Aws,
    pub(crate) environment: BTreeMap<String, String>,
}

impl Place {
    /// With topics, queues and subscriptions.
    pub(crate) async fn new() -> Self {
        Self::provisioned(&Provision::default()).await
    }

    pub(crate) async fn provisioned(wanted: &Provision) -> Self {
        let mut place = Self::bare().await;
        place.provision(wanted).await;
        place
    }

    /// With nothing in it.
    pub(crate) async fn bare() -> Self {
        static REGIONS: AtomicUsize = AtomicUsize::new(1);
        let region = format!("test-{}", REGIONS.fetch_add(1, Ordering::Relaxed));
        let aws = aws(&region, &format!("http://127.0.0.1:{}", port())).await;
        let clock = Arc::new(ManualClock::at(at(START)));
        let place = Self { region, clock, aws, environment: BTreeMap::new() };
        place.set_clock(at(START));
        place
    }

    pub(crate) async fn provision(&mut self, wanted: &Provision) -> Provisioned {
        let provisioned = self.aws.provision(wanted).await.unwrap();
        self.environment = provisioned.environment.iter().cloned().collect();
        provisioned
    }

    pub(crate) fn topics(&self) -> Topics {
        Topics {
            campaigns: self.environment["SNS_CAMPAIGN_EVENTS_TOPIC_ARN"].clone(),
            users: self.environment["SNS_USER_EVENTS_TOPIC_ARN"].clone(),
        }
    }

    pub(crate) fn urls(&self) -> QueueUrls {
        Queue::ALL.into_iter().map(|queue| (queue, QueueUrl::new(self.url(queue)))).collect()
    }

    pub(crate) fn url(&self, queue: Queue) -> &str {
        &self.environment[&queue_variable(queue)]
    }

    pub(crate) fn bus(&self) -> SnsBus {
        SnsBus::new(self.aws.clone(), self.topics())
    }

    /// The queues, as a process of its own has them.
    pub(crate) fn queue(&self) -> SqsQueue {
        SqsQueue::new(self.aws.clone(), self.urls(), self.clock.clone())
    }

    /// The queues, whose clock goes with that of whoever asks.
    pub(crate) fn clocked(&self) -> Clocked {
        Clocked { queue: self.queue(), place: self.clone() }
    }

    /// Sets the region's clock and that of whoever works in it.
    pub(crate) fn set_clock(&self, now: Instant) {
        self.clock.set(now);
        let ms = json!({"ms": now.timestamp_millis()}).to_string();
        ask("POST", &format!("/test/{}/clock", self.region), &[], &ms);
    }

    /// Has calls fail; see `service.py`.
    pub(crate) fn fail(&self, faults: &Value) {
        ask("POST", &format!("/test/{}/faults", self.region), &[], &faults.to_string());
    }

    /// How often an action was called.
    pub(crate) fn calls(&self, action: &str) -> u64 {
        let calls = ask("GET", &format!("/test/{}/calls", self.region), &[], "");
        serde_json::from_str::<Value>(&calls).unwrap()[action].as_u64().unwrap_or(0)
    }

    /// Calls SQS past the adapter.
    pub(crate) fn sqs(&self, action: &str, asked: &Value) -> Value {
        let target = format!("AmazonSQS.{action}");
        let scope = self.scope("sqs");
        let headers = [
            ("X-Amz-Target", target.as_str()),
            ("Content-Type", "application/x-amz-json-1.0"),
            ("Authorization", &scope),
        ];
        serde_json::from_str(&ask("POST", "/", &headers, &asked.to_string())).unwrap_or_default()
    }

    /// Calls SNS past the adapter.
    pub(crate) fn sns(&self, action: &str, asked: &[(&str, &str)]) -> String {
        let mut form = format!("Action={action}&Version=2010-03-31");
        for (name, value) in asked {
            let value: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
            form.push_str(&format!("&{name}={value}"));
        }
        let scope = self.scope("sns");
        let headers =
            [("Content-Type", "application/x-www-form-urlencoded"), ("Authorization", scope.as_str())];
        ask("POST", "/", &headers, &form)
    }

    /// Puts a body into a queue.
    pub(crate) fn send(&self, queue: Queue, body: &str) {
        let sent = self.sqs("SendMessage", &json!({"QueueUrl": self.url(queue), "MessageBody": body}));
        assert!(sent["MessageId"].is_string(), "{sent}");
    }

    /// How many messages there are at a URL, visible or not.
    pub(crate) fn count(&self, url: &str) -> u64 {
        let asked = json!({"QueueUrl": url, "AttributeNames": ["All"]});
        let attributes = self.sqs("GetQueueAttributes", &asked)["Attributes"].clone();
        let number = |name: &str| attributes[name].as_str().unwrap().parse::<u64>().unwrap();
        number("ApproximateNumberOfMessages") + number("ApproximateNumberOfMessagesNotVisible")
    }

    fn scope(&self, service: &str) -> String {
        let region = &self.region;
        format!(
            "AWS4-HMAC-SHA256 Credential=key/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"
        )
    }
}

/// Both services of a region, wherever they are.
pub(crate) async fn aws(region: &str, endpoint: &str) -> Aws {
    let mut options = AwsOptions::new(region);
    options.endpoint = Some(endpoint.to_owned());
    options.timeout = Duration::from_secs(30);
    options.credentials = Some(AwsCredentials {
        access_key_id: "key".to_owned(),
        secret_access_key: "s3cr3t".to_owned().into(),
        session_token: None,
    });
    Aws::new(options).await
}

/// Queues whose clock goes with that of whoever asks.
pub(crate) struct Clocked {
    pub(crate) queue: SqsQueue,
    place: Place,
}

#[async_trait]
impl EventQueue for Clocked {
    async fn receive(
        &self,
        queue: Queue,
        max: usize,
        now: Instant,
        visibility: Duration,
    ) -> PortResult<Vec<Delivery>> {
        self.place.set_clock(now);
        self.queue.receive(queue, max, now, visibility).await
    }
    async fn settle(&self, settlements: Vec<Settlement>, now: Instant) -> PortResult<()> {
        self.place.set_clock(now);
        self.queue.settle(settlements, now).await
    }
    async fn arrived(&self, queues: &[Queue]) {
        self.queue.arrived(queues).await;
    }
    async fn next_visible(&self, queues: &[Queue]) -> PortResult<Option<Instant>> {
        self.queue.next_visible(queues).await
    }
}

/// A change that wakes the email sending handler alone.
pub(crate) fn event(number: u64) -> Event {
    Event::StatusChanged(StatusChanged {
        event_id: Some(EventId::new(format!("test:{number}")).unwrap()),
        campaign_id: CampaignId::new("campaign").unwrap(),
        zip_code: "98103".parse().unwrap(),
        from_status: CampaignStatus::WaitingForData,
        to_status: CampaignStatus::ReadyToSendEmail,
        timestamp: at(START),
        version: Some(number),
        cycle: None,
        operations: None,
    })
}

pub(crate) fn number(delivery: &Delivery) -> u64 {
    let Event::StatusChanged(change) = delivery.event().unwrap() else { panic!("a status change") };
    change.version.unwrap()
}

pub(crate) fn numbers(deliveries: &[Delivery]) -> Vec<u64> {
    let mut numbers: Vec<u64> = deliveries.iter().map(number).collect();
    numbers.sort_unstable();
    numbers
}
