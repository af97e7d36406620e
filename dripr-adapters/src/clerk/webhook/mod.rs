//! What Clerk tells of accounts by webhook.
//!
//! | `type` | what happened |
//! |---|---|
//! | `user.created`, `user.updated` | [`News::Changed`]; which of both it is says nothing, since they come in any order |
//! | `user.deleted` | [`News::Removed`] |
//! | any other | nothing that dripr needs |
//!
//! The webhooks are Svix's, signed as [Standard Webhooks](crate::standard_webhooks) says. Look first whether one is genuine, and
//! answer 401 if it is not.
//!
//! - The address is the primary one, unless Clerk says that it was not verified.
//! - `managed_client_id` is read from `private_metadata` or else `public_metadata`, which only a server can write. What is in
//!   `unsafe_metadata` any browser can write; it is not looked at.
//! - `banned` stops the agent's mail and ends keys and webhooks that they made. `locked` does not: it is somebody who typed a wrong password too often.
//! - Times are milliseconds.
//!
//! ```
//! use dripr_adapters::clerk::webhook;
//! use dripr_core::accounts::News;
//!
//! let body = br#"{"type": "user.deleted", "object": "event", "timestamp": 1661861640000,
//!     "data": {"object": "user", "id": "user_29wBMCtzATuFJut8jO2VNTVekS4", "deleted": true}}"#;
//! let told_at = "2026-03-01T12:00:00Z".parse().unwrap();
//! let Some(News::Removed { user_id, .. }) = webhook::read(body, told_at)? else { panic!("it was removed") };
//! assert_eq!(user_id.as_str(), "user_29wBMCtzATuFJut8jO2VNTVekS4");
//! # Ok::<(), webhook::Unreadable>(())
//! ```

mod record;

use dripr_core::{
    accounts::{Account, News},
    ids::UserId,
    schedule::Instant,
};

use self::record::{Told, User, instant};
use crate::http::json;

/// The longest name that is kept, in characters.
const LONGEST_NAME: usize = 200;

/// A body that is no webhook of Clerk's. It quotes nothing of it.
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
    /// A field is missing, or has a value that it cannot have.
    #[error("the webhook's {0} is missing or is none")]
    Field(&'static str),
}

/// What the body of a webhook says. Nothing, if dripr does not need it: answer 200 all the same. `told_at` is the present moment.
///
/// # Errors
/// [`Unreadable`] if Clerk never wrote it.
pub fn read(body: &[u8], told_at: Instant) -> Result<Option<News>, Unreadable> {
    let value: serde_json::Value = serde_json::from_slice(body)
        .map_err(|error| Unreadable::Json { line: error.line(), column: error.column() })?;
    let told: Told = json::as_record(value).ok_or(Unreadable::Field("type"))?;
    let happened_at = told.timestamp.and_then(instant).unwrap_or(told_at);
    let user = || told.data.as_ref().ok_or(Unreadable::Field("data"));
    match told.kind.as_deref().ok_or(Unreadable::Field("type"))? {
        "user.created" | "user.updated" => account(user()?, happened_at).map(News::Changed).map(Some),
        "user.deleted" => match &user()?.id {
            Some(_) => Ok(Some(News::Removed { user_id: id(user()?)?, at: happened_at })),
            // Clerk does not promise one; then nobody can tell whose account it was.
            None => Ok(None),
        },
        _ => Ok(None),
    }
}

fn id(user: &User) -> Result<UserId, Unreadable> {
    let id = user.id.as_deref().and_then(|id| UserId::new(id).ok());
    id.ok_or(Unreadable::Field("data.id"))
}

fn account(user: &User, happened_at: Instant) -> Result<Account, Unreadable> {
    let name = |name: &Option<String>| -> String {
        name.as_deref().unwrap_or_default().chars().take(LONGEST_NAME).collect()
    };
    let changed_at = user.updated_at.and_then(instant).unwrap_or(happened_at);
    Ok(Account {
        user_id: id(user)?,
        email: user.primary_address(),
        first_name: name(&user.first_name),
        last_name: name(&user.last_name),
        managed_client_id: user.managed_client_id(),
        banned: user.banned == Some(true),
        created_at: user.created_at.and_then(instant).unwrap_or(changed_at),
        changed_at,
    })
}
