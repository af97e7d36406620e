//! Removing a contact.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use dripr_core::{access::Scope, contact};

use super::find;
use crate::api::{Api, caller::Asking, path::Path, problem::Problem};

/// Removes a contact with its campaigns: nothing is sent to it any more. Its opt-out and what was sent stay known; all that is
/// stored of a person is erased by `dripr person erase`.
#[utoipa::path(
    delete, path = "/agents/{agent}/contacts/{contact}", tag = "contacts",
    params(("agent" = String, Path), ("contact" = String, Path)),
    responses((status = 204, description = "It is done."))
)]
pub(super) async fn remove_contact(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, contact)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Write).await?;
    let known = find(&api, &agent.id, &contact).await?;
    if !contact::remove(&*api.store, &api.bench, &asking.0.actor, &known).await? {
        return Err(Problem::not_found("contact"));
    }
    Ok(StatusCode::NO_CONTENT)
}
