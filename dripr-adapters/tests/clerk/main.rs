//! Clerk: what it tells of accounts, and who brings its tokens.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../loopback/mod.rs"]
mod loopback;

mod keys;
mod tokens;
mod webhooks;

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../data/providers/clerk/", $name))
    };
}
pub(crate) use sample;
