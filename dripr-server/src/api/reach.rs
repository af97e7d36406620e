//! How far keys and webhooks reach.

use dripr_core::{access::Reach, ports::AgentStore};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Api, problem::Problem};

/// Whose things something reaches.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "of", deny_unknown_fields)]
pub(super) enum ReachView {
    /// Everybody's.
    Deployment {},
    /// Those of a brokerage's agents.
    Brokerage {
        #[schema(value_type = String, max_length = 96, pattern = "^[A-Za-z0-9._:-]+$")]
        brokerage_id: dripr_core::ids::BrokerageId,
    },
    /// Those of one team's agents.
    Team {
        #[schema(value_type = String, max_length = 96, pattern = "^[A-Za-z0-9._:-]+$")]
        brokerage_id: dripr_core::ids::BrokerageId,
        #[schema(value_type = String, max_length = 96, pattern = "^[A-Za-z0-9._:-]+$")]
        team_id: dripr_core::ids::TeamId,
    },
    /// One agent's.
    Agent {
        #[schema(value_type = String, max_length = 96, pattern = "^[A-Za-z0-9._:-]+$")]
        agent_id: dripr_core::ids::UserId,
    },
}

impl From<ReachView> for Reach {
    fn from(view: ReachView) -> Self {
        match view {
            ReachView::Deployment {} => Self::Deployment,
            ReachView::Brokerage { brokerage_id } => Self::Brokerage(brokerage_id),
            ReachView::Team { brokerage_id, team_id } => Self::Team(brokerage_id, team_id),
            ReachView::Agent { agent_id } => Self::Agent(agent_id),
        }
    }
}

impl From<Reach> for ReachView {
    fn from(reach: Reach) -> Self {
        match reach {
            Reach::Deployment => Self::Deployment {},
            Reach::Brokerage(brokerage_id) => Self::Brokerage { brokerage_id },
            Reach::Team(brokerage_id, team_id) => Self::Team { brokerage_id, team_id },
            Reach::Agent(agent_id) => Self::Agent { agent_id },
        }
    }
}

/// Whether a reach lies within another.
pub(super) async fn lies_within(api: &Api, reach: &Reach, outer: &Reach) -> Result<bool, Problem> {
    let named = match reach {
        Reach::Agent(id) => api.store.agent(id).await?,
        Reach::Deployment | Reach::Brokerage(_) | Reach::Team(..) => None,
    };
    Ok(outer.contains(reach, named.as_ref()))
}

/// The reach of something that somebody makes: as far as their `own`, unless they say less. `what` it is, for people.
pub(super) async fn wanted(
    api: &Api,
    own: &Reach,
    reach: Option<ReachView>,
    what: &str,
) -> Result<Reach, Problem> {
    let Some(reach) = reach.map(Reach::from) else { return Ok(own.clone()) };
    let there = match &reach {
        Reach::Agent(id) => api.store.agent(id).await?.is_some_and(|agent| agent.deleted_at.is_none()),
        Reach::Deployment | Reach::Brokerage(_) | Reach::Team(..) => true,
    };
    if there && lies_within(api, &reach, own).await? {
        return Ok(reach);
    }
    Err(Problem::forbidden(format!("a {what} reaches no farther than `keeps` of /me says of who makes it")))
}
