//! Clerk, where agents have their accounts and sign in.
//!
//! - [`webhook`]: what it tells of accounts.

pub mod webhook;
