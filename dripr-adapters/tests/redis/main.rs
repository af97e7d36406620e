//! The adapter for Redis against a server: `DRIPR_TEST_REDIS`, or the one on this machine.
//!
//! Each test has a prefix of its own and removes what it left.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod campaigns_simulated;
mod dead_letters;
mod failures;
mod limiter;
mod place;
mod proxy;
mod queue;
#[path = "../relayed/mod.rs"]
mod relayed;
#[path = "../simulated/mod.rs"]
mod simulated;
