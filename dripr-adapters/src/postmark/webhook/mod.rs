//! What Postmark tells by webhook of emails that it took.
//!
//! | `RecordType` | what happened |
//! |---|---|
//! | `Delivery` | [`Happening::Delivered`] |
//! | `Bounce` | by its `Type`: [`Happening::Bounced`], and for those that are none [`Happening::OptedOut`] or [`Happening::Complained`] |
//! | `SpamComplaint` | [`Happening::Complained`] |
//! | `Open`, `Click` | [`Happening::Opened`], [`Happening::Clicked`] |
//! | `SubscriptionChange` | `SuppressSending` is false: [`Happening::OptedIn`] if `Origin` says that the recipient did it, else nothing; otherwise by its reason: a bounce for `HardBounce`, [`Happening::Complained`] for `SpamComplaint`, [`Happening::OptedOut`] for any other or none, whoever did it |
//!
//! It is about the email that its metadata names. What somebody does at the account, by hand or by its API, is about an address
//! alone: a `SubscriptionChange` without that metadata is a [`Refusal`] for every agent who writes to `Recipient`, as is each entry
//! of the [list](super::PostmarkSuppressions) that Postmark keeps of them, and one that
//! lets mail go out again lifts nothing, since nobody can tell whose wish it is. Of the others, those are about no email of
//! dripr's.
//!
//! `Type` of a bounce, whose number is not looked at:
//!
//! | `Type` | |
//! |---|---|
//! | `HardBounce`, `BadEmailAddress` | [`BounceKind::NoMailbox`] |
//! | `SoftBounce` | [`BounceKind::FullMailbox`] |
//! | `Transient`, `DnsError` | [`BounceKind::Unreachable`] |
//! | `SpamNotification`, `VirusNotification`, `Blocked`, `DMARCPolicy` | [`BounceKind::Refused`] |
//! | `AutoResponder`, `AddressChange`, `ChallengeVerification`, `Subscribe` | [`BounceKind::AutoReply`] |
//! | any other | [`BounceKind::NoMailbox`] where Postmark gave the address up (`Inactive`), else [`BounceKind::Unclear`] |
//! | `Unsubscribe`, `ManuallyDeactivated` | [`Happening::OptedOut`] |
//! | `SpamComplaint` | [`Happening::Complained`] |
//!
//! Postmark tells things again for ten hours until it is answered 200, and in any order. Each thing has the same
//! [`FeedbackId`] every time: `RecordType` and `MessageID` with the `ID` of a bounce or complaint, the `ReceivedAt` and
//! link of an opening or a click, the `ChangedAt` of a change; as they are where they can stand in an id, and as their
//! SHA-256 otherwise.
//!
//! A record whose date cannot be read, or lies in the future, is of the moment at which it was told; an opt-in whose date
//! cannot be read is of 1 January 1970. So neither is lost, and each gives way to what protects the recipient.
//!
//! It is not signed. [`Credentials`] tell who is let in; look at them before anything is read.
//!
//! ```
//! use dripr_adapters::postmark::webhook;
//! use dripr_core::feedback::Happening;
//!
//! let body = br#"{"RecordType": "Delivery", "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
//!     "DeliveredAt": "2025-04-05T16:33:54.9070259Z", "Metadata": {"dripr_email_id": "c-1.3"}}"#;
//! let told_at = "2025-04-05T16:34:00Z".parse().unwrap();
//! let Some(webhook::Told::Email(feedback)) = webhook::read(body, told_at)? else { panic!("it is of an email of dripr's") };
//! assert_eq!(feedback.email_id.as_str(), "c-1.3");
//! assert_eq!(feedback.what, Happening::Delivered);
//! assert_eq!(feedback.id.as_str(), "postmark:delivery:883953f4-6105-42a2-a16a-77a8eac79483");
//! # Ok::<(), webhook::Unreadable>(())
//! ```

mod bounce;
mod credentials;
mod record;

use dripr_core::{
    email::SuppressionCause,
    feedback::{BounceKind, Feedback, Happening, Refusal},
    ids::FeedbackId,
    schedule::Instant,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub use self::credentials::{Credentials, UnusableCredentials};
use self::record::Record;
use super::{instant::instant, suppression_reason};
use crate::http::json;

/// The longest user agent and link that are kept, in characters.
const LONGEST_TEXT: usize = 2_000;

/// A body that is no webhook of Postmark's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is no JSON, or nested too deeply.
    #[error("the webhook is no JSON (line {line} column {column})")]
    Json {
        /// Where it ends to be.
        line: usize,
        /// Where in that line.
        column: usize,
    },
    /// It does not say what it tells.
    #[error("the webhook has no RecordType")]
    RecordType,
}

/// What a webhook says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Something that came back of an email.
    Email(Feedback),
    /// That an address gets nothing any more, of whichever email.
    Address(Refusal),
}

/// What the body of a webhook says. Nothing, if it is about no email of dripr's, or tells something that dripr does not
/// know of: answer 200 all the same. `told_at` is the present moment.
///
/// # Errors
/// [`Unreadable`] if Postmark never wrote it. It quotes nothing of it.
pub fn read(body: &[u8], told_at: Instant) -> Result<Option<Told>, Unreadable> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| Unreadable::Json { line: error.line(), column: error.column() })?;
    let record: Record = json::as_record(value).ok_or(Unreadable::RecordType)?;
    let record_type = record.record_type.as_deref().ok_or(Unreadable::RecordType)?;
    let Some(email_id) = record.metadata.as_ref().and_then(|metadata| metadata.email_id()) else {
        return Ok(refusal(record_type, &record, told_at).map(Told::Address));
    };
    let Some(Said { what, at, which }) = said(record_type, &record) else { return Ok(None) };
    // What is tied to no message of Postmark's is tied to dripr's.
    let about = record.message_id().unwrap_or(email_id.as_str());
    let mut parts = vec![record_type, about];
    parts.extend(which);
    let Some(id) = feedback_id(&parts) else { return Ok(None) };
    let recipient = record.address().and_then(|address| address.parse().ok());
    let unread = if what == Happening::OptedIn { Instant::UNIX_EPOCH } else { told_at };
    let at = at.and_then(instant).map_or(unread, |at| at.min(told_at));
    Ok(Some(Told::Email(Feedback { id, email_id, recipient, at, what })))
}

/// What a change of a subscription says that is about no email.
fn refusal(record_type: &str, record: &Record, told_at: Instant) -> Option<Refusal> {
    if record_type != "SubscriptionChange" {
        return None;
    }
    if subscription(record)? == Happening::OptedIn {
        return None;
    }
    let cause = suppression_reason::cause(record.suppression_reason.as_deref());
    let address = record.address()?.parse().ok()?;
    let since = record.changed_at.as_deref().and_then(instant).map_or(told_at, |at| at.min(told_at));
    Some(Refusal { address, cause, since })
}

/// What a record tells.
struct Said<'a> {
    what: Happening,
    at: Option<&'a str>,
    /// What tells it from others about the same email.
    which: Vec<&'a str>,
}

fn said<'a>(record_type: &str, record: &'a Record) -> Option<Said<'a>> {
    let cut = |text: &Option<String>| -> String {
        text.as_deref().unwrap_or_default().chars().take(LONGEST_TEXT).collect()
    };
    let (what, at, which) = match record_type {
        "Delivery" => (Happening::Delivered, &record.delivered_at, vec![]),
        "Bounce" => (bounce::happening(record), &record.bounced_at, numbered(record)),
        "SpamComplaint" => (Happening::Complained, &record.bounced_at, numbered(record)),
        "Open" => {
            let what = Happening::Opened { user_agent: cut(&record.user_agent) };
            (what, &record.received_at, vec![record.received_at.as_deref()])
        }
        "Click" => {
            let (link, user_agent) = (cut(&record.original_link), cut(&record.user_agent));
            let which = vec![record.received_at.as_deref(), record.original_link.as_deref()];
            (Happening::Clicked { link, user_agent }, &record.received_at, which)
        }
        "SubscriptionChange" => {
            (subscription(record)?, &record.changed_at, vec![record.changed_at.as_deref()])
        }
        _ => return None,
    };
    Some(Said { what, at: at.as_deref(), which: which.into_iter().map(Option::unwrap_or_default).collect() })
}

/// By which number Postmark has it; or by when and what it was, where it tells none.
fn numbered(record: &Record) -> Vec<Option<&str>> {
    match &record.id {
        Some(id) => vec![Some(id)],
        None => vec![record.bounced_at.as_deref(), record.kind.as_deref()],
    }
}

/// What a change of a recipient's subscription says; nothing if it does not tell which way.
fn subscription(record: &Record) -> Option<Happening> {
    let reason = record.suppression_reason.as_deref();
    Some(match (record.suppress_sending, reason) {
        // Somebody at the account can let mail go out again whose owner never asked for it.
        (Some(false), _) if record.origin.as_deref() != Some("Recipient") => return None,
        (Some(false), _) => Happening::OptedIn,
        (None, None) => return None,
        _ => match suppression_reason::cause(reason) {
            SuppressionCause::HardBounce => bounce::bounced(
                BounceKind::NoMailbox,
                "Postmark delivers nothing to it any more: mail came back for good",
            ),
            SuppressionCause::Complaint => Happening::Complained,
            SuppressionCause::OptOut => Happening::OptedOut,
        },
    })
}

/// A name made of parts: as they are, if they can stand in an id and nobody can mistake where one ends.
fn feedback_id(parts: &[&str]) -> Option<FeedbackId> {
    let kind = parts.first()?.to_ascii_lowercase();
    let rest = parts.get(1..)?;
    let (last, inner) = rest.split_last()?;
    let is_plain = !last.is_empty() && inner.iter().all(|part| !part.is_empty() && !part.contains(':'));
    let plain = FeedbackId::new(format!("postmark:{kind}:{}", rest.join(":"))).ok().filter(|_| is_plain);
    if plain.is_some() {
        return plain;
    }
    let mut hasher = Sha256::new();
    for part in rest {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    FeedbackId::new(format!("postmark:{kind}:{}", hex::encode(hasher.finalize()))).ok()
}
