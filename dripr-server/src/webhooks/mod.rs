//! Outgoing webhooks, as long as the program runs: messages are taken to endpoints, and old ones are forgotten.

mod forgetting;
mod round;

pub use forgetting::forget_old;
pub use round::{MOST_AT_ONCE, deliver, deliver_due};
