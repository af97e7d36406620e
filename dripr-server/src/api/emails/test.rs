//! Sending an email to its agent, to see it as it will arrive.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use dripr_core::{
    access::Scope,
    contact::no_mail,
    email::test_copy,
    ports::{AgentStore, EmailStore, EntropyExt, SendOutcome},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::find;
use crate::api::{Api, caller::Asking, conflict::Conflict, path::Path, problem::Problem};

/// Where the copy went.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TestSent {
    /// The agent's own address.
    recipient: String,
    /// What the mail provider calls it, if it says.
    provider_message_id: Option<String>,
}

/// Sends a copy of an email to its agent and nobody else, by the way on which the email itself would go. The copy's subject begins
/// with `[Test]` and its opt-out link opts nobody out. The email stays as it is.
#[utoipa::path(
    post, path = "/agents/{agent}/emails/{email}/test", tag = "emails",
    params(("agent" = String, Path), ("email" = String, Path)), responses((status = 200, body = TestSent))
)]
pub(super) async fn send_test(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, email)): Path<(String, String)>,
) -> Result<Json<TestSent>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Write).await?;
    let now = api.bench.clock.now();
    if let Err(stop) = agent.may_send(now) {
        return Err(Problem::conflict(
            Conflict::AgentState,
            format!("nothing of this agent is sent: {stop}"),
        ));
    }
    // Who wants no mail of this agent gets none by this way either.
    if no_mail(&*api.store, &agent.id, &agent.email).await?.is_some() {
        return Err(Problem::conflict(
            Conflict::AddressSuppressed,
            "the agent's own address is among those that are not written to",
        ));
    }
    let email = find(&api, &agent.id, &email).await?;
    let mut messages = api.store.messages(std::slice::from_ref(&email.id)).await?;
    let message = messages.pop().flatten().ok_or_else(|| Problem::not_found("text of the email"))?;
    api.limits.test_copy(&agent.id, now).await?;
    let once = api.entropy.id(now).to_string();
    let copy = test_copy(&agent, &message, &api.opt_out, &once, now).map_err(|_| Problem::lost())?;
    let mut audit = asking.audit(&api, "test_sent", None);
    audit.email_id = Some(email.id);
    // Before it leaves: of what was sent the history always tells.
    api.store.note(&agent.id, audit).await?;
    let sent = tokio::time::timeout(api.bench.policy.mail_timeout, api.mailer.send(&[copy])).await;
    let recipient = agent.email.as_str().to_owned();
    match sent.ok().and_then(|outcomes| outcomes.into_iter().next()) {
        Some(SendOutcome::Accepted { provider_message_id }) => {
            Ok(Json(TestSent { recipient, provider_message_id }))
        }
        Some(SendOutcome::NotSent { reason, .. } | SendOutcome::NeedsPeople { reason }) => {
            Err(Problem::conflict(Conflict::NotSent, format!("it was not sent: {reason}")))
        }
        Some(SendOutcome::BadRecipient { reason }) => Err(Problem::conflict(
            Conflict::NotSent,
            format!("the agent's own address was refused: {reason}"),
        )),
        Some(SendOutcome::Unknown { .. }) | None => {
            // Not among what is asked for again by itself: it may have gone.
            let detail = "the mail provider did not say whether it took it; look into your mailbox";
            Err(Problem::of_status(StatusCode::BAD_GATEWAY, detail))
        }
    }
}
