//! Mails that come back: what each of many real ones tells, which email it is about, and that nothing in a mail breaks
//! or holds up who reads it.

#![cfg(feature = "returned-mail")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod attribution;
mod corpus;
mod hostile;
mod samples;

use dripr_adapters::returned_mail::{Returned, read};
use dripr_core::{
    feedback::{Bounce, Feedback, Happening},
    schedule::Instant,
};

/// When every mail came.
fn received() -> Instant {
    "2026-03-02T17:00:00Z".parse().unwrap()
}

fn told(mail: &[u8]) -> Feedback {
    match read(mail, received()) {
        Returned::Feedback(feedback) => feedback,
        other => panic!("{other:?}: {}", String::from_utf8_lossy(mail)),
    }
}

fn bounce(mail: &[u8]) -> Bounce {
    match told(mail).what {
        Happening::Bounced(bounce) => bounce,
        other => panic!("{other:?}"),
    }
}
