//! The whole state machine: the table, what time and facts ask for ([`decide`]), and its doing ([`apply`]).

use super::{
    Campaign, CampaignStatus, Facts, Failure, LastCycle, Operation, SlotBasis, SubStatus,
    plan::{Planned, planned},
};
use crate::{
    email::DeliveryStatus,
    policy::after,
    schedule::{Cycle, Slot},
};

use CampaignStatus::{
    Dormant, Error, ReadyToCreateEmail, ReadyToSendEmail, Unsubscribed, WaitingForData,
    WaitingForHomeAnalysis,
};

/// A row of the transition table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Row {
    /// Preparation of the pending slot begins.
    Prepare = 1,
    /// Cycles nobody can catch up with are skipped.
    SkipMissed = 2,
    /// The data is there.
    DataReady = 3,
    /// The home report is there.
    HomeReportReady = 4,
    /// The email may leave.
    Release = 5,
    /// The email left, or is held.
    Sent = 6,
    /// The email may no longer leave as it is.
    TakeBack = 7,
    /// The cycle ends without an email.
    EndCycle = 8,
    /// The campaign is disabled or its agent may not send.
    StandDown = 9,
    /// Another slot was planned.
    Reschedule = 10,
    /// The cycle is prepared again.
    PrepareAgain = 11,
    /// The recipient is not to be written to.
    Unsubscribe = 12,
    /// The recipient may be written to again.
    Resubscribe = 13,
    /// A person has to look.
    Fail = 14,
    /// Another try after a failure.
    Recover = 15,
    /// Agent, contact or campaign removed.
    Delete = 16,
}

/// One line of the table, as the documentation shows it.
#[derive(Debug, Clone, Copy)]
pub struct TableRow {
    /// Which.
    pub row: Row,
    /// The statuses it leaves.
    pub from: &'static [CampaignStatus],
    /// The statuses it may enter.
    pub to: &'static [CampaignStatus],
    /// When it happens.
    pub when: &'static str,
}

const WORKING: &[CampaignStatus] =
    &[WaitingForData, WaitingForHomeAnalysis, ReadyToCreateEmail, ReadyToSendEmail];
const WORKING_OR_ERROR: &[CampaignStatus] =
    &[WaitingForData, WaitingForHomeAnalysis, ReadyToCreateEmail, ReadyToSendEmail, Error];
const ANY_BUT_UNSUBSCRIBED: &[CampaignStatus] =
    &[Dormant, WaitingForData, WaitingForHomeAnalysis, ReadyToCreateEmail, ReadyToSendEmail, Error];

/// The whole table. `docs/state-machine.md` shows exactly this.
pub const TABLE: [TableRow; 15] = [
    TableRow {
        row: Row::Prepare,
        from: &[Dormant],
        to: &[WaitingForData],
        when: "preparation of the pending slot is due, the campaign is enabled and the agent may send",
    },
    TableRow {
        row: Row::SkipMissed,
        from: &[Dormant],
        to: &[Dormant],
        when: "the pending slot is past its grace: each missed cycle is skipped, with an audit row and no event",
    },
    TableRow {
        row: Row::DataReady,
        from: &[WaitingForData],
        to: &[WaitingForHomeAnalysis],
        when: "the five data operations are READY",
    },
    TableRow {
        row: Row::HomeReportReady,
        from: &[WaitingForHomeAnalysis],
        to: &[ReadyToCreateEmail],
        when: "the home report is READY",
    },
    TableRow {
        row: Row::Release,
        from: &[ReadyToCreateEmail],
        to: &[ReadyToSendEmail],
        when: "the email is approved, the first-time delay has passed, the slot is reached and the window is open",
    },
    TableRow {
        row: Row::Sent,
        from: &[ReadyToSendEmail],
        to: &[Dormant],
        when: "the provider accepted the email, or its outcome stayed unknown and it is held: next slot",
    },
    TableRow {
        row: Row::TakeBack,
        from: &[ReadyToSendEmail],
        to: &[ReadyToCreateEmail],
        when: "the approval was cleared, or the email was superseded and is made again",
    },
    TableRow {
        row: Row::EndCycle,
        from: WORKING_OR_ERROR,
        to: &[Dormant],
        when: "the cycle ends without an email: its grace is over, or the agent skipped or rejected it: next slot",
    },
    TableRow {
        row: Row::StandDown,
        from: WORKING_OR_ERROR,
        to: &[Dormant],
        when: "the campaign is disabled or the agent may not send: the email is superseded, the slot stays",
    },
    TableRow {
        row: Row::Reschedule,
        from: WORKING_OR_ERROR,
        to: &[Dormant],
        when: "send day, zone or window were edited and the slot changed: the email is superseded",
    },
    TableRow {
        row: Row::PrepareAgain,
        from: WORKING_OR_ERROR,
        to: &[WaitingForData],
        when: "the home changed, or an automatically approved email is too old for its sending: the email is superseded",
    },
    TableRow {
        row: Row::Unsubscribe,
        from: ANY_BUT_UNSUBSCRIBED,
        to: &[Unsubscribed],
        when: "the recipient opted out, complained or hard-bounced, or an operator blocked the address: an unsent email is skipped, a live attempt records its outcome",
    },
    TableRow {
        row: Row::Resubscribe,
        from: &[Unsubscribed],
        to: &[Dormant],
        when: "the recipient opted in again, the agent corrected a hard-bounced address, or the block was lifted",
    },
    TableRow {
        row: Row::Fail,
        from: WORKING,
        to: &[Error],
        when: "email creation is out of attempts, or the provider refuses for a reason that people must mend",
    },
    TableRow {
        row: Row::Recover,
        from: &[Error],
        to: WORKING,
        when: "the agent retries, or a day has passed within the grace: back to the status it failed in",
    },
];

/// A change of status, with what it carries.
#[derive(Debug, Clone, PartialEq)]
pub enum Transition {
    /// [`Row::Prepare`].
    Prepare,
    /// [`Row::SkipMissed`]: the cycles that are skipped, and the slot that is pending then.
    SkipMissed {
        /// The cycles that are skipped, in order.
        skipped: Vec<Cycle>,
        /// The slot that is pending then.
        slot: Slot,
    },
    /// [`Row::DataReady`].
    DataReady,
    /// [`Row::HomeReportReady`].
    HomeReportReady,
    /// [`Row::Release`].
    Release,
    /// [`Row::Sent`].
    Sent,
    /// [`Row::TakeBack`].
    TakeBack,
    /// [`Row::EndCycle`].
    EndCycle {
        /// Why, for people.
        cause: String,
    },
    /// [`Row::StandDown`].
    StandDown {
        /// Why, for people.
        cause: String,
    },
    /// [`Row::Reschedule`].
    Reschedule {
        /// The new slot.
        slot: Slot,
        /// The rules it follows from.
        basis: SlotBasis,
    },
    /// [`Row::PrepareAgain`].
    PrepareAgain {
        /// Why, for people.
        cause: String,
    },
    /// [`Row::Unsubscribe`].
    Unsubscribe {
        /// Why, for people.
        cause: &'static str,
    },
    /// [`Row::Resubscribe`].
    Resubscribe,
    /// [`Row::Fail`].
    Fail {
        /// Why, for people.
        reason: String,
    },
    /// [`Row::Recover`].
    Recover {
        /// The status it failed in.
        to: CampaignStatus,
    },
}

impl Transition {
    /// The row of the table.
    #[must_use]
    pub const fn row(&self) -> Row {
        match self {
            Self::Prepare => Row::Prepare,
            Self::SkipMissed { .. } => Row::SkipMissed,
            Self::DataReady => Row::DataReady,
            Self::HomeReportReady => Row::HomeReportReady,
            Self::Release => Row::Release,
            Self::Sent => Row::Sent,
            Self::TakeBack => Row::TakeBack,
            Self::EndCycle { .. } => Row::EndCycle,
            Self::StandDown { .. } => Row::StandDown,
            Self::Reschedule { .. } => Row::Reschedule,
            Self::PrepareAgain { .. } => Row::PrepareAgain,
            Self::Unsubscribe { .. } => Row::Unsubscribe,
            Self::Resubscribe => Row::Resubscribe,
            Self::Fail { .. } => Row::Fail,
            Self::Recover { .. } => Row::Recover,
        }
    }

    /// The status it leads to.
    #[must_use]
    pub const fn to(&self) -> CampaignStatus {
        match self {
            Self::Prepare | Self::PrepareAgain { .. } => WaitingForData,
            Self::DataReady => WaitingForHomeAnalysis,
            Self::HomeReportReady | Self::TakeBack => ReadyToCreateEmail,
            Self::Release => ReadyToSendEmail,
            Self::SkipMissed { .. }
            | Self::Sent
            | Self::EndCycle { .. }
            | Self::StandDown { .. }
            | Self::Reschedule { .. }
            | Self::Resubscribe => Dormant,
            Self::Unsubscribe { .. } => Unsubscribed,
            Self::Fail { .. } => Error,
            Self::Recover { to } => *to,
        }
    }
}

/// A change that the table does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a campaign cannot go from {from} to {to} ({row:?})")]
pub struct IllegalTransition {
    /// Where it stands.
    pub from: CampaignStatus,
    /// Where it was to go.
    pub to: CampaignStatus,
    /// By which row.
    pub row: Row,
}

/// The next transition that time and facts ask for, or none.
///
/// Deciding and applying again and again comes to an end: every row leaves a state in which it is not asked for again.
#[must_use]
pub fn decide(campaign: &Campaign, facts: &Facts<'_>) -> Option<Transition> {
    if campaign.deleted_at.is_some() {
        return None;
    }
    if campaign.status == ReadyToSendEmail
        && (facts.email_in(DeliveryStatus::Complete) || facts.email_in(DeliveryStatus::Held))
    {
        return Some(Transition::Sent);
    }
    if campaign.status != Unsubscribed
        && let Some(no_mail) = facts.no_mail
    {
        return Some(Transition::Unsubscribe { cause: no_mail.cause.sentence() });
    }
    if facts.live() {
        return None;
    }
    match campaign.status {
        Unsubscribed => facts.no_mail.is_none().then_some(Transition::Resubscribe),
        Dormant => decide_dormant(campaign, facts),
        WaitingForData | WaitingForHomeAnalysis | ReadyToCreateEmail | ReadyToSendEmail | Error => {
            decide_interruption(campaign, facts).or_else(|| decide_progress(campaign, facts))
        }
    }
}

fn decide_dormant(campaign: &Campaign, facts: &Facts<'_>) -> Option<Transition> {
    let slot = campaign.slot?;
    if facts.may_run(campaign).is_err() {
        return None;
    }
    if facts.now >= facts.rules.grace_end(slot) {
        let resumed = facts.rules.resume(slot, facts.now, campaign.fixed_send_day);
        return Some(Transition::SkipMissed { skipped: resumed.skipped, slot: resumed.slot });
    }
    let due = facts.rules.preparation(campaign.counts_as_created(), slot, campaign.check_before_sending);
    (facts.now >= due).then_some(Transition::Prepare)
}

/// What ends, halts or restarts a cycle that is being worked on, the more final first.
fn decide_interruption(campaign: &Campaign, facts: &Facts<'_>) -> Option<Transition> {
    if let Err(why) = facts.may_run(campaign) {
        return Some(Transition::StandDown { cause: why.to_owned() });
    }
    if let Some(cause) = &campaign.cycle_over {
        return Some(Transition::EndCycle { cause: cause.clone() });
    }
    if campaign.slot.is_some_and(|slot| facts.now >= facts.rules.grace_end(slot)) {
        return Some(Transition::EndCycle { cause: grace_cause(campaign, facts) });
    }
    if let Planned::Moved(slot, basis) = planned(campaign, facts) {
        return Some(Transition::Reschedule { slot, basis });
    }
    if let Some(cause) = &campaign.prepare_again {
        return Some(Transition::PrepareAgain { cause: cause.clone() });
    }
    if facts.outdated_at(campaign).is_some_and(|at| facts.now >= at) {
        let cause = "the email would be more than 3 days old when it leaves".to_owned();
        return Some(Transition::PrepareAgain { cause });
    }
    None
}

fn grace_cause(campaign: &Campaign, facts: &Facts<'_>) -> String {
    let days = facts.rules.grace_days();
    let waited_for = if facts.email_in(DeliveryStatus::Created) {
        "it was not approved in time".to_owned()
    } else if let Some(failure) = &campaign.failure {
        failure.reason.clone()
    } else if let Some(deferred) = &campaign.send_deferred_because {
        deferred.clone()
    } else {
        "it was not ready in time".to_owned()
    };
    format!("{waited_for}; an email may go out at most {days} days late")
}

fn decide_progress(campaign: &Campaign, facts: &Facts<'_>) -> Option<Transition> {
    if campaign.status != Error
        && let Some(failure) = &campaign.failure
    {
        return Some(Transition::Fail { reason: failure.reason.clone() });
    }
    match campaign.status {
        WaitingForData => campaign.operations.all_ready(WaitingForData).then_some(Transition::DataReady),
        WaitingForHomeAnalysis => {
            campaign.operations.all_ready(WaitingForHomeAnalysis).then_some(Transition::HomeReportReady)
        }
        ReadyToCreateEmail => {
            let released = facts.approved()
                && campaign.operations.all_ready(ReadyToCreateEmail)
                && facts.may_leave_at(campaign).is_some_and(|at| facts.now >= at);
            released.then_some(Transition::Release)
        }
        ReadyToSendEmail => (!facts.approved()).then_some(Transition::TakeBack),
        Error => {
            let failure = campaign.failure.as_ref()?;
            (facts.now >= failure.retry_at).then_some(Transition::Recover { to: failure.in_status })
        }
        Dormant | Unsubscribed => None,
    }
}

/// Makes a transition on the campaign. What becomes of its email, events and audit rows is [`super::Dossier`]'s part.
///
/// # Errors
/// [`IllegalTransition`], naming both statuses, if the table has no such change; the campaign is as before.
pub fn apply(
    campaign: &mut Campaign,
    transition: &Transition,
    facts: &Facts<'_>,
) -> Result<(), IllegalTransition> {
    let (row, to) = (transition.row(), transition.to());
    let allowed = TABLE
        .iter()
        .any(|line| line.row == row && line.from.contains(&campaign.status) && line.to.contains(&to));
    if !allowed || campaign.deleted_at.is_some() {
        return Err(IllegalTransition { from: campaign.status, to, row });
    }
    let from = campaign.status;
    campaign.status = to;
    campaign.status_since = facts.now;
    campaign.announced_at = Some(facts.now);
    match transition {
        Transition::Prepare => {
            campaign.begin_cycle();
            campaign.operations.enter(WaitingForData);
        }
        Transition::PrepareAgain { .. } => {
            campaign.email_id = None;
            campaign.intro_edit = None;
            campaign.prepare_again = None;
            campaign.failure = None;
            campaign.operations.enter(WaitingForData);
        }
        Transition::DataReady | Transition::HomeReportReady => campaign.operations.enter(to),
        Transition::Release => {}
        Transition::TakeBack => {
            // An email that only lost its approval is still there; one that was superseded is made again.
            if campaign.email_id.is_none() {
                campaign.operations.enter(ReadyToCreateEmail);
            }
        }
        Transition::SkipMissed { skipped, slot } => {
            if let Some(last) = skipped.last() {
                campaign.last_cycle = Some(LastCycle { slot: facts.rules.slot_of_cycle(*last), sent: None });
            }
            campaign.slot = Some(*slot);
            campaign.slot_basis = Some(SlotBasis::of(campaign, facts.rules));
        }
        Transition::Sent => {
            let sent = facts.email.and_then(|email| email.attempt.as_ref()).map(|attempt| attempt.started_at);
            campaign.last_sent_email_datetime = sent.or(Some(facts.now));
            campaign.end_cycle(sent.or(Some(facts.now)), facts);
        }
        Transition::EndCycle { .. } => campaign.end_cycle(None, facts),
        Transition::StandDown { .. } => campaign.begin_cycle(),
        Transition::Reschedule { slot, basis } => {
            campaign.begin_cycle();
            campaign.slot = Some(*slot);
            campaign.slot_basis = Some(*basis);
        }
        Transition::Unsubscribe { .. } => {
            // A live attempt keeps its email, so that its outcome is still recorded.
            let live = facts.live().then(|| campaign.email_id.take()).flatten();
            if live.is_none() && facts.email.is_some() {
                // Its email was skipped: should the recipient come back, the next one is of a later cycle.
                campaign.end_cycle(None, facts);
            } else {
                campaign.begin_cycle();
            }
            campaign.email_id = live;
        }
        Transition::Resubscribe => {
            campaign.begin_cycle();
            if campaign.last_sent_email_datetime.is_none() && campaign.last_cycle.is_none() {
                campaign.slot = None;
            }
        }
        Transition::Fail { reason } => {
            let retry_at = after(facts.now, facts.policy.retry_every);
            let in_status = campaign.failure.as_ref().map_or(from, |failure| failure.in_status);
            campaign.failure = Some(Failure { in_status, reason: reason.clone(), retry_at });
        }
        Transition::Recover { to: WaitingForData } => {
            campaign.failure = None;
            campaign.operations.fetch_again();
        }
        Transition::Recover { .. } => {
            campaign.failure = None;
            for operation in Operation::ALL {
                if campaign.operations[operation].status == SubStatus::Error {
                    campaign.operations[operation] = super::OperationState {
                        status: SubStatus::WaitingForData,
                        ..super::OperationState::default()
                    };
                }
            }
        }
    }
    Ok(())
}

impl Campaign {
    /// Forgets what belonged to a cycle's work.
    fn begin_cycle(&mut self) {
        self.operations = super::Operations::default();
        self.email_id = None;
        self.intro_edit = None;
        self.cycle_over = None;
        self.prepare_again = None;
        self.failure = None;
        self.send_not_before = None;
        self.send_deferred_because = None;
        self.calls = super::Calls::default();
    }

    fn end_cycle(&mut self, sent: Option<crate::schedule::Instant>, facts: &Facts<'_>) {
        self.begin_cycle();
        if let Some(slot) = self.slot {
            self.last_cycle = Some(LastCycle { slot, sent });
            self.slot = Some(facts.rules.next_slot(slot, sent, self.fixed_send_day));
            self.slot_basis = Some(SlotBasis::of(self, facts.rules));
        }
    }
}
