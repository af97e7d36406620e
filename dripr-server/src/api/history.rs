//! A line of a history.

use chrono::{DateTime, Utc};
use dripr_core::{campaign::Actor, ports::AgentHistoryEntry};
use serde::Serialize;
use utoipa::ToSchema;

/// What happened, when, why and by whom.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct HistoryLine {
    at: DateTime<Utc>,
    /// Who: `system`, `recipient`, `provider`, `operator`, `agent …` or `key …`.
    #[schema(example = "system")]
    actor: String,
    /// What, as a short name.
    #[schema(example = "sent")]
    what: String,
    campaign_id: Option<String>,
    /// The contact that it is about, where it is about an address of one.
    contact_id: Option<String>,
    /// The month's send day that it belongs to.
    cycle: Option<String>,
    email_id: Option<String>,
    /// Why, for people.
    cause: Option<String>,
}

/// Who did something, for people.
pub(super) fn actor(actor: &Actor) -> String {
    match actor {
        Actor::System => "system".to_owned(),
        Actor::Recipient => "recipient".to_owned(),
        Actor::Provider => "provider".to_owned(),
        Actor::Operator => "operator".to_owned(),
        Actor::User(id) => format!("agent {id}"),
        Actor::ApiKey(id) => format!("key {id}"),
    }
}

impl HistoryLine {
    pub(super) fn of(line: AgentHistoryEntry) -> Self {
        let AgentHistoryEntry { number: _, campaign_id, entry } = line;
        Self {
            at: entry.at,
            actor: actor(&entry.actor),
            what: entry.what,
            campaign_id: campaign_id.map(|id| id.to_string()),
            contact_id: entry.contact_id.map(|id| id.to_string()),
            cycle: entry.cycle.map(|cycle| cycle.to_string()),
            email_id: entry.email_id.map(|id| id.to_string()),
            cause: entry.cause,
        }
    }
}
