//! What Stripe tells of subscriptions by webhook.
//!
//! | event | what it says |
//! |---|---|
//! | `customer.subscription.created`, `.updated`, `.deleted` | how a subscription stands: a [`Change`] |
//! | `customer.subscription.paused`, `.resumed`, `.trial_will_end`, … | nothing: Stripe tells each change of state by `.updated` too |
//! | `invoice.payment_failed` | that a payment failed: a [`FailedPayment`], which changes no state by itself |
//! | any other, and thin events (`v2.core.event`) | nothing that dripr needs |
//!
//! An event has the form of the API version that the endpoint was made with. Both are understood: that of versions before
//! `2025-03-31.basil`, and the later one. An agent is found by `metadata.user_id` of the subscription, which the program
//! that makes it sets, and from then on by the customer.
//!
//! ```
//! use dripr_adapters::stripe::{Told, read};
//! let body = br#"{"id": "evt_1", "object": "event", "type": "customer.subscription.updated", "created": 1648320106,
//!     "data": {"object": {"id": "sub_1", "object": "subscription", "customer": "cus_1", "status": "active",
//!     "metadata": {"user_id": "user_1"}}}}"#;
//! let Some(Told::Subscription(change)) = read(body)? else { panic!("it is about a subscription") };
//! assert_eq!(change.customer.as_str(), "cus_1");
//! assert_eq!(change.status.as_str(), "active");
//! # Ok::<(), dripr_adapters::stripe::Unreadable>(())
//! ```

mod record;
mod signature;

use chrono::DateTime;
use dripr_core::{
    agent::Subscription,
    billing::{Change, Stage},
    ids::{CustomerId, SubscriptionId, UserId},
    schedule::Instant,
};

use self::record::{Event, Object};
use crate::http::json;

pub use signature::{Rejection, TOLERANCE_SECONDS, UnusableSecret, Verifier};

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// How a subscription stands.
    Subscription(Change),
    /// A payment failed.
    PaymentFailed(FailedPayment),
}

/// A payment that failed. Stripe tries again by itself, and tells what that does to the subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedPayment {
    /// Who was to pay.
    pub customer: CustomerId,
    /// For which subscription, if it was for one.
    pub subscription: Option<SubscriptionId>,
    /// How often it was tried.
    pub attempts: Option<u32>,
    /// When it is tried again; never, if there is no such time.
    pub next_attempt_at: Option<Instant>,
}

/// A body that is no event of Stripe's. It quotes nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is no JSON, or nested too deeply.
    #[error("the event is no JSON (line {line} column {column})")]
    Json {
        /// Where it ends to be.
        line: usize,
        /// Where in that line.
        column: usize,
    },
    /// A field is missing, or has a value that it cannot have.
    #[error("the event's {0} is missing or is none")]
    Field(&'static str),
}

/// What the body of a webhook says. Nothing, if dripr does not need it: answer 200 all the same. Look first whether it is
/// [genuine](Verifier).
///
/// # Errors
/// [`Unreadable`] if Stripe never wrote it.
pub fn read(body: &[u8]) -> Result<Option<Told>, Unreadable> {
    let value: serde_json::Value = serde_json::from_slice(body)
        .map_err(|error| Unreadable::Json { line: error.line(), column: error.column() })?;
    let event: Event = json::as_record(value).ok_or(Unreadable::Field("object"))?;
    match event.object.as_deref().ok_or(Unreadable::Field("object"))? {
        "event" => {}
        _ => return Ok(None),
    }
    let stage = match event.kind.as_deref().ok_or(Unreadable::Field("type"))? {
        "customer.subscription.created" => Stage::Created,
        "customer.subscription.updated" => Stage::Updated,
        "customer.subscription.deleted" => Stage::Deleted,
        "invoice.payment_failed" => return payment_failed(event.subject()?).map(Some),
        _ => return Ok(None),
    };
    let at = event.created.and_then(seconds).ok_or(Unreadable::Field("created"))?;
    let from = event.status_before().map(|name| Subscription::named(name, at));
    subscription(event.subject()?, stage, at, from).map(Some)
}

fn subscription(
    object: &Object,
    stage: Stage,
    at: Instant,
    from: Option<Subscription>,
) -> Result<Told, Unreadable> {
    let id = object.id.as_deref().and_then(|id| SubscriptionId::new(id).ok());
    let status = object.status.as_deref().ok_or(Unreadable::Field("data.object.status"))?;
    let status = Subscription::named(status, at);
    if status == Subscription::Other {
        tracing::warn!("Stripe has a state of subscriptions that this version of dripr does not know");
    }
    Ok(Told::Subscription(Change {
        subscription: id.ok_or(Unreadable::Field("data.object.id"))?,
        customer: object.customer()?,
        user_id: object.user_id().and_then(|id| UserId::new(id).ok()),
        at,
        stage,
        status,
        from,
    }))
}

fn payment_failed(object: &Object) -> Result<Told, Unreadable> {
    Ok(Told::PaymentFailed(FailedPayment {
        customer: object.customer()?,
        subscription: object.subscription().and_then(|id| SubscriptionId::new(id).ok()),
        attempts: object.attempt_count,
        next_attempt_at: object.next_payment_attempt.and_then(seconds),
    }))
}

/// Unix seconds; nothing was told before 1970.
fn seconds(seconds: u64) -> Option<Instant> {
    DateTime::from_timestamp(seconds.try_into().ok()?, 0)
}
