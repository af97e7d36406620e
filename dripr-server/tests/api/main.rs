//! The API of a deployment, asked over HTTP.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod asking;
mod blocked_addresses;
mod campaigns;
mod cancelled_imports;
mod emails;
mod external_ids;
#[cfg(feature = "gmail")]
#[path = "../mail/google.rs"]
#[allow(dead_code, reason = "its own tests need more of it")]
mod google;
mod import_reports;
mod imports;
mod keys;
mod limits;
mod looking;
#[cfg(any(feature = "clerk", feature = "gmail"))]
#[path = "../../../dripr-adapters/tests/loopback/mod.rs"]
mod loopback;
mod mailbox;
mod many;
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
