//! The whole application with everything breaking, from a seed.
//!
//! [`simulate`] runs one to four processes over one in-memory store, in one thread: which task goes on, which call
//! fails and how, when a process dies and when the clock jumps all follow from a [`Plan`], and so from a seed. After
//! every change, and for every email that a provider takes, a judge looks at what must always hold. Then the faults
//! stop, and every campaign that may run must get its email within a stated time. The same plan gives the same run,
//! which its trace hash shows.
//!
//! ```
//! use dripr_core::testkit::simulation::{Plan, simulate};
//! let report = simulate(&Plan::of_seed(7));
//! assert_eq!(report.violation, None);
//! assert_eq!(report.trace, simulate(&Plan::of_seed(7)).trace);
//! ```
//!
//! A seed that fails is made short by [`shrink`] and told by [`Report::story`].

pub(super) mod canary;
mod crash_points;
mod database;
mod faulty_mailer;
mod faulty_providers;
mod faulty_store;
mod handed_over;
mod judge;
mod liveness;
mod own_accounts;
mod people;
mod plan;
mod scheduler;
mod shrink;
mod stage;
mod virtual_clock;
mod world;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::TimeDelta;

pub use canary::Canary;
pub use crash_points::{CrashPoints, each_of_so_many_crash_points, every_crash_point};
pub use database::{Database, Store};
pub use plan::{Fault, Faults, Injection, Plan, UnknownFault};
pub use shrink::shrink;

use self::{database::Memory, plan::drawn, world::World};
use crate::errors::PortError;

/// How long everything is calm before every campaign must have got its email: two slots and a late first one lie at
/// most so far apart.
const CALM_DAYS: u16 = 64;

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The first thing that did not hold, beginning with the invariant's name.
    pub violation: Option<String>,
    /// A hash over everything that happened, in order.
    pub trace: u64,
    /// How many steps it took.
    pub steps: u64,
    /// How much virtual time passed.
    pub days: i64,
    /// How many emails the mailbox took.
    pub emails: usize,
    /// How often each kind of trouble, and each rare case worth proving, occurred.
    pub met: BTreeMap<&'static str, u64>,
    /// The operations that were called while things could fail.
    pub calls: BTreeMap<&'static str, Calls>,
    /// The faults that happened.
    pub injected: BTreeSet<Injection>,
    /// What happened, a line for each thing, the latest last.
    pub story: Vec<String>,
}

/// An operation that was called while things could fail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calls {
    /// How often.
    pub count: u32,
    /// What could have happened to it.
    pub possible: BTreeSet<Fault>,
}

/// Runs a plan over the in-memory store, to its end or to the first thing that does not hold.
#[must_use]
pub fn simulate(plan: &Plan) -> Report {
    let relayed = drawn(plan.seed, "relayed", 0).is_multiple_of(2);
    let memory = Memory::new(relayed, plan.canary);
    let truth = memory.truth();
    run(plan, Box::new(memory), Some(truth))
}

/// Runs a plan over another database, so that every store can be tried as the in-memory one is.
///
/// A process opens the database when it starts and leaves it when it dies, at any moment between two calls. The database
/// must be empty. What it does on other threads does not follow from the seed, so the trace may differ; what must hold
/// does not.
#[must_use]
pub fn simulate_on(plan: &Plan, database: impl Database + 'static) -> Report {
    run(plan, Box::new(database), None)
}

/// `truth` is the store as the judge reads it, where that is another than what processes get.
fn run(plan: &Plan, database: Box<dyn Database>, truth: Option<Arc<dyn Store>>) -> Report {
    let mut world = match World::new(plan, database, truth) {
        Ok(world) => world,
        Err(error) => return Report::not_begun(&error),
    };
    let start = world.steady();
    let drawn = world.dice.u16(20..75);
    world.run_for(TimeDelta::days(plan.troubled_days.unwrap_or(drawn).into()));
    world.calm();
    world.stage.tell("from here on nothing fails");
    let calm_since = world.steady();
    world.run_for(TimeDelta::days(plan.calm_days.into()));
    if world.stage.violation().is_none() && plan.calm_days >= CALM_DAYS {
        world.must_have_gone_on(calm_since);
    }
    let stage = &world.stage;
    Report {
        violation: stage.violation(),
        trace: stage.trace(),
        steps: world.steps,
        days: (world.steady() - start).num_days(),
        emails: stage.emails(),
        met: stage.counted(),
        calls: stage.calls(),
        injected: stage.injected(),
        story: stage.story(),
    }
}

impl Report {
    /// The database could not be opened.
    fn not_begun(error: &PortError) -> Self {
        Self {
            violation: Some(format!("the database cannot be opened: {error}")),
            trace: 0,
            steps: 0,
            days: 0,
            emails: 0,
            met: BTreeMap::new(),
            calls: BTreeMap::new(),
            injected: BTreeSet::new(),
            story: Vec::new(),
        }
    }
}
