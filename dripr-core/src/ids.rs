//! Names of things. Each kind of id is its own type, so that a campaign's id never stands in for an email's.
//!
//! Ids are short texts, not numbers or UUIDs, because existing deployments already have theirs. New ones are
//! time-ordered UUIDs made from a given instant and given randomness (see [`crate::ports::Entropy`]).

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::email::EmailAddress;

/// The longest id that is accepted, in bytes.
pub const MAX_ID_LENGTH: usize = 96;

/// A text that cannot be an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {value:?} is not an id: 1 to {MAX_ID_LENGTH} of the characters A-Z a-z 0-9 . _ : -")]
pub struct InvalidId {
    /// Which kind of id was wanted, such as `campaign_id`.
    pub kind: &'static str,
    /// What was given, cut to 100 characters.
    pub value: String,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a text as an id.
            ///
            /// # Errors
            /// [`InvalidId`] if it is empty, longer than [`MAX_ID_LENGTH`] or has a character outside
            /// `A-Z a-z 0-9 . _ : -`.
            pub fn new(value: impl AsRef<str>) -> Result<Self, InvalidId> {
                let value = value.as_ref();
                let ok = (1..=MAX_ID_LENGTH).contains(&value.len())
                    && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:-".contains(&b));
                if ok {
                    Ok(Self(value.into()))
                } else {
                    Err(InvalidId { kind: $kind, value: value.chars().take(100).collect() })
                }
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<uuid::Uuid> for $name {
            fn from(id: uuid::Uuid) -> Self {
                Self(id.to_string().into())
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(value: String) -> Result<Self, InvalidId> {
                Self::new(value)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(value: &str) -> Result<Self, InvalidId> {
                Self::new(value)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    )*};
}

ids! {
    /// One campaign: one homeowner's monthly email on behalf of one agent.
    CampaignId = "campaign_id";
    /// One agent's account, the tenant. Older deployments call an agent *user*, and so do events.
    UserId = "user_id";
    /// One person an agent writes to.
    ContactId = "contact_id";
    /// One email, made once and never changed.
    EmailId = "email_id";
    /// One try at handing an email to a provider.
    AttemptId = "attempt_id";
    /// One published event.
    EventId = "event_id";
    /// A brokerage: the house that agents belong to.
    BrokerageId = "brokerage_id";
    /// A team of agents within a brokerage.
    TeamId = "team_id";
    /// One key by which a program comes.
    ApiKeyId = "api_key_id";
    /// One thing that came back about an email, the same each time it is told.
    FeedbackId = "feedback_id";
    /// One import of contacts.
    ImportId = "import_id";
    /// One customer of the billing provider.
    CustomerId = "customer_id";
    /// One subscription at the billing provider.
    SubscriptionId = "subscription_id";
    /// One address that gets outgoing webhooks.
    WebhookId = "webhook_id";
    /// One message of outgoing webhooks, the same each time and wherever it is sent.
    WebhookMessageId = "webhook_message_id";
}

impl UserId {
    /// The id of an agent whom a partner manages, by the partner's id and the agent's address. Derived, so that bringing the
    /// same agent twice names them twice the same.
    ///
    /// ```
    /// use dripr_core::ids::UserId;
    /// let id = UserId::managed("mc_42", &"Ana@brokerage.example".parse()?);
    /// assert_eq!(id, UserId::managed("mc_42", &"ana@brokerage.example".parse()?));
    /// assert_ne!(id, UserId::managed("mc_43", &"ana@brokerage.example".parse()?));
    /// # Ok::<(), dripr_core::email::InvalidEmailAddress>(())
    /// ```
    #[must_use]
    pub fn managed(client: &str, address: &EmailAddress) -> Self {
        let mut hasher = Sha256::new();
        hasher.update((client.len() as u64).to_be_bytes());
        hasher.update(client);
        hasher.update(address.key());
        let digest = hex::encode(hasher.finalize());
        Self(format!("managed-{}", digest.get(..32).unwrap_or_default()).into())
    }
}

impl EmailId {
    /// The id of a campaign's `revision`-th email. Derived, so that making the same email twice names it twice the same.
    #[must_use]
    pub fn of(campaign: &CampaignId, revision: u32) -> Self {
        Self(format!("{campaign}.{revision}").into())
    }
}

impl AttemptId {
    /// The id of the `number`-th try at sending an email.
    #[must_use]
    pub fn of(email: &EmailId, number: u32) -> Self {
        Self(format!("{email}.{number}").into())
    }
}

impl EventId {
    /// The id of the event that announced a campaign's `version`. One version announces at most once.
    #[must_use]
    pub fn of(campaign: &CampaignId, version: u64) -> Self {
        Self(format!("{campaign}:{version}").into())
    }
}

impl WebhookMessageId {
    /// The id of a message by what it tells of. Derived, so that telling the same twice names it twice the same; it has no dot
    /// in it, since signatures go over the id and a dot.
    ///
    /// ```
    /// use dripr_core::ids::WebhookMessageId;
    /// let id = WebhookMessageId::of(&["email.sent", "c.1"]);
    /// assert_eq!(id, WebhookMessageId::of(&["email.sent", "c.1"]));
    /// assert_ne!(id, WebhookMessageId::of(&["email.sent", "c.", "1"]));
    /// assert!(id.as_str().starts_with("msg_") && !id.as_str().contains('.'));
    /// ```
    #[must_use]
    pub fn of(parts: &[&str]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        let digest = hex::encode(hasher.finalize());
        Self(format!("msg_{}", digest.get(..32).unwrap_or_default()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_short_plain_text() {
        assert_eq!(CampaignId::new("c-1").unwrap().as_str(), "c-1");
        for bad in ["", "a b", "a\n", "é", &"x".repeat(MAX_ID_LENGTH + 1)] {
            assert!(CampaignId::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn derived_ids_say_what_they_belong_to() {
        let campaign = CampaignId::new("c").unwrap();
        let email = EmailId::of(&campaign, 3);
        assert_eq!(email.as_str(), "c.3");
        assert_eq!(AttemptId::of(&email, 1).as_str(), "c.3.1");
        assert_eq!(EventId::of(&campaign, 9).as_str(), "c:9");
    }
}
