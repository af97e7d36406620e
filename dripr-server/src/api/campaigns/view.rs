//! A campaign as the API shows and takes one.

use chrono::{DateTime, Utc};
use dripr_core::{
    campaign::{CampaignStatus, Dossier},
    contact::Home,
    content::{HomeFacts, ZipCode},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::{
    conflict::Conflict,
    problem::Problem,
    text::{line, some_line},
    version::tag,
};

/// One homeowner's monthly email.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CampaignView {
    id: String,
    /// What a change of it names as `If-Match`.
    etag: String,
    contact_id: String,
    /// Null for a newsletter about the ZIP code alone.
    home: Option<HomeView>,
    zip_code: String,
    enabled: bool,
    /// Whether the agent approves each email.
    check_before_sending: bool,
    #[schema(minimum = 1, maximum = 28)]
    fixed_send_day: u8,
    status: CampaignStatusView,
    status_since: DateTime<Utc>,
    /// When the next email may leave at the earliest.
    next_send_at: Option<DateTime<Utc>>,
    /// The present email, if one is made.
    email_id: Option<String>,
    last_sent_email_datetime: Option<DateTime<Utc>>,
    /// What the agent has to mend.
    needs_agent: Option<String>,
    created_at: DateTime<Utc>,
}

/// A home.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::api) struct HomeView {
    /// Number and street, with a unit where there is one.
    #[schema(min_length = 1, max_length = 200)]
    street: String,
    #[serde(default)]
    #[schema(max_length = 200)]
    city: String,
    /// Two letters; empty if unknown.
    #[serde(default)]
    #[schema(max_length = 200)]
    state: String,
    #[schema(pattern = "^[0-9]{5}(-[0-9]{4})?$")]
    zip_code: String,
}

/// Where a campaign stands.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum CampaignStatusView {
    Dormant,
    WaitingForData,
    WaitingForHomeAnalysis,
    ReadyToCreateEmail,
    ReadyToSendEmail,
    Unsubscribed,
    Error,
}

macro_rules! statuses {
    ($($name:ident),*) => {
        impl From<CampaignStatus> for CampaignStatusView {
            fn from(status: CampaignStatus) -> Self {
                match status { $(CampaignStatus::$name => Self::$name),* }
            }
        }
        impl From<CampaignStatusView> for CampaignStatus {
            fn from(status: CampaignStatusView) -> Self {
                match status { $(CampaignStatusView::$name => Self::$name),* }
            }
        }
    };
}

statuses!(
    Dormant,
    WaitingForData,
    WaitingForHomeAnalysis,
    ReadyToCreateEmail,
    ReadyToSendEmail,
    Unsubscribed,
    Error
);

impl CampaignView {
    pub(super) fn of(dossier: Dossier) -> Self {
        let campaign = dossier.campaign;
        Self {
            etag: tag(&campaign.choices_mark()),
            needs_agent: campaign.needs_agent(),
            id: campaign.id.to_string(),
            contact_id: campaign.contact_id.to_string(),
            home: campaign.home.map(|home| HomeView {
                street: home.street,
                city: home.city,
                state: home.state,
                zip_code: home.zip_code.to_string(),
            }),
            zip_code: campaign.zip_code.to_string(),
            enabled: campaign.enabled,
            check_before_sending: campaign.check_before_sending,
            fixed_send_day: campaign.fixed_send_day.get(),
            status: campaign.status.into(),
            status_since: campaign.status_since,
            next_send_at: campaign.slot.map(|slot| slot.at()),
            email_id: campaign.email_id.map(|id| id.to_string()),
            last_sent_email_datetime: campaign.last_sent_email_datetime,
            created_at: campaign.created_at,
        }
    }
}

impl HomeView {
    pub(super) fn home(&self, known: Option<&Home>) -> Result<Home, Problem> {
        let zip_code = zip_code("/home/zip_code", &self.zip_code)?;
        let home = Home {
            street: some_line("/home/street", &self.street)?,
            city: line("/home/city", &self.city)?,
            state: line("/home/state", &self.state)?,
            zip_code,
            location: None,
            facts: HomeFacts::default(),
        };
        // What the agent's data told of it stays, as long as it is the same home.
        Ok(match known.filter(|known| known.key() == home.key()) {
            Some(known) => Home { location: known.location, facts: known.facts.clone(), ..home },
            None => home,
        })
    }
}

/// A ZIP code of an area that is known.
pub(super) fn zip_code(pointer: &str, text: &str) -> Result<ZipCode, Problem> {
    let zip = text
        .parse::<ZipCode>()
        .map_err(|_| Problem::invalid(pointer, "must be five digits, or ZIP+4 such as 98103-1234"))?;
    if crate::compose::knows_zip(zip) {
        Ok(zip)
    } else {
        Err(Problem::conflict(Conflict::ZipCodeUnknown, format!("{pointer}: no area has the ZIP code {zip}")))
    }
}
