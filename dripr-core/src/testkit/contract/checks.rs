//! What is true of every fact, whoever gives it; and waiting that comes to an end.

use std::{pin::pin, sync::mpsc, time::Duration};

use futures_util::future::{Either, select};

use crate::{content::HomeFacts, errors::Fault, errors::PortResult};

/// A text on one line, with something on it.
pub(super) fn is_line(text: &str) -> bool {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
    !text.trim().is_empty() && !text.chars().any(breaks)
}

/// The name of a source, as a report shows it.
pub(super) fn source_is_named(source: &str) {
    assert!(is_line(source), "a report names its source, on one line; {source:?} is no name");
}

/// What is known of a home: numbers that can be, in the steps in which they are counted.
pub(super) fn facts_can_be(facts: &HomeFacts) {
    let counted = [
        ("bedrooms", facts.bedrooms, 1.0),
        ("bathrooms", facts.bathrooms, 4.0),
        ("floors", facts.floors, 2.0),
    ];
    for (what, number, steps) in counted {
        if let Some(number) = number {
            assert!(
                number.is_finite() && number >= 0.0,
                "{what} are a number that is not negative, not {number}"
            );
            assert!(
                what == "bedrooms" || (number * steps).fract() == 0.0,
                "bathrooms are counted in quarters and floors in halves; {number} {what} are neither"
            );
        }
    }
}

/// A distance, where there is one.
pub(super) fn distance_can_be(miles: Option<f64>) {
    assert!(
        miles.is_none_or(|miles| miles.is_finite() && miles >= 0.0),
        "a distance is a number of miles that is not negative, not {miles:?}"
    );
}

/// A price in whole dollars: what is not known is left out, and nothing is given away.
pub(super) fn price_can_be(what: &str, price: u64) {
    assert!(price > 0, "{what} has a price; one that is not known is left out and is not 0");
}

/// The answer to a question about something that nobody knows.
pub(super) fn is_not_found<T: std::fmt::Debug>(what: &str, answer: PortResult<T>) {
    match answer {
        Ok(invented) => panic!("{what} is an error, not an invention: {invented:?}"),
        Err(error) => assert_eq!(
            error.fault(),
            Fault::NotFound,
            "{what} is answered with the fault NotFound, since asking again changes nothing; the error was: {error}"
        ),
    }
}

/// What a future gives; `None` if it takes longer than that. Needs no runtime, and goes by real time.
pub(super) async fn within<T>(longest: Duration, future: impl Future<Output = T>) -> Option<T> {
    let (done, not_done) = mpsc::channel::<()>();
    let (ring, rung) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        // Ends at once with the future, which takes `done` along.
        if not_done.recv_timeout(longest) == Err(mpsc::RecvTimeoutError::Timeout) {
            // Nobody listens any more if the future was dropped.
            let _ = ring.send(());
        }
    });
    let given = match select(pin!(future), rung).await {
        Either::Left((given, _)) => Some(given),
        Either::Right(_) => None,
    };
    drop(done);
    given
}
