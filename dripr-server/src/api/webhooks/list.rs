//! Listing endpoints.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{access::Scope, ids::WebhookId, ports::WebhookStore, webhooks::Endpoint};

use super::view::WebhookView;
use crate::api::{
    Api,
    body::Parameters,
    caller::Asking,
    page::{Page, Part},
    problem::Problem,
};

/// The webhooks that reach no farther than the caller: all of them for an operator.
#[utoipa::path(
    get, path = "/webhooks", tag = "webhooks", params(Part), responses((status = 200, body = Page<WebhookView>))
)]
pub(super) async fn list_webhooks(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Parameters(part): Parameters<Part>,
) -> Result<Json<Page<WebhookView>>, Problem> {
    asking.may(Scope::Admin)?;
    let (limit, after) = (part.limit()?, part.after::<WebhookId>()?);
    let endpoints = api.store.webhooks(&asking.0.reach, after, limit + 1).await?;
    Ok(Json(Page::of(endpoints, limit, |endpoint: &Endpoint| endpoint.id.to_string(), WebhookView::of)))
}
