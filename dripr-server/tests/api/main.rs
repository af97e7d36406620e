//! The API of a deployment, asked over HTTP.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod asking;
mod blocked_addresses;
mod campaigns;
mod emails;
mod external_ids;
mod imports;
mod keys;
mod limits;
mod looking;
mod people;
mod requests;
#[path = "../mail/site.rs"]
#[allow(dead_code, reason = "its own tests need more of it")]
mod site;
mod tenants;
