//! How those who wait for deliveries hear that some came, from this process and from others.
//!
//! PostgreSQL tells (`LISTEN`). With SQLite and MySQL another process's writes are looked for once a second, for as long
//! as somebody waits: SQLite has a number that changes with them, MySQL is asked for the newest of what is waited for.

use std::{sync::Arc, time::Duration};

use dripr_core::events::Queue;
use futures_util::future::select_all;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};

#[cfg(feature = "postgres")]
use super::{
    connection::Limits,
    listening::{Channel, listen},
};
use super::{
    connection::{Connecting, Connection, query},
    writer::Job,
};

/// The bit of the outbox, beside those of the queues.
pub(super) const OUTBOX: u16 = 1 << Queue::ALL.len();
/// The bit of what is told to webhooks.
pub(super) const WEBHOOKS: u16 = OUTBOX << 1;

/// How often another process's writes are looked for while somebody waits for a delivery.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Tells those who wait for deliveries that some came.
pub(super) struct Arrivals {
    /// One for each queue, one for the outbox, and one for webhooks.
    places: [watch::Sender<()>; Queue::ALL.len() + 2],
    /// How many wait. While nobody does, other processes' writes are not looked for.
    listeners: watch::Sender<usize>,
}

impl Default for Arrivals {
    fn default() -> Self {
        Self { places: std::array::from_fn(|_| watch::Sender::new(())), listeners: watch::Sender::new(0) }
    }
}

impl Arrivals {
    /// Something came into these queues, given as bits.
    pub(super) fn arrived(&self, woken: u16) {
        for (at, place) in self.places.iter().enumerate() {
            if woken & (1 << at) != 0 {
                place.send_replace(());
            }
        }
    }

    /// Returns when something came into one of these queues, given as bits, since it was first polled.
    pub(super) async fn wait(&self, wanted: u16) {
        let wanted = self.places.iter().enumerate().filter(|(at, _)| wanted & (1 << at) != 0);
        let mut heard: Vec<_> = wanted.map(|(_, place)| place.subscribe()).collect();
        if heard.is_empty() {
            return std::future::pending().await;
        }
        let _listener = Listener::new(self);
        let waiting = heard.iter_mut().map(|place| {
            Box::pin(async move {
                // The sender lives as long as the store that is borrowed here.
                let _ = place.changed().await;
            })
        });
        select_all(waiting).await;
    }
}

/// One that waits; it is counted until it is dropped.
struct Listener<'a>(&'a Arrivals);

impl<'a> Listener<'a> {
    fn new(arrivals: &'a Arrivals) -> Self {
        arrivals.listeners.send_if_modified(|listeners| {
            *listeners += 1;
            *listeners == 1
        });
        Self(arrivals)
    }
}

impl Drop for Listener<'_> {
    fn drop(&mut self) {
        // Who looks sees it at the next look; there is nothing to wake anybody for.
        self.0.listeners.send_if_modified(|listeners| {
            *listeners -= 1;
            false
        });
    }
}

/// What the writers of this process tell the others with a commit.
#[derive(Clone)]
pub(super) enum Told {
    /// Nothing: the others look.
    Nothing,
    /// A notification on a channel, marked as ours by a text that no other store has.
    #[cfg(feature = "postgres")]
    Notification { channel: Arc<str>, ours: Arc<str> },
}

impl Told {
    /// What is said with the commit of a transaction by which these queues got something, given as bits.
    pub(super) fn with_commit(&self, woken: u16) -> Option<String> {
        match self {
            Self::Nothing => None,
            #[cfg(feature = "postgres")]
            Self::Notification { .. } if woken == 0 => None,
            // In one message with the commit: so it takes no way of its own. Values cannot be bound there. The channel is a name, and
            // what is told is digits.
            #[cfg(feature = "postgres")]
            Self::Notification { channel, ours } => {
                Some(format!("NOTIFY \"{}\", '{ours}:{woken}'", channel.replace('"', "\"\"")))
            }
        }
    }
}

/// The task that hears of other processes' writes. It ends when this is dropped.
pub(super) struct Hearing(JoinHandle<()>);

impl Drop for Hearing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Hearing {
    /// Asks the connection that writes to look, once a second while somebody waits.
    #[cfg(feature = "sqlite")]
    pub(super) fn by_asking(writer: mpsc::WeakSender<Job>, arrivals: Arc<Arrivals>) -> Self {
        Self(tokio::spawn(async move {
            let mut listening = arrivals.listeners.subscribe();
            let mut every = tokio::time::interval(LOOK_EVERY);
            every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                // The sender lives as long as the arrivals that are held here.
                let _ = listening.wait_for(|listeners| *listeners > 0).await;
                every.tick().await;
                let Some(jobs) = writer.upgrade() else { return };
                if jobs.send(Job::Look).await.is_err() {
                    return;
                }
            }
        }))
    }

    /// Looks once a second while somebody waits: at a text that is another one after others wrote.
    pub(super) fn by_looking(connecting: Connecting, arrivals: Arc<Arrivals>, sql: &'static str) -> Self {
        Self(tokio::spawn(look(connecting, arrivals, sql)))
    }

    /// Listens to what PostgreSQL tells, by a channel that is open.
    #[cfg(feature = "postgres")]
    pub(super) fn by_listening(
        channel: Channel,
        ours: Arc<str>,
        arrivals: Arc<Arrivals>,
        limits: Limits,
    ) -> Self {
        Self(tokio::spawn(listen(channel, ours, arrivals, limits)))
    }
}

async fn look(connecting: Connecting, arrivals: Arc<Arrivals>, sql: &'static str) {
    let mut listening = arrivals.listeners.subscribe();
    let mut every = tokio::time::interval(LOOK_EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut connection: Option<Connection> = None;
    let mut seen: Option<String> = None;
    loop {
        // The sender lives as long as the arrivals that are held here.
        let _ = listening.wait_for(|listeners| *listeners > 0).await;
        every.tick().await;
        if connection.is_none() {
            connection = connecting.open().await.ok();
        }
        let Some(open) = &mut connection else { continue };
        let now = async { query(sql).fetch_one(open).await?.try_get::<String>(0) }.await;
        match now {
            // The first look has nothing to compare with.
            Ok(now) if seen.as_ref() != Some(&now) => {
                seen = Some(now);
                arrivals.arrived(u16::MAX);
            }
            Ok(_) => {}
            Err(_) => connection = None,
        }
    }
}

#[cfg(all(test, feature = "postgres"))]
mod tests {
    use super::*;

    #[test]
    fn others_are_told_with_the_commit_and_only_if_something_came() {
        let told = Told::Notification { channel: Arc::from("dripr_a\"b'"), ours: Arc::from("17") };
        assert_eq!(told.with_commit(0), None);
        assert_eq!(told.with_commit(5).as_deref(), Some("NOTIFY \"dripr_a\"\"b'\", '17:5'"));
        assert_eq!(Told::Nothing.with_commit(5), None);
    }
}
