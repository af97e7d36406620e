//! Looking at an agent's mailbox.

use std::sync::Arc;

use axum::extract::State;
use dripr_core::{access::Scope, ports::MailAccountStore};

use super::view::MailboxView;
use crate::api::{Api, caller::Asking, path::Path, problem::Problem, version::Versioned};

/// The agent's own mailbox, or that none is connected, and whether one can be.
#[utoipa::path(
    get, path = "/agents/{agent}/mailbox", tag = "mailbox", params(("agent" = String, Path)),
    responses((status = 200, body = MailboxView, headers(("ETag" = String))))
)]
pub(super) async fn read_mailbox(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
) -> Result<Versioned<MailboxView>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    let account = api.store.mail_account(&agent.id).await?;
    Ok(MailboxView::versioned(&api, account))
}
