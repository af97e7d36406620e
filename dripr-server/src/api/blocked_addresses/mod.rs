//! `/blocked-addresses`: addresses that nobody in the deployment writes to, for operators.

mod add;
mod lift;
mod list;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use dripr_core::{
    access::{Reach, Scope},
    email::Block,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Api, caller::Asking, history::actor, problem::Problem};

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list::list_blocked_addresses, add::block_address))
        .routes(routes!(lift::unblock_address))
}

/// An address that nobody in the deployment writes to.
#[derive(Debug, Serialize, ToSchema)]
struct BlockedAddressView {
    address: String,
    since: DateTime<Utc>,
    /// Who blocked it: `operator` or `key …`.
    #[schema(example = "operator")]
    blocked_by: String,
    /// Why, for people.
    reason: Option<String>,
}

impl BlockedAddressView {
    fn of(block: Block) -> Self {
        Self {
            address: block.address.as_str().to_owned(),
            since: block.since,
            blocked_by: actor(&block.by),
            reason: block.reason,
        }
    }
}

/// Refuses all but those who may administer the whole deployment.
fn operators_alone(asking: &Asking) -> Result<(), Problem> {
    asking.may(Scope::Admin)?;
    if asking.0.reach == Reach::Deployment {
        return Ok(());
    }
    Err(Problem::forbidden("only operators block addresses for all agents, and see which they are"))
}
