//! The transition table, its page, and walks through the machine.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use chrono::Datelike;
use dripr_core::{
    agent::Subscription,
    campaign::{
        Action, Actor, Amendment, CampaignStatus, Command, Dossier, Operation, Provision, Row, TABLE,
        Transition, apply, command::Bench, deadline, decide,
    },
    email::{DeliveryStatus, Email, Message, Party, Suppression, SuppressionCause},
    ids::UserId,
    policy::Policy,
    ports::{LookUp, SendOutcome},
    schedule::{Instant, SendDay},
    testkit::{ManualClock, samples},
};
use proptest::prelude::*;

fn start() -> Instant {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn dossier() -> Dossier {
    let agent = samples::agent("agent", start()).unwrap();
    let new = samples::campaign(&agent, 1, "98103", 12, start()).unwrap();
    Dossier {
        campaign: new.campaign,
        email: None,
        contact: new.contact,
        agent: Arc::new(agent),
        suppression: None,
        block: None,
    }
}

fn names(statuses: &[CampaignStatus]) -> String {
    let working = [
        CampaignStatus::WaitingForData,
        CampaignStatus::WaitingForHomeAnalysis,
        CampaignStatus::ReadyToCreateEmail,
        CampaignStatus::ReadyToSendEmail,
    ];
    if statuses == working {
        return "working".to_owned();
    }
    if statuses.len() == 5 {
        return "working, ERROR".to_owned();
    }
    if statuses.len() == 6 {
        return "any but UNSUBSCRIBED".to_owned();
    }
    statuses.iter().map(|status| status.as_str()).collect::<Vec<_>>().join(", ")
}

#[test]
fn the_page_shows_the_table_of_the_code() {
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/state-machine.md")).unwrap();
    let shown: Vec<&str> =
        page.lines().filter(|line| line.starts_with("| ") && line.contains(" | ")).collect();
    for line in &TABLE {
        let row =
            format!("| {} | {} | {} | {} |", line.row as u8, names(line.from), names(line.to), line.when);
        assert!(shown.contains(&row.as_str()), "docs/state-machine.md lacks\n{row}");
    }
    let numbered = shown.iter().filter(|line| line[2..].starts_with(|c: char| c.is_ascii_digit())).count();
    assert_eq!(numbered, TABLE.len() + 1, "the page has a row that the code has not");
}

#[test]
fn apply_refuses_everything_outside_the_table_and_names_both_statuses() {
    let policy = Policy::default();
    let one_of_each = [
        Transition::Prepare,
        Transition::SkipMissed {
            skipped: Vec::new(),
            slot: policy.rules.first_slot(start(), SendDay::new(12).unwrap()),
        },
        Transition::DataReady,
        Transition::HomeReportReady,
        Transition::Release,
        Transition::Sent,
        Transition::TakeBack,
        Transition::EndCycle { cause: String::new() },
        Transition::StandDown { cause: String::new() },
        Transition::PrepareAgain { cause: String::new() },
        Transition::Unsubscribe { cause: "" },
        Transition::Resubscribe,
        Transition::Fail { reason: String::new() },
        Transition::Recover { to: CampaignStatus::ReadyToCreateEmail },
        Transition::Recover { to: CampaignStatus::Dormant },
    ];
    let mut refused = 0;
    for from in CampaignStatus::ALL {
        for transition in &one_of_each {
            let mut dossier = dossier();
            dossier.campaign.status = from;
            let before = dossier.campaign.clone();
            let mut campaign = dossier.campaign.clone();
            let result = apply(&mut campaign, transition, &dossier.facts(start(), &policy));
            let line = TABLE.iter().find(|line| line.row == transition.row()).unwrap();
            let allowed = line.from.contains(&from) && line.to.contains(&transition.to());
            assert_eq!(result.is_ok(), allowed, "{from} by {:?}", transition.row());
            match result {
                Ok(()) => assert_eq!(campaign.status, transition.to()),
                Err(error) => {
                    refused += 1;
                    assert_eq!(campaign, before, "a refused transition changes nothing");
                    let text = error.to_string();
                    assert!(
                        text.contains(from.as_str()) && text.contains(transition.to().as_str()),
                        "{text}"
                    );
                }
            }
        }
    }
    assert!(refused > 60, "{refused}");
}

#[test]
fn every_row_is_written_once() {
    let mut rows: Vec<Row> = TABLE.iter().map(|line| line.row).collect();
    rows.dedup();
    assert_eq!(rows.len(), 15);
}

/// One thing that may happen to a campaign.
#[derive(Debug, Clone)]
enum Happening {
    /// Time passes until something is due.
    Due,
    /// All operations of the status finish.
    Work,
    Hours(u32),
    Finish(usize, bool),
    Fail(usize),
    MakeEmail,
    Approve,
    Reject,
    Skip,
    EditIntro,
    Enable(bool),
    SendDay(u8),
    RequireApproval(bool),
    Pays(bool),
    Suppress,
    Lift,
    Retry,
    Claim,
    Answer(u8),
    LookUp(u8),
    GiveUp,
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening as H;
    prop_oneof![
        80 => Just(H::Due),
        80 => Just(H::Work),
        4 => (1_u32..60).prop_map(H::Hours),
        1 => (300_u32..2_000).prop_map(H::Hours),
        12 => (0_usize..6, any::<bool>()).prop_map(|(n, own)| H::Finish(n, own)),
        2 => (0_usize..7).prop_map(H::Fail),
        6 => Just(H::MakeEmail),
        3 => Just(H::Approve),
        1 => Just(H::Reject),
        1 => Just(H::Skip),
        1 => Just(H::EditIntro),
        1 => Just(H::Enable(false)),
        5 => Just(H::Enable(true)),
        1 => (1_u8..=28).prop_map(H::SendDay),
        1 => Just(H::RequireApproval(true)),
        2 => Just(H::RequireApproval(false)),
        1 => Just(H::Pays(false)),
        5 => Just(H::Pays(true)),
        1 => Just(H::Suppress),
        5 => Just(H::Lift),
        1 => Just(H::Retry),
        50 => Just(H::Claim),
        50 => (0_u8..8).prop_map(H::Answer),
        4 => (0_u8..3).prop_map(H::LookUp),
        1 => Just(H::GiveUp),
    ]
}

struct Walk {
    dossier: Dossier,
    clock: Arc<ManualClock>,
    desk: Arc<Bench>,
    now: Instant,
    emails: BTreeMap<String, (String, DeliveryStatus)>,
    /// Claims of each cycle that the provider may have taken.
    possible: BTreeMap<String, i32>,
    sent: Vec<(String, Instant)>,
    events: usize,
}

impl Walk {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::at(start()));
        let desk = Arc::new(Bench { clock: clock.clone(), policy: Policy::default() });
        Self {
            dossier: dossier(),
            clock,
            desk,
            now: start(),
            emails: BTreeMap::new(),
            possible: BTreeMap::new(),
            sent: Vec::new(),
            events: 0,
        }
    }

    fn run(&mut self, action: Action) -> bool {
        let command = Command {
            campaign_id: self.dossier.campaign.id.clone(),
            actor: Actor::System,
            action,
            desk: self.desk.clone(),
        };
        let before = self.dossier.clone();
        let mut amendment = Amendment::default();
        let result = self.dossier.execute(&command, &mut amendment);
        match &result {
            Err(_) => {
                assert_eq!(self.dossier, before, "a refused command changes nothing");
                assert!(amendment.is_empty(), "a refused command writes nothing");
            }
            Ok(_) => {
                if self.dossier.campaign != before.campaign {
                    assert!(
                        self.dossier.campaign.version > before.campaign.version,
                        "a change has a version"
                    );
                    assert!(amendment.campaign);
                }
                if self.dossier.campaign.status != before.campaign.status {
                    let quiet = amendment.events.is_empty();
                    assert!(!quiet, "a change of status is announced");
                }
                self.events += amendment.events.len();
                let mut at = before.campaign.status;
                for event in &amendment.events {
                    assert_eq!(event.from_status, at, "events tell the whole way");
                    at = event.to_status;
                }
                assert_eq!(at, self.dossier.campaign.status);
                for email in &amendment.emails {
                    self.emails
                        .insert(email.id.to_string(), (email.cycle.to_string(), email.delivery_status));
                    if email.delivery_status == DeliveryStatus::Complete {
                        let started = email.attempt.as_ref().unwrap().started_at;
                        self.sent.push((email.cycle.to_string(), started));
                    }
                }
            }
        }
        self.check();
        result.is_ok()
    }

    /// What holds in every state.
    fn check(&self) {
        let policy = &self.desk.policy;
        let facts = self.dossier.facts(self.now, policy);
        let campaign = &self.dossier.campaign;
        if campaign.status.is_working() && !self.dossier.email.as_ref().is_some_and(|e| e.is_live()) {
            let due = deadline(campaign, &facts);
            assert!(due.is_some(), "a working campaign is looked at again: {campaign:?}");
        }
        if let Some(email) = &self.dossier.email {
            assert_eq!(campaign.email_id.as_ref(), Some(&email.id));
        }
        let mut standing = BTreeMap::new();
        for (cycle, status) in self.emails.values() {
            let gone = [DeliveryStatus::Rejected, DeliveryStatus::Superseded, DeliveryStatus::Expired];
            if !gone.contains(status) {
                *standing.entry(cycle).or_insert(0) += 1;
            }
        }
        assert!(standing.values().all(|count| *count == 1), "two emails of one cycle: {:?}", self.emails);
        if let (Some(slot), Some(last)) = (campaign.slot, campaign.last_cycle) {
            assert!(slot.cycle() > last.slot.cycle(), "slots strictly increase: {campaign:?}");
        }
    }

    fn certainly_not_taken(&mut self, email: &Option<Email>) {
        if let Some(email) = email {
            *self.possible.entry(email.cycle.to_string()).or_insert(0) -= 1;
        }
    }

    fn happen(&mut self, happening: &Happening) {
        let cycle = self.dossier.campaign.slot.map(|slot| slot.cycle());
        let email = self.dossier.email.clone();
        let attempt = email.as_ref().and_then(|email| email.attempt.clone());
        match happening {
            Happening::Due => {
                let policy = self.desk.policy.clone();
                let due = deadline(&self.dossier.campaign, &self.dossier.facts(self.now, &policy));
                let Some(due) = due else { return };
                self.now = self.now.max(due);
                self.clock.set(self.now);
                self.run(Action::Tick);
            }
            Happening::Work => {
                let pending: Vec<_> =
                    self.dossier.campaign.operations.pending(self.dossier.campaign.status).collect();
                for operation in pending {
                    if operation == Operation::EmailCreation {
                        self.happen(&Happening::MakeEmail);
                    } else {
                        self.happen(&Happening::Finish(operation as usize, true));
                    }
                }
            }
            Happening::Hours(hours) => {
                self.now += chrono::TimeDelta::hours(i64::from(*hours));
                self.clock.set(self.now);
                self.run(Action::Tick);
                let policy = self.desk.policy.clone();
                let left = decide(&self.dossier.campaign, &self.dossier.facts(self.now, &policy));
                assert_eq!(left, None, "after a tick nothing is left to decide");
            }
            Happening::Finish(n, own) => {
                let Some(cycle) = cycle else { return };
                let provision = if *own { Provision::Own } else { Provision::Omitted("none".to_owned()) };
                let operation = Operation::ALL[*n];
                self.run(Action::Finish { operation, cycle, fence: None, provision, content: None });
            }
            Happening::Fail(n) => {
                let Some(cycle) = cycle else { return };
                let until = self.now + chrono::TimeDelta::minutes(10);
                let operation = Operation::ALL[*n];
                self.run(Action::Postpone { operation, cycle, until, failure: Some("down".to_owned()) });
            }
            Happening::GiveUp => {
                let Some(cycle) = cycle else { return };
                let reason = "template broken".to_owned();
                let (operation, fetch_again) = (Operation::EmailCreation, cycle.date().day() % 2 == 0);
                self.run(Action::GiveUp { operation, cycle, reason, fetch_again });
            }
            Happening::MakeEmail => {
                let Some(cycle) = cycle else { return };
                let address = self.dossier.contact.email.clone();
                let party = Party { name: String::new(), address };
                let message = samples::commercial(
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
                );
                self.run(Action::CreateEmail { cycle, message });
            }
            Happening::Approve => {
                let Some(email) = email else { return };
                let of = UserId::new("agent").unwrap();
                self.run(Action::Approve { email_id: email.id, content_hash: email.content_hash, of });
            }
            Happening::Reject => {
                let Some(email) = email else { return };
                self.run(Action::Reject { email_id: email.id, reason: None });
            }
            Happening::Skip => {
                self.run(Action::Skip { reason: None });
            }
            Happening::EditIntro => {
                self.run(Action::EditIntro { of: None, text: Some("Hello".to_owned()) });
            }
            Happening::Enable(true) => {
                self.run(Action::Enable);
            }
            Happening::Enable(false) => {
                self.run(Action::Disable);
            }
            Happening::SendDay(day) => {
                self.run(Action::EditSchedule { fixed_send_day: SendDay::new(*day).unwrap() });
            }
            Happening::RequireApproval(check_before_sending) => {
                let check_before_sending = *check_before_sending;
                self.run(Action::RequireApproval { check_before_sending });
            }
            Happening::Pays(pays) => {
                let agent = Arc::make_mut(&mut self.dossier.agent);
                agent.subscription_status = if *pays { Subscription::Active } else { Subscription::Canceled };
                self.run(Action::Tick);
            }
            Happening::Suppress => {
                self.run(Action::Suppress { cause: SuppressionCause::OptOut });
            }
            Happening::Lift => {
                self.dossier.suppression = None::<Suppression>;
                self.run(Action::Tick);
            }
            Happening::Retry => {
                self.run(Action::Retry);
            }
            Happening::Claim => {
                let Some(email) = email else { return };
                let suppressed = self.dossier.suppression.is_some();
                if self.run(Action::Claim { email_id: email.id.clone() }) {
                    assert!(!suppressed, "nothing is claimed for a suppressed address");
                    let policy = self.desk.policy.clone();
                    let facts = self.dossier.facts(self.now, &policy);
                    assert!(
                        facts.rules.may_start(self.now, policy.mail_timeout),
                        "claimed outside the window"
                    );
                    assert!(facts.agent.may_send(self.now).is_ok() && self.dossier.campaign.enabled);
                    let email = self.dossier.email.clone().unwrap();
                    let approval = email.approval.expect("a claimed email is approved");
                    assert_eq!(approval.content_hash, email.content_hash);
                    let slot = self.dossier.campaign.slot.unwrap();
                    assert_eq!(slot.cycle(), email.cycle, "an email leaves in its own cycle");
                    assert!(self.now >= slot.at(), "claimed before its slot");
                    let possible = self.possible.entry(email.cycle.to_string()).or_insert(0);
                    *possible += 1;
                    assert_eq!(*possible, 1, "a cycle was handed over again while an outcome was open");
                }
            }
            Happening::Answer(kind) => {
                let Some(attempt) = attempt else { return };
                let reason = "why".to_owned();
                let outcome = match kind {
                    0 => SendOutcome::NotSent { reason, not_before: None },
                    1 => SendOutcome::Unknown { reason },
                    2 => SendOutcome::NeedsPeople { reason },
                    _ => SendOutcome::Accepted { provider_message_id: None },
                };
                let recorded =
                    self.run(Action::Record { attempt_id: attempt.id, fence: attempt.fence, outcome });
                if recorded && matches!(kind, 0 | 2) {
                    self.certainly_not_taken(&email);
                }
            }
            Happening::LookUp(kind) => {
                let Some(attempt) = attempt else { return };
                let answer = match kind {
                    0 => LookUp::Accepted { provider_message_id: None },
                    1 => LookUp::NotAccepted,
                    _ => LookUp::CannotTell,
                };
                let denied = answer == LookUp::NotAccepted;
                let action = Action::LookedUp { attempt_id: attempt.id, fence: attempt.fence, answer };
                let open = |walk: &Self| walk.dossier.email.as_ref().is_some_and(|email| email.is_live());
                // Denied once it is asked about again later.
                if self.run(action) && denied && !open(self) {
                    self.certainly_not_taken(&email);
                }
            }
        }
    }
}

static SENT: AtomicUsize = AtomicUsize::new(0);

#[test]
fn whatever_happens_at_most_one_email_of_a_cycle_is_sent_and_the_gap_holds() {
    walk_at_random();
    let sent = SENT.load(Ordering::Relaxed);
    assert!(sent > 200, "the walks got as far as sending only {sent} times");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    fn walk_at_random(
        happenings in prop::collection::vec(happening(), 1..400)
    ) {
        let mut walk = Walk::new();
        walk.run(Action::Tick);
        for happening in &happenings {
            walk.happen(happening);
        }
        SENT.fetch_add(walk.sent.len(), Ordering::Relaxed);
        let mut cycles: Vec<_> = walk.sent.iter().map(|(cycle, _)| cycle.clone()).collect();
        let all = cycles.len();
        cycles.dedup();
        prop_assert_eq!(cycles.len(), all, "a cycle was sent twice: {:?}", walk.sent);
        for pair in walk.sent.windows(2) {
            let gap = (pair[1].1.date_naive() - pair[0].1.date_naive()).num_days();
            prop_assert!(gap >= 14, "two emails {gap} days apart: {:?}", walk.sent);
        }
    }
}
