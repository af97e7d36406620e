//! What an email says, part by part, so that a program can show all of what an approval is for.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{
    access::Scope,
    email::{Email, Message, Party},
    ports::{CampaignStore, EmailStore},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::find;
use crate::{
    account::intro,
    api::{Api, caller::Asking, path::Path, problem::Problem},
};

/// What an email says, as it is sent but for the opt-out link: that is its recipient's alone, and stands here as one that opts
/// nobody out.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MessageView {
    /// A single line of any text: escape it where it is shown.
    subject: String,
    from: PartyView,
    to: PartyView,
    /// Whom answers reach.
    reply_to: PartyView,
    /// A whole page, to be shown in a frame of its own that runs no scripts.
    html: String,
    /// The plain text.
    text: String,
    /// The opening words, as long as the email is its campaign's present one.
    intro: Option<String>,
    /// Whether the agent wrote the opening words; otherwise they were written for the agent.
    intro_is_agents_own: bool,
}

/// A name and an address.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PartyView {
    /// The name shown, if there is one.
    name: Option<String>,
    address: String,
}

impl From<&Party> for PartyView {
    fn from(party: &Party) -> Self {
        let name = Some(party.name.clone()).filter(|name| !name.is_empty());
        Self { name, address: party.address.as_str().to_owned() }
    }
}

/// What an email says, with whom it is from and to. The opt-out link in it opts nobody out.
#[utoipa::path(
    get, path = "/agents/{agent}/emails/{email}/message", tag = "emails",
    params(("agent" = String, Path), ("email" = String, Path)), responses((status = 200, body = MessageView))
)]
pub(super) async fn read_message(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, email)): Path<(String, String)>,
) -> Result<Json<MessageView>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    let email = find(&api, &agent.id, &email).await?;
    let message = message_of(&api, &email).await?;
    let (intro, intro_is_agents_own) = opening_words(&api, &email).await?;
    Ok(Json(MessageView {
        subject: message.subject.clone(),
        from: PartyView::from(&message.from),
        to: PartyView::from(&message.to),
        // Every mailer writes the sender there.
        reply_to: PartyView::from(&message.from),
        html: message.for_others(&message.html, &api.opt_out),
        text: message.for_others(&message.text, &api.opt_out),
        intro,
        intro_is_agents_own,
    }))
}

/// What an email says, as long as that is kept.
pub(super) async fn message_of(api: &Api, email: &Email) -> Result<Arc<Message>, Problem> {
    let messages = api.store.messages(std::slice::from_ref(&email.id)).await?;
    messages.into_iter().next().flatten().ok_or_else(|| Problem::not_found("text of this email"))
}

/// The opening words with which an email was made, and whether they are the agent's own. An edit makes the email again, so that
/// the present one has those that its campaign has.
async fn opening_words(api: &Api, email: &Email) -> Result<(Option<String>, bool), Problem> {
    let dossier = api.store.load(std::slice::from_ref(&email.campaign_id)).await?.pop().flatten();
    let is_present = |present: &Option<Email>| present.as_ref().is_some_and(|present| present.id == email.id);
    let Some(dossier) = dossier.filter(|dossier| is_present(&dossier.email)) else {
        return Ok((None, false));
    };
    if let Some(own) = dossier.campaign.intro_edit {
        return Ok((Some(own), true));
    }
    let written = intro(&*api.store, &dossier).await?;
    Ok((written.map(|words| words.text), false))
}
