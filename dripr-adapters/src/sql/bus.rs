//! The port for publishing into the queues here, for whoever keeps campaigns elsewhere.

use std::collections::HashSet;

use async_trait::async_trait;
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    events::Event,
    ids::EventId,
    ports::EventBus,
};

use super::{
    SqlStore, announce::announce, connection::query, dossier::to_json, error::While, writer::Transaction,
};

const KNOWN: &str =
    "SELECT e.event_id FROM @list(?1: id text) AS v CROSS JOIN campaign_events AS e ON e.event_id = v.id";

/// All in one transaction, so that either all are published or none is. What was published before is not published again.
#[async_trait]
impl EventBus for SqlStore {
    async fn publish(&self, events: &[Event]) -> Vec<PortResult<()>> {
        let mut answers: Vec<PortResult<()>> = Vec::with_capacity(events.len());
        let mut named: Vec<(EventId, Event)> = Vec::with_capacity(events.len());
        for event in events {
            answers.push(match event.id() {
                Some(id) => {
                    named.push((id.clone(), event.clone()));
                    Ok(())
                }
                None => Err(PortError::new(Fault::Invalid, "event_id: missing; an event is kept under it")),
            });
        }
        if named.is_empty() {
            return answers;
        }
        let published = self
            .shared
            .writer
            .call(move |transaction| {
                let named = named.clone();
                Box::pin(async move { publish(transaction, named).await })
            })
            .await;
        if let Err(error) = published {
            for answer in answers.iter_mut().filter(|answer| answer.is_ok()) {
                *answer = Err(PortError::new(error.fault(), error.to_string()));
            }
        }
        answers
    }
}

async fn publish(transaction: &mut Transaction<'_>, events: Vec<(EventId, Event)>) -> PortResult<()> {
    let doing = "publishing events";
    let ids: Vec<&EventId> = events.iter().map(|(id, _)| id).collect();
    let known = query(KNOWN).bind(to_json(&ids)?);
    let known = known.fetch_all(&mut *transaction.connection).await.doing(doing)?;
    let known = known.iter().map(|row| row.try_get::<String>(0).doing(doing));
    let mut known = known.collect::<PortResult<HashSet<String>>>()?;
    let new: Vec<(EventId, Event)> =
        events.into_iter().filter(|(id, _)| known.insert(id.as_str().to_owned())).collect();
    // These queues are meant, wherever this store's own events go.
    let relayed = std::mem::replace(&mut transaction.relayed, false);
    announce(transaction, &new).await?;
    transaction.relayed = relayed;
    Ok(())
}
