//! What keeps a deployment from doing harm.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use dripr_core::{
    Dripr,
    agent::PauseCause,
    campaign::command::Bench,
    email::{EmailAddress, OutgoingEmail},
    feedback::{Feedback, Happening, Taken, take},
    ids::{FeedbackId, UserId},
    policy::Policy,
    ports::{AgentStore, ChannelStore, Clock, EmailFilter, EmailStore, LookUp, Mailer, SendOutcome},
    safeguards::{AllowList, Allowed, Channel, Refusals, ToAllowedOnly, WhileHeard, excused, heard},
    schedule::Instant,
    testkit::{Mailbox, ManualClock, MemoryStore, Mood, contract, samples},
};

const START: &str = "2026-03-01T12:00:00Z";
const CHANNEL: &str = "the webhooks";
const SIX_HOURS: Duration = Duration::from_secs(6 * 3600);

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn list(allowed: &[&str]) -> AllowList {
    allowed.iter().map(|text| text.parse::<Allowed>().unwrap()).collect()
}

fn email(number: usize) -> OutgoingEmail {
    samples::outgoing(&UserId::new("ana").unwrap(), number, at(START)).unwrap()
}

#[test]
fn an_allow_list_means_what_it_says() {
    let allowed = list(&["Kim@home.example", "@müller.example"]);
    let allows = |text: &str| allowed.allows(&text.parse::<EmailAddress>().unwrap());
    assert!(allows("kim@HOME.example") && allows("ana@xn--mller-kva.example"));
    assert!(
        !allows("kim2@home.example") && !allows("kim@home.example.net") && !allows("ana@sub.müller.example")
    );
    for wrong in [
        "",
        "@",
        "home.example",
        "@home",
        "a@b@c",
        "@a b.example",
        "*@home.example",
        "kim@home.example, x@y.example",
    ] {
        let said = wrong.parse::<Allowed>().map_err(|error| error.to_string());
        assert!(said.is_err() || wrong.starts_with('*'), "{wrong}: {said:?}");
    }
}

#[tokio::test]
async fn only_allowed_recipients_get_mail_and_look_ups_ask_both() {
    let (real, folder) = (Arc::new(Mailbox::new()), Arc::new(Mailbox::new()));
    let mailer = ToAllowedOnly::new(list(&["owner2@home.example"]), real.clone(), folder.clone());
    real.next(Mood::Answer(SendOutcome::BadRecipient { reason: "no".to_owned() }));
    let emails = [email(1), email(2), email(3)];
    let outcomes = mailer.send(&emails).await;
    let accepted = |outcome: &SendOutcome| matches!(outcome, SendOutcome::Accepted { .. });
    assert_eq!(
        outcomes.iter().map(accepted).collect::<Vec<_>>(),
        [true, false, true],
        "each gets its own answer"
    );
    assert_eq!((real.accepted().len(), folder.accepted().len()), (0, 2));
    assert!(accepted(&mailer.send(&emails[1..2]).await[0]));
    assert_eq!(real.accepted().len(), 1);

    // The list was changed since.
    let now_allowed = ToAllowedOnly::new(list(&["@home.example"]), real.clone(), folder.clone());
    let ask = async |email: &OutgoingEmail| now_allowed.look_up(&samples::inquiry(email)).await;
    for email in &emails {
        assert!(matches!(ask(email).await, LookUp::Accepted { .. }));
    }
    assert_eq!(ask(&self::email(4)).await, LookUp::NotAccepted);
    folder.forget();
    assert_eq!(ask(&self::email(4)).await, LookUp::CannotTell, "absent for sure only if both say so");
}

#[tokio::test]
async fn a_mailer_for_allowed_recipients_keeps_the_contract_of_a_mailer() {
    let mailbox = || Arc::new(Mailbox::new());
    contract::mailer(&ToAllowedOnly::new(AllowList::default(), mailbox(), mailbox()), true).await;
    contract::mailer(&ToAllowedOnly::new(list(&["@home.example"]), mailbox(), mailbox()), true).await;
    let clock = Arc::new(ManualClock::at(at(START)));
    let heard = WhileHeard::new(mailbox(), Arc::new(MemoryStore::new()), clock, CHANNEL, SIX_HOURS);
    contract::mailer(&heard, true).await;
}

/// An agent with so many homeowners, all of whom got their email on 12 March.
struct World {
    store: MemoryStore,
    clock: Arc<ManualClock>,
    mailbox: Arc<Mailbox>,
    bench: Arc<Bench>,
    dripr: Dripr,
}

impl World {
    async fn sent(homeowners: usize) -> Self {
        let (store, clock) = (MemoryStore::new(), Arc::new(ManualClock::at(at(START))));
        let mailbox = Arc::new(Mailbox::new());
        samples::fill(&store, homeowners, "98103", 12, at(START)).await.unwrap();
        let dripr = samples::builder(&store, clock.clone(), mailbox.clone()).unwrap().build().unwrap();
        let bench = Arc::new(Bench { clock: clock.clone(), policy: Policy::default() });
        let world = Self { store, clock, mailbox, bench, dripr };
        world.until("2026-03-13T00:00:00Z").await;
        assert_eq!(world.mailbox.accepted().len(), homeowners);
        world
    }

    async fn until(&self, end: &str) {
        while let Some(next) = self.dripr.step().await.unwrap().next.filter(|next| *next <= at(end)) {
            self.clock.set(next);
        }
        self.clock.set(at(end));
        self.dripr.step().await.unwrap();
    }

    async fn complains(&self, homeowner: usize) -> Taken {
        let filter =
            EmailFilter { campaign_id: format!("agent-{homeowner}").parse().ok(), ..EmailFilter::default() };
        let email = self.store.emails(&filter, None, 10).await.unwrap().pop().unwrap();
        let feedback = Feedback {
            id: FeedbackId::new(format!("complaint:{}", email.id)).unwrap(),
            email_id: email.id,
            recipient: None,
            at: self.clock.now(),
            what: Happening::Complained,
        };
        take(&self.store, &self.bench, feedback).await.unwrap()
    }

    async fn paused(&self) -> Option<(PauseCause, String)> {
        let agent = self.store.agent(&UserId::new("agent").unwrap()).await.unwrap().unwrap();
        agent.paused.map(|pause| (pause.cause, pause.detail))
    }

    async fn resume(&self) {
        let mut agent = self.store.agent(&UserId::new("agent").unwrap()).await.unwrap().unwrap();
        (agent.paused, agent.resumed_at) = (None, Some(self.clock.now()));
        assert!(AgentStore::replace(&self.store, agent, None).await.unwrap());
    }
}

#[tokio::test]
async fn an_agent_whose_mail_is_reported_too_often_sends_nothing_more() {
    let world = World::sent(20).await;
    for homeowner in [1, 2] {
        assert_eq!(world.complains(homeowner).await, Taken::New);
    }
    assert_eq!(world.complains(2).await, Taken::Known);
    assert_eq!(world.paused().await, None, "two complaints say little, and one that is told twice is one");
    world.complains(3).await;
    let detail = "3 of 20 emails of the last 30 days were reported as spam".to_owned();
    assert_eq!(world.paused().await, Some((PauseCause::Complaints, detail)));
    world.until("2026-04-20T00:00:00Z").await;
    assert_eq!(world.mailbox.accepted().len(), 20, "April brought nothing");

    // An operator has looked into it: those complaints do not count again.
    world.resume().await;
    world.until("2026-05-13T00:00:00Z").await;
    assert_eq!(world.mailbox.accepted().len(), 20 + 17 * 2, "in April's grace, and in May");
    world.complains(4).await;
    assert_eq!(world.paused().await, None);
}

#[tokio::test]
async fn a_few_complaints_among_many_emails_stop_nothing() {
    let world = World::sent(1_001).await;
    for homeowner in 1..=3 {
        world.complains(homeowner).await;
    }
    assert_eq!(world.paused().await, None, "3 of 1,001 are below 0.3 %");
    world.complains(4).await;
    assert!(world.paused().await.is_some(), "4 are above");
}

struct Sender {
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    mailbox: Arc<Mailbox>,
    mailer: WhileHeard,
}

impl Sender {
    fn new() -> Self {
        let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::at(at(START))));
        let mailbox = Arc::new(Mailbox::new());
        let mailer = WhileHeard::new(mailbox.clone(), store.clone(), clock.clone(), CHANNEL, SIX_HOURS);
        Self { store, clock, mailbox, mailer }
    }

    async fn sends(&self) -> bool {
        let outcomes = self.mailer.send(&[email(1)]).await;
        matches!(outcomes[..], [SendOutcome::Accepted { .. }])
    }

    async fn why_not(&self) -> String {
        match self.mailer.send(&[email(1)]).await.remove(0) {
            SendOutcome::NotSent { reason, not_before } => {
                assert_eq!(not_before, Some(self.clock.now() + TimeDelta::hours(1)));
                reason
            }
            outcome => panic!("{outcome:?}"),
        }
    }

    fn pass(&self, hours: i64) {
        self.clock.set(self.clock.now() + TimeDelta::hours(hours));
    }

    async fn heard(&self) {
        heard(&*self.store, CHANNEL, self.clock.now()).await.unwrap();
    }
}

#[tokio::test]
async fn a_channel_that_never_spoke_stops_nothing() {
    let sender = Sender::new();
    for _ in 0..5 {
        assert!(sender.sends().await);
        sender.pass(24);
    }
}

#[tokio::test]
async fn silence_counts_from_the_first_email_that_nothing_came_back_of() {
    let sender = Sender::new();
    sender.heard().await;
    sender.pass(24 * 28);
    assert!(sender.sends().await, "while nothing is sent, silence says nothing");
    sender.pass(5);
    assert!(sender.sends().await);
    sender.pass(1);
    let why = sender.why_not().await;
    assert!(
        why.contains("the webhooks: nothing came back of the emails sent since 29 March 2026, 12:00 UTC"),
        "{why}"
    );
    assert_eq!(sender.mailbox.calls(), 2, "nothing is handed over meanwhile");
    sender.pass(48);
    sender.why_not().await;
    excused(&*sender.store, CHANNEL, sender.clock.now()).await.unwrap();
    assert!(sender.sends().await, "until an operator says that it is well");
    sender.pass(6);
    sender.why_not().await;
    sender.heard().await;
    assert!(sender.sends().await, "or something comes back");
    sender.pass(5);
    sender.heard().await;
    sender.pass(5);
    assert!(sender.sends().await);
}

#[tokio::test]
async fn messages_that_cannot_be_verified_count_as_silence_though_the_channel_never_spoke() {
    let sender = Sender::new();
    let refusals = Refusals::new(CHANNEL);
    refusals.refused(&*sender.store, sender.clock.now()).await.unwrap();
    sender.pass(100);
    assert!(sender.sends().await, "whoever sends forged messages stops nothing by it");
    sender.pass(6);
    refusals.refused(&*sender.store, sender.clock.now()).await.unwrap();
    let why = sender.why_not().await;
    assert!(why.contains("2 messages could not be verified"), "{why}");
    sender.heard().await;
    assert!(sender.sends().await);
}

#[tokio::test]
async fn however_many_messages_cannot_be_verified_a_minute_has_one_write() {
    let sender = Sender::new();
    let refusals = Refusals::new(CHANNEL);
    let stored = async || {
        let channel = sender.store.channel(CHANNEL).await.unwrap().unwrap();
        (channel.refused, channel.version)
    };
    for second in 0..300 {
        sender.clock.set(at(START) + TimeDelta::seconds(second));
        for _ in 0..10 {
            refusals.refused(&*sender.store, sender.clock.now()).await.unwrap();
        }
    }
    assert_eq!(
        stored().await,
        (2401, 5),
        "the first at once, and those of a minute with the first of the next"
    );
    sender.heard().await;
    refusals.heard();
    sender.clock.set(at(START) + TimeDelta::seconds(300));
    refusals.refused(&*sender.store, sender.clock.now()).await.unwrap();
    assert_eq!(stored().await, (1, 7), "those of before something genuine came are not counted any more");
    sender.clock.set(at(START));
    refusals.refused(&*sender.store, sender.clock.now()).await.unwrap();
    assert_eq!(stored().await, (2, 8), "a clock that was put back puts nothing off");
}

#[tokio::test]
async fn a_channel_that_speaks_all_the_time_is_not_written_all_the_time() {
    let sender = Sender::new();
    for _ in 0..100 {
        sender.heard().await;
        sender.clock.set(sender.clock.now() + TimeDelta::seconds(1));
    }
    let channel = sender.store.channel(CHANNEL).await.unwrap().unwrap();
    assert_eq!(channel, Channel { last_heard: Some(at(START)), version: 1, ..Channel::new(CHANNEL) });
}
