//! `/history`: what was done about keys, webhooks and blocked addresses, which belong to no single agent.

use std::sync::Arc;

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use dripr_core::ports::{DeedEntry, DeedStore};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Api,
    body::Parameters,
    caller::Asking,
    history::actor,
    page::{Page, Part},
    problem::Problem,
    reach::ReachView,
};

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(list_deeds))
}

/// What was done about a key, a webhook or a blocked address, when and by whom.
#[derive(Debug, Serialize, ToSchema)]
struct DeedLine {
    at: DateTime<Utc>,
    /// Who: `system`, `operator`, `agent …` or `key …`.
    #[schema(example = "key 0198")]
    actor: String,
    /// What, as a short name.
    #[schema(example = "webhook_changed")]
    what: String,
    /// The id of the key or the webhook, which may be gone; or the address.
    about: String,
    /// How far that reached.
    reach: ReachView,
    /// Why, or which part of it, for people.
    cause: Option<String>,
}

impl DeedLine {
    fn of(entry: DeedEntry) -> Self {
        let deed = entry.deed;
        Self {
            at: deed.at,
            actor: actor(&deed.actor),
            what: deed.what,
            about: deed.about,
            reach: deed.reach.into(),
            cause: deed.cause,
        }
    }
}

/// What was done about keys and webhooks that the caller keeps (`/me`), and for operators about blocked addresses, the newest first.
#[utoipa::path(get, path = "/history", tag = "keys", params(Part), responses((status = 200, body = Page<DeedLine>)))]
async fn list_deeds(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Parameters(part): Parameters<Part>,
) -> Result<Json<Page<DeedLine>>, Problem> {
    let keeper = asking.keeper()?;
    let (limit, before) = (part.limit()?, part.after::<u64>()?);
    let entries = api.store.deeds(&keeper.reach, before, limit + 1).await?;
    Ok(Json(Page::of(entries, limit, |entry| entry.number.to_string(), DeedLine::of)))
}
