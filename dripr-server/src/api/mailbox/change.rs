//! Changing which ways emails may go that the agent's mailbox did not send.

use std::sync::Arc;

use axum::extract::State;
use dripr_core::{
    access::Scope,
    mail_account::{MailAccount, fall_back},
    ports::MailAccountStore,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{none, view::MailboxView};
use crate::api::{
    Api,
    body::Body,
    caller::Asking,
    path::Path,
    problem::Problem,
    version::{IfMatch, Versioned},
};

/// A change of a mailbox. What is absent stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct MailboxChange {
    /// Whether an email that the mailbox certainly did not send may go by the deployment's own mailer.
    #[schema(nullable = false)]
    may_fall_back: Option<bool>,
}

/// Changes the agent's mailbox. If none is connected, that is a conflict.
#[utoipa::path(
    patch, path = "/agents/{agent}/mailbox", tag = "mailbox", request_body = MailboxChange,
    params(("agent" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = MailboxView, headers(("ETag" = String))))
)]
pub(super) async fn change_mailbox(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
    seen: IfMatch,
    Body(change): Body<MailboxChange>,
) -> Result<Versioned<MailboxView>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Write).await?;
    let account = api.store.mail_account(&agent.id).await?;
    let mut account = account.filter(MailAccount::is_connected).ok_or_else(none)?;
    seen.admit(&account.version.to_string())?;
    if let Some(allowed) = change.may_fall_back {
        let (by, now) = (&asking.0.actor, api.bench.clock.now());
        let changed = fall_back(&*api.store, account, allowed, by, now).await?;
        account = changed.ok_or_else(Problem::changed_meanwhile)?;
    }
    Ok(MailboxView::versioned(&api, Some(account)))
}
