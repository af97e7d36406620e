//! Blocking an address for all agents.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use dripr_core::{
    email::{Block, EmailAddress},
    ports::BlockStore,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{BlockedAddressView, operators_alone};
use crate::api::{Api, body::Body, caller::Asking, problem::Problem, text::some_line};

/// An address that nobody is to write to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewBlockedAddress {
    #[schema(value_type = String, format = "email")]
    address: EmailAddress,
    /// Why, for operators; the history shows it.
    #[schema(min_length = 1, max_length = 200)]
    reason: Option<String>,
}

/// From the answer on nothing is sent to the address, whichever agent's contact has it. Only operators take that back. One that is
/// blocked already stays as it is.
#[utoipa::path(
    post, path = "/blocked-addresses", tag = "suppressions", request_body = NewBlockedAddress,
    responses(
        (status = 201, body = BlockedAddressView, description = "It is not written to any more."),
        (status = 200, body = BlockedAddressView, description = "It was blocked before."),
    )
)]
pub(super) async fn block_address(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Body(new): Body<NewBlockedAddress>,
) -> Result<(StatusCode, Json<BlockedAddressView>), Problem> {
    operators_alone(&asking)?;
    let reason = new.reason.as_deref().map(|reason| some_line("/reason", reason)).transpose()?;
    let (since, by) = (api.bench.clock.now(), asking.0.actor.clone());
    let block = Block { address: new.address, since, by, reason };
    if api.store.block(block.clone()).await? {
        return Ok((StatusCode::CREATED, Json(BlockedAddressView::of(block))));
    }
    let known = api.store.block_of(&block.address).await?.unwrap_or(block);
    Ok((StatusCode::OK, Json(BlockedAddressView::of(known))))
}
