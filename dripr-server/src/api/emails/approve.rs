//! Approving an email.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{access::Scope, campaign::Action, email::Email};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{find, view::EmailView};
use crate::api::{
    Api, body::Body, caller::Asking, campaigns::act, conflict::Conflict, path::Path, problem::Problem,
};

/// What is approved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Approval {
    /// `content_hash` of the email as it was seen: nothing else is approved.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    content_hash: String,
}

/// Approves an email with exactly the content that was seen. One that expired, was sent, skipped, rejected or made again stays as
/// it is: a conflict.
#[utoipa::path(
    post, path = "/agents/{agent}/emails/{email}/approve", tag = "emails", request_body = Approval,
    params(("agent" = String, Path), ("email" = String, Path)), responses((status = 200, body = EmailView))
)]
pub(super) async fn approve_email(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, email)): Path<(String, String)>,
    Body(approval): Body<Approval>,
) -> Result<Json<EmailView>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Approve).await?;
    let email = find(&api, &agent.id, &email).await?;
    let action = action(&email, &approval.content_hash)?;
    act(&api, &asking, &email.campaign_id, action).await?;
    Ok(Json(EmailView::of(find(&api, &agent.id, email.id.as_str()).await?)))
}

/// What is done to the campaign of an agent's own email to approve it with the content that was seen.
pub(super) fn action(email: &Email, seen: &str) -> Result<Action, Problem> {
    if seen != email.content_hash.to_string() {
        return Err(Problem::conflict(
            Conflict::ContentChanged,
            "the email has another content than the one that was seen",
        ));
    }
    let (email_id, of) = (email.id.clone(), email.user_id.clone());
    Ok(Action::Approve { email_id, content_hash: email.content_hash, of })
}
