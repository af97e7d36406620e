//! The error that every port answers with.

use std::{error::Error, time::Duration};

use dripr_core::errors::{Fault, PortError};

#[test]
fn only_what_the_other_side_may_mend_by_itself_is_tried_again() {
    for (fault, heals) in [
        (Fault::Unavailable, true),
        (Fault::Throttled, true),
        (Fault::Garbled, true),
        (Fault::NotFound, false),
        (Fault::Invalid, false),
        (Fault::Misconfigured, false),
        (Fault::Corrupt, false),
    ] {
        assert_eq!(fault.may_heal(), heals, "{fault:?}");
    }
}

#[test]
fn an_error_says_what_happened_why_and_how_long_to_wait() {
    let plain = PortError::new(Fault::NotFound, "no such home");
    assert_eq!(plain.fault(), Fault::NotFound);
    assert_eq!(plain.to_string(), "no such home");
    assert_eq!(plain.pause(), None);
    assert!(plain.source().is_none());

    let full = PortError::new(Fault::Throttled, "asked to slow down")
        .caused_by("429")
        .retry_after(Duration::from_secs(30));
    assert_eq!(full.fault(), Fault::Throttled);
    assert_eq!(full.to_string(), "asked to slow down: 429");
    assert_eq!(full.pause(), Some(Duration::from_secs(30)));
    assert_eq!(full.source().unwrap().to_string(), "429");
}
