//! A campaign as the API shows one.

use chrono::{DateTime, Utc};
use dripr_core::{
    campaign::{CampaignStatus, Dossier, Phase, command::Bench, next_send_at},
    content::ZipCode,
    schedule::SendDay,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    home::HomeView,
    phase::{CampaignPhaseView, CampaignStageView},
};
use crate::api::{
    emails::DeliveryStatusView,
    problem::Problem,
    suppressions::NoMailView,
    version::{Versioned, tag},
};

/// One homeowner's monthly email.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CampaignView {
    id: String,
    agent_id: String,
    /// What a change of it names as `If-Match`.
    etag: String,
    contact_id: String,
    contact: RecipientView,
    /// Why the recipient gets no mail from the agent; null if they do.
    no_mail: Option<NoMailView>,
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
    phase: CampaignPhaseView,
    stage: CampaignStageView,
    /// For when the next email is planned, whatever keeps it back; null until that is known.
    planned_for: Option<DateTime<Utc>>,
    /// When the next email can leave at the earliest, approved if it has to be; null where none will go as things stand: the campaign
    /// is disabled or has failed, its agent may not send, its recipient gets no mail, or an email is on its way just now.
    next_send_at: Option<DateTime<Utc>>,
    /// The present email, if one is made.
    email_id: Option<String>,
    /// The same, and how its delivery stands.
    email: Option<PresentEmailView>,
    /// Why sending was put off, for people.
    send_deferred_because: Option<String>,
    last_sent_email_datetime: Option<DateTime<Utc>>,
    /// What the agent has to mend.
    needs_agent: Option<String>,
    created_at: DateTime<Utc>,
}

/// Who gets a campaign's emails.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RecipientView {
    id: String,
    /// Empty if unknown.
    first_name: String,
    /// Empty if unknown.
    last_name: String,
    email: String,
    /// What the agent's CRM calls the contact; null if it has no name for it.
    external_id: Option<String>,
}

/// The email that a campaign has in hand.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PresentEmailView {
    id: String,
    delivery_status: DeliveryStatusView,
    /// What exactly it says, to whom and from whom; an approval names it.
    content_hash: String,
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
    /// The same with its ETag.
    pub(super) fn versioned(bench: &Bench, dossier: Dossier) -> Versioned<Self> {
        Versioned { version: dossier.campaign.choices_mark(), shown: Self::of(bench, dossier) }
    }

    /// A campaign as it stands now.
    pub(super) fn of(bench: &Bench, dossier: Dossier) -> Self {
        let facts = dossier.facts(bench.clock.now(), &bench.policy);
        let next_send_at = next_send_at(&dossier.campaign, &facts);
        let (phase, stage) = Phase::of(&dossier.campaign, dossier.email.as_ref());
        let no_mail = dossier.no_mail();
        let Dossier { campaign, email, contact, agent: _, suppression: _, block: _ } = dossier;
        Self {
            etag: tag(&campaign.choices_mark()),
            needs_agent: campaign.needs_agent(),
            id: campaign.id.to_string(),
            agent_id: campaign.user_id.to_string(),
            contact_id: campaign.contact_id.to_string(),
            contact: RecipientView {
                id: contact.id.to_string(),
                first_name: contact.first_name,
                last_name: contact.last_name,
                email: contact.email.as_str().to_owned(),
                external_id: contact.external_id.map(String::from),
            },
            no_mail: no_mail.map(NoMailView::of),
            home: campaign.home.map(HomeView::of),
            zip_code: campaign.zip_code.to_string(),
            enabled: campaign.enabled,
            check_before_sending: campaign.check_before_sending,
            fixed_send_day: campaign.fixed_send_day.get(),
            status: campaign.status.into(),
            status_since: campaign.status_since,
            phase: phase.into(),
            stage: stage.into(),
            planned_for: campaign.slot.map(|slot| slot.at()),
            next_send_at,
            email_id: campaign.email_id.map(|id| id.to_string()),
            email: email.map(|email| PresentEmailView {
                id: email.id.to_string(),
                delivery_status: email.delivery_status.into(),
                content_hash: email.content_hash.to_string(),
            }),
            send_deferred_because: campaign.send_deferred_because,
            last_sent_email_datetime: campaign.last_sent_email_datetime,
            created_at: campaign.created_at,
        }
    }
}

/// A day of every month.
pub(super) fn send_day(pointer: &str, day: u8) -> Result<SendDay, Problem> {
    SendDay::new(day).map_err(|error| Problem::invalid(pointer, error.to_string()))
}

/// A ZIP code of an area that is known.
pub(super) fn zip_code(pointer: &str, text: &str) -> Result<ZipCode, Problem> {
    let zip = text
        .parse::<ZipCode>()
        .map_err(|_| Problem::invalid(pointer, "must be five digits, or ZIP+4 such as 98103-1234"))?;
    if crate::compose::knows_zip(zip) {
        Ok(zip)
    } else {
        Err(Problem::invalid(pointer, format!("no area has the ZIP code {zip}")))
    }
}
