//! Which idle connections are taken for open.
//!
//! Asking a connection whether it is open takes as long as a short read, and nearly all were used a moment ago. So only those
//! are asked that lay idle for a while, and, once one was found closed, all that lay idle since before: a server that ended one
//! mostly ended all.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How long a connection may lie idle and still be taken for open.
const LONGEST_IDLE: Duration = Duration::from_secs(3);

/// When one of a pool's connections was last found closed.
#[derive(Clone, Default)]
pub(in crate::sql) struct Trust(Arc<Mutex<Option<Instant>>>);

impl Trust {
    /// Whether a connection that lay idle for so long is taken for open.
    pub(in crate::sql) fn holds(&self, idle_for: Duration) -> bool {
        let closed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        is_trusted(idle_for, closed.map(|at| at.elapsed()))
    }

    /// One was found closed just now.
    pub(in crate::sql) fn broke(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

/// `closed`: how long ago another one was found closed.
fn is_trusted(idle_for: Duration, closed: Option<Duration>) -> bool {
    idle_for <= LONGEST_IDLE && closed.is_none_or(|ago| idle_for < ago)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_asked_after_a_while_and_after_another_was_found_closed() {
        let second = Duration::from_secs(1);
        assert!(is_trusted(Duration::ZERO, None) && is_trusted(LONGEST_IDLE, None));
        assert!(!is_trusted(LONGEST_IDLE + Duration::from_millis(1), None));
        assert!(!is_trusted(Duration::ZERO, Some(Duration::ZERO)), "it may have been closed with the other");
        assert!(!is_trusted(second, Some(second)) && !is_trusted(2 * second, Some(second)));
        assert!(is_trusted(second, Some(2 * second)), "it was used since");
        let trust = Trust::default();
        trust.clone().broke();
        assert!(!trust.holds(LONGEST_IDLE));
    }
}
