//! Asking a provider over HTTP: what every provider's adapter does alike.
//!
//! - Each request is taken from the [`Allowance`](dripr_core::ports::Allowance) first.
//! - An answer has a limit: so many bytes, and JSON no deeper than 128 levels (serde_json's own limit).
//! - Redirects are not followed: no provider of ours sends one, and a key must not travel to another host.
//! - Keys are given as [`SecretString`](secrecy::SecretString), marked sensitive in headers, and appear in no error: an error never holds the
//!   address that was asked.
//! - What went wrong is sorted by whose fault it is, see `Refusal::sorted`; an adapter first looks itself where its
//!   provider means something else by a status.

mod api;
pub(crate) mod json;
mod refusal;
mod retry_after;

#[cfg(any(feature = "s3-archive", feature = "webhooks"))]
pub(crate) use api::tls;
pub(crate) use api::{Answer, HttpApi, Unanswered};
pub use api::{HttpOptions, UnusableApi};
pub(crate) use refusal::Refusal;
pub(crate) use retry_after::retry_after;
