//! A server that vanishes without a word: nothing waits for it for ever, and nothing is done twice.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use dripr_adapters::sql::{ServerOptions, SqlStore};
use dripr_core::{
    agent::Agent,
    campaign::Actor,
    errors::{Fault, PortResult},
    events::Queue,
    ports::{AgentStore, EventQueue},
    schedule::Instant,
    testkit::samples,
};
use futures_util::future::join_all;
use tokio::time::timeout;

use crate::{
    place::{Place, Server},
    proxy::Proxy,
};

/// How long the server may say nothing here; on a busy machine it may take a while for an answer too.
const SILENCE: Duration = Duration::from_secs(2);

/// In which all must have ended, if it ends at all.
const BOUND: Duration = Duration::from_secs(60);

fn now() -> Instant {
    "2026-03-12T15:00:00Z".parse().unwrap()
}

fn agent(id: &str) -> Agent {
    samples::agent(id, now()).unwrap()
}

async fn register(store: &SqlStore, id: &str) -> PortResult<bool> {
    let agent = agent(id);
    let event = samples::user_created(&agent);
    let registering = store.register(agent, event, Actor::Operator);
    timeout(BOUND, registering).await.expect("a write ends")
}

async fn knows(store: &SqlStore, id: &str) -> bool {
    let id = agent(id).id;
    timeout(BOUND, store.agent(&id)).await.expect("a read ends").unwrap().is_some()
}

/// How long a caller waits who gives up long before the store does.
const CALLERS_PATIENCE: Duration = Duration::from_millis(100);

/// One connection that writes, so that it is that which is met.
fn options() -> ServerOptions {
    let mut options = ServerOptions::default();
    options.writers = 1;
    options.longest_silence = SILENCE;
    options
}

async fn work_goes_on_by_other_connections(server: Server) {
    let place = Place::new(server).await;
    let proxy = Proxy::start(&place);
    let store = proxy.open(&place, options()).await;
    assert!(register(&store, "before").await.unwrap() && knows(&store, "before").await);
    proxy.drop_packets();
    assert!(register(&store, "after").await.unwrap(), "it is written, once");
    proxy.drop_packets();
    assert!(knows(&store, "after").await, "and read");
    timeout(BOUND, store.close()).await.expect("a store is closed");
}

/// Connections on their way back to the pool, and those whose callers stopped waiting, keep nobody from reading.
async fn reads_that_nobody_waits_for_hold_nothing(server: Server) {
    let place = Place::new(server).await;
    let proxy = Proxy::start(&place);
    let store = proxy.open(&place, options()).await;
    assert!(register(&store, "before").await.unwrap());
    let readers = ServerOptions::default().readers;
    // At once, so that each has a connection.
    let known = join_all((0..readers).map(|_| knows(&store, "before"))).await;
    assert_eq!(known, vec![true; known.len()]);
    // Time in which they come back.
    assert!(register(&store, "another").await.unwrap());
    proxy.drop_packets();
    let id = agent("before").id;
    join_all((0..readers).map(|_| timeout(CALLERS_PATIENCE, store.agent(&id)))).await;
    let read = async {
        // One that came while all were still being looked at may have waited in vain.
        while store.agent(&id).await.is_err() {}
    };
    timeout(BOUND, read).await.expect("the next is read by another connection");
    proxy.drop_packets();
    join_all((0..readers).map(|_| timeout(CALLERS_PATIENCE, store.agent(&id)))).await;
    timeout(BOUND, store.close()).await.expect("a store is closed");
}

/// A server does not hear that nobody waits any more, and works on: whoever asks again and again has it do no more at once than others do.
async fn reads_that_nobody_waits_for_do_not_pile_up(server: Server) {
    let (lock, waiting) = match server {
        Server::Postgres => (
            "LOCK TABLE users IN ACCESS EXCLUSIVE MODE",
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        ),
        Server::MySql => (
            "LOCK TABLES users WRITE",
            "SELECT count(*) FROM information_schema.processlist WHERE db = database() \
             AND state = 'Waiting for table metadata lock'",
        ),
    };
    let place = Place::new(server).await;
    let store = place.open(ServerOptions::default()).await;
    assert!(register(&store, "before").await.unwrap());
    let readers = ServerOptions::default().readers;
    // At once, so that each has a connection.
    join_all((0..readers).map(|_| knows(&store, "before"))).await;
    let locked = place.begin(lock).await;
    let id = agent("before").id;
    for _ in 0..4 {
        join_all((0..readers).map(|_| timeout(CALLERS_PATIENCE, store.agent(&id)))).await;
    }
    let at_work = place.number(waiting).await;
    assert!((1..=i64::from(readers)).contains(&at_work), "{at_work} reads are waiting");
    locked.commit().await;
    assert!(knows(&store, "before").await, "the next is read");
    timeout(BOUND, store.close()).await.expect("a store is closed");
}

async fn nobody_waits_for_ever_for_a_server_that_is_gone(server: Server) {
    let place = Place::new(server).await;
    let proxy = Proxy::start(&place);
    let store = proxy.open(&place, options()).await;
    assert!(register(&store, "before").await.unwrap());
    proxy.drop_all_packets();
    // They share a transaction, or wait for each other.
    let (one, two) = tokio::join!(register(&store, "one"), register(&store, "two"));
    for failed in [one, two] {
        assert_eq!(failed.unwrap_err().fault(), Fault::Unavailable);
    }
    let read = timeout(BOUND, store.agent(&agent("before").id)).await.expect("a read ends");
    assert_eq!(read.unwrap_err().fault(), Fault::Unavailable);
    proxy.pass_again();
    assert!(!knows(&store, "one").await, "nothing of it was done");
    assert!(register(&store, "one").await.unwrap(), "it goes on once the server is there again");
    proxy.drop_all_packets();
    timeout(BOUND, store.close()).await.expect("a store is closed");
}

async fn a_commit_whose_answer_never_comes_is_not_repeated(server: Server) {
    let place = Place::new(server).await;
    let proxy = Proxy::start(&place);
    let store = proxy.open(&place, options()).await;
    assert!(register(&store, "before").await.unwrap());
    proxy.drop_packets_after_a_commit();
    // Done again, it would find that the agent is there, and say so.
    let failed = register(&store, "perhaps").await.unwrap_err();
    assert_eq!(failed.fault(), Fault::Unavailable, "whether it was stored is not known");
    assert!(failed.to_string().contains("committing"), "{failed}");
    assert!(knows(&store, "perhaps").await, "whoever asks finds that it was");
    assert!(register(&store, "after").await.unwrap(), "the next is written by another connection");
    timeout(BOUND, store.close()).await.expect("a store is closed");
}

#[tokio::test]
async fn work_goes_on_by_other_connections_on_postgres() {
    work_goes_on_by_other_connections(Server::Postgres).await;
}

#[tokio::test]
async fn work_goes_on_by_other_connections_on_mysql() {
    work_goes_on_by_other_connections(Server::MySql).await;
}

#[tokio::test]
async fn reads_that_nobody_waits_for_hold_nothing_on_postgres() {
    reads_that_nobody_waits_for_hold_nothing(Server::Postgres).await;
}

#[tokio::test]
async fn reads_that_nobody_waits_for_hold_nothing_on_mysql() {
    reads_that_nobody_waits_for_hold_nothing(Server::MySql).await;
}

#[tokio::test]
async fn reads_that_nobody_waits_for_do_not_pile_up_on_postgres() {
    reads_that_nobody_waits_for_do_not_pile_up(Server::Postgres).await;
}

#[tokio::test]
async fn reads_that_nobody_waits_for_do_not_pile_up_on_mysql() {
    reads_that_nobody_waits_for_do_not_pile_up(Server::MySql).await;
}

#[tokio::test]
async fn nobody_waits_for_ever_for_a_postgres_that_is_gone() {
    nobody_waits_for_ever_for_a_server_that_is_gone(Server::Postgres).await;
}

#[tokio::test]
async fn nobody_waits_for_ever_for_a_mysql_that_is_gone() {
    nobody_waits_for_ever_for_a_server_that_is_gone(Server::MySql).await;
}

#[tokio::test]
async fn a_commit_whose_answer_never_comes_is_not_repeated_on_postgres() {
    a_commit_whose_answer_never_comes_is_not_repeated(Server::Postgres).await;
}

#[tokio::test]
async fn a_commit_whose_answer_never_comes_is_not_repeated_on_mysql() {
    a_commit_whose_answer_never_comes_is_not_repeated(Server::MySql).await;
}

/// Who waits on a way on which nothing comes any more hears all the same of what another process wrote.
async fn others_writes_are_heard_of(server: Server) {
    let place = Place::new(server).await;
    let proxy = Proxy::start(&place);
    let store = proxy.open(&place, options()).await;
    let other = place.open(ServerOptions::default()).await;
    let hears = async |id: &str| {
        let queues = [Queue::WelcomeEmails];
        let (arrived, registered) =
            tokio::join!(timeout(BOUND, store.arrived(&queues)), register(&other, id));
        arrived.expect("it is heard of");
        assert!(registered.unwrap());
    };
    hears("before").await;
    proxy.drop_packets();
    // Perhaps only because everybody looks once the way is a new one.
    hears("after").await;
    // That is over now, and this is told on it.
    hears("again").await;
    let received = store.receive(Queue::WelcomeEmails, 10, now(), Duration::from_secs(60));
    assert_eq!(timeout(BOUND, received).await.expect("it ends").unwrap().len(), 3);
    store.close().await;
    other.close().await;
}

#[tokio::test]
async fn what_others_write_is_heard_of_on_postgres() {
    others_writes_are_heard_of(Server::Postgres).await;
}

#[tokio::test]
async fn what_others_write_is_heard_of_on_mysql() {
    others_writes_are_heard_of(Server::MySql).await;
}
