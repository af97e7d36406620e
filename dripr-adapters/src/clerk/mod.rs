//! Clerk, where agents have their accounts and sign in.
//!
//! - [`webhook`]: what it tells of accounts.
//! - [`session`]: who somebody is that brings one of its session tokens.

pub mod session;
pub mod webhook;
