//! How long a server is waited for.
//!
//! One whose packets are dropped on the way, or whose machine is gone, says nothing at all: neither an answer nor that the
//! connection is over. The system itself waits a quarter of an hour for it, and for ever where nothing is under way.

use std::{io, time::Duration};

/// How long a server that was asked something may say nothing: longer than any statement of a large deployment takes, locks that it
/// waits for (ten seconds each) included.
pub(in crate::sql) const LONGEST_SILENCE: Duration = Duration::from_secs(120);

/// How long making a connection may take: as long as a pool waits for one.
const LONGEST_CONNECTING: Duration = Duration::from_secs(30);

/// How long the answer may take to whether a connection is open, or to anything else that is nothing to do for the server.
const LONGEST_PING: Duration = Duration::from_secs(10);

/// How long each thing may take that a server is asked for.
#[derive(Debug, Clone, Copy)]
pub(in crate::sql) struct Limits {
    silence: Duration,
}

impl Limits {
    /// Where a statement may take this long; nothing else may take longer.
    pub(in crate::sql) fn of(silence: Duration) -> Self {
        Self { silence }
    }

    /// Where nothing is asked that takes a server any time.
    pub(in crate::sql) fn of_looks(self) -> Self {
        Self { silence: self.ping() }
    }

    /// The answer to a statement.
    pub(in crate::sql) fn answer(self) -> Duration {
        self.silence
    }

    /// A new connection.
    pub(in crate::sql) fn connecting(self) -> Duration {
        self.silence.min(LONGEST_CONNECTING)
    }

    /// The answer to whether a connection is open.
    pub(in crate::sql) fn ping(self) -> Duration {
        self.silence.min(LONGEST_PING)
    }

    /// Waits for the end of a pool, for as long as what was asked there before may take and its connections to come back.
    pub(in crate::sql) async fn ending(self, ending: impl Future<Output = ()>) {
        // Nothing is lost with one that does not end: it lends nothing more, and its connections are closed with the process.
        let _ = tokio::time::timeout(self.answer().saturating_add(self.ping()), ending).await;
    }

    /// How long a connection that listens may hear nothing before it is asked whether it is open.
    pub(in crate::sql) fn quiet(self) -> Duration {
        self.silence / 4
    }
}

/// The patience with one connection. Once it has ended nothing more is asked: what was under way is still under way there, and nothing
/// is known of it.
#[derive(Debug)]
pub(in crate::sql) struct Patience {
    limits: Limits,
    over: bool,
}

impl Patience {
    pub(in crate::sql) fn new(limits: Limits) -> Self {
        Self { limits, over: false }
    }

    pub(in crate::sql) fn is_over(&self) -> bool {
        self.over
    }

    /// What came of asking the connection something.
    pub(in crate::sql) async fn with<T>(
        &mut self,
        asked: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        if self.over {
            return Err(silence());
        }
        // Whoever stops waiting earlier leaves it in the middle of something too.
        self.over = true;
        let Ok(done) = tokio::time::timeout(self.limits.answer(), asked).await else {
            return Err(silence());
        };
        self.over = false;
        done
    }

    /// Ends the connection, as far as the server hears of it.
    pub(in crate::sql) async fn end_with(&self, closing: impl Future<Output = Result<(), sqlx::Error>>) {
        if !self.over {
            // What was answered is stored already; closing only tidies up.
            let _ = within(self.limits.ping(), closing).await;
        }
    }
}

/// What came of it, or that the server said nothing for so long.
pub(in crate::sql) async fn within<T>(
    longest: Duration,
    asked: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    tokio::time::timeout(longest, asked).await.unwrap_or_else(|_| Err(silence()))
}

/// A server said nothing for too long; [`said_nothing`](crate::sql::error::said_nothing) knows it.
pub(in crate::sql) fn silence() -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, "the server said nothing for too long"))
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::time::{Instant, sleep};

    use super::*;
    use crate::sql::error::{is_gone, said_nothing, sorted};

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn what_answers_in_time_is_waited_for_each_time_anew() {
        let mut patience = Patience::new(Limits::of(LONGEST_SILENCE));
        for _ in 0..3 {
            let slow = async {
                sleep(LONGEST_SILENCE - SECOND).await;
                Ok(7)
            };
            assert_eq!(patience.with(slow).await.unwrap(), 7);
        }
        let refused = ready(Err::<(), _>(sqlx::Error::RowNotFound));
        assert!(matches!(patience.with(refused).await, Err(sqlx::Error::RowNotFound)));
        assert!(!patience.is_over(), "an answer is an answer");
    }

    #[tokio::test(start_paused = true)]
    async fn what_says_nothing_is_asked_nothing_more() {
        let mut patience = Patience::new(Limits::of(LONGEST_SILENCE));
        let begun = Instant::now();
        let silent = patience.with(pending::<Result<(), _>>()).await.unwrap_err();
        assert!(is_gone(&silent) && said_nothing(&sorted(silent, "trying")));
        assert_eq!(begun.elapsed().as_secs(), LONGEST_SILENCE.as_secs());
        assert!(patience.is_over());
        let again = patience.with(ready(Ok(()))).await.unwrap_err();
        assert!(said_nothing(&sorted(again, "trying")), "an answer would be one to the question before");
        patience.end_with(pending()).await;
        assert_eq!(begun.elapsed().as_secs(), LONGEST_SILENCE.as_secs(), "nor is it waited for again");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_stops_waiting_leaves_it_for_good() {
        let mut patience = Patience::new(Limits::of(LONGEST_SILENCE));
        let stopped = tokio::time::timeout(SECOND, patience.with(pending::<Result<(), _>>())).await;
        assert!(stopped.is_err() && patience.is_over());
    }

    #[tokio::test(start_paused = true)]
    async fn a_pool_that_does_not_end_is_left() {
        let begun = Instant::now();
        let limits = Limits::of(LONGEST_SILENCE);
        limits.ending(sleep(LONGEST_SILENCE)).await;
        assert_eq!(begun.elapsed().as_secs(), LONGEST_SILENCE.as_secs(), "what is under way has its time");
        limits.ending(pending()).await;
        assert_eq!(begun.elapsed().as_secs(), (2 * LONGEST_SILENCE + LONGEST_PING).as_secs());
    }

    #[test]
    fn nothing_else_takes_longer_than_a_statement_may() {
        let usual = Limits::of(LONGEST_SILENCE);
        assert!(usual.ping() < usual.connecting() && usual.connecting() < usual.answer());
        let short = Limits::of(SECOND);
        assert_eq!((short.ping(), short.connecting(), short.answer()), (SECOND, SECOND, SECOND));
        assert_eq!(usual.of_looks().answer(), usual.ping());
    }
}
