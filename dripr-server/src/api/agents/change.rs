//! Changing an agent's account and settings.

use std::sync::Arc;

use axum::extract::State;
use dripr_core::{
    access::{Membership, Reach, Scope},
    agent::Agent,
    email::EmailAddress,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    replace,
    view::{AgentView, MembershipView, SendingView, UnknownOutcomeView},
};
use crate::api::{
    Api,
    body::{Body, given},
    caller::Asking,
    conflict::Conflict,
    path::Path,
    problem::Problem,
    problems::Problems,
    text::{line, some_line},
    version::{IfMatch, Versioned},
};

/// A change of an agent. What is absent stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct AgentChange {
    #[schema(max_length = 200, nullable = false)]
    first_name: Option<String>,
    #[schema(max_length = 200, nullable = false)]
    last_name: Option<String>,
    /// Where mail comes from and replies go, and where links go by which emails are approved. Another one needs the scope `admin` and a
    /// reach of a brokerage or the deployment, and is refused where the agent's account is kept elsewhere.
    #[schema(value_type = Option<String>, format = "email", nullable = false)]
    email: Option<EmailAddress>,
    /// Null takes it away.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 200)]
    phone: Option<Option<String>>,
    /// The brokerage's name as signatures show it. Null takes it away.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 200)]
    brokerage: Option<Option<String>>,
    #[schema(min_length = 1, max_length = 200, nullable = false)]
    postal_address: Option<String>,
    /// The agent's own sending hours. Null goes back to the deployment's.
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<SendingView>)]
    sending: Option<Option<SendingView>>,
    unknown_outcome: Option<UnknownOutcomeView>,
    /// Needs the scope `admin`.
    membership: Option<MembershipView>,
}

/// Changes an agent. All of it is stored, or none.
#[utoipa::path(
    patch, path = "/agents/{agent}", tag = "agents", request_body = AgentChange,
    params(("agent" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = AgentView, headers(("ETag" = String))))
)]
pub(super) async fn change_agent(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
    seen: IfMatch,
    Body(change): Body<AgentChange>,
) -> Result<Versioned<AgentView>, Problem> {
    let mut agent = asking.agent(&api, &agent, Scope::Write).await?;
    seen.admit(&agent.version.to_string())?;
    let fields = change.make(&api, &asking, &mut agent)?;
    let now = api.bench.clock.now();
    if !fields.is_empty() {
        let audit = asking.audit(&api, "agent_changed", Some(fields.join(", ")));
        agent = replace(&api, agent, audit).await?;
    }
    Ok(Versioned { version: agent.version.to_string(), shown: AgentView::of(agent, now) })
}

impl AgentChange {
    /// Changes the agent; says which fields.
    fn make(self, api: &Api, asking: &Asking, agent: &mut Agent) -> Result<Vec<&'static str>, Problem> {
        let (mut fields, mut problems) = (Vec::new(), Problems::default());
        let some = |pointer: &str, text: Option<String>| {
            let text = text.map(|text| line(pointer, &text)).transpose()?;
            Ok::<_, Problem>(text.filter(|text| !text.is_empty()))
        };
        if let Some(name) = self.first_name.and_then(|name| problems.take(line("/first_name", &name))) {
            agent.first_name = name;
            fields.push("first_name");
        }
        if let Some(name) = self.last_name.and_then(|name| problems.take(line("/last_name", &name))) {
            agent.last_name = name;
            fields.push("last_name");
        }
        if let Some(email) = self.email.filter(|email| *email != agent.email) {
            may_redirect(asking, agent)?;
            agent.email = email;
            fields.push("email");
        }
        if let Some(phone) = self.phone.and_then(|phone| problems.take(some("/phone", phone))) {
            agent.phone = phone;
            fields.push("phone");
        }
        if let Some(name) = self.brokerage.and_then(|name| problems.take(some("/brokerage", name))) {
            agent.brokerage = name;
            fields.push("brokerage");
        }
        let address = self.postal_address.map(|address| some_line("/postal_address", &address));
        if let Some(address) = address.and_then(|address| problems.take(address)) {
            agent.postal_address = address;
            fields.push("postal_address");
        }
        if let Some(sending) = self.sending {
            let policy = &api.bench.policy;
            let base = agent.sending_rules.unwrap_or(policy.rules);
            let rules = sending.map(|sending| sending.rules(base, policy.mail_timeout)).transpose();
            agent.sending_rules = problems.take(rules).flatten();
            fields.push("sending");
        }
        if let Some(choice) = self.unknown_outcome {
            agent.unknown_outcome = choice.into();
            fields.push("unknown_outcome");
        }
        if let Some(membership) = self.membership {
            agent.membership = moved(asking, membership.into())?;
            fields.push("membership");
        }
        problems.unless_any(|| Some(fields))
    }
}

/// Refuses another address of an agent to whoever may only write: what goes there lets its reader approve emails and connect mail
/// accounts.
fn may_redirect(asking: &Asking, agent: &Agent) -> Result<(), Problem> {
    asking.may(Scope::Admin)?;
    if !matches!(asking.0.reach, Reach::Deployment | Reach::Brokerage(_)) {
        return Err(Problem::forbidden("only admins of a brokerage and operators change an agent's email"));
    }
    if agent.is_kept_elsewhere() {
        return Err(Problem::conflict(
            Conflict::AccountKeptElsewhere,
            "the email is that of the agent's account: it is changed where they sign in",
        ));
    }
    Ok(())
}

/// Where an agent may be moved by this caller.
fn moved(asking: &Asking, membership: Membership) -> Result<Membership, Problem> {
    asking.may(Scope::Admin)?;
    match &asking.0.reach {
        Reach::Deployment => Ok(membership),
        // Nobody takes an agent out of sight of those who keep them.
        Reach::Brokerage(own) if membership.brokerage.as_ref() == Some(own) => Ok(membership),
        Reach::Brokerage(_) | Reach::Team(..) | Reach::Agent(_) => {
            Err(Problem::forbidden("only an operator moves an agent to another brokerage"))
        }
    }
}
