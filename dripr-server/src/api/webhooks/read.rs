//! Reading an endpoint.

use std::sync::Arc;

use axum::extract::State;

use super::{find, view::WebhookView};
use crate::api::{Api, caller::Asking, path::Path, problem::Problem, version::Versioned};

/// A webhook, without its secret.
#[utoipa::path(
    get, path = "/webhooks/{webhook}", tag = "webhooks", params(("webhook" = String, Path)),
    responses((status = 200, body = WebhookView, headers(("ETag" = String))))
)]
pub(super) async fn read_webhook(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(webhook): Path<String>,
) -> Result<Versioned<WebhookView>, Problem> {
    Ok(WebhookView::versioned(find(&api, &asking, &webhook).await?))
}
