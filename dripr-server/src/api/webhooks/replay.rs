//! Sending one message again.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use dripr_core::ports::WebhookStore;

use super::{deed, find, find_delivery, view::WholeDelivery};
use crate::api::{Api, caller::Asking, path::Path, problem::Problem};

/// Sends a message again, under its id, whatever became of it. One that waits is tried now, and goes on from there.
#[utoipa::path(
    post, path = "/webhooks/{webhook}/deliveries/{message}/replay", tag = "webhooks",
    params(("webhook" = String, Path), ("message" = String, Path)),
    responses((status = 202, body = WholeDelivery))
)]
pub(super) async fn replay_delivery(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((webhook, message)): Path<(String, String)>,
) -> Result<(StatusCode, Json<WholeDelivery>), Problem> {
    let endpoint = find(&api, &asking, &webhook).await?;
    let due = find_delivery(&api, &endpoint, &message).await?;
    let deed = deed(&api, &asking, &endpoint, "webhook_replayed", Some(due.message.id.to_string()));
    api.store.replay(&endpoint.id, &due.message.id, deed).await?;
    let due = find_delivery(&api, &endpoint, &message).await?;
    Ok((StatusCode::ACCEPTED, Json(WholeDelivery::of(due))))
}
