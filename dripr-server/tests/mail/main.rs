//! What the world reaches by HTTP, and the real program with its mail providers on this machine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../deployment/mod.rs"]
#[allow(clippy::disallowed_methods, reason = "the real program runs on the real clock")]
mod deployment;
#[path = "../../../dripr-adapters/tests/postmark/imitation.rs"]
#[allow(dead_code, reason = "its own tests need more of it")]
mod imitation;
#[path = "../../../dripr-adapters/tests/loopback/mod.rs"]
mod loopback;
#[path = "../../../dripr-adapters/tests/dns_records/name_server.rs"]
mod name_server;

mod checking;
mod connecting;
mod google;
mod inboxes;
mod pages;
mod program;
mod site;
mod suppressions;
mod webhooks;

use loopback::faults;
