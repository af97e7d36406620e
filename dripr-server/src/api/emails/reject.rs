//! Rejecting an email.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{access::Scope, campaign::Action, email::Email};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{find, view::EmailView};
use crate::api::{
    Api, body::Body, caller::Asking, campaigns::act, path::Path, problem::Problem, text::some_line,
};

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rejection {
    /// Why, for people; kept in the history.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// Rejects an email: the homeowner gets none this month.
#[utoipa::path(
    post, path = "/agents/{agent}/emails/{email}/reject", tag = "emails", request_body = Rejection,
    params(("agent" = String, Path), ("email" = String, Path)), responses((status = 200, body = EmailView))
)]
pub(super) async fn reject_email(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, email)): Path<(String, String)>,
    Body(rejection): Body<Rejection>,
) -> Result<Json<EmailView>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Approve).await?;
    let email = find(&api, &agent.id, &email).await?;
    let action = action(&email, some_line("/reason", &rejection.reason)?);
    act(&api, &asking, &email.campaign_id, action).await?;
    Ok(Json(EmailView::of(find(&api, &agent.id, email.id.as_str()).await?)))
}

/// What is done to the campaign of an email to reject it.
pub(super) fn action(email: &Email, reason: String) -> Action {
    Action::Reject { email_id: email.id.clone(), reason: Some(reason) }
}
