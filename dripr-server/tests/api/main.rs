//! The API of a deployment, asked over HTTP.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod asking;
mod blocked_addresses;
mod campaigns;
mod emails;
mod imports;
mod keys;
mod limits;
mod looking;
#[cfg(feature = "clerk")]
#[path = "../../../dripr-adapters/tests/loopback/mod.rs"]
mod loopback;
mod people;
mod requests;
#[cfg(feature = "clerk")]
#[path = "../accounts/signer.rs"]
#[allow(dead_code, reason = "its own tests need more of it")]
mod signer;
#[path = "../mail/site.rs"]
#[allow(dead_code, reason = "its own tests need more of it")]
mod site;
mod tenants;
