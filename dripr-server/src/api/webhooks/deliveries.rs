//! What became of messages.

use std::{fmt, str::FromStr, sync::Arc};

use axum::{Json, extract::State};
use chrono::DateTime;
use dripr_core::{ids::WebhookMessageId, ports::WebhookStore, schedule::Instant, webhooks::Delivery};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    find, find_delivery,
    view::{DeliveryOutcomeView, DeliveryView, WholeDelivery},
};
use crate::api::{
    Api,
    body::Parameters,
    caller::Asking,
    page::{Page, Part},
    path::Path,
    problem::Problem,
};

/// Which messages are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Only those of which this became.
    #[param(inline)]
    outcome: Option<DeliveryOutcomeView>,
}

/// A place in the list.
struct Place(Instant, WebhookMessageId);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.timestamp_micros(), self.1)
    }
}

impl FromStr for Place {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, id) = text.split_once(' ').ok_or(())?;
        let at = at.parse().ok().and_then(DateTime::from_timestamp_micros).ok_or(())?;
        Ok(Self(at, WebhookMessageId::new(id).map_err(|_| ())?))
    }
}

/// What became of a webhook's messages, of the last 30 days, the newest first.
#[utoipa::path(
    get, path = "/webhooks/{webhook}/deliveries", tag = "webhooks",
    params(("webhook" = String, Path), Filter, Part), responses((status = 200, body = Page<DeliveryView>))
)]
pub(super) async fn list_deliveries(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(webhook): Path<String>,
    Parameters(filter): Parameters<Filter>,
    Parameters(part): Parameters<Part>,
) -> Result<Json<Page<DeliveryView>>, Problem> {
    let endpoint = find(&api, &asking, &webhook).await?;
    let (limit, before) = (part.limit()?, part.after::<Place>()?);
    let before = before.map(|Place(at, id)| (at, id));
    let standing = filter.outcome.map(Into::into);
    let deliveries = api.store.deliveries(&endpoint.id, standing, before, limit + 1).await?;
    let place = |delivery: &Delivery| Place(delivery.at, delivery.message_id.clone()).to_string();
    Ok(Json(Page::of(deliveries, limit, place, DeliveryView::of)))
}

/// What became of one message of a webhook, with what it says.
#[utoipa::path(
    get, path = "/webhooks/{webhook}/deliveries/{message}", tag = "webhooks",
    params(("webhook" = String, Path), ("message" = String, Path)),
    responses((status = 200, body = WholeDelivery))
)]
pub(super) async fn read_delivery(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((webhook, message)): Path<(String, String)>,
) -> Result<Json<WholeDelivery>, Problem> {
    let endpoint = find(&api, &asking, &webhook).await?;
    Ok(Json(WholeDelivery::of(find_delivery(&api, &endpoint, &message).await?)))
}
