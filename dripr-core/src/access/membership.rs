//! Where an agent belongs.

use serde::{Deserialize, Serialize};

use crate::ids::{BrokerageId, TeamId};

/// An agent's place in a brokerage. An agent of none stands alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The brokerage whose admins may act for the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brokerage: Option<BrokerageId>,
    /// The team, within the brokerage, whose leads may act for the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
    /// What the agent may do for others there.
    #[serde(default)]
    pub role: Role,
}

impl Membership {
    /// Whether somebody is not of the brokerage any more of which they were before.
    #[must_use]
    pub fn left(&self, before: &Self) -> bool {
        before.brokerage.is_some() && self.brokerage != before.brokerage
    }

    /// Whether somebody is not of the team any more of which they were before.
    #[must_use]
    pub fn left_team(&self, before: &Self) -> bool {
        before.team.is_some() && self.team != before.team
    }

    /// Whether nothing is said.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// What an agent may do for others of the brokerage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Nothing: they see and change what is their own.
    #[default]
    Agent,
    /// They act for all agents of their team.
    TeamLead,
    /// They act for all agents of the brokerage, and keep its agents and keys.
    Admin,
}
