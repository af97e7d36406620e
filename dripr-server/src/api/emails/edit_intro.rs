//! Writing the opening words of an email.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use dripr_core::{
    access::Scope,
    campaign::{Action, LONGEST_INTRO},
    email::DeliveryStatus,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::find;
use crate::api::{
    Api, body::Body, caller::Asking, campaigns::act, conflict::Conflict, path::Path, problem::Problem,
};

/// Opening words.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Intro {
    /// The words; null goes back to those that were written for the agent.
    #[schema(max_length = 2000, pattern = r"\S")]
    text: Option<String>,
}

/// Uses the agent's own opening words. The email is made again with them, under another id, and waits for approval again if
/// the campaign asks for that.
#[utoipa::path(
    put, path = "/agents/{agent}/emails/{email}/intro", tag = "emails", request_body = Intro,
    params(("agent" = String, Path), ("email" = String, Path)),
    responses((status = 202, description = "The email is being made again."))
)]
pub(super) async fn edit_intro(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, email)): Path<(String, String)>,
    Body(intro): Body<Intro>,
) -> Result<StatusCode, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Write).await?;
    let email = find(&api, &agent.id, &email).await?;
    if !matches!(email.delivery_status, DeliveryStatus::Created | DeliveryStatus::Approved) {
        let status = email.delivery_status;
        return Err(Problem::conflict(
            Conflict::EmailState,
            format!("the email is {status}; only one that was not sent is made again"),
        ));
    }
    if intro.text.as_ref().is_some_and(|text| text.chars().count() > LONGEST_INTRO) {
        return Err(Problem::invalid("/text", format!("is longer than {LONGEST_INTRO} characters")));
    }
    if intro.text.as_ref().is_some_and(|text| text.trim().is_empty()) {
        return Err(Problem::invalid("/text", "is empty"));
    }
    // Of this email: one that was made again meanwhile, perhaps with somebody else's words, is another one.
    let action = Action::EditIntro { of: Some(email.id), text: intro.text };
    act(&api, &asking, &email.campaign_id, action).await?;
    Ok(StatusCode::ACCEPTED)
}
