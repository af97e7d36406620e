//! A contract suite that nothing can fail holds nobody to anything: for each a wrong implementation, and what is said
//! of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "contracts_can_fail/blocks.rs"]
mod blocks;
#[path = "contracts_can_fail/call_counters.rs"]
mod call_counters;
#[path = "contracts_can_fail/deeds.rs"]
mod deeds;
#[path = "contracts_can_fail/emails.rs"]
mod emails;
#[path = "contracts_can_fail/machinery.rs"]
mod machinery;
#[path = "contracts_can_fail/mail_accounts.rs"]
mod mail_accounts;
#[path = "contracts_can_fail/passed_on.rs"]
mod passed_on;
#[path = "contracts_can_fail/probes.rs"]
mod probes;
#[path = "contracts_can_fail/sources.rs"]
mod sources;
#[path = "contracts_can_fail/verifiers.rs"]
mod verifiers;
#[path = "contracts_can_fail/webhooks.rs"]
mod webhooks;
#[path = "contracts_can_fail/wrong_store.rs"]
mod wrong_store;

fn now() -> dripr_core::schedule::Instant {
    "2026-03-01T12:00:00Z".parse().unwrap()
}
