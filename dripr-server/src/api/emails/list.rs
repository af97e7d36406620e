//! Listing an agent's emails.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::access::{Reach, Scope};

use super::{
    search::{Filter, page},
    view::EmailView,
};
use crate::api::{
    Api,
    body::Parameters,
    caller::Asking,
    page::{Page, Part},
    path::Path,
    problem::Problem,
};

/// An agent's emails.
#[utoipa::path(
    get, path = "/agents/{agent}/emails", tag = "emails", params(("agent" = String, Path), Filter, Part),
    responses((status = 200, body = Page<EmailView>))
)]
pub(super) async fn list_emails(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
    Parameters(filter): Parameters<Filter>,
    Parameters(part): Parameters<Part>,
) -> Result<Json<Page<EmailView>>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    page(&api, &Reach::Agent(agent.id), filter, &part).await
}
