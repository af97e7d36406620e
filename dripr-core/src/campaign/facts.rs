//! What a decision about a campaign looks at, besides the campaign.

use std::time::Duration;

use crate::{
    agent::Agent,
    contact::Contact,
    email::{DeliveryStatus, Email, NoMail},
    policy::{FARTHEST, Policy, after, before},
    schedule::{Delay, Instant, SendingRules, Slot},
};

use super::Campaign;

/// The moment, and what is known of the email, the recipient and the agent.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The moment.
    pub now: Instant,
    /// The cycle's email.
    pub email: Option<&'a Email>,
    /// The recipient.
    pub contact: &'a Contact,
    /// The agent.
    pub agent: &'a Agent,
    /// Why the recipient must not be written to.
    pub no_mail: Option<NoMail>,
    /// The agent's sending rules, or the deployment's.
    pub rules: &'a SendingRules,
    /// The deployment's numbers.
    pub policy: &'a Policy,
}

impl Facts<'_> {
    pub(super) fn email_in(&self, status: DeliveryStatus) -> bool {
        self.email.is_some_and(|email| email.delivery_status == status)
    }

    /// Whether the campaign may be worked on and sent, and if not, why.
    ///
    /// # Errors
    /// The reason, for people.
    pub fn may_run(&self, campaign: &Campaign) -> Result<(), &'static str> {
        if !campaign.enabled {
            return Err("the campaign is disabled");
        }
        if self.contact.deleted_at.is_some() {
            return Err("the contact was removed");
        }
        self.agent.may_send(self.now)
    }

    pub(super) fn live(&self) -> bool {
        self.email.is_some_and(Email::is_live)
    }

    /// Whether the email is approved, and the approval is for exactly this content.
    pub(super) fn approved(&self) -> bool {
        self.email.is_some_and(|email| {
            email.delivery_status == DeliveryStatus::Approved
                && email.approval.as_ref().is_some_and(|approval| approval.content_hash == email.content_hash)
        })
    }

    /// The first instant at which the sender may begin, given the slot, the first-time delay and deferrals.
    #[must_use]
    pub fn may_leave_at(&self, campaign: &Campaign) -> Option<Instant> {
        campaign.slot.map(|slot| self.leaves_at(campaign, slot, campaign.send_not_before))
    }

    /// The same for a slot, which need not be the pending one, and what it is put off for.
    pub(super) fn leaves_at(&self, campaign: &Campaign, slot: Slot, deferred: Option<Instant>) -> Instant {
        let mut earliest = self.now.max(slot.at());
        if campaign.last_sent_email_datetime.is_none() {
            earliest = earliest.max(after(campaign.enabled_at, hours(self.rules.first_time_delay())));
        }
        if let Some(deferred) = deferred {
            earliest = earliest.max(deferred);
        }
        self.rules.start_at(earliest, self.policy.mail_timeout)
    }

    /// Whether the clock that shows the present is behind: the agent is of a later day. Nothing can be told then.
    pub(super) fn clock_is_behind(&self) -> bool {
        self.now < self.agent.created_at
    }

    /// Whether a slot is farther ahead than any is planned: it was planned while the clock was wrong.
    pub(super) fn is_wrong(&self, slot: Slot) -> bool {
        // The first slot waits for the first-time delay besides.
        let planned = before(slot.at(), hours(self.rules.first_time_delay()));
        planned > after(self.now, FARTHEST) && !self.clock_is_behind()
    }

    /// When an automatically approved email is to be made again, because it would be too old when it leaves.
    pub(super) fn outdated_at(&self, campaign: &Campaign) -> Option<Instant> {
        let email = self.email.filter(|email| email.delivery_status == DeliveryStatus::Approved)?;
        let by_system = email.approval.as_ref().is_some_and(|a| a.by == crate::email::ApprovedBy::System);
        let leaves = self.may_leave_at(campaign)?;
        if !by_system
            || email.may_have_arrived()
            || leaves <= after(email.created_at, self.policy.email_keeps)
        {
            return None;
        }
        // Not before it helps: an email made again now must be young enough when it leaves.
        Some(before(leaves, hours(self.rules.lead()).min(self.policy.email_keeps)))
    }
}

fn hours(delay: Delay) -> Duration {
    Duration::from_secs(u64::from(delay.hours()) * 3600)
}
