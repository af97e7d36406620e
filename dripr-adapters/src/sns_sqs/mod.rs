//! Events over SNS topics, and queues in SQS: what existing deployments already have, and what processes on several machines
//! share without a server of their own.
//!
//! - [`SnsBus`] is an [`EventBus`](dripr_core::ports::EventBus), [`SqsQueue`] the
//!   [`EventQueue`](dripr_core::ports::EventQueue) at its other end and a [`QueueDesk`](dripr_core::ports::QueueDesk). The
//!   store of campaigns is another one, which relays its [`Outbox`](dripr_core::ports::Outbox).
//! - [`Aws::provision`] makes what they need.
//! - Bus and queue are [`Probe`](dripr_core::ports::Probe)s.
//!
//! ```no_run
//! # async fn example(clock: std::sync::Arc<dyn dripr_core::ports::Clock>) -> Result<(), Box<dyn std::error::Error>> {
//! use dripr_adapters::sns_sqs::{Aws, AwsOptions, QueueUrl, QueueUrls, SnsBus, SqsQueue, Topics};
//! use dripr_core::events::Queue;
//!
//! let aws = Aws::new(AwsOptions::new("us-east-1")).await;
//! let bus = SnsBus::new(aws.clone(), Topics {
//!     campaigns: "arn:aws:sns:us-east-1:123456789012:dripr-campaign-events-topic-dev".to_owned(),
//!     users: "arn:aws:sns:us-east-1:123456789012:dripr-user-events-topic-dev".to_owned(),
//! });
//! let intro = "https://sqs.us-east-1.amazonaws.com/123456789012/dripr-intro-queue-dev";
//! let queue = SqsQueue::new(aws, QueueUrls::default().with(Queue::Intro, QueueUrl::new(intro)), clock);
//! # Ok(())
//! # }
//! ```
//!
//! # Whose time it is
//! SQS hides messages by its own clock. Here a receipt is worth nothing from the instant on at which, by the caller's clock,
//! its visibility is over: nothing is asked then, because SQS may take an old receipt for a new one. What a process did not
//! receive itself, or settled already, it passes over.
//!
//! A message is hidden for twelve hours at the most, counted from its receive, and in whole seconds. What is put off for
//! longer comes earlier, which handlers know: the campaign says when it wants what.
//!
//! # What reaches a queue
//! A subscription's filter looks at the status in the event itself, since Python's publishers set no attributes. An event
//! that is only for some of a status's queues gets past it to all of them; those that it does not wake delete it unseen.
//! An event without an id gets that of its message, SNS's where there is one: it is the same however often it is delivered.
//!
//! # What is parked
//! is sent to the queue's dead-letter queue, with cause, count and time as attributes, and then deleted. To look at it is to
//! receive it and to give it back.
//!
//! # What the account must allow
//! `sns:Publish` on the topics; `sqs:ReceiveMessage`, `sqs:DeleteMessage`, `sqs:ChangeMessageVisibility`, `sqs:SendMessage`
//! and `sqs:GetQueueAttributes` on queues and dead-letter queues; `sns:GetTopicAttributes` for the probe. To provision, also
//! `sns:ListTopics`, `sns:CreateTopic`, `sns:ListSubscriptionsByTopic`, `sns:Subscribe`, `sns:GetSubscriptionAttributes`,
//! `sns:SetSubscriptionAttributes`, `sqs:GetQueueUrl`, `sqs:CreateQueue` and `sqs:SetQueueAttributes`.

mod arrivals;
mod bus;
mod connection;
mod desk;
mod fault;
mod held;
mod limited;
mod message;
mod names;
mod options;
mod parked;
mod provision;
mod queue;
mod receive;
mod seconds;
mod settle;

pub use self::{
    bus::SnsBus,
    connection::Aws,
    names::{
        CAMPAIGN_TOPIC, CAMPAIGN_TOPIC_VARIABLE, USER_TOPIC, USER_TOPIC_VARIABLE, queue_name, queue_variable,
    },
    options::{AwsCredentials, AwsOptions, QueueUrl, QueueUrls, Topics},
    provision::{Provision, Provisioned, filter_policy},
    queue::SqsQueue,
};
