//! Listing addresses that nobody in the deployment writes to.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{
    email::{Block, EmailAddress},
    ports::BlockStore,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{BlockedAddressView, operators_alone};
use crate::api::{
    Api,
    body::Parameters,
    caller::Asking,
    page::{Page, Part},
    problem::Problem,
};

/// Which addresses are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Only this address.
    #[param(value_type = Option<String>, format = "email")]
    email: Option<EmailAddress>,
}

/// The addresses that nobody in the deployment writes to. Operators alone see them.
#[utoipa::path(
    get, path = "/blocked-addresses", tag = "suppressions", params(Filter, Part),
    responses((status = 200, body = Page<BlockedAddressView>))
)]
pub(super) async fn list_blocked_addresses(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Parameters(filter): Parameters<Filter>,
    Parameters(part): Parameters<Part>,
) -> Result<Json<Page<BlockedAddressView>>, Problem> {
    operators_alone(&asking)?;
    let (limit, after) = (part.limit()?, part.after::<String>()?);
    let blocks = match filter.email {
        None => api.store.blocks(after, limit + 1).await?,
        Some(address) => {
            let known = api.store.block_of(&address).await?;
            let wanted = |known: &Block| after.as_ref().is_none_or(|after| known.address.key() > *after);
            known.filter(wanted).into_iter().collect()
        }
    };
    Ok(Json(Page::of(blocks, limit, |block| block.address.key(), BlockedAddressView::of)))
}
