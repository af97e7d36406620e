//! Backups at every point of a day, each restored later: nobody gets two reports in a month.
//!
//! What was sent is kept outside of the database, in a log and in the folder of the outbox.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use chrono::{Months, TimeDelta};
use dripr_adapters::{
    file_outbox::FileOutbox,
    sql::{
        SqlStore, SqliteOptions,
        backup::{back_up, open_backup},
    },
};
use dripr_core::{
    Dripr,
    campaign::command::Bench,
    email::OutgoingEmail,
    ports::{AgentStore, CampaignStore, Clock, Inquiry, LookUp, Mailer, SendOutcome},
    restored,
    schedule::{Instant, SendingRules},
    testkit::{ManualClock, samples},
};
use dripr_tests::{World, killed_after};
use tokio::{sync::oneshot, task::JoinHandle};

/// The file outbox, with a log of what it took. Every third answer is lost. What was handed over is taken, whether or not
/// anybody waits for the answer.
struct Logged {
    outbox: Arc<FileOutbox>,
    taken: Arc<Mutex<Vec<OutgoingEmail>>>,
    under_way: Mutex<Option<JoinHandle<()>>>,
}

impl Logged {
    /// With what was taken before.
    async fn open(folder: &Path, before: &[OutgoingEmail]) -> Arc<Self> {
        let outbox = FileOutbox::open(folder).unwrap();
        outbox.send(before).await;
        let taken = Arc::new(Mutex::new(before.to_vec()));
        Arc::new(Self { outbox: Arc::new(outbox), taken, under_way: Mutex::new(None) })
    }

    fn taken(&self) -> Vec<OutgoingEmail> {
        self.taken.lock().unwrap().clone()
    }

    /// Returns once nothing is being taken any more.
    async fn settled(&self) {
        let under_way = self.under_way.lock().unwrap().take();
        if let Some(under_way) = under_way {
            under_way.await.unwrap();
        }
    }
}

async fn take(
    outbox: Arc<FileOutbox>,
    taken: Arc<Mutex<Vec<OutgoingEmail>>>,
    emails: Vec<OutgoingEmail>,
) -> Vec<SendOutcome> {
    let mut outcomes = outbox.send(&emails).await;
    let mut taken = taken.lock().unwrap();
    for (email, outcome) in emails.into_iter().zip(&mut outcomes) {
        if matches!(outcome, SendOutcome::Accepted { .. }) {
            taken.push(email);
            if taken.len().is_multiple_of(3) {
                *outcome = SendOutcome::Unknown { reason: "the answer was lost".to_owned() };
            }
        }
    }
    outcomes
}

#[async_trait]
impl Mailer for Logged {
    async fn send(&self, emails: &[OutgoingEmail]) -> Vec<SendOutcome> {
        let (answer, answered) = oneshot::channel();
        let work = take(self.outbox.clone(), self.taken.clone(), emails.to_vec());
        let under_way = tokio::spawn(async move {
            // Whoever asked may be gone.
            let _ = answer.send(work.await);
        });
        *self.under_way.lock().unwrap() = Some(under_way);
        answered.await.unwrap()
    }

    async fn look_up(&self, inquiry: &Inquiry) -> LookUp {
        self.outbox.look_up(inquiry).await
    }

    fn batch(&self) -> usize {
        self.outbox.batch()
    }

    fn settling_time(&self) -> Option<std::time::Duration> {
        self.outbox.settling_time()
    }
}

async fn store(file: &Path) -> SqlStore {
    let mut options = SqliteOptions::default();
    options.durable = false;
    SqlStore::sqlite(file, options).await.unwrap()
}

fn engine(world: &World, store: &SqlStore, clock: &Arc<ManualClock>, mailer: &Arc<Logged>) -> Dripr {
    world.builder(store).unwrap().clock(clock.clone()).mailer(mailer.clone()).build().unwrap()
}

/// Goes on from one due instant to the next, a day apart at most.
async fn until(end: Instant, dripr: &Dripr, clock: &ManualClock) {
    while clock.now() < end {
        let step = dripr.step().await.unwrap();
        let later = clock.now() + TimeDelta::hours(24);
        clock.set(step.next.map_or(later, |next| next.clamp(clock.now(), later)));
    }
}

const CAMPAIGNS: usize = 5;

/// How often an engine is killed before one is let go on.
const KILLS: usize = 9;

#[tokio::test]
async fn wherever_in_a_day_a_backup_was_taken_nobody_gets_two_reports_in_a_month() {
    let start: Instant = "2026-03-01T12:00:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::at(start));
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("dripr.db");
    let first = store(&database).await;
    let agent = samples::agent("agent", start).unwrap();
    first
        .register(agent.clone(), samples::user_created(&agent), dripr_core::campaign::Actor::Operator)
        .await
        .unwrap();
    let new = (1..=CAMPAIGNS).map(|n| samples::campaign(&agent, n, "98103", 12, start).unwrap()).collect();
    first.enrol(new).await.unwrap();
    let mailer = Logged::open(&folder.path().join("outbox"), &[]).await;
    // Only what an engine is made of is taken from it.
    let world = World::new(0, 12, start).await.unwrap();

    // From the day before, when reports are prepared, to the day after, it is killed again and again, and each time, and
    // after each step, a backup is taken.
    until("2026-03-11T14:00:00Z".parse().unwrap(), &engine(&world, &first, &clock, &mailer), &clock).await;
    let end: Instant = "2026-03-13T00:00:00Z".parse().unwrap();
    let mut backups: Vec<(std::path::PathBuf, Instant)> = Vec::new();
    let taken = async |backups: &mut Vec<_>| {
        let file = folder.path().join(format!("backup-{}.db", backups.len()));
        back_up(&database, &file, clock.now()).await.unwrap();
        backups.push((file, clock.now()));
    };
    let mut polls = 0;
    while clock.now() < end {
        for _ in 0..KILLS {
            polls = polls % 47 + 5;
            let dripr = engine(&world, &first, &clock, &mailer);
            let killed = killed_after(polls, dripr.step()).await.is_none();
            drop(dripr);
            mailer.settled().await;
            taken(&mut backups).await;
            if !killed {
                break;
            }
            // What was in hand comes back when its lease ends.
            clock.set(clock.now() + TimeDelta::minutes(6));
        }
        // However early it is killed each time, it gets on.
        let step = engine(&world, &first, &clock, &mailer).step().await.unwrap();
        taken(&mut backups).await;
        let later = clock.now() + TimeDelta::hours(2);
        clock.set(step.next.map_or(later, |next| next.clamp(clock.now(), later)));
    }
    assert!(backups.len() >= 20, "only {} backups", backups.len());
    // And then it goes on: this is what the backups do not know of.
    until("2026-04-25T00:00:00Z".parse().unwrap(), &engine(&world, &first, &clock, &mailer), &clock).await;
    first.close().await;
    let log = mailer.taken();
    assert_eq!(log.len(), 2 * CAMPAIGNS, "March and April");

    let (mut skipped, mut under_way) = (0, 0);
    let after = [
        TimeDelta::zero(),
        TimeDelta::hours(3),
        TimeDelta::days(1),
        TimeDelta::days(16),
        TimeDelta::days(33),
    ];
    for (n, (backup, taken_at)) in backups.iter().enumerate() {
        let now = *taken_at + after[n % after.len()];
        // What was sent until then was sent; nothing takes it back.
        let sent: Vec<OutgoingEmail> = log.iter().filter(|email| email.date <= now).cloned().collect();
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("dripr.db");
        std::fs::copy(backup, &file).unwrap();
        let refused = SqlStore::sqlite(&file, SqliteOptions::default()).await.err().unwrap();
        assert!(format!("{refused:?}").contains("it is a backup"), "{refused:?}");
        assert_eq!(open_backup(&file).await.unwrap(), Some(*taken_at));
        let store = store(&file).await;
        let clock = Arc::new(ManualClock::at(now));
        let policy = dripr_core::policy::Policy::default();
        let desk = Arc::new(Bench { clock: clock.clone(), policy });
        let marked = restored::mark(&store, &desk, *taken_at).await.unwrap();
        assert_eq!(marked.campaigns as usize, CAMPAIGNS);
        skipped += marked.skipped;
        under_way += marked.under_way;
        let mailer = Logged::open(&place.path().join("outbox"), &sent).await;
        until(now + Months::new(2), &engine(&world, &store, &clock, &mailer), &clock).await;
        judge(&mailer.taken(), now, &format!("backup {n} of {taken_at}, restored {now}"));
        store.close().await;
    }
    // Otherwise nothing was tried.
    assert!(skipped > 20 && under_way > 0, "{skipped} skipped, {under_way} under way");
}

fn judge(taken: &[OutgoingEmail], restored_at: Instant, what: &str) {
    let rules = SendingRules::default();
    let mut ids = BTreeSet::new();
    let mut months: BTreeMap<(String, String), Vec<Instant>> = BTreeMap::new();
    let mut since: BTreeSet<&str> = BTreeSet::new();
    for email in taken {
        let campaign = email.campaign_id.as_ref().unwrap().as_str();
        assert!(ids.insert(&email.email_id), "{what}: {} twice", email.email_id);
        assert_eq!(rules.clamp(email.date), email.date, "{what}: inside the window");
        let month = rules.civil_date(email.date).format("%Y-%m").to_string();
        months.entry((campaign.to_owned(), month)).or_default().push(email.date);
        if email.date > restored_at {
            since.insert(campaign);
        }
    }
    for (of, dates) in &months {
        assert_eq!(dates.len(), 1, "{what}: {of:?} at {dates:?}");
    }
    assert_eq!(since.len(), CAMPAIGNS, "{what}: all go on");
}
