//! `/agents`: the accounts of agents.

mod change;
mod create;
mod history;
mod list;
mod pause;
mod read;
mod remove;
mod resume;
mod view;

use std::sync::Arc;

use dripr_core::{access::Scope, agent::Agent, campaign::AuditEntry, ports::AgentStore};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Api, caller::Asking, problem::Problem};

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list::list_agents, create::create_agent))
        .routes(routes!(read::read_agent, change::change_agent, remove::remove_agent))
        .routes(routes!(pause::pause_agent))
        .routes(routes!(resume::resume_agent))
        .routes(routes!(history::list_agent_history))
}

/// Stores a change of an agent who is still as they were read.
async fn replace(api: &Api, agent: Agent, audit: AuditEntry) -> Result<Agent, Problem> {
    let id = agent.id.clone();
    if !AgentStore::replace(&*api.store, agent, Some(audit)).await? {
        return Err(Problem::changed_meanwhile());
    }
    api.store.agent(&id).await?.ok_or_else(|| Problem::not_found("agent"))
}

/// How often an agent who was changed meanwhile is read again.
const TRIES: u8 = 5;

/// Changes the agent that a path names as they stand, whatever somebody else changed a moment before; it needs the scope `admin`.
/// `change` says what history is told, and nothing if there is nothing to change.
async fn amend(
    api: &Api,
    asking: &Asking,
    named: &str,
    change: impl Fn(&mut Agent) -> Result<Option<AuditEntry>, Problem>,
) -> Result<Agent, Problem> {
    for _ in 0..TRIES {
        let mut agent = asking.agent(api, named, Scope::Admin).await?;
        let Some(audit) = change(&mut agent)? else { return Ok(agent) };
        let id = agent.id.clone();
        if AgentStore::replace(&*api.store, agent, Some(audit)).await? {
            return api.store.agent(&id).await?.ok_or_else(|| Problem::not_found("agent"));
        }
    }
    Err(Problem::in_progress("the agent was changed again and again meanwhile; please try again"))
}
