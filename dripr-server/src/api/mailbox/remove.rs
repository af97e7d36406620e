//! Forgetting an agent's mailbox.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use dripr_core::{access::Scope, mail_account::forget};

use super::none;
use crate::api::{Api, caller::Asking, path::Path, problem::Problem};

/// Forgets the agent's mailbox, and what they allowed there: emails go by the deployment's own mailer from now on. Google is not told:
/// the agent takes the consent back there. An email that may have gone by the mailbox, of which nobody knows yet, is held. If none is
/// connected, that is a conflict.
#[utoipa::path(
    delete, path = "/agents/{agent}/mailbox", tag = "mailbox", params(("agent" = String, Path)),
    responses((status = 204, description = "It is done."))
)]
pub(super) async fn remove_mailbox(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
) -> Result<StatusCode, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Write).await?;
    if forget(&*api.store, &agent.id, &asking.0.actor, api.bench.clock.now()).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(none())
    }
}
