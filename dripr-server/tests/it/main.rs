//! The real program, run as people run it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

mod backups;
mod block_command;
mod choices;
mod commands;
mod config_command;
mod configuration;
mod contracts;
mod demonstration;
mod deploying;
mod doctor;
mod exporting;
mod import;
#[cfg(feature = "legacy-tables")]
mod import_tables;
mod keys_command;
mod persons;
mod program;
mod providers;
mod running;
mod schedule;
mod verification;
