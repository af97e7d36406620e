//! Listing endpoints.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{ids::WebhookId, ports::WebhookStore, webhooks::Endpoint};

use super::view::WebhookView;
use crate::api::{
    Api,
    body::Parameters,
    caller::Asking,
    page::{Page, Part},
    problem::Problem,
};

/// The webhooks that the caller keeps: all that reach no farther than an admin, whoever made them; for other agents who are signed in,
/// all that are told of them alone.
#[utoipa::path(
    get, path = "/webhooks", tag = "webhooks", params(Part), responses((status = 200, body = Page<WebhookView>))
)]
pub(super) async fn list_webhooks(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Parameters(part): Parameters<Part>,
) -> Result<Json<Page<WebhookView>>, Problem> {
    let keeper = asking.keeper()?;
    let (limit, after) = (part.limit()?, part.after::<WebhookId>()?);
    let endpoints = api.store.webhooks(&keeper.reach, after, limit + 1).await?;
    Ok(Json(Page::of(endpoints, limit, |endpoint: &Endpoint| endpoint.id.to_string(), WebhookView::of)))
}
