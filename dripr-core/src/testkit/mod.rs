//! For tests of one's own adapters and schedules: in-memory ports, a manual clock, a seeded entropy, samples,
//! proptest strategies and contract suites. Behind the feature `testkit`; its part `simulation` has all but the last two.
//!
//! - [`MemoryStore`] is every store, the queue, and (if wanted) an outbox with its bus. It is a real implementation,
//!   not a script: it keeps the contracts that every store keeps.
//! - [`ManualClock`] stands still until it is set.
//! - [`Mailbox`] is a mailer that keeps what it accepted, and can be told to fail.
//! - [`samples`] has an agent, homes and sources to fill an engine with.
//! - [`contract`] has a suite for each port; an implementer calls it with one line.
//! - [`simulation`] runs the whole application with everything breaking, from a seed.
//! - [`schedule`] has strategies for the types of [`crate::schedule`].

#[cfg(feature = "testkit")]
pub mod contract;
mod entropy;
mod mailbox;
mod manual_clock;
mod memory;
pub mod samples;
#[cfg(feature = "testkit")]
pub mod schedule;
pub mod simulation;

pub use entropy::SeededEntropy;
pub use mailbox::{Mailbox, Mood};
pub use manual_clock::ManualClock;
pub use memory::MemoryStore;
