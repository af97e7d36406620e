//! A webhook as Clerk writes it.

use chrono::DateTime;
use dripr_core::{email::EmailAddress, schedule::Instant};
use serde::Deserialize;

use crate::http::json;

/// The fields that dripr needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Told {
    #[serde(rename = "type", deserialize_with = "json::text")]
    pub(super) kind: Option<String>,
    #[serde(deserialize_with = "json::millis")]
    pub(super) timestamp: Option<i64>,
    #[serde(deserialize_with = "json::record")]
    pub(super) data: Option<User>,
}

/// An account; of one that was removed there is only the id.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct User {
    #[serde(deserialize_with = "json::text")]
    pub(super) id: Option<String>,
    #[serde(deserialize_with = "json::line")]
    pub(super) first_name: Option<String>,
    #[serde(deserialize_with = "json::line")]
    pub(super) last_name: Option<String>,
    #[serde(deserialize_with = "json::text")]
    primary_email_address_id: Option<String>,
    #[serde(deserialize_with = "json::records")]
    email_addresses: Vec<Address>,
    #[serde(deserialize_with = "json::record")]
    private_metadata: Option<Metadata>,
    #[serde(deserialize_with = "json::record")]
    public_metadata: Option<Metadata>,
    #[serde(deserialize_with = "json::flag")]
    pub(super) banned: Option<bool>,
    #[serde(deserialize_with = "json::millis")]
    pub(super) created_at: Option<i64>,
    #[serde(deserialize_with = "json::millis")]
    pub(super) updated_at: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Address {
    #[serde(deserialize_with = "json::text")]
    id: Option<String>,
    #[serde(deserialize_with = "json::text")]
    email_address: Option<String>,
    #[serde(deserialize_with = "json::record")]
    verification: Option<Verification>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Verification {
    #[serde(deserialize_with = "json::text")]
    status: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    #[serde(deserialize_with = "json::line")]
    managed_client_id: Option<String>,
}

impl User {
    /// The primary address. One that was not verified may be somebody else's.
    pub(super) fn primary_address(&self) -> Option<EmailAddress> {
        let primary = self.primary_email_address_id.as_deref()?;
        let address = self.email_addresses.iter().find(|known| known.id.as_deref() == Some(primary))?;
        let status = address.verification.as_ref().and_then(|verification| verification.status.as_deref());
        if status.is_some_and(|status| status != "verified") {
            return None;
        }
        address.email_address.as_deref()?.parse().ok()
    }

    /// The partner, from where only servers can write.
    pub(super) fn managed_client_id(&self) -> Option<String> {
        [&self.private_metadata, &self.public_metadata]
            .into_iter()
            .flatten()
            .find_map(|metadata| metadata.managed_client_id.clone())
    }
}

/// Milliseconds since 1970.
pub(super) fn instant(millis: i64) -> Option<Instant> {
    DateTime::from_timestamp_millis(millis)
}
