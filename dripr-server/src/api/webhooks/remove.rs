//! Removing an endpoint.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use dripr_core::ports::WebhookStore;

use super::{deed, find};
use crate::api::{Api, caller::Asking, path::Path, problem::Problem};

/// Removes a webhook: nothing more is sent to it, and what became of earlier messages is forgotten.
#[utoipa::path(
    delete, path = "/webhooks/{webhook}", tag = "webhooks", params(("webhook" = String, Path)),
    responses((status = 204, description = "It is done."))
)]
pub(super) async fn remove_webhook(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(webhook): Path<String>,
) -> Result<StatusCode, Problem> {
    let endpoint = find(&api, &asking, &webhook).await?;
    let deed = deed(&api, &asking, &endpoint, "webhook_removed", None);
    api.store.remove_webhook(&endpoint.id, deed).await?;
    Ok(StatusCode::NO_CONTENT)
}
