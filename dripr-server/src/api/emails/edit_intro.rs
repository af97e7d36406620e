//! Writing the opening words of an email.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use dripr_core::{
    access::Scope,
    campaign::{Action, LONGEST_INTRO},
    email::DeliveryStatus,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::find;
use crate::api::{
    Api, body::Body, caller::Asking, campaigns::act, conflict::Conflict, path::Path, problem::Problem,
};

/// Opening words.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Intro {
    /// The words, which are more than blanks; null goes back to those that were written for the agent.
    // With a way of its own to be read, a field must be there: who says nothing loses no words.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required, min_length = 1, max_length = 2000, pattern = r"\S")]
    text: Option<String>,
}

/// Where the email appears that is made with the words.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MadeAgain {
    campaign_id: String,
    /// The path of the campaign's emails, the newest first: ask until a new one is there.
    poll: String,
}

/// Uses the agent's own opening words. The email is made again with them, under another id, and waits for approval again if
/// the campaign asks for that.
#[utoipa::path(
    put, path = "/agents/{agent}/emails/{email}/intro", tag = "emails", request_body = Intro,
    params(("agent" = String, Path), ("email" = String, Path)),
    responses((status = 202, description = "The email is being made again.", body = MadeAgain))
)]
pub(super) async fn edit_intro(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, email)): Path<(String, String)>,
    Body(intro): Body<Intro>,
) -> Result<(StatusCode, Json<MadeAgain>), Problem> {
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
    let campaign_id = email.campaign_id;
    let poll = format!("/api/v1/agents/{}/emails?campaign={campaign_id}&sort=-created_at", agent.id);
    Ok((StatusCode::ACCEPTED, Json(MadeAgain { campaign_id: campaign_id.to_string(), poll })))
}
