//! Clerk: what it tells of accounts.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod webhooks;

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../data/providers/clerk/", $name))
    };
}
pub(crate) use sample;
