//! Bugs that can be switched on, one for each invariant at least, to see whether a simulation finds them. They live in
//! the store, between its rows and the rules, or in another port, so that no rule has a switch in it.

use chrono::TimeDelta;

use crate::{
    campaign::{Action, Amendment, Command, Dossier, LastCycle, Provision, SubStatus},
    email::{Approval, ApprovedBy, DeliveryStatus},
    policy::Policy,
    schedule::{SendingRules, Slot},
};

/// A bug that can be switched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Canary {
    /// I1: an unknown outcome is taken for "not sent".
    BlindResend,
    /// I1: what an agent's account may have sent falls back to the deployment's mailer.
    FallsBackOnUnknown,
    /// I2: the same home can be enrolled twice.
    Twins,
    /// I3: the window is not looked at when an email is claimed.
    NoWindow,
    /// I4: suppressions are not read.
    NoSuppressions,
    /// I5: emails that wait for approval count as approved.
    SelfApproval,
    /// I6: an email that is gone can still be approved.
    LateApproval,
    /// I7: the text is touched up after it was stored.
    TouchedUp,
    /// I8: events are lost between the change and the outbox.
    LostEvents,
    /// I9: results count although they came too late.
    StaleResults,
    /// I10: no deadline is stored for work in hand.
    NoDeadline,
    /// I11: a section that cannot be had is waited for.
    WaitsForData,
    /// I12: the next slot is counted from the sending.
    DriftingSlots,
    /// I13: the grace never ends.
    NoGrace,
    /// I14: the next slot does not look at the sending.
    NoGap,
    /// I15: slots are kept in local time as if it were UTC.
    WrongOffset,
    /// I16: the recipient of another agent is used.
    OtherTenant,
    /// I17: calls are not counted.
    FreeCalls,
    /// I18: a quota's answer is ignored.
    NoQuota,
    /// I22: no history is written.
    NoHistory,
}

impl Canary {
    /// Every bug.
    pub const ALL: [Self; 20] = [
        Self::BlindResend,
        Self::FallsBackOnUnknown,
        Self::Twins,
        Self::NoWindow,
        Self::NoSuppressions,
        Self::SelfApproval,
        Self::LateApproval,
        Self::TouchedUp,
        Self::LostEvents,
        Self::StaleResults,
        Self::NoDeadline,
        Self::WaitsForData,
        Self::DriftingSlots,
        Self::NoGrace,
        Self::NoGap,
        Self::WrongOffset,
        Self::OtherTenant,
        Self::FreeCalls,
        Self::NoQuota,
        Self::NoHistory,
    ];

    /// The invariant it breaks.
    #[must_use]
    pub const fn invariant(self) -> &'static str {
        match self {
            Self::BlindResend | Self::FallsBackOnUnknown => "I1",
            Self::Twins => "I2",
            Self::NoWindow => "I3",
            Self::NoSuppressions => "I4",
            Self::SelfApproval => "I5",
            Self::LateApproval => "I6",
            Self::TouchedUp => "I7",
            Self::LostEvents => "I8",
            Self::StaleResults => "I9",
            Self::NoDeadline => "I10",
            Self::WaitsForData => "I11",
            Self::DriftingSlots => "I12",
            Self::NoGrace => "I13",
            Self::NoGap => "I14",
            Self::WrongOffset => "I15",
            Self::OtherTenant => "I16",
            Self::FreeCalls => "I17",
            Self::NoQuota => "I18",
            Self::NoHistory => "I22",
        }
    }
}

/// What the bug does to a row between the store and the rules.
pub(in crate::testkit) fn read(canary: Canary, dossier: &mut Dossier, policy_rules: &SendingRules) {
    let rules = dossier.agent.sending_rules.unwrap_or(*policy_rules);
    let set_rules = |dossier: &mut Dossier, rules| {
        std::sync::Arc::make_mut(&mut dossier.agent).sending_rules = Some(rules);
    };
    match canary {
        Canary::BlindResend => {
            if let Some(email) =
                dossier.email.as_mut().filter(|e| e.delivery_status == DeliveryStatus::Unknown)
            {
                email.delivery_status = DeliveryStatus::Approved;
            }
        }
        Canary::NoWindow => set_rules(dossier, rules.without_window()),
        Canary::NoGrace => {
            if let Ok(longer) = rules.with_grace_days(crate::schedule::MAX_GRACE_DAYS) {
                set_rules(dossier, longer);
            }
        }
        Canary::NoSuppressions => dossier.suppression = None,
        Canary::SelfApproval => {
            let now = dossier.campaign.status_since;
            if let Some(email) =
                dossier.email.as_mut().filter(|e| e.delivery_status == DeliveryStatus::Created)
            {
                email.delivery_status = DeliveryStatus::Approved;
                let content_hash = email.content_hash;
                email.approval =
                    Some(Approval { by: ApprovedBy::System, actor: None, content_hash, at: now });
            }
        }
        Canary::OtherTenant => {
            if let Ok(address) = "somebody@else.example".parse() {
                dossier.contact.email = address;
            }
        }
        Canary::WaitsForData => {
            for operation in crate::campaign::Operation::ALL {
                dossier.campaign.operations[operation].attempts = 0;
            }
        }
        _ => {}
    }
}

/// What the bug does to a command, and to the row that it finds.
pub(in crate::testkit) fn command(canary: Canary, dossier: &mut Dossier, command: &Command) -> Command {
    let mut command = command.clone();
    match (canary, &mut command.action) {
        (Canary::StaleResults, Action::Finish { operation, cycle, .. }) => {
            if let Some(slot) = dossier.campaign.slot {
                *cycle = slot.cycle();
            }
            if dossier.campaign.status == operation.status() {
                dossier.campaign.operations[*operation].status = SubStatus::WaitingForData;
            }
        }
        (Canary::WaitsForData, Action::Finish { operation, cycle, provision: Provision::Omitted(_), .. }) => {
            let until = command.desk.clock.now() + TimeDelta::hours(1);
            command.action = Action::Postpone { operation: *operation, cycle: *cycle, until, failure: None };
        }
        _ => {}
    }
    command
}

/// What the bug does to a row between the rules and the store.
pub(in crate::testkit) fn write(
    canary: Canary,
    before: &Dossier,
    dossier: &mut Dossier,
    amendment: &mut Amendment,
    policy: &Policy,
) {
    let rules = dossier.agent.sending_rules.unwrap_or(policy.rules);
    let campaign = &mut dossier.campaign;
    match canary {
        Canary::LostEvents => amendment.events.clear(),
        Canary::NoHistory => amendment.audit.clear(),
        Canary::FreeCalls => campaign.calls = before.campaign.calls,
        Canary::DriftingSlots => {
            let drifted = campaign
                .last_cycle
                .filter(|last| campaign.slot.is_some() && Some(*last) != before.campaign.last_cycle);
            if let Some(LastCycle { sent: Some(_), .. }) = drifted
                && let Some(next) = campaign.slot.and_then(|slot| slot.cycle().date().succ_opt())
            {
                campaign.slot = Some(rules.slot_of_cycle(crate::schedule::Cycle::new(next)));
            }
        }
        Canary::WrongOffset if campaign.slot != before.campaign.slot => {
            let shifted = |slot: Slot| Slot::from_stored(slot.at() + TimeDelta::hours(5), slot.cycle());
            campaign.slot = campaign.slot.map(shifted);
        }
        Canary::NoGap => {
            if let Some(LastCycle { slot, sent: Some(_) }) =
                campaign.last_cycle.filter(|last| Some(*last) != before.campaign.last_cycle)
            {
                campaign.slot = Some(rules.next_slot(slot, None, campaign.fixed_send_day));
            }
        }
        _ => {}
    }
}
