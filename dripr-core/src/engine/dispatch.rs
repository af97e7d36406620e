//! From a delivery to its handler, to the store, and back to the queue: in that order, so that a crash anywhere leaves
//! the delivery to come again, and a handler to find its work done.

use std::sync::Arc;

use futures_util::{StreamExt, stream};
use tracing::{Instrument, Span};

use super::{
    Engine, Outcome,
    agent_mail::Next,
    handlers::{Work, email_sending, welcome},
    in_hand::InHand,
    spans,
};
use crate::{
    campaign::{Action, Actor, Command, Dossier, Operation, Provision},
    content::{AreaContent, AreaKey},
    errors::PortResult,
    events::{Event, Queue},
    ids::CampaignId,
    policy::after,
    ports::{Delivery, EntropyExt, Settlement},
};

/// After so many receives a delivery that nobody can handle is parked.
const RECEIVES: u32 = 5;

impl Engine {
    /// Receives what a queue holds, works through it, and gives how many deliveries there were.
    pub(super) async fn work_through(self: &Arc<Self>, queue: Queue) -> PortResult<usize> {
        let now = self.ports.clock.now();
        let visibility = self.policy().operation_lease;
        let deliveries = self.ports.queue.receive(queue, self.pace.batch, now, visibility).await?;
        let received = deliveries.len();
        if received == 0 {
            return Ok(0);
        }
        let in_hand = InHand::new(&deliveries);
        let work = self.work_on_all(queue, deliveries, &in_hand);
        let settlements = self.while_in_hand(&in_hand, visibility, work).await;
        self.ports.queue.settle(settlements, self.ports.clock.now()).await?;
        Ok(received)
    }

    async fn work_on_all(self: &Arc<Self>, queue: Queue, deliveries: Vec<Delivery>, in_hand: &InHand) {
        let mut wanted: Vec<(Delivery, CampaignId)> = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            match delivery.event() {
                Err(reason) => {
                    let reason = format!("not an event: {reason}");
                    in_hand.finish(delivery.park(reason));
                }
                Ok(Event::UserCreated(event)) => {
                    let event = event.clone();
                    let span = spans::of_delivery(queue, &delivery);
                    in_hand.finish(self.welcome(delivery, &event).instrument(span).await);
                }
                Ok(Event::StatusChanged(change)) => {
                    let id = change.campaign_id.clone();
                    wanted.push((delivery, id));
                }
            }
        }
        if wanted.is_empty() {
            return;
        }
        let ids: Vec<CampaignId> = wanted.iter().map(|(_, id)| id.clone()).collect();
        match self.ports.campaigns.load(&ids).await {
            Ok(dossiers) => {
                let found = wanted.into_iter().map(|(delivery, _)| delivery).zip(dossiers).collect();
                self.work_on(queue, found, in_hand).await;
            }
            Err(error) => {
                tracing::warn!(%error, %queue, "campaigns could not be read");
                in_hand.finish_all(wanted.into_iter().map(|(delivery, _)| self.later(delivery)));
            }
        }
    }

    async fn work_on(
        self: &Arc<Self>,
        queue: Queue,
        found: Vec<(Delivery, Option<Dossier>)>,
        in_hand: &InHand,
    ) {
        let mut known = Vec::with_capacity(found.len());
        for (delivery, dossier) in found {
            match dossier {
                Some(dossier) => known.push((delivery, dossier)),
                None if delivery.receive_count() >= RECEIVES => {
                    in_hand.finish(delivery.park("there is no such campaign"));
                }
                None => in_hand.finish(self.later(delivery)),
            }
        }
        let Some(operation) = operation_of(queue) else {
            let known = known.into_iter().map(|(delivery, dossier)| {
                let span = spans::of_delivery(queue, &delivery);
                (delivery, (dossier, span))
            });
            let (deliveries, dossiers): (Vec<_>, Vec<_>) = known.unzip();
            match email_sending::handle(self, &dossiers).await {
                Ok(()) => in_hand.finish_all(deliveries.into_iter().map(Delivery::done)),
                Err(error) => {
                    tracing::warn!(%error, "emails could not be sent");
                    in_hand.finish_all(deliveries.into_iter().map(|delivery| self.later(delivery)));
                }
            }
            return;
        };
        let now = self.ports.clock.now();
        let mut works = Vec::with_capacity(known.len());
        let mut deliveries = Vec::with_capacity(known.len());
        for (delivery, dossier) in known {
            // Stale, duplicate and early deliveries end here: the campaign does not want the work.
            match Work::wanted(operation, dossier, now) {
                Some(work) => {
                    works.push(work);
                    deliveries.push(delivery);
                }
                None => in_hand.finish(delivery.done()),
            }
        }
        if let Err(error) = self.read_before(&mut works).await {
            tracing::warn!(%error, %queue, "earlier content could not be read");
            in_hand.finish_all(deliveries.into_iter().map(|delivery| self.later(delivery)));
            return;
        }
        let handled = stream::iter(works.into_iter().zip(deliveries)).map(|(work, delivery)| {
            let engine = self.clone();
            let span = spans::of_delivery(queue, &delivery);
            let handling = async move {
                let outcome = engine.handle(&work).await;
                Span::current().record("outcome", outcome.name());
                let action = engine.action(&work, outcome);
                (work, delivery, action)
            };
            handling.instrument(span)
        });
        // What is finished by now is stored together; what is slow holds up nothing. All of it is polled all the time: a
        // handler that was given its turn at a connection must be able to use it while other results are stored.
        let finished = handled.buffer_unordered(self.pace.concurrency).ready_chunks(self.pace.batch);
        let mut stored = finished.map(|chunk| self.store(chunk)).buffer_unordered(self.pace.batch);
        while let Some(settled) = stored.next().await {
            in_hand.finish_all(settled);
        }
    }

    /// Stores what became of some works, and gives how their deliveries are settled after that.
    async fn store(&self, finished: Vec<(Work, Delivery, Option<Action>)>) -> Vec<Settlement> {
        let mut settlements = Vec::with_capacity(finished.len());
        let mut commands = Vec::with_capacity(finished.len());
        let mut deliveries = Vec::with_capacity(finished.len());
        for (work, delivery, action) in finished {
            match action {
                Some(action) => {
                    commands.push(Command {
                        campaign_id: work.dossier.campaign.id.clone(),
                        actor: Actor::System,
                        action,
                        desk: self.bench.clone(),
                    });
                    deliveries.push(delivery);
                }
                None => settlements.push(delivery.done()),
            }
        }
        match self.execute(commands).await {
            Ok(executions) => {
                for (delivery, execution) in deliveries.into_iter().zip(executions) {
                    if let Err(refusal) = execution.result {
                        tracing::debug!(%refusal, "a result came too late");
                    }
                    settlements.push(delivery.done());
                }
            }
            Err(error) => {
                tracing::warn!(%error, "results could not be stored");
                settlements.extend(deliveries.into_iter().map(|delivery| self.later(delivery)));
            }
        }
        settlements
    }

    /// What is to be stored of an outcome.
    fn action(&self, work: &Work, outcome: Outcome) -> Option<Action> {
        let (operation, cycle) = (work.operation, work.cycle);
        let now = self.ports.clock.now();
        match outcome {
            Outcome::Done(action) => Some(action),
            Outcome::Skipped => None,
            Outcome::DeferUntil(until) => Some(Action::Postpone { operation, cycle, until, failure: None }),
            Outcome::Retry(error) => {
                let failed = work.dossier.campaign.operations[operation].attempts.saturating_add(1);
                tracing::info!(%operation, campaign_id = %work.dossier.campaign.id, %error, failed, "an operation failed");
                if failed >= self.policy().attempts {
                    return Some(last_resort(operation, cycle, error.to_string()));
                }
                let pause = self.policy().pause(failed, self.ports.entropy.fraction());
                let until = after(now, pause.max(error.pause().unwrap_or_default()));
                Some(Action::Postpone { operation, cycle, until, failure: Some(error.to_string()) })
            }
            Outcome::GiveUp(reason) => Some(last_resort(operation, cycle, reason)),
        }
    }

    async fn welcome(self: &Arc<Self>, delivery: Delivery, event: &crate::events::UserCreated) -> Settlement {
        match welcome::handle(self, event).await {
            Ok(Next::Done) => delivery.done(),
            Ok(Next::Again(at)) => delivery.again(at),
            Err(error) if !error.fault().may_heal() && delivery.receive_count() >= RECEIVES => {
                delivery.park(error.to_string())
            }
            Err(error) => {
                tracing::warn!(%error, "a welcome mail has to wait");
                self.later(delivery)
            }
        }
    }

    /// A delivery that comes again after a pause which grows with each receiving.
    fn later(&self, delivery: Delivery) -> Settlement {
        let failed = u8::try_from(delivery.receive_count()).unwrap_or(u8::MAX);
        let pause = self.policy().pause(failed, self.ports.entropy.fraction());
        delivery.again(after(self.ports.clock.now(), pause))
    }

    /// Shared content by key, at hand or from the store.
    pub(super) async fn shared_content(&self, key: &AreaKey) -> PortResult<Option<Arc<AreaContent>>> {
        if let Some(content) = self.areas.at_hand(key) {
            return Ok(Some(content));
        }
        let content = self.ports.areas.content(std::slice::from_ref(key)).await?.pop().flatten();
        if let Some(content) = &content {
            self.areas.keep(key, content);
        }
        Ok(content)
    }
}

/// An operation that cannot succeed: without an email there is nothing to send, without anything else there still is.
fn last_resort(operation: Operation, cycle: crate::schedule::Cycle, reason: String) -> Action {
    match operation {
        Operation::EmailCreation => Action::GiveUp { operation, cycle, reason, fetch_again: false },
        Operation::Property
        | Operation::ActiveListings
        | Operation::RecentSales
        | Operation::LocalMarketData
        | Operation::Intro
        | Operation::HomeReport => Action::Finish {
            operation,
            cycle,
            fence: None,
            provision: Provision::Omitted(reason),
            content: None,
        },
    }
}

/// The operation that a queue's handler does; none for the queues of mail.
fn operation_of(queue: Queue) -> Option<Operation> {
    match queue {
        Queue::EmailSending | Queue::WelcomeEmails => None,
        Queue::PropertyValuation => Some(Operation::Property),
        Queue::ActiveListings => Some(Operation::ActiveListings),
        Queue::RecentSales => Some(Operation::RecentSales),
        Queue::LocalMarketUpdates => Some(Operation::LocalMarketData),
        Queue::Intro => Some(Operation::Intro),
        Queue::HomeReport => Some(Operation::HomeReport),
        Queue::EmailCreation => Some(Operation::EmailCreation),
    }
}
