//! Sending everything again that failed.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use dripr_core::ports::WebhookStore;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{deed, find};
use crate::api::{Api, body::Body, caller::Asking, path::Path, problem::Problem};

/// Since when.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Since {
    /// Only what tells of something that happened then or later.
    since: DateTime<Utc>,
}

/// How many messages are sent again.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Replayed {
    replayed: u64,
}

/// Sends every message of a webhook again that failed.
#[utoipa::path(
    post, path = "/webhooks/{webhook}/replay", tag = "webhooks", request_body = Since,
    params(("webhook" = String, Path)), responses((status = 202, body = Replayed))
)]
pub(super) async fn replay_failed_deliveries(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(webhook): Path<String>,
    Body(Since { since }): Body<Since>,
) -> Result<(StatusCode, Json<Replayed>), Problem> {
    let endpoint = find(&api, &asking, &webhook).await?;
    let cause = format!("what failed since {}", since.to_rfc3339());
    let deed = deed(&api, &asking, &endpoint, "webhook_replayed", Some(cause));
    let replayed = api.store.replay_failed(&endpoint.id, since, deed).await?;
    Ok((StatusCode::ACCEPTED, Json(Replayed { replayed })))
}
