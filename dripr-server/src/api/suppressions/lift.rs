//! Writing again to an address to which mail came back.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use dripr_core::{
    access::Scope,
    email::{EmailAddress, SuppressionCause},
    ports::ContactStore,
};

use crate::api::{Api, caller::Asking, conflict::Conflict, path::Path, problem::Problem};

/// Lets an address be written to again to which mail came back, once it works. An opt-out or a complaint is only its owner's to
/// take back, by the link in any email: a conflict.
#[utoipa::path(
    delete, path = "/agents/{agent}/suppressions/{address}", tag = "suppressions",
    params(("agent" = String, Path), ("address" = String, Path)),
    responses((status = 204, description = "It is done."))
)]
pub(super) async fn lift_suppression(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, address)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Write).await?;
    let none = || Problem::not_found("suppression");
    let address: EmailAddress = address.parse().map_err(|_| none())?;
    let (most, actor) = (SuppressionCause::HardBounce, asking.0.actor.clone());
    if api.store.lift(&agent.id, &address, most, actor, api.bench.clock.now()).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    match api.store.suppression(&agent.id, &address).await? {
        Some(known) => Err(Problem::conflict(
            Conflict::RecipientOptedOut,
            format!("{}; only they can take it back", known.cause.sentence()),
        )),
        None => Err(none()),
    }
}
