//! What an agent has and achieved.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::access::{Reach, Scope};

use super::{Series, Wanted, count, view::StatisticsView};
use crate::api::{Api, body::Parameters, caller::Asking, path::Path, problem::Problem};

/// What an agent has and achieved.
#[utoipa::path(
    get, path = "/agents/{agent}/statistics", tag = "statistics",
    params(("agent" = String, Path), Wanted, Series), responses((status = 200, body = StatisticsView))
)]
pub(super) async fn read_agent_statistics(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
    Parameters(wanted): Parameters<Wanted>,
    Parameters(series): Parameters<Series>,
) -> Result<Json<StatisticsView>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    count(&api, &Reach::Agent(agent.id), &wanted, &series).await.map(Json)
}
