//! Letting agents write to an address again that was blocked for all.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use dripr_core::{email::EmailAddress, ports::BlockStore};

use super::operators_alone;
use crate::api::{Api, caller::Asking, path::Path, problem::Problem};

/// Lifts the block of an address, however it is spelt. Agents for whom it is suppressed still do not write to it.
#[utoipa::path(
    delete, path = "/blocked-addresses/{address}", tag = "suppressions", params(("address" = String, Path)),
    responses((status = 204, description = "It is done."))
)]
pub(super) async fn unblock_address(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(address): Path<String>,
) -> Result<StatusCode, Problem> {
    operators_alone(&asking)?;
    let none = || Problem::not_found("blocked address");
    let address: EmailAddress = address.parse().map_err(|_| none())?;
    let (by, now) = (asking.0.actor.clone(), api.bench.clock.now());
    if api.store.unblock(&address, by, now).await? { Ok(StatusCode::NO_CONTENT) } else { Err(none()) }
}
