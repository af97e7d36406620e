//! A trial.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use dripr_core::{
    ids::WebhookMessageId,
    ports::{EntropyExt, WebhookStore},
    webhooks::Message,
};

use super::{deed, find, find_delivery, view::WholeDelivery};
use crate::api::{Api, caller::Asking, conflict::Conflict, path::Path, problem::Problem};

/// Sends a message of type `webhook.test`. What becomes of it is found among the webhook's deliveries.
#[utoipa::path(
    post, path = "/webhooks/{webhook}/test", tag = "webhooks", params(("webhook" = String, Path)),
    responses((status = 202, body = WholeDelivery))
)]
pub(super) async fn test_webhook(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(webhook): Path<String>,
) -> Result<(StatusCode, Json<WholeDelivery>), Problem> {
    let endpoint = find(&api, &asking, &webhook).await?;
    if endpoint.off.is_some() {
        return Err(Problem::conflict(Conflict::WebhookOff, "the webhook is switched off"));
    }
    let now = api.bench.clock.now();
    let id = WebhookMessageId::new(format!("msg_{}", api.entropy.id(now))).map_err(|_| Problem::lost())?;
    let deed = deed(&api, &asking, &endpoint, "webhook_tested", None);
    if !api.store.put_message(&endpoint.id, Message::test(id.clone(), now), deed).await? {
        return Err(Problem::not_found("webhook"));
    }
    let due = find_delivery(&api, &endpoint, id.as_str()).await?;
    Ok((StatusCode::ACCEPTED, Json(WholeDelivery::of(due))))
}
