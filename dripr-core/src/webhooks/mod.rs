//! Outgoing webhooks: what happened, told to programs such as a CRM in the format of
//! [Standard Webhooks](https://www.standardwebhooks.com), signed, tried again, and kept for a while.
//!
//! An [`Endpoint`] is an address of somebody who wants to know. A [`Message`] tells one thing that happened; a store writes it
//! in the transaction in which it happened, and only if somebody wants it. For each endpoint that does there is a
//! [`Delivery`], with the [`Attempt`]s that were made. A [`Courier`] takes them there.
//!
//! What commands bring about is [`News`] of their [`Amendment`](crate::campaign::Amendment): whether anybody wants to know is
//! not decided here, and nothing is put into words before that.
//!
//! | rule | |
//! |---|---|
//! | a message is tried ten times over three days ([`PAUSES`]); `Retry-After` is waited for | [`Delivery::record`] |
//! | 410 switches an endpoint off, and so do five days without a success | [`Endpoint::hear`] |
//! | a secret that was exchanged signs for 24 hours more | [`Endpoint::rotate`] |
//! | an endpoint is in one hand at a time and gets few messages at once, so that a slow one holds up itself alone | [`Courier`] |
//! | an attempt whose outcome was not stored is made again, under the same id | [`Courier`] |

mod attempt;
mod changes;
mod courier;
mod delivery;
mod endpoint;
mod kind;
mod message;
mod news;

pub use attempt::{Answer, Attempt, Outcome, Trouble};
pub use courier::{BATCH, Courier, IN_HAND, REST, Turn};
pub use delivery::{Delivery, Due, KEPT_ATTEMPTS, PAUSES, Report, Standing};
pub use endpoint::{
    Endpoint, FAILING_FOR, FormerSecret, KeptSecret, LONGEST_URL, MOST_OF_A_REACH, NewEndpoint, Off,
    OffBecause, SIGNS_FOR, check_url,
};
pub use kind::{Kind, Kinds, UnknownKind};
pub use message::{KEPT_FOR, Message};
pub use news::{News, What};
