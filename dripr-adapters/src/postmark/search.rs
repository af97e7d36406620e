//! Asking Postmark whether it has an email.

use dripr_core::{
    errors::{Fault, PortError, PortResult},
    ids::EmailId,
    ports::{Allowance, LookUp},
};
use serde::Deserialize;
use serde_json::Value;

use super::{PROVIDER, metadata, refused::refused};
use crate::http::{HttpApi, json};

const PATH: &str = "messages/outbound";

/// What a search finds.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Found {
    #[serde(deserialize_with = "json::amount")]
    total_count: Option<u64>,
    messages: Option<Vec<Value>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Message {
    #[serde(rename = "MessageID", deserialize_with = "json::text")]
    message_id: Option<String>,
    #[serde(deserialize_with = "json::record")]
    metadata: Option<metadata::Known>,
}

/// What Postmark says of an email. It is only missing where Postmark says that it found none at all.
pub(super) async fn look_up(api: &HttpApi, email_id: &EmailId, allowance: &Allowance) -> LookUp {
    let Ok(found) = search(api, &metadata::name(email_id.as_str()), allowance).await else {
        return LookUp::CannotTell;
    };
    match (found.total_count, found.messages.as_deref()) {
        (Some(0), Some([])) => LookUp::NotAccepted,
        (Some(1..), Some([newest, ..])) => {
            // What does not fit was not searched for: the filter is not understood any more, and nothing is proven.
            let message: Option<Message> = json::as_record(newest.clone());
            message
                .filter(|message| {
                    message.metadata.as_ref().and_then(metadata::Known::email_id).as_ref() == Some(email_id)
                })
                .map_or(LookUp::CannotTell, |message| LookUp::Accepted {
                    provider_message_id: message.message_id,
                })
        }
        _ => LookUp::CannotTell,
    }
}

/// Asks for something that nobody has, as an email is asked for.
pub(super) async fn probe(api: &HttpApi) -> PortResult<()> {
    let found = search(api, "dripr-probe", &Allowance::unlimited()).await?;
    if found.total_count.is_none() {
        let message = format!("{PROVIDER} answered with something else than a list of emails");
        return Err(PortError::new(Fault::Garbled, message));
    }
    Ok(())
}

async fn search(api: &HttpApi, name: &str, allowance: &Allowance) -> PortResult<Found> {
    let filter = format!("metadata_{}", metadata::EMAIL_ID);
    let query = [("count", "1"), ("offset", "0"), (filter.as_str(), name)];
    let answer = api.get(PATH, &query, allowance).await?;
    if !answer.status.is_success() {
        return Err(refused(api, &answer));
    }
    let found: Value = answer.parsed(api)?;
    json::as_record(found).ok_or_else(|| {
        PortError::new(
            Fault::Garbled,
            format!("{PROVIDER} answered with something else than a list of emails"),
        )
    })
}
