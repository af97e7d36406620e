//! What a billing provider tells of subscriptions, and what that does to an agent.
//!
//! Providers tell each thing at least once, late and in any order. So nothing depends on the order in which changes come: a
//! [`Billing`] takes them in any order, any number of times, and stands the same in the end.
//!
//! | of two changes of one subscription | the one that counts |
//! |---|---|
//! | one says that it has ended | that one, for good |
//! | else they are of different seconds | the later |
//! | else one tells that it was made | the other |
//! | else one says that it leads away from what the other says | that one |
//! | else, or both do | the more cautious: a late payment before a paid one, an unpaid one before both |
//!
//! A customer may have several subscriptions, a new one beside one that was canceled: the best of them counts. A payment is
//! late since the first change that said so after the last one that said otherwise.
//!
//! That a payment failed stops nothing by itself: the subscription's own state follows, and has a week's grace.

mod change;
mod standing;
mod take;

pub use change::{Change, Stage};
pub use standing::{Billing, Known};
pub use take::{Taken, take};
