//! A webhook as Postmark writes it. Which fields there are depends on what it tells, on its age and on the server's
//! settings; but for `RecordType` none is certain.

use serde::Deserialize;

use crate::{http::json, postmark::metadata};

/// The fields that dripr needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Record {
    #[serde(deserialize_with = "json::text")]
    pub(super) record_type: Option<String>,
    #[serde(rename = "MessageID", deserialize_with = "json::text")]
    message_id: Option<String>,
    #[serde(deserialize_with = "json::record")]
    pub(super) metadata: Option<metadata::Known>,
    #[serde(rename = "ID", deserialize_with = "json::text")]
    pub(super) id: Option<String>,
    #[serde(rename = "Type", deserialize_with = "json::text")]
    pub(super) kind: Option<String>,
    #[serde(deserialize_with = "json::flag")]
    pub(super) inactive: Option<bool>,
    #[serde(deserialize_with = "json::line")]
    pub(super) description: Option<String>,
    #[serde(deserialize_with = "json::line")]
    pub(super) details: Option<String>,
    #[serde(deserialize_with = "json::text")]
    email: Option<String>,
    #[serde(deserialize_with = "json::text")]
    recipient: Option<String>,
    #[serde(deserialize_with = "json::text")]
    pub(super) delivered_at: Option<String>,
    #[serde(deserialize_with = "json::text")]
    pub(super) bounced_at: Option<String>,
    #[serde(deserialize_with = "json::text")]
    pub(super) received_at: Option<String>,
    #[serde(deserialize_with = "json::text")]
    pub(super) changed_at: Option<String>,
    #[serde(deserialize_with = "json::line")]
    pub(super) original_link: Option<String>,
    #[serde(deserialize_with = "json::line")]
    pub(super) user_agent: Option<String>,
    #[serde(deserialize_with = "json::flag")]
    pub(super) suppress_sending: Option<bool>,
    #[serde(deserialize_with = "json::text")]
    pub(super) suppression_reason: Option<String>,
    #[serde(deserialize_with = "json::text")]
    pub(super) origin: Option<String>,
}

impl Record {
    /// Whose doing or mailbox it is: bounces and complaints name it otherwise than the rest.
    pub(super) fn address(&self) -> Option<&str> {
        self.recipient.as_deref().or(self.email.as_deref())
    }

    /// Postmark's own name for the email; what is not tied to one has an empty or an all-zero one.
    pub(super) fn message_id(&self) -> Option<&str> {
        self.message_id.as_deref().filter(|id| id.chars().any(|c| !matches!(c, '0' | '-')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_all_zero_name_is_none() {
        for (given, known) in [
            ("00000000-0000-0000-0000-000000000000", None),
            ("", None),
            ("883953f4-6105-42a2-a16a-77a8eac79483", Some("883953f4-6105-42a2-a16a-77a8eac79483")),
        ] {
            let record = Record { message_id: Some(given.to_owned()), ..Record::default() };
            assert_eq!(record.message_id(), known);
        }
    }
}
