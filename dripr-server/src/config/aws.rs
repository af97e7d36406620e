//! `[aws]`: topics of SNS to which events are published, and queues of SQS from which they are received.

use std::collections::BTreeMap;

use dripr_core::events::Queue;
use serde::Deserialize;

use super::ConfigProblem;
#[cfg(feature = "sns-sqs")]
use super::Environment;

/// The topics and queues of a deployment.
#[cfg(feature = "sns-sqs")]
#[derive(Debug, Clone)]
pub struct Messaging {
    /// Which part of AWS.
    pub options: dripr_adapters::sns_sqs::AwsOptions,
    /// What is to be there, for `dripr aws provision`.
    pub provision: dripr_adapters::sns_sqs::Provision,
    /// The topics, once both are named.
    pub topics: Option<dripr_adapters::sns_sqs::Topics>,
    /// The queues that are named.
    pub queues: dripr_adapters::sns_sqs::QueueUrls,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    region: Option<String>,
    endpoint: Option<String>,
    timeout_seconds: Option<u32>,
    suffix: Option<String>,
    raw_delivery: Option<bool>,
    most_receives: Option<u32>,
    campaign_topic: Option<String>,
    user_topic: Option<String>,
    queues: BTreeMap<Queue, String>,
}

impl Written {
    fn given(&self) -> [(&'static str, bool); 9] {
        [
            ("region", self.region.is_some()),
            ("endpoint", self.endpoint.is_some()),
            ("timeout_seconds", self.timeout_seconds.is_some()),
            ("suffix", self.suffix.is_some()),
            ("raw_delivery", self.raw_delivery.is_some()),
            ("most_receives", self.most_receives.is_some()),
            ("campaign_topic", self.campaign_topic.is_some()),
            ("user_topic", self.user_topic.is_some()),
            ("queues", !self.queues.is_empty()),
        ]
    }

    /// Queues that nobody asks would be thought to be asked.
    #[cfg(not(feature = "sns-sqs"))]
    pub(super) fn check(self) -> Result<(), ConfigProblem> {
        match self.given().into_iter().find(|(_, given)| *given) {
            Some((key, _)) => {
                let reason = "this dripr was built without SNS and SQS; build it with `cargo build --release --features sns-sqs`";
                Err(ConfigProblem::key(&format!("aws.{key}"), reason))
            }
            None => Ok(()),
        }
    }

    /// The topics and queues, if anything is said of them. They are not asked yet.
    #[cfg(feature = "sns-sqs")]
    pub(super) fn check(
        mut self,
        environment: Environment<'_>,
        visibility: std::time::Duration,
    ) -> Result<Option<Messaging>, ConfigProblem> {
        use dripr_adapters::sns_sqs::{
            AwsOptions, CAMPAIGN_TOPIC_VARIABLE, Provision, QueueUrl, Topics, USER_TOPIC_VARIABLE,
            queue_variable,
        };

        let set = |name: &str| environment(name).filter(|value| !value.trim().is_empty());
        self.campaign_topic = set(CAMPAIGN_TOPIC_VARIABLE).or(self.campaign_topic);
        self.user_topic = set(USER_TOPIC_VARIABLE).or(self.user_topic);
        for queue in Queue::ALL {
            self.queues.extend(set(&queue_variable(queue)).map(|url| (queue, url)));
        }
        if self.given().into_iter().all(|(_, given)| !given) {
            return Ok(None);
        }
        let region = self.region.or_else(|| set("AWS_REGION")).or_else(|| set("AWS_DEFAULT_REGION"));
        let region = region.ok_or_else(|| {
            let reason = "missing: name the region, here or in the environment as AWS_REGION";
            ConfigProblem::key("aws.region", reason)
        })?;
        let mut options = AwsOptions::new(label("aws.region", region)?);
        options.endpoint = super::url::checked("aws.endpoint", self.endpoint)?;
        if let Some(seconds) = self.timeout_seconds {
            if seconds == 0 {
                return Err(ConfigProblem::key("aws.timeout_seconds", "must be at least 1, not 0"));
            }
            options.timeout = std::time::Duration::from_secs(seconds.into());
        }
        let mut provision = Provision { visibility, ..Provision::default() };
        if let Some(suffix) = self.suffix {
            provision.suffix = label("aws.suffix", suffix)?;
        }
        provision.raw_delivery = self.raw_delivery.unwrap_or(provision.raw_delivery);
        if let Some(most) = self.most_receives {
            if !(1..=1000).contains(&most) {
                return Err(ConfigProblem::key(
                    "aws.most_receives",
                    format!("must be 1 to 1000, not {most}"),
                ));
            }
            provision.most_receives = most;
        }
        let topics = match (self.campaign_topic, self.user_topic) {
            (Some(campaigns), Some(users)) => Some(Topics {
                campaigns: arn("aws.campaign_topic", campaigns)?,
                users: arn("aws.user_topic", users)?,
            }),
            (None, None) => None,
            (Some(_), None) => return Err(lonely("aws.user_topic", USER_TOPIC_VARIABLE)),
            (None, Some(_)) => return Err(lonely("aws.campaign_topic", CAMPAIGN_TOPIC_VARIABLE)),
        };
        let mut queues = Vec::new();
        for (queue, url) in self.queues {
            let url = super::url::checked(&format!("aws.queues.{queue}"), Some(url))?;
            queues.extend(url.map(|url| (queue, QueueUrl::new(url))));
        }
        Ok(Some(Messaging { options, provision, topics, queues: queues.into_iter().collect() }))
    }
}

#[cfg(feature = "sns-sqs")]
fn lonely(key: &str, variable: &str) -> ConfigProblem {
    ConfigProblem::key(key, format!("missing: events go to two topics; name it here or as {variable}"))
}

/// A part of a name in AWS.
///
/// # Errors
/// [`ConfigProblem`], naming the key.
#[cfg(feature = "sns-sqs")]
pub fn label(key: &str, text: String) -> Result<String, ConfigProblem> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !text.is_empty() && text.len() <= 32 && text.chars().all(plain) {
        return Ok(text);
    }
    let shown: String = text.chars().take(40).collect();
    Err(ConfigProblem::key(
        key,
        format!("must be 1 to 32 letters, digits, hyphens or underscores, not {shown:?}"),
    ))
}

#[cfg(feature = "sns-sqs")]
fn arn(key: &str, text: String) -> Result<String, ConfigProblem> {
    if text.starts_with("arn:") && text.split(':').count() == 6 {
        return Ok(text);
    }
    let shown: String = text.chars().take(80).collect();
    Err(ConfigProblem::key(
        key,
        format!("must be a topic's ARN, arn:aws:sns:REGION:ACCOUNT:NAME, not {shown:?}"),
    ))
}
