//! The real program, run as people run it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

mod choices;
mod commands;
mod configuration;
mod contracts;
mod demonstration;
mod import;
mod program;
mod running;
mod schedule;
mod verification;
