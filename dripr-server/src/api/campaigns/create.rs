//! Making a campaign.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};
use dripr_core::{
    access::Scope,
    campaign::{Action, Campaign, Dossier},
    contact::{Contact, ExternalId, Home},
    content::ZipCode,
    email::EmailAddress,
    ids::{CampaignId, ContactId, UserId},
    ports::{BlockStore, CampaignStore, ContactStore, Enrolment, EntropyExt, NewCampaign as Enrolled},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    act, find,
    home::{BRINGS_ITS_OWN, GivenHome},
    view::{CampaignView, send_day, zip_code},
};
use crate::api::{
    Api, body::Body, caller::Asking, path::Path, problem::Problem, problems::Problems, text::line,
};

/// A campaign to be made, with its recipient.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct NewCampaign {
    #[serde(default)]
    #[schema(max_length = 200)]
    first_name: String,
    #[serde(default)]
    #[schema(max_length = 200)]
    last_name: String,
    /// Where the emails go. A contact of the agent with that address is used, not doubled.
    #[schema(value_type = String, format = "email")]
    email: EmailAddress,
    /// What the agent's CRM calls the contact. No other contact of the agent has it. One that is used and has an external id keeps
    /// that.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    external_id: Option<ExternalId>,
    /// The home; without one, the ZIP code must be given.
    #[serde(default)]
    home: Option<GivenHome>,
    /// For a newsletter about a ZIP code alone.
    #[serde(default)]
    #[schema(pattern = "^[0-9]{5}(-[0-9]{4})?$")]
    zip_code: Option<String>,
    /// The day of the month; the deployment's own if it has one.
    #[serde(default, deserialize_with = "crate::api::body::whole")]
    #[schema(minimum = 1, maximum = 28)]
    fixed_send_day: Option<u8>,
    /// Whether the agent approves each email. If it is not given: unless whoever makes it may approve. False needs the scope
    /// `approve`.
    #[serde(default)]
    check_before_sending: Option<bool>,
}

/// Makes a campaign. One like it that is there already is a conflict, which names it, and so is another contact with that external
/// id.
#[utoipa::path(
    post, path = "/agents/{agent}/campaigns", tag = "campaigns", request_body = NewCampaign,
    params(("agent" = String, Path)),
    responses((status = 201, body = CampaignView, headers(("ETag" = String), ("Location" = String))))
)]
pub(super) async fn create_campaign(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
    Body(new): Body<NewCampaign>,
) -> Result<impl IntoResponse, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Write).await?;
    let check_before_sending = asking.check_before_sending(new.check_before_sending)?;
    let now = api.bench.clock.now();
    let mut problems = Problems::default();
    let first_name = problems.take(line("/first_name", &new.first_name));
    let last_name = problems.take(line("/last_name", &new.last_name));
    let place = problems.take(place(&new));
    let day = problems.take(match new.fixed_send_day {
        Some(day) => send_day("/fixed_send_day", day),
        None => api.default_send_day.ok_or_else(|| {
            Problem::invalid("/fixed_send_day", "is missing, and the deployment has none of its own")
        }),
    });
    let (first_name, last_name, (home, zip_code), day) =
        problems.unless_any(|| Some((first_name?, last_name?, place?, day?)))?;
    let contact = Contact {
        id: ContactId::from(api.entropy.id(now)),
        user_id: agent.id.clone(),
        first_name,
        last_name,
        email: new.email,
        external_id: new.external_id,
        created_at: now,
        deleted_at: None,
    };
    let id = CampaignId::from(api.entropy.id(now));
    let mut campaign = Campaign::new(id, agent.id.clone(), contact.id.clone(), zip_code, home, day, now);
    campaign.check_before_sending = check_before_sending;
    let audit = Some(asking.audit(&api, "campaign_made", None));
    // What is shown if nothing more can be read once it is stored.
    let mut made = Dossier {
        campaign: campaign.clone(),
        email: None,
        contact: recipient(&api, &contact).await?,
        suppression: api.store.suppression(&agent.id, &contact.email).await?,
        block: api.store.block_of(&contact.email).await?,
        agent: Arc::new(agent.clone()),
    };
    made.campaign.contact_id = made.contact.id.clone();
    let new = Enrolled { contact, campaign, audit, one_of_many: false };
    let enrolment = api.store.enrol(vec![new]).await?.pop();
    let id = match enrolment.ok_or_else(Problem::lost)? {
        Enrolment::Enrolled(id) => id,
        Enrolment::Exists(id) => {
            return Err(Problem::twin_campaign(&id));
        }
        Enrolment::ExternalIdTaken(id) => {
            return Err(Problem::external_id_taken(&id));
        }
        Enrolment::NoAgent(_) => return Err(Problem::not_found("agent")),
    };
    let dossier = match planned(&api, &asking, &agent.id, &id).await {
        Ok(dossier) => dossier,
        // It is there, and an engine plans it: a failure would have the call repeated, and that would be a conflict.
        Err(problem) => {
            tracing::warn!(campaign_id = %id, status = %problem.status(), "a campaign was made, and not planned yet");
            made
        }
    };
    let location = [(header::LOCATION, format!("/api/v1/agents/{}/campaigns/{id}", agent.id))];
    Ok((StatusCode::CREATED, location, CampaignView::versioned(&api.bench, dossier)))
}

/// The home that a new campaign is about, if it is about one, and the ZIP code.
fn place(new: &NewCampaign) -> Result<(Option<Home>, ZipCode), Problem> {
    match (&new.home, &new.zip_code) {
        (Some(home), zip_code) => {
            let mut problems = Problems::default();
            let home = problems.take(home.home(None));
            if zip_code.is_some() {
                problems.add(Problem::invalid("/zip_code", BRINGS_ITS_OWN));
            }
            let home = problems.unless_any(|| home)?;
            let zip_code = home.zip_code;
            Ok((Some(home), zip_code))
        }
        (None, Some(text)) => zip_code("/zip_code", text).map(|zip_code| (None, zip_code)),
        (None, None) => Err(Problem::invalid("/home", "give a home, or a zip_code")),
    }
}

/// A new campaign with its first send date, so that it is there to be seen.
async fn planned(api: &Api, asking: &Asking, user: &UserId, id: &CampaignId) -> Result<Dossier, Problem> {
    act(api, asking, id, Action::Tick).await?;
    find(api, user, id.as_str()).await
}

/// Whom a campaign to a contact goes to.
async fn recipient(api: &Api, contact: &Contact) -> Result<Contact, Problem> {
    let known = api.store.contact_at(&contact.user_id, &contact.email).await?;
    let mut used = known.unwrap_or_else(|| contact.clone());
    if let Some(id) = &contact.external_id {
        used.fill_external_id(id);
    }
    Ok(used)
}
