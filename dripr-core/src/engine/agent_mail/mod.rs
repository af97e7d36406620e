//! Sending mail to agents about their own account.

mod carry;
mod notices;

pub(super) use carry::{Errand, Next, carry};
