//! Listing the emails of all agents in reach.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use dripr_core::access::{Reach, Scope};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    search::{Filter, page},
    view::EmailView,
};
use crate::api::{
    Api,
    body::Parameters,
    caller::Asking,
    page::{Page, Part},
    problem::Problem,
};

/// Whose emails are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Whose {
    /// Only those of this agent.
    agent: Option<String>,
}

/// The emails of all agents in reach of the caller: with `delivery_status=CREATED` what waits for anybody's approval.
#[utoipa::path(
    get, path = "/emails", tag = "emails", params(Whose, Filter, Part),
    responses((status = 200, body = Page<EmailView>))
)]
pub(super) async fn list_all_emails(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Parameters(whose): Parameters<Whose>,
    Parameters(filter): Parameters<Filter>,
    Parameters(part): Parameters<Part>,
) -> Result<Json<Page<EmailView>>, Problem> {
    asking.may(Scope::Read)?;
    let Some(named) = whose.agent else { return page(&api, &asking.0.reach, filter, &part).await };
    match asking.agent(&api, &named, Scope::Read).await {
        Ok(agent) => page(&api, &Reach::Agent(agent.id), filter, &part).await,
        // Who is out of reach has no emails there, like who does not exist.
        Err(problem) if problem.status() == StatusCode::NOT_FOUND => Ok(Json(Page::ending(Vec::new(), None))),
        Err(problem) => Err(problem),
    }
}
