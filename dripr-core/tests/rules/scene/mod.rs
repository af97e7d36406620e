//! A campaign in memory that is taken through its month by hand.
//!
//! It is made on 1 March for the 12th: preparation begins on 11 March, 15:00 UTC, the slot is 12 March, 15:00 UTC,
//! the window closes at 22:00 UTC, and the grace ends on 26 March, 22:00 UTC.

mod stages;

use std::sync::Arc;

use chrono::TimeDelta;
use dripr_core::{
    campaign::{
        Action, Actor, Amendment, CampaignStatus, Command, Dossier, Explanation, Facts, Operation,
        OperationState, Provision, Refusal, Reply, Transition, command::Bench, deadline, decide, explain,
    },
    email::{Attempt, DeliveryStatus, Email, EmailAddress, Message, Party},
    policy::Policy,
    ports::{LookUp, SendOutcome},
    schedule::{Cycle, Instant, Slot},
    testkit::{ManualClock, samples},
};

pub(crate) const MADE: &str = "2026-03-01T12:00:00Z";
pub(crate) const PREPARATION: &str = "2026-03-11T15:00:00Z";
pub(crate) const SLOT: &str = "2026-03-12T15:00:00Z";
pub(crate) const CLOSING: &str = "2026-03-12T22:00:00Z";
pub(crate) const NEXT_OPENING: &str = "2026-03-13T15:00:00Z";
pub(crate) const GRACE_END: &str = "2026-03-26T22:00:00Z";
pub(crate) const NEXT_SLOT: &str = "2026-04-12T15:00:00Z";

pub(crate) fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// A millisecond before.
pub(crate) fn just_before(text: &str) -> Instant {
    at(text) - TimeDelta::milliseconds(1)
}

pub(crate) fn minutes(n: i64) -> TimeDelta {
    TimeDelta::minutes(n)
}

pub(crate) fn message(to: &EmailAddress) -> Message {
    Message {
        from: Party { name: "Ana Ruiz".to_owned(), address: "agent@brokerage.example".parse().unwrap() },
        to: Party { name: "Kim".to_owned(), address: to.clone() },
        subject: "Your home in March".to_owned(),
        html: "<p>Hello</p>".to_owned(),
        text: "Hello".to_owned(),
        opt_out_link: Some("https://mail.example/o/agent/1/00".to_owned()),
        opt_out_mailto: Some("mailto:out@mail.example?subject=unsubscribe%20agent/1/00".to_owned()),
    }
}

#[derive(Clone)]
pub(crate) struct Scene {
    pub(crate) dossier: Dossier,
    pub(crate) now: Instant,
    pub(crate) policy: Policy,
    pub(crate) actor: Actor,
    /// What the last command wanted written.
    pub(crate) written: Amendment,
}

impl Scene {
    pub(crate) fn run(&mut self, action: Action) -> Result<Reply, Refusal> {
        self.written = Amendment::default();
        let command = self.command(action);
        self.dossier.execute(&command, &mut self.written)
    }

    pub(crate) fn command(&self, action: Action) -> Command {
        let desk = Bench { clock: Arc::new(ManualClock::at(self.now)), policy: self.policy.clone() };
        let campaign_id = self.dossier.campaign.id.clone();
        Command { campaign_id, actor: self.actor.clone(), action, desk: Arc::new(desk) }
    }

    pub(crate) fn did(&mut self, action: Action) -> Reply {
        self.run(action).unwrap()
    }

    pub(crate) fn tick(&mut self) {
        self.did(Action::Tick);
    }

    pub(crate) fn tick_at(&mut self, text: &str) {
        self.now = at(text);
        self.tick();
    }

    pub(crate) fn finish(&mut self, operation: Operation) {
        self.finish_with(operation, None, Provision::Own).unwrap();
    }

    pub(crate) fn finish_with(
        &mut self,
        operation: Operation,
        fence: Option<u64>,
        provision: Provision,
    ) -> Result<Reply, Refusal> {
        let cycle = self.cycle();
        self.run(Action::Finish { operation, cycle, fence, provision, content: None })
    }

    pub(crate) fn begin(&mut self, operation: Operation) -> Result<Reply, Refusal> {
        let cycle = self.cycle();
        self.run(Action::Begin { operation, cycle })
    }

    pub(crate) fn make_email(&mut self) {
        let message = samples::commercial(message(&self.dossier.contact.email), &self.dossier.agent);
        let cycle = self.cycle();
        self.did(Action::CreateEmail { cycle, message });
    }

    pub(crate) fn give_up(&mut self, reason: &str, fetch_again: bool) {
        let (operation, cycle) = (Operation::EmailCreation, self.cycle());
        self.did(Action::GiveUp { operation, cycle, reason: reason.to_owned(), fetch_again });
    }

    pub(crate) fn claim(&mut self) -> Attempt {
        self.did(Action::Claim { email_id: self.email().id });
        self.attempt()
    }

    pub(crate) fn record(&mut self, outcome: SendOutcome) -> Result<Reply, Refusal> {
        let Attempt { id, fence, .. } = self.attempt();
        self.run(Action::Record { attempt_id: id, fence, outcome })
    }

    pub(crate) fn accepted(&mut self) {
        self.record(SendOutcome::Accepted { provider_message_id: Some("p-1".to_owned()) }).unwrap();
    }

    pub(crate) fn not_sent(&mut self) {
        self.record(SendOutcome::NotSent { reason: "busy".to_owned(), not_before: None }).unwrap();
    }

    pub(crate) fn looked_up(&mut self, answer: LookUp) {
        let Attempt { id, fence, .. } = self.attempt();
        self.did(Action::LookedUp { attempt_id: id, fence, answer });
    }

    pub(crate) fn facts(&self) -> Facts<'_> {
        self.dossier.facts(self.now, &self.policy)
    }

    pub(crate) fn decide(&self) -> Option<Transition> {
        decide(&self.dossier.campaign, &self.facts())
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        deadline(&self.dossier.campaign, &self.facts())
    }

    pub(crate) fn explain(&self) -> Explanation {
        explain(&self.dossier.campaign, &self.facts())
    }

    pub(crate) fn status(&self) -> CampaignStatus {
        self.dossier.campaign.status
    }

    pub(crate) fn slot(&self) -> Slot {
        self.dossier.campaign.slot.unwrap()
    }

    pub(crate) fn cycle(&self) -> Cycle {
        self.slot().cycle()
    }

    pub(crate) fn operation(&self, operation: Operation) -> &OperationState {
        &self.dossier.campaign.operations[operation]
    }

    pub(crate) fn email(&self) -> Email {
        self.dossier.email.clone().unwrap()
    }

    pub(crate) fn email_mut(&mut self) -> &mut Email {
        self.dossier.email.as_mut().unwrap()
    }

    pub(crate) fn attempt(&self) -> Attempt {
        self.email().attempt.unwrap()
    }

    /// How the email stands by the last command's rows: its status and its cause.
    pub(crate) fn written_email(&self) -> (DeliveryStatus, Option<String>) {
        let email = self.written.emails.last().unwrap();
        (email.delivery_status, email.cause.clone())
    }

    /// What the last command's audit rows say happened.
    pub(crate) fn audited(&self) -> Vec<&str> {
        self.written.audit.iter().map(|entry| entry.what.as_str()).collect()
    }
}
