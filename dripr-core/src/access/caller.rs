//! Somebody who asks for something.

use serde::{Deserialize, Serialize};

use super::{Role, Scope, Scopes};
use crate::{
    agent::Agent,
    campaign::Actor,
    ids::{BrokerageId, TeamId, UserId},
};

/// Somebody who asks for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// As whom they stand in the history of what they change.
    pub actor: Actor,
    /// Whose things they may see and change.
    pub reach: Reach,
    /// What they may do there.
    pub scopes: Scopes,
}

/// Which agents' things a caller may see and change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Everybody's: who runs the deployment.
    Deployment,
    /// Those of a brokerage's agents.
    Brokerage(BrokerageId),
    /// Those of the agents of one team of a brokerage.
    Team(BrokerageId, TeamId),
    /// One agent's.
    Agent(UserId),
}

impl Reach {
    /// Whether an agent is in reach.
    #[must_use]
    pub fn covers(&self, agent: &Agent) -> bool {
        let membership = &agent.membership;
        match self {
            Self::Deployment => true,
            Self::Brokerage(brokerage) => membership.brokerage.as_ref() == Some(brokerage),
            Self::Team(brokerage, team) => {
                membership.brokerage.as_ref() == Some(brokerage) && membership.team.as_ref() == Some(team)
            }
            Self::Agent(id) => agent.id == *id,
        }
    }

    /// Whether another reach lies within this one. `named` is the agent whom the other names, if it is one agent's and they
    /// are known.
    ///
    /// ```
    /// use dripr_core::{access::Reach, ids::{BrokerageId, TeamId}};
    /// let north = BrokerageId::new("north")?;
    /// let team = Reach::Team(north.clone(), TeamId::new("blue")?);
    /// assert!(Reach::Brokerage(north.clone()).contains(&team, None));
    /// assert!(!team.contains(&Reach::Brokerage(north), None));
    /// # Ok::<(), dripr_core::ids::InvalidId>(())
    /// ```
    #[must_use]
    pub fn contains(&self, other: &Self, named: Option<&Agent>) -> bool {
        match (self, other) {
            (Self::Deployment, _) => true,
            (Self::Brokerage(own), Self::Team(brokerage, _)) => own == brokerage,
            (Self::Brokerage(_) | Self::Team(..), Self::Agent(id)) => {
                named.is_some_and(|agent| agent.id == *id && self.covers(agent))
            }
            _ => self == other,
        }
    }

    /// Whether a key or a webhook that reaches this far may be made by those who reach as far as `owner`, if that was noted: one for
    /// a single agent only while the agent is there, and within it. `named` is the agent whom this names, as they are, if it is one
    /// agent's and they are known.
    ///
    /// ```
    /// use dripr_core::{access::{Membership, Reach, Role}, testkit::samples};
    /// let mut amy = samples::agent("amy", "2026-03-01T12:00:00Z".parse()?)?;
    /// amy.membership = Membership { brokerage: Some("north".parse()?), team: None, role: Role::Agent };
    /// let (reach, north) = (Reach::Agent(amy.id.clone()), Reach::Brokerage("north".parse()?));
    /// assert!(reach.may_be_given(Some(&north), Some(&amy)));
    /// amy.membership.brokerage = Some("south".parse()?);
    /// assert!(!reach.may_be_given(Some(&north), Some(&amy)));
    /// # Ok::<(), samples::Unusable>(())
    /// ```
    #[must_use]
    pub fn may_be_given(&self, owner: Option<&Self>, named: Option<&Agent>) -> bool {
        if !matches!(self, Self::Agent(_)) {
            return true;
        }
        let is_removed = named.is_some_and(|agent| agent.deleted_at.is_some());
        !is_removed && owner.is_none_or(|owner| owner.contains(self, named))
    }
}

impl Caller {
    /// Who runs the deployment, at its command line.
    #[must_use]
    pub fn operator() -> Self {
        Self { actor: Actor::Operator, reach: Reach::Deployment, scopes: Scopes::all() }
    }

    /// An agent who signed in, reaching as far as their role does. A team lead without a team and anybody without a
    /// brokerage reach themselves alone; only admins keep agents, and [keys](Self::keeper) that reach farther than themselves.
    #[must_use]
    pub fn signed_in(agent: &Agent) -> Self {
        let membership = &agent.membership;
        let reach = match (membership.role, &membership.brokerage, &membership.team) {
            (Role::Admin, Some(brokerage), _) => Reach::Brokerage(brokerage.clone()),
            (Role::TeamLead, Some(brokerage), Some(team)) => Reach::Team(brokerage.clone(), team.clone()),
            _ => Reach::Agent(agent.id.clone()),
        };
        let scopes = if matches!(reach, Reach::Brokerage(_)) {
            Scopes::all()
        } else {
            [Scope::Read, Scope::Write, Scope::Approve].into_iter().collect()
        };
        Self { actor: Actor::User(agent.id.clone()), reach, scopes }
    }

    /// The same, if they are let in: whoever was removed or is banned does not sign in.
    #[must_use]
    pub fn let_in(agent: &Agent) -> Option<Self> {
        (agent.deleted_at.is_none() && !agent.banned).then(|| Self::signed_in(agent))
    }

    /// Whether an agent who signs in now reaches as far as some time before, when they may have begun something. Whoever was removed
    /// or is banned does not sign in.
    #[must_use]
    pub fn still_reaches(agent: &Agent, as_before: &Reach) -> bool {
        Self::let_in(agent).is_some_and(|caller| caller.reach.contains(as_before, Some(agent)))
    }
}
