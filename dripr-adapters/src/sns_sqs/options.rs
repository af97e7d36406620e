use std::{collections::BTreeMap, time::Duration};

use dripr_core::events::Queue;
use secrecy::SecretString;

/// Which part of AWS, and by whose account.
#[derive(Debug, Clone)]
pub struct AwsOptions {
    /// The region.
    pub region: String,
    /// Credentials, if not those that the SDK finds.
    pub credentials: Option<AwsCredentials>,
    /// Where both services are, if not where AWS has them.
    pub endpoint: Option<String>,
    /// How long a call may take. Waiting for messages may take as much longer as it waits.
    pub timeout: Duration,
}

/// An access key of an account.
#[derive(Debug, Clone)]
pub struct AwsCredentials {
    /// The key's id.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: SecretString,
    /// The token of a session, if the key belongs to one.
    pub session_token: Option<SecretString>,
}

impl AwsOptions {
    /// A region, with the credentials that the SDK finds (environment, profile, container, instance) and ten seconds for a
    /// call.
    #[must_use]
    pub fn new(region: impl Into<String>) -> Self {
        Self { region: region.into(), credentials: None, endpoint: None, timeout: Duration::from_secs(10) }
    }
}

/// The topics to which events are published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    /// The ARN of the topic of `STATUS_CHANGE`.
    pub campaigns: String,
    /// The ARN of the topic of `USER_CREATED`.
    pub users: String,
}

/// Where the queues are. One that is not named is not received from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueueUrls(BTreeMap<Queue, QueueUrl>);

/// Where a queue is, and the one for what it parks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueUrl {
    /// The queue.
    pub queue: String,
    /// Its dead-letter queue.
    pub dead_letters: String,
}

impl QueueUrl {
    /// A queue whose dead-letter queue has the same name with `-dlq` at the end.
    #[must_use]
    pub fn new(queue: impl Into<String>) -> Self {
        let queue = queue.into();
        Self { dead_letters: format!("{queue}-dlq"), queue }
    }
}

impl QueueUrls {
    /// The same, with another queue.
    ///
    /// ```
    /// use dripr_adapters::sns_sqs::{QueueUrl, QueueUrls};
    /// use dripr_core::events::Queue;
    ///
    /// let url = "https://sqs.us-east-1.amazonaws.com/123456789012/dripr-intro-queue-dev";
    /// let urls = QueueUrls::default().with(Queue::Intro, QueueUrl::new(url));
    /// assert!(urls.get(Queue::Intro).unwrap().dead_letters.ends_with("/dripr-intro-queue-dev-dlq"));
    /// ```
    #[must_use]
    pub fn with(mut self, queue: Queue, url: QueueUrl) -> Self {
        self.0.insert(queue, url);
        self
    }

    /// Where a queue is.
    #[must_use]
    pub fn get(&self, queue: Queue) -> Option<&QueueUrl> {
        self.0.get(&queue)
    }

    /// The queues that are named.
    pub fn iter(&self) -> impl Iterator<Item = (Queue, &QueueUrl)> {
        self.0.iter().map(|(queue, url)| (*queue, url))
    }

    /// Whether every queue is named.
    #[must_use]
    pub fn has_all(&self) -> bool {
        Queue::ALL.into_iter().all(|queue| self.get(queue).is_some())
    }

    /// Whether none is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(Queue, QueueUrl)> for QueueUrls {
    fn from_iter<I: IntoIterator<Item = (Queue, QueueUrl)>>(urls: I) -> Self {
        Self(urls.into_iter().collect())
    }
}
