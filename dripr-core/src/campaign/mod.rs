//! The campaign: its state, what moves it, and what it says of itself.
//!
//! Everything here is pure. [`decide`] says which [`Transition`] time and facts ask for, [`apply`] makes it,
//! a [`Command`] is one thing that somebody wants of a campaign, and [`Dossier::execute`] does it: the store reads a
//! dossier, executes commands on it and writes the [`Amendment`] in one transaction. [`deadline`] says when to look
//! again, [`explain`] says why nothing happens, [`next_send_at`] when something will.

mod amendment;
mod carried_over;
pub mod command;
mod deadline;
mod distrust;
mod dossier;
mod explain;
mod facts;
mod next_send;
mod operation;
mod phase;
mod plan;
mod refusal;
mod status;
mod transition;

pub use amendment::{Actor, Amendment, AuditEntry};
pub use carried_over::{CarriedOver, Standing, Untold};
pub use command::{Action, Command, LONGEST_INTRO, Reply};
pub use deadline::deadline;
pub use dossier::Dossier;
pub use explain::{Explanation, explain};
pub use facts::Facts;
pub use next_send::next_send_at;
pub use operation::{Lease, Operation, OperationState, Operations, Provision};
pub use phase::{Phase, Stage};
pub use plan::{LastCycle, SlotBasis};
pub use refusal::Refusal;
pub use status::{CampaignStatus, SubStatus, UnknownStatus};
pub use transition::{IllegalTransition, Row, TABLE, TableRow, Transition, apply, decide};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    contact::Home,
    content::ZipCode,
    ids::{CampaignId, ContactId, EmailId, UserId},
    schedule::{Instant, SendDay, Slot},
};

/// One homeowner's (or one ZIP code subscriber's) monthly email on behalf of one agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Campaign {
    /// Its id.
    pub id: CampaignId,
    /// The tenant.
    pub user_id: UserId,
    /// The recipient.
    pub contact_id: ContactId,
    /// The home; `None` for an address-less newsletter about the ZIP code.
    pub home: Option<Home>,
    /// The ZIP code that market, listings and sales are about.
    pub zip_code: ZipCode,
    /// Whether the agent wants it to run.
    pub enabled: bool,
    /// Whether the agent approves each email.
    pub check_before_sending: bool,
    /// The day of the month.
    pub fixed_send_day: SendDay,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last enabled; a campaign that never sent counts as made then.
    pub enabled_at: Instant,
    /// Where it stands.
    pub status: CampaignStatus,
    /// Since when.
    pub status_since: Instant,
    /// How its operations stand.
    pub operations: Operations,
    /// The pending slot; `None` until one is planned.
    pub slot: Option<Slot>,
    /// The rules by which the slot was planned.
    pub slot_basis: Option<SlotBasis>,
    /// The last cycle that ended.
    pub last_cycle: Option<LastCycle>,
    /// When the last email that was accepted or held began to be sent.
    pub last_sent_email_datetime: Option<Instant>,
    /// The civil date for which the last email was made.
    pub last_scheduled_send_date: Option<NaiveDate>,
    /// The cycle's email, unless it was rejected, superseded or expired.
    pub email_id: Option<EmailId>,
    /// How many emails were ever made; names the next one.
    pub email_revision: u32,
    /// The agent's own intro for this cycle's email.
    pub intro_edit: Option<String>,
    /// Why this cycle is to end without an email.
    pub cycle_over: Option<String>,
    /// Why the cycle is to be prepared again.
    pub prepare_again: Option<String>,
    /// Why the campaign needs a person.
    pub failure: Option<Failure>,
    /// Sending waits for this instant after a try that was definitely not accepted.
    pub send_not_before: Option<Instant>,
    /// Why sending waits, for people.
    pub send_deferred_because: Option<String>,
    /// When the present status's work was last announced.
    pub announced_at: Option<Instant>,
    /// The newest fence given out.
    pub fence: u64,
    /// Provider calls made in this cycle.
    pub calls: Calls,
    /// When it was removed.
    pub deleted_at: Option<Instant>,
    /// Grows with every stored change.
    pub version: u64,
}

/// Why a campaign needs a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The status it failed in, and goes back to.
    pub in_status: CampaignStatus,
    /// What went wrong, for people.
    pub reason: String,
    /// When it tries again by itself.
    pub retry_at: Instant,
}

/// Provider calls of one campaign in one cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Calls {
    /// To data providers.
    pub vendor: u8,
    /// To writers.
    pub model: u8,
}

impl Campaign {
    /// A new campaign: DORMANT, enabled, its first slot planned as soon as it is stored.
    #[must_use]
    pub fn new(
        id: CampaignId,
        user_id: UserId,
        contact_id: ContactId,
        zip_code: ZipCode,
        home: Option<Home>,
        fixed_send_day: SendDay,
        created_at: Instant,
    ) -> Self {
        Self {
            id,
            user_id,
            contact_id,
            home,
            zip_code,
            enabled: true,
            check_before_sending: false,
            fixed_send_day,
            created_at,
            enabled_at: created_at,
            status: CampaignStatus::Dormant,
            status_since: created_at,
            operations: Operations::default(),
            slot: None,
            slot_basis: None,
            last_cycle: None,
            last_sent_email_datetime: None,
            last_scheduled_send_date: None,
            email_id: None,
            email_revision: 0,
            intro_edit: None,
            cycle_over: None,
            prepare_again: None,
            failure: None,
            send_not_before: None,
            send_deferred_because: None,
            announced_at: None,
            fence: 0,
            calls: Calls::default(),
            deleted_at: None,
            version: 0,
        }
    }

    /// What makes two campaigns of one agent to one address the same: the home, or the ZIP code alone.
    #[must_use]
    pub fn home_key(&self) -> String {
        self.home.as_ref().map_or_else(|| format!("zip {}", self.zip_code), Home::key)
    }

    /// A short text that changes whenever something changes that the agent chooses: the home, the send day, whether it runs,
    /// whether emails are approved, and the opening words. What the engine does leaves it as it is.
    #[must_use]
    pub fn choices_mark(&self) -> String {
        let Self { home, zip_code, enabled, check_before_sending, fixed_send_day, intro_edit, .. } = self;
        let choices =
            serde_json::json!([home, zip_code, enabled, check_before_sending, fixed_send_day, intro_edit]);
        let digest = Sha256::digest(choices.to_string());
        hex::encode(digest.get(..16).unwrap_or_default())
    }

    /// What the agent has to mend, for people: why the campaign failed, or that its home could not be found or valued and
    /// its report is about the ZIP code alone.
    #[must_use]
    pub fn needs_agent(&self) -> Option<String> {
        if self.deleted_at.is_some() || !self.enabled {
            return None;
        }
        if let Some(failure) = self.failure.as_ref().filter(|_| self.status == CampaignStatus::Error) {
            return Some(failure.reason.clone());
        }
        let lacks_home = match &self.operations[Operation::Property].provision {
            Some(Provision::Omitted(reason)) if self.home.is_some() => reason,
            _ => return None,
        };
        let prepared = matches!(
            self.status,
            CampaignStatus::WaitingForHomeAnalysis
                | CampaignStatus::ReadyToCreateEmail
                | CampaignStatus::ReadyToSendEmail
        );
        prepared.then(|| {
            format!("the home could not be found or valued, so the report is about the area: {lacks_home}")
        })
    }

    /// When the campaign counts as made: its last enabling as long as it never sent.
    #[must_use]
    pub fn counts_as_created(&self) -> Instant {
        if self.last_sent_email_datetime.is_none() { self.enabled_at } else { self.created_at }
    }
}
