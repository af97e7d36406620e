//! A campaign with all that a decision about it looks at, and how commands change it.

use std::sync::Arc;

use super::{
    Actor, Amendment, AuditEntry, Campaign, CampaignStatus, Command, Facts, Refusal, Reply, Transition,
    apply, decide,
    plan::{Planned, planned},
};
use crate::{
    agent::Agent,
    contact::Contact,
    email::{ApprovedBy, Block, DeliveryStatus, Email, NoMail, Suppression},
    events::StatusChanged,
    ids::EventId,
    policy::{Policy, after},
    schedule::Instant,
    webhooks::News,
};

/// A campaign with its email, recipient and agent, as one transaction read them.
#[derive(Debug, Clone, PartialEq)]
pub struct Dossier {
    /// The campaign.
    pub campaign: Campaign,
    /// The email that [`Campaign::email_id`] names.
    pub email: Option<Email>,
    /// The recipient.
    pub contact: Contact,
    /// The agent.
    pub agent: Arc<Agent>,
    /// Why the recipient must not be written to, by agent and address.
    pub suppression: Option<Suppression>,
    /// Why nobody in the deployment writes to the recipient, by address.
    pub block: Option<Block>,
}

/// What one execution works with: the dossier, the moment, the numbers, and what is to be written.
pub(super) struct Desk<'a> {
    pub(super) dossier: &'a mut Dossier,
    pub(super) amendment: &'a mut Amendment,
    pub(super) policy: &'a Policy,
    pub(super) actor: &'a Actor,
    pub(super) now: Instant,
}

/// Why an email is held that was to be sent again.
pub(super) const MAY_HAVE_ARRIVED: &str =
    "nobody could tell whether an earlier try arrived, and now it may not be sent again";

impl Dossier {
    /// The facts of a moment.
    #[must_use]
    pub fn facts<'a>(&'a self, now: Instant, policy: &'a Policy) -> Facts<'a> {
        Facts {
            now,
            email: self.email.as_ref(),
            contact: &self.contact,
            agent: &self.agent,
            no_mail: self.no_mail(),
            rules: self.agent.sending_rules.as_ref().unwrap_or(&policy.rules),
            policy,
        }
    }

    /// Why the recipient gets no mail.
    #[must_use]
    pub fn no_mail(&self) -> Option<NoMail> {
        NoMail::of(self.block.as_ref(), self.suppression.as_ref())
    }

    /// Does a command, and then every transition that follows from it.
    ///
    /// The dossier changes in place; what is to be written is added to `amendment`. A store calls this between its
    /// read and its write, under whatever lock makes both one transaction.
    ///
    /// # Errors
    /// A [`Refusal`]; dossier and amendment are as before.
    pub fn execute(&mut self, command: &Command, amendment: &mut Amendment) -> Result<Reply, Refusal> {
        // A removed campaign takes nothing but the outcome of an attempt that was under way.
        let outcome = matches!(
            command.action,
            super::Action::Record { .. } | super::Action::LookedUp { .. } | super::Action::Tick
        );
        if self.campaign.deleted_at.is_some() && !outcome {
            return Err(Refusal::NoCampaign(self.campaign.id.clone()));
        }
        let now = command.desk.clock.now();
        let before = (self.clone(), std::mem::take(amendment));
        let mut desk =
            Desk { dossier: self, amendment, policy: &command.desk.policy, actor: &command.actor, now };
        let result = desk.run(&command.action);
        let (old_dossier, mut old_amendment) = before;
        match result {
            Ok(reply) => {
                if self.campaign != old_dossier.campaign {
                    amendment.campaign = true;
                }
                if amendment.campaign && self.campaign.version == old_dossier.campaign.version {
                    self.campaign.version += 1;
                }
                amendment.news = News::of(&old_dossier, self, amendment, now);
                old_amendment.absorb(std::mem::take(amendment));
                *amendment = old_amendment;
                Ok(reply)
            }
            Err(refusal) => {
                *self = old_dossier;
                *amendment = old_amendment;
                Err(refusal)
            }
        }
    }
}

impl Desk<'_> {
    fn run(&mut self, action: &super::Action) -> Result<Reply, Refusal> {
        // What time had made due is nobody's doing who happens to come now.
        let actor = std::mem::replace(&mut self.actor, &Actor::System);
        self.correct();
        self.settle()?;
        self.actor = actor;
        let reply = action.perform(self)?;
        self.correct();
        self.settle()?;
        Ok(reply)
    }

    pub(super) fn facts(&self) -> Facts<'_> {
        self.dossier.facts(self.now, self.policy)
    }

    /// What follows from facts without being a transition: dates that cannot be, a slot for a campaign that has none,
    /// changed rules that leave the slot where it is, an attempt whose lease ran out, an email to an address that is no
    /// longer right.
    fn correct(&mut self) {
        self.distrust();
        self.expire_attempt();
        if self.dossier.campaign.deleted_at.is_some() {
            return;
        }
        if self.facts().live() {
            return;
        }
        if self.dossier.campaign.status != CampaignStatus::Unsubscribed {
            let planned = planned(&self.dossier.campaign, &self.facts());
            let campaign = &mut self.dossier.campaign;
            match planned {
                Planned::Stands => {}
                Planned::Confirmed(basis) => campaign.slot_basis = Some(basis),
                Planned::Moved(slot, basis) => {
                    // Outside DORMANT a moved slot is a transition of its own.
                    if campaign.slot.is_none() || campaign.status == CampaignStatus::Dormant {
                        campaign.slot = Some(slot);
                        campaign.slot_basis = Some(basis);
                    }
                }
            }
        }
        let wrong_recipient = self
            .dossier
            .email
            .as_ref()
            .is_some_and(|e| e.delivery_status.is_unsent() && e.recipient != self.dossier.contact.email);
        if wrong_recipient {
            self.supersede_email("the recipient's address changed");
        }
    }

    /// Whoever had it in hand is gone, or the clock jumped over the lease: the provider is asked, once it would show what it
    /// took.
    fn expire_attempt(&mut self) {
        let now = self.now;
        let asked_at = after(now, self.policy.first_look_up);
        let Some(email) = self.dossier.email.as_mut() else { return };
        let Some(attempt) = email.attempt.as_mut() else { return };
        if email.delivery_status == DeliveryStatus::Transmitting && now >= attempt.lease_until {
            attempt.unknown_since = Some(attempt.lease_until);
            attempt.look_up_at = Some(asked_at);
            email.delivery_status = DeliveryStatus::Unknown;
            email.cause = Some("the sender stopped before it stored the provider's answer".to_owned());
            let email = email.clone();
            self.note("outcome_unknown", email.cause.clone());
            self.amendment.put_email(email);
        }
    }

    /// Makes every transition that is asked for.
    fn settle(&mut self) -> Result<(), Refusal> {
        // Each row leaves a state in which it is not asked for again; the bound is for a mistake in the table.
        for _ in 0..32 {
            let Some(transition) = decide(&self.dossier.campaign, &self.facts()) else { return Ok(()) };
            let sent_again = self.dossier.email.clone().filter(Email::may_have_arrived);
            match sent_again {
                // It is not sent any more, whatever the reason. As it may have arrived, the cycle counts as sent.
                Some(email) => self.hold(email, MAY_HAVE_ARRIVED),
                None => self.make(&transition)?,
            }
            self.correct();
        }
        Ok(())
    }

    pub(super) fn make(&mut self, transition: &Transition) -> Result<(), Refusal> {
        let from = self.dossier.campaign.status;
        let cycle = self.dossier.campaign.slot.map(|slot| slot.cycle());
        self.settle_email(transition);
        let mut campaign = self.dossier.campaign.clone();
        apply(&mut campaign, transition, &self.facts())?;
        self.dossier.campaign = campaign;
        match transition {
            Transition::SkipMissed { skipped, .. } => {
                for cycle in skipped {
                    let cause = "its slot passed while nothing could be sent".to_owned();
                    self.audit("cycle_skipped", Some(*cycle), Some(cause));
                }
                self.touch();
            }
            Transition::EndCycle { cause } => {
                self.audit("cycle_skipped", cycle, Some(cause.clone()));
                self.announce_change(from, cycle);
            }
            Transition::StandDown { cause } => {
                self.audit("stood_down", cycle, Some(cause.clone()));
                self.announce_change(from, cycle);
            }
            Transition::Reschedule { .. } => {
                self.audit("rescheduled", cycle, None);
                self.announce_change(from, cycle);
            }
            Transition::PrepareAgain { cause } => {
                self.audit("prepared_again", cycle, Some(cause.clone()));
                self.announce_change(from, cycle);
            }
            Transition::Unsubscribe { cause } => {
                self.audit("unsubscribed", cycle, Some((*cause).to_owned()));
                self.announce_change(from, cycle);
            }
            Transition::Fail { reason } => {
                self.audit("failed", cycle, Some(reason.clone()));
                self.announce_change(from, cycle);
            }
            Transition::Resubscribe => {
                self.audit("resubscribed", None, None);
                self.announce_change(from, None);
            }
            Transition::Recover { .. } => {
                self.audit("retried", cycle, None);
                self.announce_change(from, cycle);
            }
            Transition::Sent => {
                self.announce_change(from, cycle);
                // The email stays readable by its id; the next cycle begins without one.
                self.dossier.email = None;
            }
            Transition::Prepare
            | Transition::DataReady
            | Transition::HomeReportReady
            | Transition::Release
            | Transition::TakeBack => self.announce_change(from, cycle),
        }
        if self.dossier.campaign.email_id.is_none() {
            self.dossier.email = None;
        }
        Ok(())
    }

    /// What a transition does to the cycle's email.
    fn settle_email(&mut self, transition: &Transition) {
        match transition {
            Transition::EndCycle { cause } => {
                let to = match self.dossier.email.as_ref().map(|email| email.delivery_status) {
                    Some(DeliveryStatus::Created) => DeliveryStatus::Expired,
                    _ => DeliveryStatus::Skipped,
                };
                self.end_email(to, cause);
            }
            Transition::StandDown { cause } | Transition::PrepareAgain { cause } => {
                self.end_email(DeliveryStatus::Superseded, cause);
            }
            Transition::Reschedule { .. } => {
                self.end_email(DeliveryStatus::Superseded, "the send date changed");
            }
            Transition::Unsubscribe { cause } => self.end_email(DeliveryStatus::Skipped, cause),
            Transition::Prepare
            | Transition::SkipMissed { .. }
            | Transition::DataReady
            | Transition::HomeReportReady
            | Transition::Release
            | Transition::Sent
            | Transition::TakeBack
            | Transition::Resubscribe
            | Transition::Fail { .. }
            | Transition::Recover { .. } => {}
        }
    }

    /// Ends an email that was never handed to a mailer. A live, held or sent one stays as it is, and one that may have
    /// arrived is held.
    pub(super) fn end_email(&mut self, status: DeliveryStatus, cause: &str) {
        if let Some(email) = self.dossier.email.clone().filter(Email::may_have_arrived) {
            return self.hold(email, MAY_HAVE_ARRIVED);
        }
        if let Some(email) = self.dossier.email.as_mut().filter(|email| email.delivery_status.is_unsent()) {
            email.delivery_status = status;
            email.cause = Some(cause.to_owned());
            let email = email.clone();
            self.amendment.put_email(email);
        }
    }

    /// Ends an unsent email so that another is made.
    pub(super) fn supersede_email(&mut self, cause: &str) {
        self.end_email(DeliveryStatus::Superseded, cause);
        if self.dossier.email.as_ref().is_some_and(|email| email.delivery_status == DeliveryStatus::Held) {
            return;
        }
        self.dossier.email = None;
        let campaign = &mut self.dossier.campaign;
        campaign.email_id = None;
        if campaign.status == CampaignStatus::ReadyToCreateEmail {
            campaign.operations.enter(CampaignStatus::ReadyToCreateEmail);
            self.announce_again();
        } else if campaign.failure.is_some() {
            // What it fails in may need the email that is gone.
            campaign.operations.enter(CampaignStatus::ReadyToCreateEmail);
            if let Some(failure) = &mut campaign.failure {
                failure.in_status = CampaignStatus::ReadyToCreateEmail;
            }
        }
    }

    /// Holds an email of which nobody can tell whether it arrived: it is not sent again, and counts as sent.
    pub(super) fn hold(&mut self, mut email: Email, cause: &str) {
        email.delivery_status = DeliveryStatus::Held;
        email.cause = Some(cause.to_owned());
        let started_at = email.attempt.as_ref().map(|attempt| attempt.started_at);
        let campaign = &mut self.dossier.campaign;
        campaign.last_sent_email_datetime = campaign.last_sent_email_datetime.max(started_at);
        self.put_email(email);
        self.note("held", Some(cause.to_owned()));
    }

    pub(super) fn put_email(&mut self, email: Email) {
        self.amendment.put_email(email.clone());
        self.dossier.email = Some(email);
    }

    /// An email that a provider certainly does not have: it may be tried again. If approval was asked for while it was
    /// under way, it waits for that first.
    pub(super) fn put_unsent(&mut self, mut email: Email) {
        let by_system = email.approval.as_ref().is_some_and(|approval| approval.by == ApprovedBy::System);
        if self.dossier.campaign.check_before_sending && by_system {
            email.delivery_status = DeliveryStatus::Created;
            email.approval = None;
        } else {
            email.delivery_status = DeliveryStatus::Approved;
        }
        self.put_email(email);
    }

    /// One more version of the campaign.
    fn touch(&mut self) {
        self.dossier.campaign.version += 1;
        self.amendment.campaign = true;
    }

    fn announce_change(&mut self, from: CampaignStatus, cycle: Option<crate::schedule::Cycle>) {
        self.touch();
        self.publish(from, cycle);
    }

    /// Announces the present status's unfinished work again.
    pub(super) fn announce_again(&mut self) {
        self.dossier.campaign.announced_at = Some(self.now);
        self.touch();
        let cycle = self.dossier.campaign.slot.map(|slot| slot.cycle());
        self.publish(self.dossier.campaign.status, cycle);
    }

    fn publish(&mut self, from: CampaignStatus, cycle: Option<crate::schedule::Cycle>) {
        let campaign = &self.dossier.campaign;
        // Only work that may be done now: what is in hand or put off is announced when its time comes.
        let startable: Vec<_> = campaign
            .operations
            .pending(campaign.status)
            .filter(|operation| campaign.operations[*operation].may_start(self.now))
            .collect();
        let has_work = !super::Operation::of_status(campaign.status).is_empty();
        self.amendment.events.push(StatusChanged {
            event_id: Some(EventId::of(&campaign.id, campaign.version)),
            campaign_id: campaign.id.clone(),
            zip_code: campaign.zip_code,
            from_status: from,
            to_status: campaign.status,
            timestamp: self.now,
            version: Some(campaign.version),
            cycle,
            operations: has_work.then_some(startable),
        });
    }

    /// An audit row about the present cycle and email.
    pub(super) fn note(&mut self, what: &str, cause: Option<String>) {
        let cycle = self.dossier.campaign.slot.map(|slot| slot.cycle());
        self.audit(what, cycle, cause);
    }

    fn audit(&mut self, what: &str, cycle: Option<crate::schedule::Cycle>, cause: Option<String>) {
        let email_id = self.dossier.email.as_ref().map(|email| email.id.clone());
        self.amendment.audit.push(AuditEntry {
            at: self.now,
            actor: self.actor.clone(),
            what: what.to_owned(),
            cycle,
            email_id,
            cause,
            contact_id: None,
        });
    }
}

impl Amendment {
    /// Adds what a later command wants written.
    fn absorb(&mut self, later: Self) {
        self.campaign |= later.campaign;
        for email in later.emails {
            self.put_email(email);
        }
        self.messages.extend(later.messages);
        self.content.extend(later.content);
        self.events.extend(later.events);
        self.suppressions.extend(later.suppressions);
        self.audit.extend(later.audit);
        self.news.extend(later.news);
    }
}
