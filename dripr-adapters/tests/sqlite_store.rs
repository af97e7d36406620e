//! What the SQLite store promises beyond the contract of every store: files, other processes, shared commits.

#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use dripr_adapters::sql::{SqlStore, SqliteOptions};
use dripr_core::{
    campaign::{
        Action, Actor, CampaignStatus, Command, Dossier, Operation, Provision, Refusal, Reply, command::Bench,
    },
    content::{AreaContent, AreaKey, AreaKind, Author, Words},
    email::{Message, Party, SuppressionCause},
    errors::Fault,
    events::{Event, Queue},
    ids::{CampaignId, EmailId},
    policy::Policy,
    ports::{
        AgentStore, AreaStore, Begun, CampaignStore, Clock, EmailStore, EventQueue, Execution, NewCampaign,
    },
    schedule::Instant,
    testkit::{ManualClock, samples},
};
use futures_util::{
    FutureExt,
    future::{join, join_all},
    poll,
};
use sqlx::{ConnectOptions, Row, sqlite::SqliteConnectOptions};

const START: &str = "2026-03-01T12:00:00Z";
const PREPARED: &str = "2026-03-11T15:00:00Z";
const SLOT: &str = "2026-03-12T15:00:00Z";
const VISIBILITY: Duration = Duration::from_secs(300);

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// A store in a file of its own with one agent.
struct Stage {
    folder: tempfile::TempDir,
    store: SqlStore,
    clock: Arc<ManualClock>,
    desk: Arc<Bench>,
    new: Vec<NewCampaign>,
}

impl Stage {
    async fn new(campaigns: usize) -> Self {
        let agent = samples::agent("agent", at(START)).unwrap();
        let new: Vec<_> =
            (1..=campaigns).map(|n| samples::campaign(&agent, n, "98103", 12, at(START)).unwrap()).collect();
        Self::with(new).await
    }

    async fn with(new: Vec<NewCampaign>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("dripr.db")).await;
        let clock = Arc::new(ManualClock::at(at(START)));
        let desk = Arc::new(Bench { clock: clock.clone(), policy: Policy::default() });
        let agent = samples::agent("agent", at(START)).unwrap();
        assert!(store.register(agent.clone(), samples::user_created(&agent), Actor::Operator).await.unwrap());
        store.enrol(new.clone()).await.unwrap();
        let stage = Self { folder, store, clock, desk, new };
        stage.tick().await;
        stage
    }

    fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("dripr.db")
    }

    fn id(&self, n: usize) -> CampaignId {
        self.new[n].campaign.id.clone()
    }

    fn command(&self, n: usize, action: Action) -> Command {
        Command { campaign_id: self.id(n), actor: Actor::System, action, desk: self.desk.clone() }
    }

    async fn did(&self, n: usize, action: Action) -> Reply {
        self.store.execute(vec![self.command(n, action)]).await.unwrap().remove(0).result.unwrap()
    }

    async fn dossier(&self, n: usize) -> Dossier {
        self.store.load(&[self.id(n)]).await.unwrap().remove(0).unwrap()
    }

    async fn tick(&self) -> Vec<Execution> {
        let all = (0..self.new.len()).map(|n| self.command(n, Action::Tick)).collect();
        self.store.execute(all).await.unwrap()
    }

    async fn prepare(&self) {
        self.clock.set(at(PREPARED));
        self.tick().await;
    }

    /// Takes all campaigns to an email with this text that may leave now.
    async fn release(&self, html: &str) -> Vec<EmailId> {
        self.prepare().await;
        let mut ids = Vec::new();
        for n in 0..self.new.len() {
            let cycle = self.dossier(n).await.campaign.slot.unwrap().cycle();
            for operation in Operation::ALL.into_iter().filter(|o| *o != Operation::EmailCreation) {
                let provision = Provision::Own;
                self.did(n, Action::Finish { operation, cycle, fence: None, provision, content: None }).await;
            }
            let dossier = self.dossier(n).await;
            let message = samples::commercial(
                Message {
                    from: Party { name: "Ana \u{1F3E1}".to_owned(), address: dossier.agent.email.clone() },
                    to: Party { name: String::new(), address: dossier.contact.email.clone() },
                    subject: "\u{202E}\"; DROP TABLE emails; -- \u{0}".to_owned(),
                    html: format!("{html}{n}"),
                    text: "\u{FEFF}text".to_owned(),
                    opt_out_link: None,
                    opt_out_mailto: None,
                },
                &dossier.agent,
            );
            let Reply::Created(id) =
                self.did(n, Action::CreateEmail { cycle, message: message.clone() }).await
            else {
                panic!("an email is made");
            };
            let read = self.store.messages(std::slice::from_ref(&id)).await.unwrap().remove(0).unwrap();
            assert_eq!(read, *message.message(), "byte for byte");
            ids.push(id);
        }
        self.clock.set(at(SLOT));
        self.tick().await;
        ids
    }

    async fn sql(&self, sql: &'static str) {
        let mut connection = SqliteConnectOptions::new().filename(self.path()).connect().await.unwrap();
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }

    async fn number(&self, sql: &'static str) -> i64 {
        let mut connection = SqliteConnectOptions::new().filename(self.path()).connect().await.unwrap();
        sqlx::query(sql).fetch_one(&mut connection).await.unwrap().get(0)
    }
}

async fn open(path: &Path) -> SqlStore {
    SqlStore::sqlite(path, SqliteOptions::default()).await.unwrap()
}

async fn refused(path: &Path) -> (Fault, String) {
    let error = SqlStore::sqlite(path, SqliteOptions::default()).await.unwrap_err();
    (error.fault(), error.to_string())
}

#[tokio::test]
async fn what_was_answered_is_there_after_opening_again() {
    let stage = Stage::new(3).await;
    let html = "<p>é\u{0}\u{2028}\u{1F3E0}</p>".repeat(6_000);
    let emails = stage.release(&html).await;
    let before = stage.store.load(&[stage.id(0), stage.id(2)]).await.unwrap();
    let texts = stage.store.messages(&emails).await.unwrap();
    stage.store.close().await;
    let again = open(&stage.path()).await;
    assert_eq!(again.load(&[stage.id(0), stage.id(2)]).await.unwrap(), before);
    assert_eq!(again.messages(&emails).await.unwrap(), texts);
    let received = again.receive(Queue::EmailSending, 10, at(SLOT), VISIBILITY).await.unwrap();
    assert_eq!(received.len(), 3);
}

#[tokio::test]
async fn emails_of_one_neighbourhood_are_stored_for_a_fraction_of_their_size() {
    let stage = Stage::new(20).await;
    let words: String = (0..9_000_u64).map(|n| format!("{:x} ", n * n * 7919 % 104_729)).collect();
    stage.release(&words).await;
    let others = stage.number("SELECT max(length(body)) FROM email_messages").await;
    assert!(others < 200, "{others} bytes for {}", words.len());
    assert_eq!(stage.number("SELECT count(*) FROM message_bases").await, 1);
}

#[tokio::test]
async fn a_damaged_text_is_never_given_out() {
    let stage = Stage::new(1).await;
    let emails = stage.release("<p>report</p>").await;
    stage
        .sql("UPDATE email_messages SET body = CAST(substr(body, 1, length(body) - 1) || x'00' AS BLOB)")
        .await;
    let error = stage.store.messages(&emails).await.unwrap_err();
    assert_eq!(error.fault(), Fault::Corrupt);
    assert!(error.to_string().starts_with("email_messages.body of row \"agent-1.1\""), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dripr.db");
    std::fs::write(&path, "not a database, whatever its name says ".repeat(300)).unwrap();
    let (fault, sentence) = refused(&path).await;
    assert_eq!(fault, Fault::Corrupt);
    assert!(sentence.contains("dripr.db") && sentence.contains("not an SQLite database"), "{sentence}");
}

#[tokio::test]
async fn a_truncated_file_is_refused() {
    let stage = Stage::new(50).await;
    stage.store.close().await;
    let file = std::fs::OpenOptions::new().write(true).open(stage.path()).unwrap();
    let length = file.metadata().unwrap().len();
    file.set_len(length / 2 / 4096 * 4096).unwrap();
    let (fault, sentence) = refused(&stage.path()).await;
    assert_eq!(fault, Fault::Corrupt, "{sentence}");
    assert!(sentence.contains("damaged"), "{sentence}");
}

#[tokio::test]
async fn a_file_with_damage_in_its_middle_is_refused() {
    let stage = Stage::new(50).await;
    stage.store.close().await;
    let mut bytes = std::fs::read(stage.path()).unwrap();
    for page in (4096..bytes.len()).step_by(4096) {
        bytes[page..page + 64].fill(0x5a);
    }
    std::fs::write(stage.path(), bytes).unwrap();
    let (fault, sentence) = refused(&stage.path()).await;
    assert_eq!(fault, Fault::Corrupt, "{sentence}");
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    let connecting = SqliteConnectOptions::new().filename(&path).create_if_missing(true);
    let mut connection = connecting.connect().await.unwrap();
    sqlx::query("CREATE TABLE campaigns (n)").execute(&mut connection).await.unwrap();
    let (fault, sentence) = refused(&path).await;
    assert_eq!(fault, Fault::Corrupt);
    assert!(sentence.contains("another program"), "{sentence}");
    let tables = sqlx::query("SELECT count(*) FROM sqlite_schema").fetch_one(&mut connection).await.unwrap();
    assert_eq!(tables.get::<i64, _>(0), 1);
}

#[tokio::test]
async fn a_schema_of_a_newer_version_is_refused() {
    let stage = Stage::new(1).await;
    stage
        .sql("INSERT INTO _sqlx_migrations SELECT 99990101000000, 'x', installed_on, true, checksum, 0 FROM _sqlx_migrations LIMIT 1")
        .await;
    stage.store.close().await;
    let (fault, sentence) = refused(&stage.path()).await;
    assert_eq!(fault, Fault::Corrupt);
    assert!(sentence.contains("99990101000000") && sentence.contains("newer"), "{sentence}");
}

#[tokio::test]
async fn a_file_that_cannot_be_created_is_a_matter_for_people() {
    let folder = tempfile::tempdir().unwrap();
    let (fault, sentence) = refused(&folder.path().join("missing/dripr.db")).await;
    assert_eq!(fault, Fault::Misconfigured);
    assert!(sentence.contains("missing/dripr.db") && sentence.contains("cannot be opened"), "{sentence}");
}

#[tokio::test]
async fn migrating_twice_and_from_two_sides_at_once_is_migrating_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dripr.db");
    let results = join_all((0..4).map(|_| SqlStore::migrate_sqlite(&path))).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert!(SqlStore::migrate_sqlite(&path).await.is_ok());
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_named() {
    let stage = Stage::new(2).await;
    stage.sql("UPDATE campaigns SET campaign_status = 'RESTING' WHERE id = 'agent-2'").await;
    let error = stage.store.load(&[stage.id(1)]).await.unwrap_err();
    assert_eq!(error.fault(), Fault::Corrupt);
    let sentence = error.to_string();
    assert!(
        sentence.contains("campaigns.campaign_status of row \"agent-2\"") && sentence.contains("RESTING")
    );
    assert!(stage.store.load(&[stage.id(0)]).await.is_ok());
}

#[tokio::test]
async fn a_column_that_another_program_wrote_counts() {
    let stage = Stage::new(1).await;
    stage
        .sql("UPDATE campaigns SET campaign_status = 'FETCHING', intro_status = 'READY_TO_CREATE_EMAIL'")
        .await;
    stage.sql("UPDATE users SET subscription_status = 'canceled'").await;
    let dossier = stage.dossier(0).await;
    assert_eq!(dossier.campaign.status, CampaignStatus::WaitingForData);
    assert_eq!(dossier.campaign.operations[Operation::Intro].status.as_str(), "READY");
    assert!(dossier.agent.may_send(at(START)).is_err());
}

#[tokio::test]
async fn callers_that_wait_together_share_a_commit() {
    let stage = Stage::new(200).await;
    stage.clock.set(at(PREPARED));
    let before = stage.store.commits();
    let calls = (0..200).map(|n| stage.store.execute(vec![stage.command(n, Action::Tick)]));
    for executions in join_all(calls).await {
        assert_eq!(executions.unwrap()[0].result, Ok(Reply::Done));
    }
    let commits = stage.store.commits() - before;
    assert!((1..=20).contains(&commits), "{commits} commits for 200 calls");
    let counts = CampaignStore::count_by_status(&stage.store).await.unwrap();
    assert_eq!(counts, [(CampaignStatus::WaitingForData, 200)]);
    assert_eq!(stage.number("SELECT count(*) FROM queue_deliveries WHERE queue = 'intro'").await, 200);
}

#[tokio::test]
async fn a_caller_who_can_run_shares_the_commit_of_the_one_who_came_first() {
    let stage = Stage::new(2).await;
    stage.clock.set(at(PREPARED));
    let before = stage.store.commits();
    let came = Arc::new(tokio::sync::Notify::new());
    let second = tokio::spawn({
        let (came, store, command) = (came.clone(), stage.store.clone(), stage.command(1, Action::Tick));
        async move {
            came.notified().await;
            store.execute(vec![command]).await
        }
    });
    tokio::task::yield_now().await;
    let first = stage.store.execute(vec![stage.command(0, Action::Tick)]);
    // The writer is woken before the second caller, and lets it go first.
    let (first, ()) = join(first, async { came.notify_one() }).await;
    for executions in [first.unwrap(), second.await.unwrap().unwrap()] {
        assert_eq!(executions[0].result, Ok(Reply::Done));
    }
    assert_eq!(stage.store.commits() - before, 1);
}

#[tokio::test]
async fn a_deadline_that_is_a_little_later_is_stored_once_the_earlier_one_has_come() {
    let stage = Stage::new(1).await;
    stage.prepare().await;
    let cycle = stage.dossier(0).await.campaign.slot.unwrap().cycle();
    let in_seconds = |seconds| at(PREPARED) + chrono::TimeDelta::seconds(seconds);
    let fetched = [
        Operation::Property,
        Operation::ActiveListings,
        Operation::RecentSales,
        Operation::LocalMarketData,
        Operation::Intro,
    ];
    // Sooner, a little later, much later, a little later: when it is looked at after that.
    for (until, looked_at) in [(100, 100), (130, 100), (190, 190), (200, 190)] {
        let until = in_seconds(until);
        let put_off = fetched
            .map(|operation| stage.command(0, Action::Postpone { operation, cycle, until, failure: None }));
        let executions = stage.store.execute(put_off.into()).await.unwrap();
        assert_eq!(executions.last().unwrap().deadline, Some(until), "what is told is the true one");
        assert_eq!(stage.store.next_due().await.unwrap(), Some(in_seconds(looked_at)), "{until}");
    }
    assert!(stage.store.due(in_seconds(189), 10).await.unwrap().is_empty());
    stage.clock.set(in_seconds(190));
    assert_eq!(stage.store.due(in_seconds(190), 10).await.unwrap(), [stage.id(0)]);
    let looked_at = stage.tick().await;
    assert_eq!(looked_at[0].deadline, Some(in_seconds(200)), "it is not time yet");
    assert_eq!(stage.store.next_due().await.unwrap(), Some(in_seconds(200)), "nobody is woken twice");
}

/// A clock that makes every decision fail in the worst way.
struct BrokenClock;

#[async_trait]
impl Clock for BrokenClock {
    fn now(&self) -> Instant {
        panic!("a mistake in a rule")
    }

    async fn sleep_until(&self, _: Instant) {}
}

#[tokio::test]
async fn a_mistake_in_a_rule_fails_its_own_call_and_no_other() {
    let stage = Stage::new(3).await;
    stage.clock.set(at(PREPARED));
    let mut broken = stage.command(1, Action::Tick);
    broken.desk = Arc::new(Bench { clock: Arc::new(BrokenClock), policy: Policy::default() });
    let (first, failed, last) = tokio::join!(
        stage.store.execute(vec![stage.command(0, Action::Tick)]),
        stage.store.execute(vec![broken]),
        stage.store.execute(vec![stage.command(2, Action::Tick)]),
    );
    assert!(first.unwrap()[0].result.is_ok() && last.unwrap()[0].result.is_ok());
    let error = failed.unwrap_err();
    assert_eq!(error.fault(), Fault::Invalid);
    assert!(error.to_string().contains("agent-2"), "{error}");
    stage.did(1, Action::Tick).await;
    assert_eq!(stage.dossier(1).await.campaign.status, CampaignStatus::WaitingForData);
}

#[tokio::test]
async fn a_change_and_its_events_are_one() {
    let stage = Stage::new(5).await;
    stage.prepare().await;
    let all =
        "SELECT count(*) FROM campaign_events WHERE event_id IN (SELECT id || ':' || version FROM campaigns)";
    assert_eq!(stage.number(all).await, 5);
    // The event cannot be stored: then the change is not either.
    stage
        .sql("CREATE TRIGGER no_events BEFORE INSERT ON campaign_events BEGIN SELECT RAISE(ABORT, 'no'); END")
        .await;
    let before = stage.dossier(0).await;
    let error = stage.store.execute(vec![stage.command(0, Action::Disable)]).await.unwrap_err();
    assert_eq!(error.fault(), Fault::Invalid);
    assert_eq!(stage.dossier(0).await, before);
}

#[tokio::test]
async fn an_opt_out_holds_for_the_next_command_in_the_same_commit() {
    let agent = samples::agent("agent", at(START)).unwrap();
    let one = samples::campaign(&agent, 1, "98103", 12, at(START)).unwrap();
    let mut other_home = samples::campaign(&agent, 2, "98103", 12, at(START)).unwrap();
    other_home.contact = one.contact.clone();
    let stage = Stage::with(vec![one, other_home]).await;
    let emails = stage.release("<p>report</p>").await;
    let suppress = Action::Suppress { cause: SuppressionCause::OptOut };
    let claim = Action::Claim { email_id: emails[1].clone() };
    let (opted_out, claimed) = tokio::join!(
        stage.store.execute(vec![stage.command(0, suppress)]),
        stage.store.execute(vec![stage.command(1, claim)]),
    );
    assert_eq!(opted_out.unwrap()[0].result, Ok(Reply::Done));
    let claimed = claimed.unwrap().remove(0).result;
    assert!(matches!(claimed, Err(Refusal::NoEmail(_))), "{claimed:?}");
    let due = stage.store.due(at(SLOT), 10).await.unwrap();
    assert_eq!(due, [stage.id(0), stage.id(1)], "both are looked at at once");
}

#[tokio::test]
async fn two_processes_racing_for_the_same_work_lose_no_update() {
    let stage = Stage::new(20).await;
    stage.prepare().await;
    let other = open(&stage.path()).await;
    let cycle = stage.dossier(0).await.campaign.slot.unwrap().cycle();
    let gather = [
        Operation::Property,
        Operation::ActiveListings,
        Operation::RecentSales,
        Operation::LocalMarketData,
        Operation::Intro,
    ];
    let begin = |operation| Action::Begin { operation, cycle };
    let mut calls = Vec::new();
    for operation in gather {
        for n in 0..20 {
            for store in [&stage.store, &other] {
                calls.push(store.execute(vec![stage.command(n, begin(operation))]));
            }
        }
    }
    let results = join_all(calls).await;
    let begun =
        results.iter().filter(|r| matches!(r.as_ref().unwrap()[0].result, Ok(Reply::Begun { .. }))).count();
    assert_eq!(begun, 20 * gather.len(), "each operation is taken in hand once");
    for n in 0..20 {
        let dossier = stage.dossier(n).await;
        assert_eq!(dossier.campaign.fence, 5);
        assert!(gather.iter().all(|operation| dossier.campaign.operations[*operation].lease.is_some()));
    }
}

#[tokio::test]
async fn a_lease_on_shared_content_holds_across_processes() {
    let stage = Stage::new(0).await;
    let other = open(&stage.path()).await;
    let key = AreaKey {
        kind: AreaKind::Intro,
        user_id: Some("agent".parse().unwrap()),
        zip_code: "98103".parse().unwrap(),
        day: "2026-03-11".parse().unwrap(),
    };
    let until = at("2026-03-11T15:05:00Z");
    assert_eq!(stage.store.begin(&key, at(PREPARED), until).await.unwrap(), Begun::Yours { fence: 1 });
    assert_eq!(other.begin(&key, at(PREPARED), until).await.unwrap(), Begun::Busy { until });
    assert_eq!(other.begin(&key, until, at(SLOT)).await.unwrap(), Begun::Yours { fence: 2 });
    let words = |text: &str| Arc::new(AreaContent::Intro(Words::new(text.to_owned(), Author::Composed)));
    assert!(!stage.store.finish(&key, 1, words("late")).await.unwrap());
    assert!(other.finish(&key, 2, words("first")).await.unwrap());
    assert_eq!(stage.store.begin(&key, until, at(SLOT)).await.unwrap(), Begun::Stored(words("first")));
}

#[tokio::test]
async fn a_waiting_worker_is_woken_by_the_write() {
    let stage = Stage::new(1).await;
    let mut arrived = stage.store.arrived(&[Queue::Intro]);
    let mut elsewhere = stage.store.arrived(&[Queue::EmailSending]);
    assert!(poll!(&mut arrived).is_pending() && poll!(&mut elsewhere).is_pending());
    stage.prepare().await;
    arrived.await;
    assert!(elsewhere.now_or_never().is_none());
}

#[tokio::test]
async fn a_waiting_worker_hears_of_another_process() {
    let stage = Stage::new(1).await;
    let other = open(&stage.path()).await;
    let mut arrived = other.arrived(&[Queue::Intro]);
    assert!(poll!(&mut arrived).is_pending());
    stage.prepare().await;
    arrived.await;
    assert_eq!(other.receive(Queue::Intro, 10, at(PREPARED), VISIBILITY).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_message_that_is_no_event_is_delivered_as_such_and_can_be_parked() {
    let stage = Stage::new(1).await;
    stage.prepare().await;
    stage.sql("UPDATE campaign_events SET payload = '{\"event_type\":\"PARTY\"}' WHERE seq > 1").await;
    let mut received = stage.store.receive(Queue::Intro, 10, at(PREPARED), VISIBILITY).await.unwrap();
    let delivery = received.remove(0);
    assert!(delivery.event().unwrap_err().contains("PARTY"));
    stage.store.settle(vec![delivery.park("not an event")], at(PREPARED)).await.unwrap();
    let parked = "SELECT count(*) FROM dead_letters WHERE queue = 'intro' AND cause = 'not an event'";
    assert_eq!(stage.number(parked).await, 1);
    assert_eq!(stage.number("SELECT count(*) FROM queue_deliveries WHERE queue = 'intro'").await, 0);
}

#[tokio::test]
async fn a_receipt_never_names_a_newer_delivery() {
    let stage = Stage::new(1).await;
    stage.prepare().await;
    let old = stage.store.receive(Queue::Intro, 1, at(PREPARED), VISIBILITY).await.unwrap().remove(0);
    let Event::StatusChanged(change) = old.event().unwrap().clone() else { panic!("a status change") };
    assert_eq!(change.campaign_id, stage.id(0));
    let kept = old.extend(at(SLOT));
    stage.store.settle(vec![old.done()], at(PREPARED)).await.unwrap();
    stage.sql("DELETE FROM queue_deliveries").await;
    stage.did(0, Action::Disable).await;
    stage.did(0, Action::Enable).await;
    let new = stage.store.receive(Queue::Intro, 1, at(PREPARED), VISIBILITY).await.unwrap().remove(0);
    stage.store.settle(vec![kept], at(PREPARED)).await.unwrap();
    let visible = stage.store.next_visible(&[Queue::Intro]).await.unwrap().unwrap();
    assert!(visible < at(SLOT), "{visible}");
    drop(new);
}

#[tokio::test]
async fn thousands_are_enrolled_in_one_commit_and_again_change_nothing() {
    let stage = Stage::new(0).await;
    let agent = samples::agent("agent", at(START)).unwrap();
    let mut new: Vec<_> =
        (1..=3_000).map(|n| samples::campaign(&agent, n, "98103", 12, at(START)).unwrap()).collect();
    // The same person and home in another spelling, under other ids.
    let mut twin = samples::campaign(&agent, 9_999, "98103", 12, at(START)).unwrap();
    twin.contact.email = "OWNER1@home.example".parse().unwrap();
    twin.campaign.home.as_mut().unwrap().street = "1 ELM st.".to_owned();
    new.push(twin);
    let before = stage.store.commits();
    let first = stage.store.enrol(new.clone()).await.unwrap();
    assert_eq!(stage.store.commits() - before, 1);
    let id = |n: usize| new[n].campaign.id.clone();
    assert_eq!(first[0], dripr_core::ports::Enrolment::Enrolled(id(0)));
    assert_eq!(first[3_000], dripr_core::ports::Enrolment::Exists(id(0)));
    let again = stage.store.enrol(new.clone()).await.unwrap();
    assert!(
        again.iter().take(3_000).enumerate().all(|(n, e)| *e == dripr_core::ports::Enrolment::Exists(id(n)))
    );
    assert_eq!(stage.number("SELECT count(*) FROM contacts").await, 3_000);
}

#[tokio::test]
async fn after_closing_calls_fail_with_a_sentence() {
    let stage = Stage::new(1).await;
    let clone = stage.store.clone();
    stage.store.close().await;
    let error = clone.execute(vec![stage.command(0, Action::Tick)]).await.unwrap_err();
    assert_eq!(error.to_string(), "the database was closed");
}
