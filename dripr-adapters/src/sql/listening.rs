//! Listening to what PostgreSQL tells, for as long as a store is there.
//!
//! What is told while nobody listens is lost. So everybody looks once whenever a connection was made anew, and at each try that failed,
//! which are seconds apart at most. A connection whose server vanished without a word looks like one on which nothing is told; so one
//! that is quiet for a while is asked whether it is still there: a round trip in half a minute in which nothing is told.

use std::{sync::Arc, time::Duration};

use sqlx::{
    Acquire, Connection,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use tokio::time::{sleep, timeout};

use super::{
    arrivals::Arrivals,
    connection::{Limits, within},
};

/// How long it is waited before a lost connection is made anew. Twice as long each time, up to [`LONGEST_PAUSE`], and this long again
/// once one has proved itself.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How one hears what is told: by one connection after another.
pub(super) trait Line: Send + 'static {
    /// Makes a connection in place of the one before.
    fn open(&mut self) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// What is told next; `None` if the connection is lost. It may be dropped without losing anything.
    fn hear(&mut self) -> impl Future<Output = Option<String>> + Send;

    /// Asks whether the connection is still there.
    fn answer(&mut self) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
}

/// Listens by a line that is open, and never ends.
pub(super) async fn listen(mut line: impl Line, ours: Arc<str>, arrivals: Arc<Arrivals>, limits: Limits) {
    let mut pause = SHORTEST_PAUSE;
    loop {
        if hear_all(&mut line, &ours, &arrivals, limits).await {
            pause = SHORTEST_PAUSE;
        }
        loop {
            sleep(pause).await;
            pause = LONGEST_PAUSE.min(pause * 2);
            let opened = within(limits.connecting(), line.open()).await;
            // Something may have come while nobody listened, and nobody listens yet if it failed.
            arrivals.arrived(u16::MAX);
            if opened.is_ok() {
                break;
            }
        }
    }
}

/// Passes on what is told until the connection is lost. Says whether there was one at all.
async fn hear_all(line: &mut impl Line, ours: &str, arrivals: &Arrivals, limits: Limits) -> bool {
    let mut proved = false;
    loop {
        match timeout(limits.quiet(), line.hear()).await {
            Ok(Some(told)) => pass_on(&told, ours, arrivals),
            Ok(None) => return proved,
            Err(_) => {
                if within(limits.ping(), line.answer()).await.is_err() {
                    return proved;
                }
            }
        }
        proved = true;
    }
}

/// What is told is whose it is, and the queues that got something, as bits.
fn pass_on(told: &str, ours: &str, arrivals: &Arrivals) {
    match told.split_once(':') {
        Some((from, _)) if from == ours => {}
        Some((_, woken)) => arrivals.arrived(woken.parse().unwrap_or(u16::MAX)),
        None => arrivals.arrived(u16::MAX),
    }
}

/// A channel of PostgreSQL.
pub(super) struct Channel {
    connecting: PgConnectOptions,
    name: Arc<str>,
    listener: Option<PgListener>,
}

impl Channel {
    /// Not open yet.
    pub(super) fn new(connecting: PgConnectOptions, name: Arc<str>) -> Self {
        Self { connecting, name, listener: None }
    }
}

impl Line for Channel {
    async fn open(&mut self) -> Result<(), sqlx::Error> {
        self.listener = None;
        // A pool for each: the connection of the one before, to a server that says nothing, is in its pool until the system gives it up.
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .min_connections(0)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(self.connecting.clone());
        let mut listener = PgListener::connect_with(&pool).await?;
        // It is made anew here, where that is bounded and everybody looks.
        listener.eager_reconnect(false);
        listener.listen(&self.name).await?;
        self.listener = Some(listener);
        Ok(())
    }

    async fn hear(&mut self) -> Option<String> {
        let told = self.listener.as_mut()?.try_recv().await.ok()??;
        Some(told.payload().to_owned())
    }

    async fn answer(&mut self) -> Result<(), sqlx::Error> {
        let Some(listener) = &mut self.listener else { return Err(sqlx::Error::PoolClosed) };
        listener.acquire().await?.ping().await
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::VecDeque,
        future::{pending, ready},
    };

    use dripr_core::events::Queue;
    use futures_util::FutureExt;
    use tokio::{
        sync::mpsc,
        time::{Instant, advance},
    };

    use super::*;
    use crate::sql::connection::LONGEST_SILENCE;

    const ALL: u16 = u16::MAX;

    /// What becomes of a try to connect, and of the connection then.
    enum Try {
        Refused,
        Hangs,
        /// Something is told on it, and then it is lost.
        Tells(&'static [&'static str]),
        /// It is asked so many times, and says nothing any more then.
        Answers(usize),
        Silent,
    }

    /// A line on which everything goes as it is told to, and that writes down when it is opened and asked.
    struct Script {
        begun: Instant,
        tries: VecDeque<Try>,
        now: Option<Try>,
        told: usize,
        done: mpsc::UnboundedSender<(&'static str, Duration)>,
    }

    impl Script {
        fn write(&self, what: &'static str) {
            let _ = self.done.send((what, self.begun.elapsed()));
        }
    }

    impl Line for Script {
        async fn open(&mut self) -> Result<(), sqlx::Error> {
            self.write("opened");
            self.told = 0;
            self.now = self.tries.pop_front();
            match self.now {
                Some(Try::Refused) => Err(sqlx::Error::PoolTimedOut),
                // What is no longer in the script hangs too.
                Some(Try::Hangs) | None => pending().await,
                Some(Try::Tells(_) | Try::Answers(_) | Try::Silent) => Ok(()),
            }
        }

        async fn hear(&mut self) -> Option<String> {
            let Some(Try::Tells(told)) = &self.now else { return pending().await };
            self.told += 1;
            told.get(self.told - 1).map(|told| (*told).to_owned())
        }

        async fn answer(&mut self) -> Result<(), sqlx::Error> {
            self.write("asked");
            match &mut self.now {
                Some(Try::Answers(times @ 1..)) => {
                    *times -= 1;
                    ready(Ok(())).await
                }
                _ => pending().await,
            }
        }
    }

    /// Listens as a script has it, for so long.
    async fn played(
        script: impl IntoIterator<Item = Try>,
        longest: Duration,
    ) -> Vec<(&'static str, Duration)> {
        let mut tries: VecDeque<Try> = script.into_iter().collect();
        let (done, mut lines) = mpsc::unbounded_channel();
        let now = tries.pop_front();
        let script = Script { begun: Instant::now(), tries, now, told: 0, done };
        let listening = listen(script, Arc::from("us"), Arc::default(), Limits::of(LONGEST_SILENCE));
        let _ = timeout(longest, listening).await;
        std::iter::from_fn(|| lines.try_recv().ok()).collect()
    }

    fn millis(lines: &[(&'static str, Duration)], what: &str) -> Vec<u128> {
        lines.iter().filter(|(did, _)| *did == what).map(|(_, at)| at.as_millis()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_until_a_connection_has_proved_itself() {
        let refused = std::iter::repeat_with(|| Try::Refused).take(8);
        let script = std::iter::once(Try::Tells(&[])).chain(refused).chain([Try::Tells(&["x:1"])]);
        let lines = played(script, Duration::from_secs(40)).await;
        let opened = millis(&lines, "opened");
        let pauses: Vec<u128> = opened.windows(2).map(|two| two[1] - two[0]).collect();
        assert_eq!(opened[0], 100);
        assert_eq!(
            pauses,
            [200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000, 100],
            "the last after it told something"
        );
        let lost = std::iter::repeat_with(|| Try::Tells(&[])).take(6);
        let opened = millis(&played(lost, Duration::from_secs(9)).await, "opened");
        assert_eq!(opened, [100, 300, 700, 1_500, 3_100, 6_300], "one that is lost at once proves nothing");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_hangs_is_given_up() {
        let lines = played([Try::Tells(&[]), Try::Hangs, Try::Silent], Duration::from_secs(31)).await;
        let connecting = Limits::of(LONGEST_SILENCE).connecting().as_millis();
        assert_eq!(millis(&lines, "opened"), [100, 100 + connecting + 200]);
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_quiet_is_asked_and_one_that_does_not_answer_is_made_anew() {
        let lines = played([Try::Answers(2), Try::Silent], Duration::from_secs(101)).await;
        assert_eq!(millis(&lines, "asked"), [30_000, 60_000, 90_000], "twice a minute and no more");
        assert_eq!(millis(&lines, "opened"), [100_100], "ten seconds later");
    }

    /// Lets the listening go on by some milliseconds, and looks whether somebody who waited before heard of anything.
    async fn hears(arrivals: &Arrivals, of: u16, after: u64) -> bool {
        let mut waiting = Box::pin(arrivals.wait(of));
        assert!((&mut waiting).now_or_never().is_none(), "whoever just came hears of nothing yet");
        for _ in 0..after {
            advance(Duration::from_millis(1)).await;
            tokio::task::yield_now().await;
        }
        waiting.now_or_never().is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn everybody_looks_once_a_connection_was_made_anew() {
        let arrivals: Arc<Arrivals> = Arc::default();
        let (done, _lines) = mpsc::unbounded_channel();
        let tries = [Try::Refused, Try::Silent].into();
        let script = Script { begun: Instant::now(), tries, now: Some(Try::Tells(&[])), told: 0, done };
        let listening = listen(script, Arc::from("us"), arrivals.clone(), Limits::of(LONGEST_SILENCE));
        let listening = tokio::spawn(listening);
        assert!(!hears(&arrivals, ALL, 90).await, "nobody listens, and nothing was tried yet");
        assert!(hears(&arrivals, ALL, 20).await, "nobody listens: whoever waits looks at each try");
        assert!(!hears(&arrivals, ALL, 180).await);
        assert!(hears(&arrivals, ALL, 20).await, "it is heard again, and something may have come before");
        assert!(!hears(&arrivals, ALL, 5_000).await, "no more than once");
        listening.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn what_others_tell_is_passed_on_and_what_is_ours_is_not() {
        let arrivals = Arrivals::default();
        let queue = 1 << Queue::EmailSending as u16;
        let heard = |told: &str, of: u16| {
            let mut waiting = Box::pin(arrivals.wait(of));
            assert!((&mut waiting).now_or_never().is_none(), "nothing was told yet");
            pass_on(told, "us", &arrivals);
            waiting.now_or_never().is_some()
        };
        let theirs = format!("them:{queue}");
        assert!(heard(&theirs, queue) && !heard(&theirs, ALL & !queue), "in the queue that got something");
        assert!(!heard(&format!("us:{queue}"), ALL), "who wrote it knows");
        assert!(heard("them:what", queue) && heard("what", queue), "of another version: it is looked at");
    }
}
