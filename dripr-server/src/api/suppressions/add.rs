//! Adding an address that an agent must not write to. Only the recipient takes an opt-out back.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use dripr_core::{
    access::Scope,
    email::{EmailAddress, Suppression, SuppressionCause},
    ports::ContactStore,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::{Api, body::Body, caller::Asking, path::Path, problem::Problem};

/// An address.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSuppression {
    #[schema(value_type = String, format = "email")]
    address: EmailAddress,
}

/// From the answer on nothing is sent to the address for this agent, as if its owner had opted out.
#[utoipa::path(
    post, path = "/agents/{agent}/suppressions", tag = "suppressions", request_body = NewSuppression,
    params(("agent" = String, Path)), responses((status = 204, description = "It is done."))
)]
pub(super) async fn add_suppression(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
    Body(new): Body<NewSuppression>,
) -> Result<StatusCode, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Write).await?;
    let suppression = Suppression {
        user_id: agent.id,
        address: new.address,
        cause: SuppressionCause::OptOut,
        since: api.bench.clock.now(),
    };
    api.store.suppress(suppression, asking.0.actor.clone()).await?;
    Ok(StatusCode::NO_CONTENT)
}
