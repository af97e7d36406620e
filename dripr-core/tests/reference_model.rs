//! Random walks on which a campaign has to agree with a second reading of its pages after every step.
//!
//! Where the campaign and the model differ, the pages say which of the two is wrong.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "reference_model/model.rs"]
mod model;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use chrono::TimeDelta;
use dripr_core::{
    agent::Subscription,
    campaign::{
        Action, Actor, Amendment, CampaignStatus, Command, Dossier, Operation, Provision, Reply,
        command::Bench, deadline,
    },
    email::{Attempt, DeliveryStatus as Mail, Email, Message, Party, SuppressionCause},
    ids::UserId,
    policy::Policy,
    ports::{LookUp, SendOutcome},
    schedule::{Instant, SendDay, SendingRules},
    testkit::{ManualClock, samples},
};
use proptest::{collection, prelude::*, sample::select};

use self::model::{Happening as H, Model, Said as S, own};

/// The campaign itself, and the model beside it.
struct Walk {
    model: Model,
    dossier: Dossier,
    clock: Arc<ManualClock>,
    desk: Arc<Bench>,
    emails: Vec<Email>,
    attempts: Vec<Attempt>,
}

impl Walk {
    fn new(rules: SendingRules, day: u8, hour: i64) -> Self {
        let now = "2026-01-01T00:00:00Z".parse::<Instant>().unwrap() + TimeDelta::hours(hour);
        let agent = samples::agent("agent", now).unwrap();
        let new = samples::campaign(&agent, 1, "98103", day, now).unwrap();
        let clock = Arc::new(ManualClock::at(now));
        let policy = Policy { rules, ..Policy::default() };
        let mut walk = Self {
            model: Model::new(rules, new.campaign.fixed_send_day, now),
            dossier: Dossier {
                campaign: new.campaign,
                email: None,
                contact: new.contact,
                agent: Arc::new(agent),
                suppression: None,
                block: None,
            },
            desk: Arc::new(Bench { clock: clock.clone(), policy }),
            clock,
            emails: Vec::new(),
            attempts: Vec::new(),
        };
        walk.happens(H::Tick);
        walk
    }

    /// What the campaign is asked to do. There is nothing to approve before an email, or to hear before an attempt.
    fn action(&mut self, what: H) -> Option<Action> {
        let cycle = self.dossier.campaign.slot.map(|slot| slot.cycle());
        let email_id = self.emails.last().map(|email| email.id.clone());
        let party = Party { name: String::new(), address: self.dossier.contact.email.clone() };
        Some(match what {
            H::Tick => Action::Tick,
            H::Pays(pays) => {
                let status = if pays { Subscription::Active } else { Subscription::Unpaid };
                Arc::make_mut(&mut self.dossier.agent).subscription_status = status;
                Action::Tick
            }
            H::OptIn => {
                self.dossier.suppression = None;
                Action::Tick
            }
            H::Finish(n, omitted) => Action::Finish {
                operation: Operation::ALL[n],
                cycle: cycle?,
                fence: None,
                provision: if omitted { Provision::Omitted("none".to_owned()) } else { Provision::Own },
                content: None,
            },
            H::GiveUp(fetch_again) => {
                let (operation, reason) = (Operation::EmailCreation, "broken".to_owned());
                Action::GiveUp { operation, cycle: cycle?, reason, fetch_again }
            }
            H::MakeEmail => Action::CreateEmail {
                cycle: cycle?,
                message: samples::commercial(
                    Message {
                        from: party.clone(),
                        to: party,
                        subject: String::new(),
                        html: String::new(),
                        text: String::new(),
                        opt_out_link: None,
                        opt_out_mailto: None,
                    },
                    &self.dossier.agent,
                ),
            },
            H::Approve(by_agent) => Action::Approve {
                email_id: email_id?,
                content_hash: self.emails.last()?.content_hash,
                of: UserId::new(if by_agent { "agent" } else { "somebody" }).unwrap(),
            },
            H::Reject => Action::Reject { email_id: email_id?, reason: None },
            H::Skip => Action::Skip { reason: None },
            H::EditHome => {
                let mut home = self.dossier.campaign.home.clone()?;
                home.street.push('1');
                Action::EditHome { zip_code: home.zip_code, home: Some(Box::new(home)) }
            }
            H::EditDay(fixed_send_day) => Action::EditSchedule { fixed_send_day },
            H::RequireApproval(check_before_sending) => Action::RequireApproval { check_before_sending },
            H::Enable(true) => Action::Enable,
            H::Enable(false) => Action::Disable,
            H::OptOut => Action::Suppress { cause: SuppressionCause::OptOut },
            H::Retry => Action::Retry,
            H::Delete => Action::Delete,
            H::Claim => Action::Claim { email_id: email_id? },
            H::Hear(said, late) => {
                let attempt = self.attempts.iter().rev().nth(usize::from(late))?;
                let (attempt_id, fence, reason) = (attempt.id.clone(), attempt.fence, "why".to_owned());
                let provider_message_id = None;
                let outcome = match said {
                    S::Accepted => SendOutcome::Accepted { provider_message_id },
                    S::NotSent => SendOutcome::NotSent { reason, not_before: None },
                    S::NeedsPeople => SendOutcome::NeedsPeople { reason },
                    S::BadRecipient => SendOutcome::BadRecipient { reason },
                    S::Unknown => SendOutcome::Unknown { reason },
                    S::Found | S::NotFound | S::CannotTell => {
                        let answer = match said {
                            S::Found => LookUp::Accepted { provider_message_id },
                            S::NotFound => LookUp::NotAccepted,
                            _ => LookUp::CannotTell,
                        };
                        return Some(Action::LookedUp { attempt_id, fence, answer });
                    }
                };
                Action::Record { attempt_id, fence, outcome }
            }
        })
    }

    fn campaign_takes(&mut self, what: H) -> bool {
        let Some(action) = self.action(what) else { return false };
        let (campaign_id, desk) = (self.dossier.campaign.id.clone(), self.desk.clone());
        let command = Command { campaign_id, actor: Actor::System, action, desk };
        let mut amendment = Amendment::default();
        let reply = self.dossier.execute(&command, &mut amendment);
        if let Ok(Reply::Claimed(attempt)) = &reply {
            self.attempts.push((**attempt).clone());
        }
        for email in amendment.emails {
            match self.emails.iter_mut().find(|known| known.id == email.id) {
                Some(known) => *known = email,
                None => self.emails.push(email),
            }
        }
        reply.is_ok()
    }

    fn happens(&mut self, what: H) {
        let before = self.model.clone();
        let expected = self.model.happens(what);
        let taken = self.campaign_takes(what);
        let told = || format!("{what:?} at {}, before it\n{before:#?}", self.model.now);
        assert_eq!(taken, expected, "whether it is taken: {}", told());
        let campaign = &self.dossier.campaign;
        let work = Operation::ALL.map(|operation| campaign.operations[operation].status);
        let mails: Vec<_> = self.emails.iter().map(|email| email.delivery_status).collect();
        let slot = campaign.slot.filter(|_| !self.model.deleted);
        assert_eq!((campaign.status, work, mails, slot), self.model.seen(), "{}", told());
        let mut met = MET.lock().unwrap();
        let mail = self.model.mails.last();
        for name in [campaign.status.as_str()].into_iter().chain(mail.map(|mail| mail.as_str())) {
            *met.entry(name).or_default() += 1;
        }
        if mail == Some(&Mail::Complete) && before.mails.last() != mail {
            *met.entry("sendings").or_default() += 1;
        }
        *met.entry(if taken { "taken" } else { "refused" }).or_default() += 1;
    }

    fn pass(&mut self, time: TimeDelta) {
        self.model.now += time;
        self.clock.set(self.model.now);
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Pass(minutes) => self.pass(TimeDelta::minutes(minutes)),
            Step::Due => {
                let facts = self.dossier.facts(self.model.now, &self.desk.policy);
                let due = deadline(&self.dossier.campaign, &facts);
                // Until the deadline, time alone changes nothing; without one it never does. Only an email that waits
                // to be sent may grow too old a few minutes before: it is looked at once more when it is claimed.
                let mut idle = self.model.clone();
                let never = idle.now + TimeDelta::days(400);
                idle.now = due.unwrap_or(never) - TimeDelta::seconds(1);
                if idle.now > self.model.now && idle.mails.last() != Some(&Mail::Approved) {
                    idle.happens(H::Tick);
                    assert_eq!(idle.seen(), self.model.seen(), "too late a deadline for {:#?}", self.model);
                }
                if let Some(due) = due {
                    self.pass((due - self.model.now).max(TimeDelta::zero()));
                    self.happens(H::Tick);
                }
            }
            Step::Work(omitted) => {
                // What is done already is refused.
                for n in own(self.model.status) {
                    self.happens(if n < 6 { H::Finish(n, omitted) } else { H::MakeEmail });
                }
            }
            Step::Month(last) => {
                let made = [Step::Due, Step::Work(false), Step::Work(false), Step::Work(false)];
                made.into_iter().for_each(|step| self.step(step));
                self.happens(H::Approve(true));
                self.step(Step::Due);
                self.step(*last);
            }
            Step::Fail(fetch_again) => {
                let failed = [Step::Due, Step::Work(fetch_again), Step::Work(false)];
                failed.into_iter().for_each(|step| self.step(step));
                self.happens(H::GiveUp(fetch_again));
                self.happens(H::Retry);
            }
            Step::Send(meanwhile, said) => {
                self.happens(H::Claim);
                meanwhile.into_iter().for_each(|what| self.happens(what));
                if said == S::CannotTell {
                    self.pass(TimeDelta::hours(25));
                }
                self.happens(H::Hear(said, false));
            }
            Step::One(what) => self.happens(what),
        }
    }
}

/// One step of a walk. Most of them lead on, so that walks get far.
#[derive(Debug, Clone)]
enum Step {
    /// Time passes, and nobody looks.
    Pass(i64),
    /// Time passes until something is due.
    Due,
    /// The operations of the status are done, perhaps left out.
    Work(bool),
    /// A whole cycle, up to its last step.
    Month(Box<Step>),
    /// Email creation fails, perhaps for want of data, and is tried again.
    Fail(bool),
    /// The email is handed over, things happen meanwhile, and something is heard of it.
    Send(Vec<H>, S),
    One(H),
}

/// All but the usual.
const OTHERS: [S; 7] =
    [S::NotSent, S::NeedsPeople, S::BadRecipient, S::Unknown, S::Found, S::NotFound, S::CannotTell];

fn step() -> impl Strategy<Value = Step> {
    let flag = || prop::bool::weighted(0.3);
    let said = || prop_oneof![2 => Just(S::Accepted), 1 => select(&OTHERS[..])];
    let halted = [H::Enable(false), H::Enable(true)].to_vec();
    let meanwhile =
        prop_oneof![5 => collection::vec(one(), 0..3), 1 => Just(halted), 1 => Just(vec![H::OptOut])].boxed();
    let send = || (meanwhile.clone(), said()).prop_map(|(meanwhile, said)| Step::Send(meanwhile, said));
    prop_oneof![
        1 => (1_i64..100).prop_map(Step::Pass),
        2 => (100_i64..6_000).prop_map(Step::Pass),
        10 => Just(Step::Due),
        10 => flag().prop_map(Step::Work),
        10 => send().prop_map(|last| Step::Month(Box::new(last))),
        2 => flag().prop_map(Step::Fail),
        6 => send(),
        16 => one().prop_map(Step::One),
    ]
}

fn one() -> impl Strategy<Value = H> {
    let flag = || any::<bool>();
    prop_oneof![
        2 => Just(H::Tick),
        4 => (0_usize..6, flag()).prop_map(|(n, omitted)| H::Finish(n, omitted)),
        2 => flag().prop_map(H::GiveUp),
        1 => Just(H::MakeEmail),
        4 => prop::bool::weighted(0.9).prop_map(H::Approve),
        // Few emails wait long enough to be rejected.
        3 => Just(H::Reject),
        3 => select(&[H::Skip, H::EditHome, H::OptOut][..]),
        1 => (1_u8..=28).prop_map(|day| H::EditDay(SendDay::new(day).unwrap())),
        2 => flag().prop_map(H::RequireApproval),
        3 => prop::bool::weighted(0.8).prop_map(H::Enable),
        3 => prop::bool::weighted(0.8).prop_map(H::Pays),
        4 => Just(H::OptIn),
        2 => Just(H::Retry),
        2 => Just(H::Claim),
        3 => (select(&OTHERS[..]), flag()).prop_map(|(said, late)| H::Hear(said, late)),
    ]
}

fn rules() -> impl Strategy<Value = SendingRules> {
    (0_u8..=14, 0_u8..=28, any::<bool>()).prop_map(|(grace, gap, window)| {
        let rules = SendingRules::default().with_grace_days(grace).unwrap();
        let rules = rules.with_minimum_gap_days(gap).unwrap();
        if window { rules } else { rules.without_window() }
    })
}

/// How often each status was met, and other things.
static MET: Mutex<BTreeMap<&str, usize>> = Mutex::new(BTreeMap::new());

#[test]
fn a_campaign_agrees_with_the_model_after_every_step_of_every_walk() {
    walk_at_random();
    let met = MET.lock().unwrap();
    println!("{met:#?}");
    let named =
        CampaignStatus::ALL.map(CampaignStatus::as_str).into_iter().chain(Mail::ALL.map(Mail::as_str));
    for name in named {
        assert!(met.contains_key(name), "no walk came to {name}: {met:#?}");
    }
    assert!(met["sendings"] > 300, "the walks got as far as sending only {} times", met["sendings"]);
}

#[test]
fn a_cycle_is_over_when_its_recipient_is_refused_after_an_opt_out_or_the_removal() {
    for meanwhile in [H::OptOut, H::Delete] {
        let mut walk = Walk::new(SendingRules::default(), 12, 0);
        walk.step(Step::Month(Box::new(Step::Send(vec![meanwhile], S::BadRecipient))));
        walk.step(Step::One(H::OptIn));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    fn walk_at_random(
        rules in rules(),
        day in 1_u8..=28,
        hour in 0_i64..9_000,
        steps in collection::vec(step(), 1..80),
        removed in prop::bool::weighted(0.1),
    ) {
        let mut walk = Walk::new(rules, day, hour);
        for (n, step) in steps.iter().enumerate() {
            if removed && n + 10 == steps.len() {
                walk.happens(H::Delete);
            }
            walk.step(step.clone());
        }
    }
}
