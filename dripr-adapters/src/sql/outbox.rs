//! The port for events whose queues are elsewhere. They are written with the change they announce, in `announce`.

use async_trait::async_trait;
use dripr_core::{
    errors::PortResult,
    ids::EventId,
    policy::{FARTHEST, after},
    ports::{Outbox, OutboxEntry},
    schedule::Instant,
};

use super::{
    SqlStore,
    arrivals::OUTBOX,
    connection::{Connection, query},
    dossier::{json, to_json},
    error::{While, corrupt},
    instant::{AT_ONCE, micros, micros_reached},
};

const DOING: &str = "reading the outbox";

/// What nobody has in hand. What somebody else is taking at this moment is passed over.
const WAITING: &str = "SELECT event FROM outbox WHERE visible_at <= ?1 ORDER BY event LIMIT ?2@passing";

/// What somebody has in hand for longer than anything is to be.
const TOO_FAR: &str = "SELECT event FROM outbox WHERE visible_at > ?1 ORDER BY event LIMIT ?2@passing";

const TAKE: &str =
    "UPDATE outbox SET visible_at = ?2 FROM @list(?1: taken int) AS v WHERE outbox.event = v.taken";

const READ: &str = "SELECT e.event_id, e.payload FROM @list(?1: taken int) AS v \
     CROSS JOIN campaign_events AS e ON e.seq = v.taken ORDER BY v.nr";

/// The numbers of events, by their ids.
const NUMBERS: &str =
    "SELECT e.seq FROM @list(?1: id text) AS v CROSS JOIN campaign_events AS e ON e.event_id = v.id";

#[async_trait]
impl Outbox for SqlStore {
    async fn unpublished(&self, limit: usize, now: Instant, until: Instant) -> PortResult<Vec<OutboxEntry>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        // Looking does not write where there is nothing: a relay at rest costs no transaction.
        let sql = "SELECT 1 FROM outbox LIMIT 1";
        if query(sql).fetch_optional(&self.shared.reads).await.doing(DOING)?.is_none() {
            return Ok(Vec::new());
        }
        self.shared
            .writer
            .call_repeatable(move |transaction| Box::pin(take(transaction.connection, limit, now, until)))
            .await
    }

    async fn mark_published(&self, ids: &[EventId]) -> PortResult<()> {
        let Some(numbers) = self.numbers(ids).await? else { return Ok(()) };
        self.shared
            .writer
            .call_repeatable(move |transaction| {
                let numbers = numbers.clone();
                Box::pin(async move {
                    let sql = transaction.connection.dialect().delete_listed("outbox", "event");
                    let done = query(sql).bind(numbers).execute(&mut *transaction.connection).await;
                    done.doing("marking events as published").map(drop)
                })
            })
            .await
    }

    async fn give_back(&self, ids: &[EventId]) -> PortResult<()> {
        let Some(numbers) = self.numbers(ids).await? else { return Ok(()) };
        self.shared
            .writer
            .call_repeatable(move |transaction| {
                let numbers = numbers.clone();
                Box::pin(async move {
                    let back = query(TAKE).bind(numbers).bind(AT_ONCE);
                    back.execute(&mut *transaction.connection).await.doing("giving events back")?;
                    transaction.wake_relay();
                    Ok(())
                })
            })
            .await
    }

    async fn added(&self) {
        self.shared.arrivals.wait(OUTBOX).await;
    }
}

impl SqlStore {
    /// The numbers of known events, as JSON.
    async fn numbers(&self, ids: &[EventId]) -> PortResult<Option<String>> {
        if ids.is_empty() {
            return Ok(None);
        }
        let rows = query(NUMBERS).bind(to_json(&ids)?).fetch_all(&self.shared.reads).await.doing(DOING)?;
        let numbers = rows.iter().map(|row| row.try_get::<i64>(0).doing(DOING));
        let numbers = numbers.collect::<PortResult<Vec<_>>>()?;
        if numbers.is_empty() { Ok(None) } else { to_json(&numbers).map(Some) }
    }
}

async fn take(
    connection: &mut Connection,
    limit: usize,
    now: Instant,
    until: Instant,
) -> PortResult<Vec<OutboxEntry>> {
    let mut numbers: Vec<i64> = Vec::new();
    for (sql, bound) in [(WAITING, micros(now)), (TOO_FAR, micros_reached(after(now, FARTHEST)))] {
        let room = i64::try_from(limit - numbers.len()).unwrap_or(i64::MAX);
        if room > 0 {
            for row in &query(sql).bind(bound).bind(room).fetch_all(&mut *connection).await.doing(DOING)? {
                numbers.push(row.try_get(0).doing(DOING)?);
            }
        }
    }
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    numbers.sort_unstable();
    let numbers = to_json(&numbers)?;
    let taking = query(TAKE).bind(numbers.as_str()).bind(micros_reached(until));
    taking.execute(&mut *connection).await.doing(DOING)?;
    let rows = query(READ).bind(numbers).fetch_all(connection).await.doing(DOING)?;
    let entry = |row: &super::connection::Row| {
        let id: &str = row.try_get(0).doing(DOING)?;
        let event = json(row.try_get(1).doing(DOING)?, "campaign_events", "payload", id)?;
        let id = EventId::new(id).map_err(|error| corrupt("campaign_events", "event_id", id, error))?;
        Ok(OutboxEntry { id, event })
    };
    rows.iter().map(entry).collect()
}
