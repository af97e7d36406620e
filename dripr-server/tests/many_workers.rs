//! Four processes share the work of one deployment, and one of them is killed every second: on each kind of database, with each
//! kind of queue. In the end each homeowner has exactly one email.
//!
//! `DRIPR_HOMEOWNERS` says how many there are, by default 200, `DRIPR_SEED` in which order processes die, and `DRIPR_KILLS` how many
//! at most over SQS. The servers are
//! those of the tests of the stores and queues themselves; moto stands in for AWS.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a killed process lives on the real clock")]

mod deployment;
#[path = "deployment/on_sqs.rs"]
mod on_sqs;
#[path = "../../dripr-adapters/tests/sql_servers/place.rs"]
mod place;
#[path = "../../dripr-adapters/tests/sns_sqs/service.rs"]
#[allow(dead_code, reason = "this test uses a part of it")]
mod service;

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant, SystemTime},
};

use secrecy::ExposeSecret;

use self::{
    deployment::{Deployment, Running},
    place::{Place, Server},
};

/// What each of the four does: all together, and some of it twice.
const SPLIT: [&str; 4] = [
    "cron,relay,email-manager",
    "data-fetcher,orchestrator",
    "email-manager,data-fetcher,relay",
    "cron,orchestrator,email-manager",
];

fn told(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|told| told.parse().ok()).unwrap_or(otherwise)
}

fn unique() -> u128 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos()
}

/// Runs the four, kills one every second until every campaign knows that its email was sent or so many are dead, and looks at
/// the outbox.
fn everybody_gets_one_email(environment: BTreeMap<String, String>, sections: &str, most: usize) {
    let homeowners = usize::try_from(told("DRIPR_HOMEOWNERS", 200)).unwrap();
    let limits = format!("mail_timeout_seconds = 1\n{sections}");
    let deployment =
        Deployment::in_environment(environment, &[("agent", "ana@brokerage.example")], homeowners, &limits);
    let run = |at: usize| deployment.run_with(&["--roles", SPLIT[at]]);
    let mut running: Vec<Running> = (0..SPLIT.len()).map(run).collect();
    let mut dice = told("DRIPR_SEED", 0x5eed_0002) | 1;
    let began = Instant::now();
    let mut kills = 0;
    // At least some are killed, however fast the others are.
    while kills < 5 || !deployment.unsent().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(600), "{} are left", deployment.unsent().len());
        thread::sleep(Duration::from_secs(1));
        if kills >= most {
            continue;
        }
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        let at = usize::try_from(dice % 4).unwrap();
        // The old one dies before the new one is there.
        drop(running.remove(at));
        running.insert(at, run(at));
        kills += 1;
    }
    println!("{homeowners} homeowners, {kills} kills, {:.1} s", began.elapsed().as_secs_f64());
    for process in &mut running {
        process.ends_in_order();
    }
    let outbox = deployment.outbox();
    let repeated: Vec<_> = outbox.iter().filter(|(_, count)| **count != 1).collect();
    assert!(repeated.is_empty(), "sent more than once: {repeated:?}");
    assert_eq!(outbox.len(), homeowners, "nobody is left out");
}

fn database(server: Server) -> (Place, (String, String)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let place = runtime.block_on(Place::new(server));
    let url = place.url().expose_secret().to_owned();
    (place, ("DRIPR_DATABASE_URL".to_owned(), url))
}

#[test]
fn on_sqlite() {
    everybody_gets_one_email(BTreeMap::new(), "", usize::MAX);
}

#[test]
fn on_postgres_with_redis() {
    let (_place, address) = database(Server::Postgres);
    let redis = std::env::var("DRIPR_TEST_REDIS").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned());
    let environment = BTreeMap::from([address, ("DRIPR_REDIS_URL".to_owned(), redis)]);
    let sections = format!("[queues]\nplace = \"redis\"\n[redis]\nprefix = \"dripr-test:{}:\"\n", unique());
    everybody_gets_one_email(environment, &sections, usize::MAX);
}

#[test]
fn on_mysql() {
    let (_place, address) = database(Server::MySql);
    everybody_gets_one_email(BTreeMap::from([address]), "", usize::MAX);
}

#[test]
fn on_mysql_with_sqs() {
    let (_place, address) = database(Server::MySql);
    let (environment, section) = on_sqs::provisioned(BTreeMap::from([address]));
    // moto goes on receiving for whoever died while it waited for messages, up to twenty seconds long for each queue, and what it
    // receives so is only seen again half a minute later. If one died every second to the end, that end would be far.
    let sections = format!("operation_lease_seconds = 30\n[queues]\nplace = \"aws\"\n{section}");
    everybody_gets_one_email(environment, &sections, usize::try_from(told("DRIPR_KILLS", 8)).unwrap());
}
