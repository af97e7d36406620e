//! What each agent in reach has and achieved.

use std::{collections::BTreeSet, sync::Arc};

use axum::{Json, extract::State};
use dripr_core::{
    access::Scope,
    ids::UserId,
    ports::{AgentStore, StatisticsStore},
};

use super::{
    Wanted,
    view::{AgentStatisticsView, AgentsStatisticsView},
};
use crate::api::{
    Api,
    body::Parameters,
    caller::Asking,
    page::{Page, Part},
    problem::Problem,
};

/// What each agent in reach has and achieved, in the order of their ids.
#[utoipa::path(
    get, path = "/statistics/agents", tag = "statistics", params(Wanted, Part),
    responses((status = 200, body = AgentsStatisticsView))
)]
pub(super) async fn list_agent_statistics(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Parameters(wanted): Parameters<Wanted>,
    Parameters(part): Parameters<Part>,
) -> Result<Json<AgentsStatisticsView>, Problem> {
    asking.may(Scope::Read)?;
    let span = wanted.span(&api)?;
    let (limit, after) = (part.limit()?, part.after::<UserId>()?);
    let mut agents = api.store.agents(&asking.0.reach, after, limit + 1).await?;
    let more = agents.len() > limit;
    agents.truncate(limit);
    let last = agents.last().filter(|_| more).map(|agent| agent.id.to_string());
    agents.retain(|agent| agent.deleted_at.is_none());
    let ids: BTreeSet<UserId> = agents.iter().map(|agent| agent.id.clone()).collect();
    let mut found = api.store.statistics_of_each(&ids, span.period()).await?;
    let items = agents.into_iter().map(|agent| {
        let counted = found.remove(&agent.id).unwrap_or_default();
        AgentStatisticsView::of(agent, counted)
    });
    let page = Page::ending(items.collect(), last);
    Ok(Json(AgentsStatisticsView::of(&span, page)))
}
