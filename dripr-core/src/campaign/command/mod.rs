//! What anybody may want of a campaign, a file for each.
//!
//! A command is data: who wants what of which campaign, and the clock and numbers to judge it by. A store executes it
//! on the dossier it has just read (see [`crate::campaign::Dossier::execute`]), so that the rules are decided here
//! and only kept there.

mod approve;
mod arrived;
mod begin;
mod carry_over;
mod claim;
mod create_email;
mod defer_sending;
mod delete;
mod edit_home;
mod edit_intro;
mod edit_schedule;
mod enable;
mod finish;
mod give_up;
mod look_up;
mod postpone;
mod record;
mod reject;
mod require_approval;
mod restored;
mod retry;
mod skip;
mod spend;
mod suppress;
mod tick;
mod together;

pub use edit_intro::LONGEST_INTRO;

use std::sync::Arc;

use super::{Actor, LastCycle, Operation, Provision, Refusal, dossier::Desk};
use crate::{
    contact::Home,
    content::{CycleContent, ZipCode},
    email::{Attempt, CommercialMessage, ContentHash, SuppressionCause},
    ids::{AttemptId, CampaignId, EmailId, UserId},
    policy::Policy,
    ports::{Clock, LookUp, SendOutcome},
    schedule::{Cycle, Instant, SendDay},
};

/// The clock and the numbers by which commands are judged.
pub struct Bench {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The deployment's numbers.
    pub policy: Policy,
}

impl std::fmt::Debug for Bench {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bench").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// One thing wanted of one campaign.
#[derive(Debug, Clone)]
pub struct Command {
    /// Which campaign.
    pub campaign_id: CampaignId,
    /// Who wants it.
    pub actor: Actor,
    /// What.
    pub action: Action,
    /// The clock and the numbers.
    pub desk: Arc<Bench>,
}

/// What is wanted.
#[derive(Debug, Clone)]
pub enum Action {
    /// See what time has made due, and announce work that was lost.
    Tick,
    /// Take an operation in hand before calling a provider for it.
    Begin {
        /// The operation.
        operation: Operation,
        /// The cycle it is for.
        cycle: Cycle,
    },
    /// Count provider calls before they are made.
    Spend {
        /// The operation.
        operation: Operation,
        /// The cycle it is for.
        cycle: Cycle,
        /// Data provider calls.
        vendor_calls: u8,
        /// Writer calls.
        model_calls: u8,
    },
    /// Store what an operation brought.
    Finish {
        /// The operation.
        operation: Operation,
        /// The cycle it is for.
        cycle: Cycle,
        /// The fence of [`Reply::Begun`], where the operation was taken in hand.
        fence: Option<u64>,
        /// What it brought.
        provision: Provision,
        /// The campaign's own content.
        content: Option<Box<CycleContent>>,
    },
    /// Do an operation later.
    Postpone {
        /// The operation.
        operation: Operation,
        /// The cycle it is for.
        cycle: Cycle,
        /// When.
        until: Instant,
        /// What failed; a mere deferral has none and costs no attempt.
        failure: Option<String>,
    },
    /// Email creation cannot succeed; a person has to look.
    GiveUp {
        /// The operation.
        operation: Operation,
        /// The cycle it is for.
        cycle: Cycle,
        /// Why, for people.
        reason: String,
        /// Whether another try needs data that was left out this time.
        fetch_again: bool,
    },
    /// Store the rendered email.
    CreateEmail {
        /// The cycle it is for.
        cycle: Cycle,
        /// What it says.
        message: CommercialMessage,
    },
    /// Take an email in hand for sending. Nothing is handed to a mailer without it.
    Claim {
        /// The email.
        email_id: EmailId,
    },
    /// Send the email later, because a quota is used up for now. Nothing was handed to a mailer.
    DeferSending {
        /// The email.
        email_id: EmailId,
        /// When.
        until: Instant,
        /// Why, for people.
        reason: String,
    },
    /// Store what the mailer said of an attempt.
    Record {
        /// The attempt.
        attempt_id: AttemptId,
        /// Its fence.
        fence: u64,
        /// What the mailer said.
        outcome: SendOutcome,
    },
    /// Store what the provider said when asked about an unknown outcome.
    LookedUp {
        /// The attempt.
        attempt_id: AttemptId,
        /// Its fence.
        fence: u64,
        /// What it said.
        answer: LookUp,
    },
    /// Something came back of an email: its provider has it, whatever was known of it.
    Arrived {
        /// The email.
        email_id: EmailId,
    },
    /// Approve an email by its content.
    Approve {
        /// The email.
        email_id: EmailId,
        /// The content that was seen.
        content_hash: ContentHash,
        /// The agent as whose email it was seen: whoever approves, they reached this agent's emails and no others.
        of: UserId,
    },
    /// Do not send this email; the cycle ends.
    Reject {
        /// The email.
        email_id: EmailId,
        /// Why, for people.
        reason: Option<String>,
    },
    /// End the present cycle without an email.
    Skip {
        /// Why, for people.
        reason: Option<String>,
    },
    /// Use the agent's own intro for this cycle's email.
    EditIntro {
        /// The email that was looked at; `None` is whichever there is.
        of: Option<EmailId>,
        /// The text; `None` goes back to the written one.
        text: Option<String>,
    },
    /// Let the campaign run.
    Enable,
    /// Halt the campaign.
    Disable,
    /// Choose another send day.
    EditSchedule {
        /// The day of the month.
        fixed_send_day: SendDay,
    },
    /// Report on another home, or on the ZIP code alone.
    EditHome {
        /// The home.
        home: Option<Box<Home>>,
        /// The ZIP code, for a campaign without a home.
        zip_code: ZipCode,
    },
    /// Choose whether the agent approves each email.
    RequireApproval {
        /// Whether.
        check_before_sending: bool,
    },
    /// Try a failed campaign again now.
    Retry,
    /// Several changes of the agent's choices: all of them or none.
    Together {
        /// [`Campaign::choices_mark`](super::Campaign::choices_mark) of the choices that were seen; nothing is changed if they
        /// are others by now.
        seen: Option<String>,
        /// The changes, in order.
        changes: Vec<Action>,
    },
    /// Remove the campaign.
    Delete,
    /// The recipient is not to be written to any more.
    Suppress {
        /// Why.
        cause: SuppressionCause,
    },
    /// Another system brought a cycle to its end, before this one took the campaign over or while both ran.
    CarryOver {
        /// Which, and whether it sent an email.
        ended: LastCycle,
    },
    /// The database was restored from a backup: what it does not know of may have been sent since.
    Restored {
        /// When the backup was taken.
        taken_at: Instant,
    },
}

/// What a command brought.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// It is done.
    Done,
    /// The operation is in hand.
    Begun {
        /// To be given with the result.
        fence: u64,
    },
    /// The email is in hand.
    Claimed(Box<Attempt>),
    /// The email was made.
    Created(EmailId),
}

impl Action {
    pub(super) fn perform(&self, desk: &mut Desk<'_>) -> Result<Reply, Refusal> {
        match self {
            Self::Tick => tick::perform(desk),
            Self::Begin { operation, cycle } => begin::perform(desk, *operation, *cycle),
            Self::Spend { operation, cycle, vendor_calls, model_calls } => {
                spend::perform(desk, *operation, *cycle, *vendor_calls, *model_calls)
            }
            Self::Finish { operation, cycle, fence, provision, content } => {
                finish::perform(desk, *operation, *cycle, *fence, provision, content.as_deref())
            }
            Self::Postpone { operation, cycle, until, failure } => {
                postpone::perform(desk, *operation, *cycle, *until, failure.as_deref())
            }
            Self::GiveUp { operation, cycle, reason, fetch_again } => {
                give_up::perform(desk, *operation, *cycle, reason, *fetch_again)
            }
            Self::CreateEmail { cycle, message } => create_email::perform(desk, *cycle, message),
            Self::Claim { email_id } => claim::perform(desk, email_id),
            Self::DeferSending { email_id, until, reason } => {
                defer_sending::perform(desk, email_id, *until, reason)
            }
            Self::Record { attempt_id, fence, outcome } => record::perform(desk, attempt_id, *fence, outcome),
            Self::LookedUp { attempt_id, fence, answer } => {
                look_up::perform(desk, attempt_id, *fence, answer)
            }
            Self::Arrived { email_id } => arrived::perform(desk, email_id),
            Self::Approve { email_id, content_hash, of } => {
                approve::perform(desk, email_id, *content_hash, of)
            }
            Self::Reject { email_id, reason } => reject::perform(desk, email_id, reason.as_deref()),
            Self::Skip { reason } => skip::perform(desk, reason.as_deref()),
            Self::EditIntro { of, text } => edit_intro::perform(desk, of.as_ref(), text.as_deref()),
            Self::Enable => enable::perform(desk, true),
            Self::Disable => enable::perform(desk, false),
            Self::EditSchedule { fixed_send_day } => edit_schedule::perform(desk, *fixed_send_day),
            Self::EditHome { home, zip_code } => edit_home::perform(desk, home.as_deref(), *zip_code),
            Self::RequireApproval { check_before_sending } => {
                require_approval::perform(desk, *check_before_sending)
            }
            Self::Retry => retry::perform(desk),
            Self::Together { seen, changes } => together::perform(desk, seen.as_deref(), changes),
            Self::Delete => delete::perform(desk),
            Self::Suppress { cause } => suppress::perform(desk, *cause),
            Self::CarryOver { ended } => carry_over::perform(desk, *ended),
            Self::Restored { taken_at } => restored::perform(desk, *taken_at),
        }
    }
}

impl Desk<'_> {
    /// Refuses work that the campaign does not want any more.
    fn wanted(&self, operation: Operation, cycle: Cycle) -> Result<(), Refusal> {
        let campaign = &self.dossier.campaign;
        let wanted = campaign.status == operation.status()
            && campaign.slot.is_some_and(|slot| slot.cycle() == cycle)
            && campaign.operations[operation].status == super::SubStatus::WaitingForData;
        if wanted { Ok(()) } else { Err(Refusal::MovedOn { operation, status: campaign.status }) }
    }

    /// The cycle's email, which must be the one named.
    fn email(&self, id: &EmailId) -> Result<&crate::email::Email, Refusal> {
        self.dossier
            .email
            .as_ref()
            .filter(|email| email.id == *id)
            .ok_or_else(|| Refusal::NoEmail(id.clone()))
    }
}
