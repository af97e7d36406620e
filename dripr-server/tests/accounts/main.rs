//! Accounts and subscriptions that others keep, over the real router and a real store; and a partner's agents.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../api/asking.rs"]
#[allow(dead_code, reason = "its own tests need more of it")]
mod asking;
#[path = "../../../dripr-adapters/tests/loopback/mod.rs"]
mod loopback;
#[path = "../mail/site.rs"]
#[allow(dead_code, reason = "its own tests need more of it")]
mod site;

mod clerk;
mod keeping;
mod partners;
mod signer;
mod signing_in;
mod stripe;
