//! Adding an agent.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use dripr_core::{
    access::{Membership, Reach, Scope},
    agent::Subscription,
    email::EmailAddress,
    ids::UserId,
    ports::EntropyExt,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::view::{AgentView, MembershipView, SendingView};
use crate::{
    api::{
        Api,
        body::Body,
        caller::Asking,
        conflict::Conflict,
        problem::Problem,
        problems::Problems,
        text::{line, some_line},
        version::Versioned,
    },
    newcomer::Newcomer,
};

/// An agent to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAgent {
    /// The agent's id elsewhere, such as Clerk's; made if it is not given. Operators alone choose it.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 96, pattern = "^[A-Za-z0-9._:-]+$")]
    id: Option<UserId>,
    #[schema(max_length = 200)]
    first_name: String,
    #[schema(max_length = 200)]
    last_name: String,
    /// Where mail comes from and replies go.
    #[schema(value_type = String, format = "email")]
    email: EmailAddress,
    #[serde(default)]
    #[schema(max_length = 200)]
    phone: Option<String>,
    /// The brokerage's name as signatures show it.
    #[serde(default)]
    #[schema(max_length = 200)]
    brokerage: Option<String>,
    /// The valid physical postal address that commercial mail must carry.
    #[schema(min_length = 1, max_length = 200)]
    postal_address: String,
    /// The partner who manages the agent; such an agent gets no welcome mail.
    #[serde(default)]
    #[schema(max_length = 200)]
    managed_client_id: Option<String>,
    /// The agent's place; an admin of a brokerage adds to their own.
    #[serde(default)]
    membership: Option<MembershipView>,
    #[serde(default)]
    sending: Option<SendingView>,
}

/// Adds an agent, and announces that: a self-served one is welcomed by mail.
#[utoipa::path(
    post, path = "/agents", tag = "agents", request_body = NewAgent,
    responses((status = 201, body = AgentView, headers(("ETag" = String), ("Location" = String))))
)]
pub(super) async fn create_agent(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Body(new): Body<NewAgent>,
) -> Result<impl IntoResponse, Problem> {
    asking.may(Scope::Admin)?;
    if new.id.is_some() && asking.0.reach != Reach::Deployment {
        // Others would learn which ids there are, and could take that of somebody who has yet to come.
        return Err(Problem::forbidden("only operators choose an agent's id"));
    }
    let membership = place(&asking, new.membership.map(Membership::from))?;
    let now = api.bench.clock.now();
    let some = |pointer: &str, text: Option<String>| {
        let text = text.map(|text| line(pointer, &text)).transpose()?;
        Ok::<_, Problem>(text.filter(|text| !text.is_empty()))
    };
    let policy = &api.bench.policy;
    let mut problems = Problems::default();
    let first_name = problems.take(line("/first_name", &new.first_name));
    let last_name = problems.take(line("/last_name", &new.last_name));
    let brokerage = problems.take(some("/brokerage", new.brokerage));
    let phone = problems.take(some("/phone", new.phone));
    let postal_address = problems.take(some_line("/postal_address", &new.postal_address));
    let managed_client_id = problems.take(some("/managed_client_id", new.managed_client_id));
    let sending = new.sending.map(|sending| sending.rules(policy.rules, policy.mail_timeout));
    let sending_rules = problems.take(sending.transpose());
    let newcomer = || {
        Some(Newcomer {
            id: new.id.unwrap_or_else(|| UserId::from(api.entropy.id(now))),
            first_name: first_name?,
            last_name: last_name?,
            email: new.email,
            brokerage: brokerage?,
            phone: phone?,
            postal_address: postal_address?,
            subscription: match &asking.0.reach {
                Reach::Deployment => Subscription::Active,
                // Nobody else answers for somebody's paying.
                Reach::Brokerage(_) | Reach::Team(..) | Reach::Agent(_) => api.new_agents,
            },
            managed_client_id: managed_client_id?,
            membership,
            sending_rules: sending_rules?,
        })
    };
    let newcomer = problems.unless_any(newcomer)?;
    let agent = newcomer.register(&*api.store, &*api.entropy, now, asking.0.actor.clone()).await?;
    let agent = agent.ok_or_else(|| {
        Problem::conflict(Conflict::AgentExists, "there is an agent with that id already, or was one")
    })?;
    let location = [(axum::http::header::LOCATION, format!("/api/v1/agents/{}", agent.id))];
    let version = agent.version.to_string();
    Ok((StatusCode::CREATED, location, Versioned { version, shown: AgentView::of(agent, now) }))
}

/// Where a new agent belongs. Who does not reach the whole deployment adds to where they are themselves.
fn place(asking: &Asking, wanted: Option<Membership>) -> Result<Membership, Problem> {
    match &asking.0.reach {
        Reach::Deployment => Ok(wanted.unwrap_or_default()),
        Reach::Brokerage(own) => {
            let membership = wanted.unwrap_or_default();
            if membership.brokerage.as_ref().is_some_and(|brokerage| brokerage != own) {
                return Err(Problem::forbidden("agents are added to your own brokerage"));
            }
            Ok(Membership { brokerage: Some(own.clone()), ..membership })
        }
        Reach::Team(..) | Reach::Agent(_) => {
            Err(Problem::forbidden("only admins of a brokerage and operators add agents"))
        }
    }
}
