//! The adapter for SNS and SQS against moto's imitation of them, which these tests start themselves: `python3` with the
//! packages `moto[server]` and `boto3`.
//!
//! Each test has a region of its own, with a clock that it sets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod bus;
mod campaigns;
mod campaigns_simulated;
mod dead_letters;
mod failures;
mod messages;
mod place;
mod provisioning;
mod python;
mod queue;
#[path = "../relayed/mod.rs"]
mod relayed;
mod service;
#[path = "../simulated/mod.rs"]
mod simulated;
mod waiting;
