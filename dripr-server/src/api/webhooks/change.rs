//! Changing an endpoint.

use std::sync::Arc;

use axum::extract::State;
use dripr_core::webhooks::Kind;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{changed, checked_kinds, checked_url, view::WebhookView};
use crate::api::{
    Api,
    body::Body,
    caller::Asking,
    path::Path,
    problem::Problem,
    problems::Problems,
    text::line,
    version::{IfMatch, Versioned},
};

/// A change of a webhook. What is absent stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WebhookChange {
    #[schema(format = "uri", max_length = 2000, nullable = false)]
    url: Option<String>,
    #[schema(value_type = Option<Vec<String>>, min_items = 1, nullable = false)]
    kinds: Option<Vec<Kind>>,
    #[schema(max_length = 200, nullable = false)]
    description: Option<String>,
    /// Whether anything is sent. What happens while nothing is, is not told later; what was waiting is.
    #[schema(nullable = false)]
    enabled: Option<bool>,
}

/// Changes a webhook. All of it is stored, or none.
#[utoipa::path(
    patch, path = "/webhooks/{webhook}", tag = "webhooks", request_body = WebhookChange,
    params(("webhook" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = WebhookView, headers(("ETag" = String))))
)]
pub(super) async fn change_webhook(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(webhook): Path<String>,
    seen: IfMatch,
    Body(change): Body<WebhookChange>,
) -> Result<Versioned<WebhookView>, Problem> {
    let now = api.bench.clock.now();
    let WebhookChange { url, kinds, description, enabled } = change;
    let endpoint = changed(&api, &asking, &webhook, "webhook_changed", |endpoint| {
        seen.admit(&endpoint.choices_mark())?;
        let mut problems = Problems::default();
        if let Some(url) = url.as_deref().and_then(|url| problems.take(checked_url(&api, url))) {
            endpoint.redirect(url);
        }
        if let Some(kinds) = kinds.clone().and_then(|kinds| problems.take(checked_kinds(kinds))) {
            endpoint.kinds = kinds;
        }
        let text = description.as_deref().map(|text| line("/description", text));
        if let Some(description) = text.and_then(|text| problems.take(text)) {
            endpoint.description = description;
        }
        if let Some(enabled) = enabled {
            endpoint.switch(enabled, now);
        }
        problems.unless_any(|| Some(()))
    });
    Ok(WebhookView::versioned(endpoint.await?))
}
