//! What an operator watches a running deployment by.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the report")]

mod alerts;
mod documents;
mod health;
mod logs;
mod metrics;
mod stage;
mod walk;
