//! Taking messages to endpoints, a turn at a time.
//!
//! A turn is one endpoint and what is due there, at most [`BATCH`] messages at once. Whoever has an endpoint in hand has it
//! until [`IN_HAND`] is over; nobody else sends there meanwhile. Endpoints are taken in the order in which they were last
//! served, so that one with much to get is no more in the way than one with little.
//!
//! What came of a turn is stored together, and only then. Whoever ends before that has sent what others will send again: with
//! the same id, by which receivers know it.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;

use super::{Due, Endpoint, Outcome, Report};
use crate::{
    errors::PortResult,
    policy::after,
    ports::{Clock, Entropy, EntropyExt, WebhookSender, WebhookStore},
    schedule::Instant,
};

/// For how long an endpoint is in one hand: longer than any sender takes for an answer, and than storing it takes.
pub const IN_HAND: Duration = Duration::from_secs(60);

/// For how long an endpoint is left alone that answered nothing in a whole turn, so that many of that kind do not hold up the
/// others. No longer than [`IN_HAND`], which is how a store knows a wrong clock.
pub const REST: Duration = Duration::from_secs(60);

/// How many messages an endpoint gets at once.
pub const BATCH: usize = 16;

/// Who takes messages to endpoints.
#[derive(Clone)]
pub struct Courier {
    /// Where they wait.
    pub store: Arc<dyn WebhookStore>,
    /// Who sends them.
    pub sender: Arc<dyn WebhookSender>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What spreads further tries.
    pub entropy: Arc<dyn Entropy>,
}

/// An endpoint in hand.
#[derive(Debug)]
pub struct Turn {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Until when it is.
    pub until: Instant,
}

impl Courier {
    /// Takes endpoints in hand for which something is due, at most `limit`.
    ///
    /// # Errors
    /// The store's.
    pub async fn claim(&self, limit: usize) -> PortResult<Vec<Turn>> {
        let now = self.clock.now();
        let until = after(now, IN_HAND);
        let endpoints = self.store.claim_webhooks(now, until, limit).await?;
        Ok(endpoints.into_iter().map(|endpoint| Turn { endpoint, until }).collect())
    }

    /// Sends what is due to an endpoint in hand, stores what came of it, and gives the endpoint out of the hand.
    ///
    /// # Errors
    /// The store's. What was sent is sent again, with the same ids.
    pub async fn serve(&self, turn: Turn) -> PortResult<Vec<Report>> {
        let Turn { endpoint, until } = turn;
        let due = self.store.due_messages(&endpoint.id, self.clock.now(), BATCH).await?;
        if due.is_empty() {
            // What made it due is gone. It stays in the hand until that is over, so that it is not taken again at once.
            return Ok(Vec::new());
        }
        let reports = join_all(due.iter().map(|due| self.send(&endpoint, due))).await;
        let now = self.clock.now();
        let silent = reports.iter().all(|report| matches!(report.answer.outcome, Outcome::Failed(_)));
        let rests_until = if silent { after(now, REST) } else { now };
        let off = self.store.end_turn(&endpoint.id, until, reports.clone(), rests_until).await?;
        if let Some(because) = off {
            tracing::warn!(endpoint = %endpoint.id, because = because.sentence(), "a webhook was switched off");
        }
        Ok(reports)
    }

    async fn send(&self, endpoint: &Endpoint, due: &Due) -> Report {
        let began = self.clock.now();
        let answer = self.sender.send(endpoint, &due.message).await;
        let at = self.clock.now();
        let took = (at - began).num_milliseconds();
        tracing::debug!(
            endpoint = %endpoint.id, message = %due.message.id, kind = %due.message.kind,
            outcome = %answer.outcome, took, "a webhook was tried"
        );
        Report {
            message_id: due.message.id.clone(),
            attempted: due.delivery.attempted,
            at,
            took_ms: u64::try_from(took).unwrap_or_default(),
            answer,
            fraction: self.entropy.fraction(),
        }
    }
}

impl std::fmt::Debug for Courier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Courier").finish_non_exhaustive()
    }
}
