//! What all agents in reach have and achieved, together.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::access::Scope;

use super::{Series, Wanted, count, view::StatisticsView};
use crate::api::{Api, body::Parameters, caller::Asking, problem::Problem};

/// What all agents in reach have and achieved, together.
#[utoipa::path(
    get, path = "/statistics", tag = "statistics", params(Wanted, Series),
    responses((status = 200, body = StatisticsView))
)]
pub(super) async fn read_statistics(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Parameters(wanted): Parameters<Wanted>,
    Parameters(series): Parameters<Series>,
) -> Result<Json<StatisticsView>, Problem> {
    asking.may(Scope::Read)?;
    count(&api, &asking.0.reach, &wanted, &series).await.map(Json)
}
