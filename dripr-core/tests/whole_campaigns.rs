//! Whole campaigns through the engine, in memory, on a virtual clock.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use chrono::{NaiveDate, TimeDelta};
use dripr_core::{
    Dripr,
    agent::UnknownOutcome,
    campaign::{Action, Actor, CampaignStatus, Phase},
    content::{Listing, MarketStatistics, MortgageRate, Property, Sale, ZipCode},
    email::{DeliveryStatus, OutgoingEmail, SuppressionCause},
    errors::{Fault, PortError, PortResult},
    ids::{CampaignId, UserId},
    ports::{
        AgentStore, Allowance, Clock, ContactStore, EmailFilter, EmailStore, EventBus, Inquiry, LookUp,
        Mailer, MarketSource, MortgageRateSource, PropertySource, SendOutcome, Subject,
    },
    schedule::{Instant, SendDay, SendingRules},
    testkit::{Mailbox, ManualClock, MemoryStore, Mood, samples},
};

struct World {
    store: MemoryStore,
    clock: Arc<ManualClock>,
    mailbox: Arc<Mailbox>,
    dripr: Dripr,
}

const START: &str = "2026-03-01T12:00:00Z";

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

impl World {
    async fn new(campaigns: usize, day: u8) -> Self {
        Self::over(MemoryStore::new(), campaigns, day, false).await
    }

    async fn over(store: MemoryStore, campaigns: usize, day: u8, relayed: bool) -> Self {
        let clock = Arc::new(ManualClock::at(at(START)));
        let mailbox = Arc::new(Mailbox::new());
        samples::fill(&store, campaigns, "98103", day, at(START)).await.unwrap();
        let mut builder = samples::builder(&store, clock.clone(), mailbox.clone()).unwrap();
        if relayed {
            builder = builder.relay(Arc::new(store.clone()), Arc::new(store.clone()));
        }
        let dripr = builder.build().unwrap();
        Self { store, clock, mailbox, dripr }
    }

    /// Lets time pass, doing whatever becomes due.
    async fn until(&self, end: Instant) {
        loop {
            let step = self.dripr.step().await.unwrap();
            match step.next {
                Some(next) if next <= end => self.clock.set(next),
                _ => break,
            }
        }
        self.clock.set(end);
        self.dripr.step().await.unwrap();
    }

    fn id(&self, n: usize) -> CampaignId {
        CampaignId::new(format!("agent-{n}")).unwrap()
    }

    async fn command(&self, n: usize, action: Action) -> Result<(), String> {
        let by = Actor::User(UserId::new("agent").unwrap());
        self.dripr.command(&self.id(n), by, action).await.map(|_| ()).map_err(|error| error.to_string())
    }

    async fn status(&self, n: usize) -> CampaignStatus {
        self.dripr.campaign(&self.id(n)).await.unwrap().unwrap().campaign.status
    }

    async fn emails(&self, n: usize) -> Vec<DeliveryStatus> {
        let filter = EmailFilter { campaign_id: Some(self.id(n)), ..EmailFilter::default() };
        let emails = self.store.emails(&filter, None, 100).await.unwrap();
        emails.into_iter().map(|email| email.delivery_status).collect()
    }

    /// What was accepted for each campaign and month.
    fn accepted_by_month(&self) -> BTreeMap<(String, String), usize> {
        let mut counts = BTreeMap::new();
        for email in self.mailbox.accepted() {
            let campaign = email.campaign_id.unwrap().to_string();
            *counts.entry((campaign, email.date.format("%Y-%m").to_string())).or_insert(0) += 1;
        }
        counts
    }
}

#[tokio::test]
async fn every_homeowner_gets_one_email_a_month_inside_the_window() {
    for relayed in [false, true] {
        let store = if relayed { MemoryStore::with_outbox() } else { MemoryStore::new() };
        let world = World::over(store, 7, 12, relayed).await;
        world.until(at("2026-08-31T00:00:00Z")).await;
        let counts = world.accepted_by_month();
        assert_eq!(counts.len(), 7 * 6, "{counts:?}");
        assert!(counts.values().all(|count| *count == 1));
        let rules = SendingRules::default();
        for email in world.mailbox.accepted() {
            assert_eq!(rules.clamp(email.date), email.date, "{}", email.date);
            assert!(email.message.html.contains("$500000"), "{}", email.message.html);
        }
    }
}

/// An opt-out while nobody knows what became of the email, and an opt-in after it was held.
#[tokio::test]
async fn an_email_held_after_an_opt_out_counts_as_sent_when_the_homeowner_comes_back() {
    let world = World::new(1, 12).await;
    world.mailbox.next(Mood::AcceptInSilence);
    world.mailbox.forget();
    world.until(at("2026-03-12T16:00:00Z")).await;
    world.command(1, Action::Suppress { cause: SuppressionCause::OptOut }).await.unwrap();
    world.until(at("2026-03-14T00:00:00Z")).await;
    assert_eq!(world.emails(1).await, [DeliveryStatus::Held]);
    let dossier = world.dripr.campaign(&world.id(1)).await.unwrap().unwrap();
    let (user, address) = (&dossier.campaign.user_id, &dossier.contact.email);
    assert!(
        world
            .store
            .lift(user, address, SuppressionCause::Complaint, Actor::Recipient, at("2026-03-14T00:00:00Z"))
            .await
            .unwrap()
    );
    world.until(at("2026-04-11T00:00:00Z")).await;
    assert_eq!(world.mailbox.accepted().len(), 1, "the cycle of the held email is over");
    world.until(at("2026-04-13T00:00:00Z")).await;
    assert_eq!(world.mailbox.accepted().len(), 2, "the next one is not");
}

#[tokio::test]
async fn an_approval_asked_for_while_an_email_is_under_way_is_waited_for_before_another_try() {
    let world = World::new(1, 12).await;
    world.mailbox.next(Mood::LoseInSilence);
    world.until(at("2026-03-12T15:00:00Z")).await;
    assert_eq!(world.emails(1).await, [DeliveryStatus::Unknown]);
    world.command(1, Action::RequireApproval { check_before_sending: true }).await.unwrap();
    world.until(at("2026-03-13T15:00:00Z")).await;
    assert_eq!(world.mailbox.calls(), 1);
    let email = world.dripr.campaign(&world.id(1)).await.unwrap().unwrap().email.unwrap();
    assert_eq!(email.delivery_status, DeliveryStatus::Created);
    let of = UserId::new("agent").unwrap();
    let approve = Action::Approve { email_id: email.id, content_hash: email.content_hash, of };
    world.command(1, approve).await.unwrap();
    world.until(at("2026-03-13T16:00:00Z")).await;
    assert_eq!(world.mailbox.accepted().len(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_looked_up_and_never_sent_twice() {
    let world = World::new(1, 12).await;
    world.mailbox.next(Mood::AcceptInSilence);
    world.until(at("2026-03-20T00:00:00Z")).await;
    assert_eq!(world.mailbox.accepted().len(), 1);
    assert_eq!(world.mailbox.calls(), 1);
    assert_eq!(world.emails(1).await, [DeliveryStatus::Complete]);
    assert_eq!(world.status(1).await, CampaignStatus::Dormant);
}

#[tokio::test]
async fn an_email_that_certainly_was_not_taken_is_sent_again_with_the_same_message_id() {
    let world = World::new(1, 12).await;
    world.mailbox.next(Mood::LoseInSilence);
    world.until(at("2026-03-20T00:00:00Z")).await;
    assert_eq!(world.mailbox.accepted().len(), 1);
    assert_eq!(world.mailbox.calls(), 2);
    assert_eq!(world.emails(1).await, [DeliveryStatus::Complete]);
}

#[tokio::test]
async fn what_nobody_can_tell_for_a_day_is_held_and_the_next_month_goes_on() {
    let world = World::new(1, 12).await;
    world.mailbox.forget();
    world.mailbox.next(Mood::AcceptInSilence);
    world.until(at("2026-03-20T00:00:00Z")).await;
    assert_eq!(world.emails(1).await, [DeliveryStatus::Held]);
    assert_eq!(world.mailbox.calls(), 1);
    world.until(at("2026-04-20T00:00:00Z")).await;
    assert_eq!(world.mailbox.calls(), 2);
}

/// The agent wants emails sent again of which nobody can tell.
async fn sends_again(world: &World) {
    let mut agent = world.store.agent(&UserId::new("agent").unwrap()).await.unwrap().unwrap();
    agent.unknown_outcome = UnknownOutcome::Resend;
    assert!(AgentStore::replace(&world.store, agent, None).await.unwrap());
    world.mailbox.forget();
}

#[tokio::test]
async fn an_agent_who_wants_it_has_an_unknown_email_sent_once_more_and_as_it_is() {
    let world = World::new(1, 12).await;
    sends_again(&world).await;
    for _ in 0..3 {
        world.mailbox.next(Mood::AcceptInSilence);
    }
    world.until(at("2026-03-26T00:00:00Z")).await;
    let accepted = world.mailbox.accepted();
    assert_eq!(accepted.len(), 2, "once more, and not every day");
    assert_eq!(accepted[0].message_id, accepted[1].message_id);
    assert_eq!(accepted[0].message, accepted[1].message);
    assert_eq!(world.emails(1).await, [DeliveryStatus::Held]);
}

#[tokio::test]
async fn an_email_that_may_have_arrived_is_held_and_never_replaced_by_another() {
    let day = SendDay::new(25).unwrap();
    let changes = [
        Action::EditSchedule { fixed_send_day: day },
        Action::EditIntro { of: None, text: Some("Hello.".to_owned()) },
        Action::RequireApproval { check_before_sending: true },
        Action::Skip { reason: None },
        Action::Disable,
        Action::Suppress { cause: SuppressionCause::OptOut },
    ];
    for change in changes {
        let world = World::new(1, 12).await;
        sends_again(&world).await;
        world.mailbox.next(Mood::AcceptInSilence);
        let refused = SendOutcome::NotSent { reason: "connection refused".to_owned(), not_before: None };
        world.mailbox.next(Mood::Answer(refused));
        world.until(at("2026-03-13T15:30:00Z")).await;
        assert_eq!((world.mailbox.calls(), world.emails(1).await), (2, vec![DeliveryStatus::Approved]));
        world.command(1, change.clone()).await.unwrap();
        world.until(at("2026-04-01T00:00:00Z")).await;
        assert_eq!(world.mailbox.accepted().len(), 1, "{change:?}: perhaps arrived is not sent anew");
        assert_eq!(world.emails(1).await, [DeliveryStatus::Held], "{change:?}");
        let campaign = world.dripr.campaign(&world.id(1)).await.unwrap().unwrap().campaign;
        assert!(campaign.last_cycle.unwrap().sent.is_some(), "{change:?}: the cycle counts as sent");
        assert!(campaign.slot.unwrap().at() > at("2026-04-01T00:00:00Z"), "{change:?}");
    }
}

#[tokio::test]
async fn a_provider_that_never_got_a_repeated_email_frees_it() {
    let world = World::new(1, 12).await;
    sends_again(&world).await;
    world.mailbox.next(Mood::LoseInSilence);
    world.mailbox.next(Mood::LoseInSilence);
    world.until(at("2026-03-13T15:30:00Z")).await;
    assert_eq!((world.mailbox.calls(), world.emails(1).await), (2, vec![DeliveryStatus::Unknown]));
    world.mailbox.remember();
    world.until(at("2026-03-13T17:00:00Z")).await;
    assert_eq!(world.mailbox.accepted().len(), 1);
    assert_eq!(world.emails(1).await, [DeliveryStatus::Complete]);
}

#[tokio::test]
async fn an_outage_defers_hourly_and_ends_with_the_grace() {
    let world = World::new(1, 12).await;
    for _ in 0..1_000 {
        let outcome = SendOutcome::NotSent { reason: "connection refused".to_owned(), not_before: None };
        world.mailbox.next(Mood::Answer(outcome));
    }
    world.until(at("2026-04-10T00:00:00Z")).await;
    assert!(world.mailbox.accepted().is_empty());
    // Seven tries a day, on the slot's day and the fourteen of its grace.
    assert!((90..=110).contains(&world.mailbox.calls()), "{}", world.mailbox.calls());
    let audit = world.store.audit();
    let skipped: Vec<_> = audit.iter().filter(|(_, entry)| entry.what == "cycle_skipped").collect();
    assert_eq!(skipped.len(), 1);
    assert!(skipped[0].1.cause.as_deref().unwrap().contains("connection refused"));
}

#[tokio::test]
async fn an_unapproved_email_expires_and_an_approved_one_leaves() {
    let world = World::new(2, 12).await;
    world.command(1, Action::RequireApproval { check_before_sending: true }).await.unwrap();
    world.command(2, Action::RequireApproval { check_before_sending: true }).await.unwrap();
    world.until(at("2026-03-10T00:00:00Z")).await;
    let dossier = world.dripr.campaign(&world.id(1)).await.unwrap().unwrap();
    let (phase, _) = Phase::of(&dossier.campaign, dossier.email.as_ref());
    assert_eq!(phase, Phase::ReadyForReview);
    let email = dossier.email.unwrap();
    let approve = Action::Approve {
        email_id: email.id,
        content_hash: email.content_hash,
        of: UserId::new("agent").unwrap(),
    };
    world.command(1, approve.clone()).await.unwrap();
    world.until(at("2026-03-30T00:00:00Z")).await;
    assert_eq!(world.emails(1).await, [DeliveryStatus::Complete]);
    assert_eq!(world.emails(2).await, [DeliveryStatus::Expired]);
    let error = world.command(1, approve).await.unwrap_err();
    assert!(error.contains("not this campaign's present email"), "{error}");
}

#[tokio::test]
async fn an_opt_out_before_the_claim_stops_the_email() {
    let world = World::new(1, 12).await;
    world.until(at("2026-03-12T10:00:00Z")).await;
    assert_eq!(world.emails(1).await, [DeliveryStatus::Approved]);
    world.command(1, Action::Suppress { cause: SuppressionCause::OptOut }).await.unwrap();
    world.until(at("2026-06-12T10:00:00Z")).await;
    assert!(world.mailbox.accepted().is_empty());
    assert_eq!(world.status(1).await, CampaignStatus::Unsubscribed);
    assert_eq!(world.emails(1).await, [DeliveryStatus::Skipped]);
}

#[tokio::test]
async fn a_long_downtime_gives_one_email_at_most_and_a_reason_for_each_missed_month() {
    let world = World::new(1, 12).await;
    world.until(at("2026-03-20T00:00:00Z")).await;
    // Nothing runs for three months.
    world.clock.set(at("2026-06-30T15:00:00Z"));
    world.until(at("2026-07-20T00:00:00Z")).await;
    assert_eq!(world.mailbox.accepted().len(), 2, "March and July");
    let skipped = world.store.audit().iter().filter(|(_, entry)| entry.what == "cycle_skipped").count();
    assert_eq!(skipped, 3, "April, May and June");
}

#[tokio::test]
async fn disabling_takes_the_email_back_and_enabling_resumes() {
    let world = World::new(1, 12).await;
    world.until(at("2026-03-12T10:00:00Z")).await;
    world.command(1, Action::Disable).await.unwrap();
    assert_eq!(world.emails(1).await, [DeliveryStatus::Superseded]);
    assert_eq!(world.status(1).await, CampaignStatus::Dormant);
    world.until(at("2026-03-14T10:00:00Z")).await;
    world.command(1, Action::Enable).await.unwrap();
    world.until(at("2026-05-01T00:00:00Z")).await;
    // Enabled on the 14th, past the send day, so the first email leaves a day later, then on the 12th of a month at
    // least 14 days on.
    let dates: Vec<_> = world.mailbox.accepted().iter().map(|e| e.date.date_naive().to_string()).collect();
    assert_eq!(dates, ["2026-03-15", "2026-04-12"]);
}

#[derive(Default)]
struct Counting {
    listings: AtomicUsize,
    sales: AtomicUsize,
    markets: AtomicUsize,
    rates: AtomicUsize,
    homes: AtomicUsize,
}

#[async_trait::async_trait]
impl PropertySource for Counting {
    async fn property(
        &self,
        subject: &Subject,
        as_of: NaiveDate,
        allowance: &Allowance,
    ) -> PortResult<Property> {
        self.homes.fetch_add(1, Ordering::Relaxed);
        samples::Source.property(subject, as_of, allowance).await
    }
    async fn active_listings(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Listing>> {
        self.listings.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        samples::Source.active_listings(zip, as_of, limit, allowance).await
    }
    async fn recent_sales(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Sale>> {
        self.sales.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        samples::Source.recent_sales(zip, as_of, limit, allowance).await
    }
}

#[async_trait::async_trait]
impl MarketSource for Counting {
    async fn statistics(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        allowance: &Allowance,
    ) -> PortResult<MarketStatistics> {
        self.markets.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        samples::Source.statistics(zip, as_of, allowance).await
    }
}

#[async_trait::async_trait]
impl MortgageRateSource for Counting {
    async fn rate(&self, as_of: NaiveDate, allowance: &Allowance) -> PortResult<MortgageRate> {
        self.rates.fetch_add(1, Ordering::Relaxed);
        samples::Source.rate(as_of, allowance).await
    }
}

#[tokio::test]
async fn campaigns_of_one_zip_share_their_fetches() {
    let store = MemoryStore::new();
    let clock = Arc::new(ManualClock::at(at(START)));
    let mailbox = Arc::new(Mailbox::new());
    samples::fill(&store, 30, "98103", 12, at(START)).await.unwrap();
    let source = Arc::new(Counting::default());
    let builder = samples::builder(&store, clock.clone(), mailbox.clone()).unwrap().source(source.clone());
    let dripr = builder.build().unwrap();
    while let Some(next) = dripr.step().await.unwrap().next.filter(|next| *next < at("2026-03-13T00:00:00Z"))
    {
        clock.set(next);
    }
    assert_eq!(mailbox.accepted().len(), 30);
    let shared = [&source.listings, &source.sales, &source.markets, &source.rates];
    assert_eq!(shared.map(|count| count.load(Ordering::Relaxed)), [1, 1, 1, 1]);
    assert_eq!(source.homes.load(Ordering::Relaxed), 30);
}

#[tokio::test]
async fn a_running_engine_shares_fetches_and_wakes_for_what_arrives() {
    let store = MemoryStore::new();
    let clock = Arc::new(ManualClock::at(at(START)));
    let mailbox = Arc::new(Mailbox::new());
    samples::fill(&store, 5, "98103", 12, at(START)).await.unwrap();
    let source = Arc::new(Counting::default());
    let builder = samples::builder(&store, clock.clone(), mailbox.clone()).unwrap().source(source.clone());
    let dripr = builder.build().unwrap();
    let run = tokio::spawn({
        let dripr = dripr.clone();
        async move { dripr.run().await }
    });
    // The clock is set once; everything else is woken by what the engine itself stores.
    for instant in ["2026-03-11T15:00:00Z", "2026-03-12T15:00:00Z"] {
        for _ in 0..10_000 {
            tokio::task::yield_now().await;
        }
        clock.set(at(instant));
    }
    for _ in 0..100_000 {
        if mailbox.accepted().len() == 5 {
            break;
        }
        tokio::task::yield_now().await;
    }
    dripr.stop();
    run.await.unwrap();
    assert_eq!(mailbox.accepted().len(), 5);
    assert_eq!(source.markets.load(Ordering::Relaxed), 1);
    assert_eq!(source.listings.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_source_that_is_down_costs_a_section_and_never_the_report() {
    let store = MemoryStore::new();
    let clock = Arc::new(ManualClock::at(at(START)));
    let mailbox = Arc::new(Mailbox::new());
    samples::fill(&store, 3, "98103", 12, at(START)).await.unwrap();
    let source = Arc::new(Down::default());
    let builder =
        samples::builder(&store, clock.clone(), mailbox.clone()).unwrap().properties(source.clone());
    let dripr = builder.build().unwrap();
    while let Some(next) = dripr.step().await.unwrap().next.filter(|next| *next < at("2026-03-14T00:00:00Z"))
    {
        clock.set(next);
    }
    let accepted = mailbox.accepted();
    assert_eq!(accepted.len(), 3);
    assert!(accepted.iter().all(|email| email.message.text.contains("0 homes sold nearby")));
    assert!(accepted.iter().all(|email| !email.message.text.contains("estimated")));
    // No campaign makes more calls than it may.
    assert!(source.calls.load(Ordering::Relaxed) <= 3 * 8, "{}", source.calls.load(Ordering::Relaxed));
}

#[derive(Default)]
struct Down {
    calls: AtomicUsize,
}

impl Down {
    async fn fail<T>(&self, allowance: &Allowance) -> PortResult<T> {
        allowance.take().await?;
        self.calls.fetch_add(1, Ordering::Relaxed);
        Err(PortError::new(Fault::Unavailable, "the source is down"))
    }
}

#[async_trait::async_trait]
impl PropertySource for Down {
    async fn property(&self, _: &Subject, _: NaiveDate, allowance: &Allowance) -> PortResult<Property> {
        self.fail(allowance).await
    }
    async fn active_listings(
        &self,
        _: ZipCode,
        _: NaiveDate,
        _: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Listing>> {
        self.fail(allowance).await
    }
    async fn recent_sales(
        &self,
        _: ZipCode,
        _: NaiveDate,
        _: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Sale>> {
        self.fail(allowance).await
    }
}

#[tokio::test]
async fn explain_names_the_gate() {
    let world = World::new(1, 12).await;
    world.until(at("2026-03-02T00:00:00Z")).await;
    let explanation = world.dripr.explain(&world.id(1)).await.unwrap().unwrap();
    assert_eq!(explanation.gate, "slot");
    assert_eq!(explanation.next_look, Some(at("2026-03-11T15:00:00Z")));
    world.until(world.clock.now() + TimeDelta::days(9) + TimeDelta::hours(16)).await;
    let explanation = world.dripr.explain(&world.id(1)).await.unwrap().unwrap();
    assert!(explanation.because.contains("leaves at"), "{explanation:?}");
}

/// A mailer that says nothing of what became of an email, and counts how often it is asked afterwards.
struct Mute(AtomicUsize);

#[async_trait::async_trait]
impl Mailer for Mute {
    async fn send(&self, emails: &[OutgoingEmail]) -> Vec<SendOutcome> {
        vec![SendOutcome::Unknown { reason: "the answer was lost".to_owned() }; emails.len()]
    }

    async fn look_up(&self, _inquiry: &Inquiry) -> LookUp {
        self.0.fetch_add(1, Ordering::SeqCst);
        LookUp::NotAccepted
    }

    fn settling_time(&self) -> Option<std::time::Duration> {
        Some(std::time::Duration::from_secs(600))
    }
}

#[tokio::test]
async fn nobody_asks_before_the_mailer_can_know_however_often_it_is_announced() {
    let (store, clock) = (MemoryStore::new(), Arc::new(ManualClock::at(at(START))));
    let mailer = Arc::new(Mute(AtomicUsize::new(0)));
    samples::fill(&store, 1, "98103", 12, at(START)).await.unwrap();
    let dripr = samples::builder(&store, clock.clone(), mailer.clone()).unwrap().build().unwrap();
    let sent = at("2026-03-12T15:00:00Z");
    while let Some(next) = dripr.step().await.unwrap().next.filter(|next| *next <= sent) {
        clock.set(next);
    }
    let last = store.events().pop().unwrap();
    for minute in 0..10 {
        clock.set(sent + TimeDelta::minutes(minute));
        for result in store.publish(std::slice::from_ref(&last)).await {
            result.unwrap();
        }
        dripr.step().await.unwrap();
        assert_eq!(mailer.0.load(Ordering::SeqCst), 0, "after {minute} minutes");
    }
    clock.set(sent + TimeDelta::minutes(10));
    dripr.step().await.unwrap();
    assert_eq!(mailer.0.load(Ordering::SeqCst), 1, "at its time it is asked, once");
}
