//! What a process with the role `relay` does for webhooks: it takes what is due to its endpoint, many endpoints side by side, and
//! sleeps until something is due or comes.
//!
//! An endpoint that does not answer keeps its own turn, and no other: as soon as one ends, the next endpoint is taken in hand.
//! Told to stop, it takes none any more and ends the turns it has.

use std::{pin::pin, time::Duration};

use dripr_adapters::layers::Metrics;
use dripr_core::{
    errors::PortResult,
    policy::{TICK, after},
    schedule::Instant,
    webhooks::{Courier, Report, Turn},
};
use futures_util::{StreamExt, poll, stream::FuturesUnordered};
use tokio::{sync::watch, task::JoinSet};

/// How many endpoints are served at once.
pub const MOST_AT_ONCE: usize = 64;

/// A moment that stays past although it was looked at is looked at again after this.
const STAYS_PAST: Duration = Duration::from_secs(1);

/// The pause after the store did not answer.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Takes messages to endpoints, until told to stop.
pub async fn deliver(courier: Courier, metrics: Metrics, mut stopping: watch::Receiver<()>) {
    // Tasks of their own: whoever waits for a connection to the database must be able to take it at any time, or all who come
    // after them wait for nothing.
    let mut turns = JoinSet::new();
    let mut stopped = false;
    loop {
        // Listening begins before looking, so that nothing comes unheard between the two.
        let store = courier.store.clone();
        let mut added = pin!(store.message_added());
        let heard = poll!(&mut added).is_ready();
        let mut failed = false;
        let mut wake = after(courier.clock.now(), TICK);
        if !stopped && turns.len() < MOST_AT_ONCE {
            // What time it was when it was looked: what became due since is past when it is slept for.
            let now = courier.clock.now();
            match next(&courier, MOST_AT_ONCE - turns.len()).await {
                Ok((taken, due, looked)) => {
                    failed = !looked;
                    // What somebody else is taking at this moment stays past until they have.
                    let earliest = if taken.is_empty() { after(now, STAYS_PAST) } else { now };
                    for turn in taken {
                        let courier = courier.clone();
                        turns.spawn(async move { courier.serve(turn).await });
                    }
                    wake = due.map_or(wake, |due| due.clamp(earliest, wake.max(earliest)));
                }
                Err(error) => {
                    tracing::warn!(%error, "webhooks could not be looked for");
                    wake = after(courier.clock.now(), AFTER_FAILURE);
                    failed = true;
                }
            }
        }
        if stopped && turns.is_empty() {
            return;
        }
        if heard && !failed && !stopped && turns.len() < MOST_AT_ONCE {
            // Something came while it was looked.
            continue;
        }
        let full = turns.len() >= MOST_AT_ONCE;
        tokio::select! {
            Some(ended) = turns.join_next(), if !turns.is_empty() => match ended {
                Ok(served) => count(&metrics, served),
                // What it had in hand is taken again when its time there is over.
                Err(error) => tracing::error!(%error, "a webhook's turn broke off"),
            },
            () = &mut added, if !stopped && !heard && !full => {}
            () = courier.clock.sleep_until(wake), if !stopped && !full => {}
            // The other end is dropped, which says the same.
            _ = stopping.changed(), if !stopped => stopped = true,
        }
    }
}

/// Endpoints in hand, when the next can be taken, and whether that could be told. What is in hand is served in any case.
async fn next(courier: &Courier, room: usize) -> PortResult<(Vec<Turn>, Option<Instant>, bool)> {
    let taken = courier.claim(room).await?;
    Ok(match courier.store.next_webhook_due().await {
        Ok(due) => (taken, due, true),
        Err(error) => {
            tracing::warn!(%error, "it could not be seen when webhooks are due next");
            (taken, Some(after(courier.clock.now(), AFTER_FAILURE)), false)
        }
    })
}

/// Takes all that is due now to its endpoints, turn by turn, and says how many tries that were: for tests and for hosts that
/// have a loop of their own.
///
/// # Errors
/// The store's.
pub async fn deliver_due(courier: &Courier, metrics: &Metrics) -> PortResult<usize> {
    let mut tried = 0;
    loop {
        let taken = courier.claim(MOST_AT_ONCE).await?;
        if taken.is_empty() {
            return Ok(tried);
        }
        let mut turns: FuturesUnordered<_> = taken.into_iter().map(|turn| courier.serve(turn)).collect();
        while let Some(served) = turns.next().await {
            tried += served.as_ref().map_or(0, Vec::len);
            count(metrics, served);
        }
    }
}

fn count(metrics: &Metrics, served: PortResult<Vec<Report>>) {
    match served {
        Ok(reports) => reports.iter().for_each(|report| metrics.told(report.answer.outcome.word())),
        Err(error) => {
            tracing::warn!(%error, "what came of webhooks could not be stored; they are sent again");
        }
    }
}
