//! Looking at an address that an agent must not write to.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{access::Scope, email::EmailAddress, ports::ContactStore};

use super::SuppressionView;
use crate::api::{Api, caller::Asking, path::Path, problem::Problem};

/// Why an agent must not write to an address, however it is spelt.
#[utoipa::path(
    get, path = "/agents/{agent}/suppressions/{address}", tag = "suppressions",
    params(("agent" = String, Path), ("address" = String, Path)),
    responses((status = 200, body = SuppressionView))
)]
pub(super) async fn read_suppression(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, address)): Path<(String, String)>,
) -> Result<Json<SuppressionView>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    let none = || Problem::not_found("suppression");
    let address: EmailAddress = address.parse().map_err(|_| none())?;
    let known = api.store.suppression(&agent.id, &address).await?.ok_or_else(none)?;
    let contact = api.store.contact_at(&agent.id, &address).await?;
    Ok(Json(SuppressionView::of(known, contact.map(|contact| contact.id))))
}
