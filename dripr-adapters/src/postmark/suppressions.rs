//! The list that Postmark keeps, for each message stream, of the addresses to which it delivers nothing any more.
//!
//! It is read whole, by one `GET /message-streams/{stream}/suppressions/dump`: there are no pages, says Postmark, only filters by
//! day, reason and address. `SuppressionReason` is read as in [webhooks](super::webhook). An entry without an address that dripr
//! could write to costs no other one, and one whose `CreatedAt` cannot be read has no date.
//!
//! Unverified: no call was made. How long a list can be, and how long it takes, is not documented; see [`SuppressionOptions`].

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    ports::{Allowance, ListedSuppression, SuppressionList},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use tokio::runtime::Handle;

use super::{
    NO_RUNTIME, PROVIDER, TOKEN_HEADER, USUAL_BASE, instant::instant, refused::refused,
    suppression_reason::cause,
};
use crate::http::{HttpApi, HttpOptions, UnusableApi, json};

/// What is written otherwise in one segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// How Postmark's list is read.
#[derive(Debug, Clone)]
pub struct SuppressionOptions {
    /// Where Postmark is, how long the list may take (a minute), and how long it may be: 64 MiB, some 400,000 addresses.
    pub http: HttpOptions,
    /// The message stream whose list it is.
    pub message_stream: String,
    /// The calls that may be made. Reading the list is one.
    pub allowance: Allowance,
}

impl Default for SuppressionOptions {
    fn default() -> Self {
        Self {
            http: HttpOptions {
                timeout: Duration::from_secs(60),
                most_bytes: 64 << 20,
                ..HttpOptions::default()
            },
            message_stream: "broadcast".to_owned(),
            allowance: Allowance::unlimited(),
        }
    }
}

/// Reads Postmark's list of a message stream. Works on a tokio runtime with its clock and I/O switched on. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PostmarkSuppressions {
    api: HttpApi,
    path: Arc<str>,
    allowance: Allowance,
}

impl PostmarkSuppressions {
    /// With the token of a server. Nothing is asked yet.
    ///
    /// # Errors
    /// [`UnusableApi`] if the token cannot be sent or the options name no address.
    pub fn new(server_token: &SecretString, options: SuppressionOptions) -> Result<Self, UnusableApi> {
        let api = HttpApi::new(PROVIDER, USUAL_BASE, &options.http)?;
        let api = api.keyed(TOKEN_HEADER, "", server_token)?;
        let stream = utf8_percent_encode(&options.message_stream, SEGMENT);
        let path = format!("message-streams/{stream}/suppressions/dump");
        Ok(Self { api, path: path.into(), allowance: options.allowance })
    }
}

#[async_trait]
impl SuppressionList for PostmarkSuppressions {
    async fn suppressed(&self) -> PortResult<Vec<ListedSuppression>> {
        if Handle::try_current().is_err() {
            return Err(PortError::new(Fault::Misconfigured, NO_RUNTIME));
        }
        let answer = self.api.get(&self.path, &[], &self.allowance).await?;
        if !answer.status.is_success() {
            return Err(refused(&self.api, &answer));
        }
        let Dump { suppressions } = answer.parsed(&self.api)?;
        let entries = suppressions.len();
        let named: Vec<(String, Entry)> =
            suppressions.into_iter().filter_map(|Listed(entry)| entry?.named()).collect();
        if named.is_empty() && entries > 0 {
            let message = format!("{PROVIDER} answered with a list of something else than addresses");
            return Err(PortError::new(Fault::Garbled, message));
        }
        Ok(named.into_iter().filter_map(|(address, entry)| entry.suppression(&address)).collect())
    }
}

/// The answer.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Dump {
    suppressions: Vec<Listed>,
}

/// What stands in the list; nothing if it is no record. Read one by one, since a list can be long.
struct Listed(Option<Entry>);

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        json::record(from).map(Self)
    }
}

/// An entry, as far as dripr needs it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Entry {
    #[serde(deserialize_with = "json::text")]
    email_address: Option<String>,
    #[serde(deserialize_with = "json::text")]
    suppression_reason: Option<String>,
    #[serde(deserialize_with = "json::text")]
    created_at: Option<String>,
}

impl Entry {
    /// With what it says is an address, if it does.
    fn named(mut self) -> Option<(String, Self)> {
        Some((self.email_address.take()?, self))
    }

    fn suppression(&self, address: &str) -> Option<ListedSuppression> {
        Some(ListedSuppression {
            address: address.parse().ok()?,
            cause: cause(self.suppression_reason.as_deref()),
            since: self.created_at.as_deref().and_then(instant),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_stays_one_segment_of_the_path() {
        for (stream, written) in [
            ("broadcast", "broadcast"),
            ("my-stream_2", "my-stream_2"),
            ("a/../b?c#d", "a%2F%2E%2E%2Fb%3Fc%23d"),
        ] {
            assert_eq!(utf8_percent_encode(stream, SEGMENT).to_string(), written);
        }
    }
}
