//! Making the link by which an agent connects a mailbox of their own.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use chrono::{DateTime, Utc};
use dripr_core::{
    access::Scope,
    mail_account::{invite, may_invite},
};
use secrecy::ExposeSecret;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{Api, caller::Asking, conflict::Conflict, idempotency, path::Path, problem::Problem},
    compose::MAILBOX_PROVIDER,
};

/// A link by which an agent connects a mailbox, once. Whoever has it can connect one of their choice: it is for the agent alone.
#[derive(Serialize, ToSchema)]
pub(super) struct MailboxLink {
    /// Leads to a page that says what is asked for, and on to Google.
    #[schema(format = "uri")]
    url: String,
    /// From when on it does not work any more. It ends before when a mailbox is connected or forgotten, or who made it may not any more.
    expires_at: DateTime<Utc>,
}

/// Makes the link by which the agent connects a mailbox, or connects it again. The agent who is signed in makes their own; anybody else
/// needs the scope `admin` besides: what goes by the mailbox, and the answers to it, are read by whoever connects it. If the deployment
/// has no Gmail, that is a conflict.
#[utoipa::path(
    post, path = "/agents/{agent}/mailbox/link", tag = "mailbox", params(("agent" = String, Path)),
    responses((status = 201, body = MailboxLink))
)]
pub(super) async fn make_mailbox_link(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
    headers: HeaderMap,
) -> Result<(StatusCode, Json<MailboxLink>), Problem> {
    let agent = asking.agent(&api, &agent, Scope::Write).await?;
    if !may_invite(&asking.0, &agent) {
        // They reach the agent and may write.
        return Err(Problem::forbidden(format!("this needs the scope {}", Scope::Admin)));
    }
    if headers.contains_key(idempotency::HEADER) {
        // Answers under such keys are kept, and this one has a secret in it.
        return Err(Problem::invalid("Idempotency-Key", "is not taken here: the secret is kept nowhere"));
    }
    let links = api.connect.as_ref().ok_or_else(|| {
        Problem::conflict(
            Conflict::NoGmail,
            "the deployment has no Gmail, by whose accounts agents would send",
        )
    })?;
    let (by, now) = (&asking.0.actor, api.bench.clock.now());
    let invitation = invite(&*api.store, links, MAILBOX_PROVIDER, &agent.id, by, now).await?;
    let url = invitation.link.expose_secret().to_owned();
    Ok((StatusCode::CREATED, Json(MailboxLink { url, expires_at: invitation.until })))
}
