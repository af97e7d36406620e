//! The rules of the domain, one by one, each on its own side of its boundary.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod scene;

mod access;
mod agent;
mod amendment;
mod billing;
mod carried_over;
mod commands;
mod connect_link;
mod contact;
mod content;
mod deadline;
mod dossier;
mod email;
mod errors;
mod events;
mod explain;
mod facts;
mod ids;
mod next_send;
mod operation;
mod phase;
mod plan;
mod policy;
mod schedule;
mod statistics;
mod status;
mod transition;
mod wrong_clock;
