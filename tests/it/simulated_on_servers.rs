//! The simulation over real database servers: what must hold there holds here too.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use dripr_adapters::sql::ServerOptions;
use dripr_core::{
    errors::PortResult,
    testkit::simulation::{Database, Plan, Store, each_of_so_many_crash_points, simulate_on},
};
use futures_util::future::BoxFuture;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::{self, Runtime};

use crate::place::{Place, Server};

/// A database that the processes of a simulation share. Each connects for itself.
struct SharedDatabase {
    place: Arc<Place>,
    runtime: Runtime,
}

impl SharedDatabase {
    /// The same database as before, with nothing in it.
    fn emptied(place: &Arc<Place>) -> Self {
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(place.empty());
        Self { place: place.clone(), runtime }
    }
}

fn place(server: Server) -> Arc<Place> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let place = Place::new(server).await;
        place.open(ServerOptions::default()).await.close().await;
        Arc::new(place)
    })
}

impl Database for SharedDatabase {
    fn connect(&self) -> PortResult<Arc<dyn Store>> {
        let mut options = ServerOptions::default();
        // Processes die here, not the server.
        options.durable = false;
        options.readers = 1;
        options.writers = 1;
        Ok(Arc::new(self.runtime.block_on(self.place.open(options))))
    }

    fn complete(&self, call: BoxFuture<'_, ()>) {
        self.runtime.block_on(call);
    }
}

fn everything_holds(server: Server) {
    let seeds = std::env::var("DRIPR_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(300) / 60;
    let (place, mut emails) = (place(server), 0);
    for seed in 1..=seeds {
        let report = simulate_on(&Plan::of_seed(seed), SharedDatabase::emptied(&place));
        assert_eq!(report.violation, None, "seed {seed}:\n{}", report.story.join("\n"));
        emails += report.emails;
    }
    println!("{seeds} seeds, {emails} emails");
    assert!(emails > 10);
}

fn every_point_holds(server: Server) {
    // Runs that go on at the same time have a database each.
    let idle = Mutex::new(Vec::new());
    let run = |plan: &Plan| {
        let taken = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let place = taken.unwrap_or_else(|| place(server));
        let report = simulate_on(plan, SharedDatabase::emptied(&place));
        idle.lock().unwrap_or_else(PoisonError::into_inner).push(place);
        report
    };
    let day = |seed| Plan { campaigns: 1, troubled_days: Some(1), calm_days: 4, ..Plan::quiet_month(seed) };
    let plan = (1..).map(day).find(|plan| run(plan).calls.contains_key("mailer.send")).unwrap();
    // A run takes seconds. `DRIPR_EVERY=1` takes every point.
    let every = std::env::var("DRIPR_EVERY").ok().and_then(|every| every.parse().ok()).unwrap_or(11);
    let points = each_of_so_many_crash_points(&plan, every, run);
    println!("seed {}: {} runs, {} emails in each", plan.seed, points.runs, points.golden.emails);
    assert_eq!(points.golden.violation, None);
    let (failed, runs) = (&points.failed, points.runs);
    assert!(failed.is_empty(), "{} of {runs}, such as {:#?}", failed.len(), failed.first());
    assert!(points.injected > 15);
}

#[test]
fn whatever_breaks_everything_holds_over_postgres() {
    everything_holds(Server::Postgres);
}

#[test]
fn whatever_breaks_everything_holds_over_mysql() {
    everything_holds(Server::MySql);
}

#[test]
fn no_single_fault_at_any_call_loses_or_repeats_an_email_over_postgres() {
    every_point_holds(Server::Postgres);
}

#[test]
fn no_single_fault_at_any_call_loses_or_repeats_an_email_over_mysql() {
    every_point_holds(Server::MySql);
}
