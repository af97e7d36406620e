//! What agents and homeowners do of their own: approve, edit, skip, opt out, pay or not, remove and enrol again.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};

use super::{faulty_store::FaultyStore, stage::Site};
use crate::{
    agent::{Agent, Subscription},
    campaign::{Action, Actor, Command, Dossier, command::Bench},
    email::{Suppression, SuppressionCause},
    ids::{CampaignId, UserId},
    mail_account::{self, Grant, MailAccount},
    policy::after,
    ports::{AgentStore, Clock, Enrolment, NewCampaign},
    schedule::SendDay,
    testkit::samples,
};

pub(super) struct People {
    pub(super) site: Site,
    pub(super) bench: Arc<Bench>,
    pub(super) agents: Vec<Agent>,
    /// Every campaign that was ever enrolled; those who join later are added.
    pub(super) enrolled: Vec<NewCampaign>,
    pub(super) dice: fastrand::Rng,
    /// How often agents thought of the consent to use their accounts, where some have one.
    pub(super) consents: Option<u32>,
    /// Whether they do more than approve what waits for them.
    pub(super) meddle: bool,
}

impl People {
    /// Lives on until the simulation ends.
    pub(super) async fn live(mut self) {
        loop {
            let hours = if self.meddle && self.site.stage.is_troubled() { 48 } else { 9 };
            let pause = Duration::from_secs(60 * self.dice.u64(5..hours * 60));
            let clock = &self.site.stage.clock;
            clock.sleep_until(after(clock.now(), pause)).await;
            self.approve_what_waits();
            if self.meddle && self.site.stage.is_troubled() {
                self.do_something().await;
            }
            self.think_of_consent().await;
        }
    }

    fn dossiers(&self) -> Vec<Dossier> {
        self.enrolled.iter().filter_map(|new| self.site.stage.dossier(&new.campaign.id)).collect()
    }

    fn store(&self) -> FaultyStore {
        let store = self.site.stage.store.clone();
        FaultyStore { site: self.site.clone(), queue: store.clone(), store }
    }

    fn command(&self, campaign_id: &CampaignId, actor: Actor, action: Action) -> bool {
        let command = Command { campaign_id: campaign_id.clone(), actor, action, desk: self.bench.clone() };
        let done = self.store().execute_now(vec![command]);
        done.is_ok_and(|executions| executions.iter().all(|execution| execution.result.is_ok()))
    }

    /// Approves most of what waits for approval. In troubled times also what waits no more, and others' emails.
    fn approve_what_waits(&mut self) {
        for dossier in self.dossiers() {
            let Some(email) = &dossier.email else { continue };
            let waits = email.delivery_status == crate::email::DeliveryStatus::Created;
            let troubled = self.site.stage.is_troubled();
            let wanted = if troubled { self.dice.u8(..40) < if waits { 32 } else { 4 } } else { waits };
            if !wanted {
                continue;
            }
            let foreign = troubled && self.dice.u8(..10) == 0;
            let by = if foreign { self.any_user() } else { dossier.campaign.user_id.clone() };
            let action = Action::Approve {
                email_id: email.id.clone(),
                content_hash: email.content_hash,
                of: by.clone(),
            };
            let accepted = self.command(&dossier.campaign.id, Actor::User(by), action);
            self.site.stage.count(if accepted { "an approval" } else { "an approval that came too late" });
        }
    }

    fn any_user(&mut self) -> UserId {
        self.agents[self.dice.usize(..self.agents.len())].id.clone()
    }

    async fn do_something(&mut self) {
        let dossiers = self.dossiers();
        if dossiers.is_empty() {
            return;
        }
        let dossier = &dossiers[self.dice.usize(..dossiers.len())];
        let id = &dossier.campaign.id;
        let user = Actor::User(dossier.campaign.user_id.clone());
        let email_id = dossier.email.as_ref().map(|email| email.id.clone());
        let stage = self.site.stage.clone();
        match self.dice.u8(..24) {
            0 => {
                stage.tell(format!("{id} is skipped"));
                self.command(id, user, Action::Skip { reason: None });
            }
            1 => {
                if let Some(email_id) = email_id {
                    stage.tell(format!("{email_id} is rejected"));
                    self.command(id, user, Action::Reject { email_id, reason: None });
                }
            }
            2 => {
                self.command(
                    id,
                    user,
                    Action::EditIntro { of: None, text: Some("Hello from your agent.".to_owned()) },
                );
            }
            3 | 4 => {
                let day = self.dice.u8(1..=28);
                stage.tell(format!("{id} moves to day {day}"));
                if let Ok(fixed_send_day) = SendDay::new(day) {
                    self.command(id, user, Action::EditSchedule { fixed_send_day });
                }
            }
            5 => {
                let check_before_sending = self.dice.bool();
                stage.tell(format!("{id}: approval required is {check_before_sending}"));
                self.command(id, user, Action::RequireApproval { check_before_sending });
            }
            6 => {
                stage.tell(format!("{id} is disabled"));
                self.command(id, user, Action::Disable);
            }
            7 | 8 | 18 => {
                self.command(id, user, Action::Enable);
            }
            9 => {
                let home = dossier.campaign.home.clone().map(|mut home| {
                    home.facts.bedrooms = Some(4.0);
                    Box::new(home)
                });
                let zip_code = dossier.campaign.zip_code;
                self.command(id, user, Action::EditHome { home, zip_code });
            }
            10 => {
                stage.tell(format!("{id} is removed"));
                self.command(id, user, Action::Delete);
            }
            11 | 12 => self.enrol_again(dossier).await,
            13 => {
                stage.tell(format!("the homeowner of {id} opts out"));
                let suppression = Suppression {
                    user_id: dossier.campaign.user_id.clone(),
                    address: dossier.contact.email.clone(),
                    cause: SuppressionCause::OptOut,
                    since: stage.clock.now(),
                    carried_from: None,
                };
                let _ = stage.complete(stage.store.suppress(suppression, Actor::Recipient));
                stage.count("an opt-out");
            }
            14 | 19 | 20 => {
                let (user, address) = (&dossier.campaign.user_id, &dossier.contact.email);
                let now = stage.clock.now();
                if stage
                    .complete(stage.store.lift(
                        user,
                        address,
                        SuppressionCause::Complaint,
                        Actor::Recipient,
                        now,
                    ))
                    .is_ok_and(|lifted| lifted)
                {
                    stage.tell(format!("the homeowner of {id} opts in again"));
                }
            }
            15 => {
                self.pay(&dossier.campaign.user_id, false).await;
            }
            16 | 21 | 22 => {
                self.pay(&dossier.campaign.user_id, true).await;
            }
            _ => {
                self.command(id, user, Action::Retry);
            }
        }
    }

    /// Agents take the consent to use their account back, and give it again, at the latest when all is calm. They connect
    /// one, forget it, and change their mind about falling back.
    async fn think_of_consent(&mut self) {
        let Some(nth) = &mut self.consents else { return };
        *nth += 1;
        let thought = *nth;
        let stage = self.site.stage.clone();
        for agent in self.agents.clone() {
            let id = &agent.id;
            let Ok(account) = stage.complete(stage.store.mail_account(id)) else { continue };
            let withdrawn = stage.is_withdrawn(id);
            if !stage.is_troubled() {
                if let Some(account) = account.filter(|_| withdrawn) {
                    self.agree_again(id, account).await;
                }
                continue;
            }
            if !self.meddle {
                continue;
            }
            match (stage.drawn(id.as_str(), thought) % 24, account) {
                (0..3, Some(_)) if !withdrawn => {
                    stage.tell(format!("{id} takes the consent back"));
                    stage.withdraw(id, true);
                }
                (0..6, Some(account)) if withdrawn => self.agree_again(id, account).await,
                (6, Some(account)) if account.is_connected() => {
                    let allowed = !account.may_fall_back;
                    stage.tell(format!("{id}: falling back is allowed: {allowed}"));
                    let (by, now) = (Actor::User(id.clone()), stage.clock.now());
                    let work = mail_account::fall_back(&*stage.store, account, allowed, &by, now);
                    let _ = stage.complete(work);
                }
                (7, Some(_)) => {
                    stage.tell(format!("{id} forgets the account"));
                    stage.withdraw(id, false);
                    let (by, now) = (Actor::User(id.clone()), stage.clock.now());
                    let _ = stage.complete(mail_account::forget(&*stage.store, id, &by, now));
                }
                (8..11, known) if known.as_ref().is_none_or(|known| !known.is_connected()) => {
                    stage.tell(format!("{id} connects an account"));
                    let version = known.map_or(0, |known| known.version);
                    let account = MailAccount { version, ..samples::mail_account(&agent, stage.clock.now()) };
                    let _ = stage.complete(stage.store.put_mail_account(account, None));
                }
                _ => {}
            }
        }
    }

    async fn agree_again(&self, user: &UserId, account: MailAccount) {
        let stage = &self.site.stage;
        stage.tell(format!("{user} gives the consent again"));
        stage.withdraw(user, false);
        let account = MailAccount { grant: Grant::Given, connected_at: stage.clock.now(), ..account };
        let _ = stage.complete(stage.store.put_mail_account(account, None));
        let resumed = mail_account::resume(&self.store(), &self.bench, user).await;
        if resumed.is_ok_and(|campaigns| campaigns > 0) {
            stage.count("a grant that was taken back while emails waited");
        }
    }

    /// The same homeowner and home under a new id, as a second import brings them.
    async fn enrol_again(&mut self, dossier: &Dossier) {
        let stage = self.site.stage.clone();
        let number = self.enrolled.len() + 1;
        let (mut contact, mut campaign) = (dossier.contact.clone(), dossier.campaign.clone());
        let now: DateTime<Utc> = stage.clock.now();
        let Ok(id) = CampaignId::new(format!("{}-{number}", campaign.user_id)) else { return };
        campaign = crate::campaign::Campaign::new(
            id,
            campaign.user_id,
            campaign.contact_id,
            campaign.zip_code,
            campaign.home,
            campaign.fixed_send_day,
            now,
        );
        if let Ok(contact_id) = crate::ids::ContactId::new(campaign.id.as_str()) {
            contact.id = contact_id;
        }
        // Written differently, it is the same address.
        if let Ok(shouted) = contact.email.to_string().to_uppercase().parse() {
            contact.email = shouted;
        }
        let new = NewCampaign { contact, campaign, audit: None, one_of_many: false };
        if let Ok(enrolments) = stage.complete(stage.store.enrol(vec![new.clone()]))
            && matches!(enrolments.as_slice(), [Enrolment::Enrolled(_)])
        {
            stage.tell(format!("{} is enrolled again as {}", dossier.campaign.id, new.campaign.id));
            stage.count("a campaign made again");
            self.enrolled.push(new);
        }
    }

    async fn pay(&self, user: &UserId, pays: bool) {
        let stage = &self.site.stage;
        let Ok(Some(mut agent)) = stage.complete(stage.store.agent(user)) else { return };
        agent.subscription_status = if pays { Subscription::Active } else { Subscription::Canceled };
        stage.tell(format!("{user} {}", if pays { "pays" } else { "does not pay" }));
        let _ = stage.complete(AgentStore::replace(&*stage.store, agent, None));
    }
}

/// A homeowner of an agent.
pub(super) fn homeowner(
    agent: &Agent,
    number: usize,
    dice: &mut fastrand::Rng,
    now: DateTime<Utc>,
) -> Option<NewCampaign> {
    let zip = ["98103", "98004", "98052"][dice.usize(..3)];
    let mut new = samples::campaign(agent, number, zip, dice.u8(1..=28), now).ok()?;
    new.campaign.check_before_sending = dice.u8(..3) == 0;
    match (dice.u8(..6), &mut new.campaign.home) {
        (0, home) => *home = None,
        // Its place on the map is to be found.
        (1 | 2, Some(home)) => home.location = None,
        _ => {}
    }
    Some(new)
}
