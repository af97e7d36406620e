//! The port for what people see of the queues.

use async_trait::async_trait;
use dripr_core::{
    errors::PortResult,
    events::{Event, Queue},
    policy::{FARTHEST, after},
    ports::{DeadLetter, QueueDesk, Standing, Which},
    schedule::Instant,
};

use super::{
    SqlStore,
    connection::{Connection, Row, query},
    dossier::to_json,
    error::While,
    instant::{AT_ONCE, instant, micros, micros_reached},
    writer::Transaction,
};

const STANDING: &str = "SELECT (SELECT count(*) FROM queue_deliveries WHERE queue = ?1 AND visible_at <= ?2) \
     + (SELECT count(*) FROM queue_deliveries WHERE queue = ?1 AND visible_at > ?3), \
     (SELECT count(*) FROM queue_deliveries WHERE queue = ?1 AND visible_at > ?2 AND visible_at <= ?3), \
     (SELECT count(*) FROM dead_letters WHERE queue = ?1)";

/// The first that could be received, with its event.
const OLDEST: &str = "SELECT d.visible_at, e.payload FROM queue_deliveries AS d \
     CROSS JOIN campaign_events AS e ON e.seq = d.event \
     WHERE d.queue = ?1 AND d.visible_at <= ?2 ORDER BY d.visible_at, d.id LIMIT 1";

const LETTERS: &str = "SELECT d.id, d.cause, d.receive_count, d.parked_at, e.payload FROM dead_letters AS d \
     CROSS JOIN campaign_events AS e ON e.seq = d.event WHERE d.queue = ?1 ORDER BY d.id LIMIT ?2";

const PARKED: &str = "SELECT id FROM dead_letters WHERE queue = ?1 ORDER BY id@locked";

const REPLAY: &str = "INSERT INTO queue_deliveries (queue, event, visible_at) \
     SELECT d.queue, d.event, ?2 FROM @list(?1: letter int) AS v CROSS JOIN dead_letters AS d ON d.id = v.letter";

#[async_trait]
impl QueueDesk for SqlStore {
    async fn standing(&self, queue: Queue, now: Instant) -> PortResult<Standing> {
        let doing = "looking at a queue";
        let far = micros_reached(after(now, FARTHEST));
        let row = query(STANDING)
            .bind(queue.as_str())
            .bind(micros(now))
            .bind(far)
            .fetch_one(&self.shared.reads)
            .await
            .doing(doing)?;
        let count = |at| -> PortResult<u64> {
            Ok(u64::try_from(row.try_get::<i64>(at).doing(doing)?).unwrap_or_default())
        };
        let oldest = query(OLDEST).bind(queue.as_str()).bind(micros(now));
        let oldest = oldest.fetch_optional(&self.shared.reads).await.doing(doing)?;
        Ok(Standing {
            waiting: count(0)?,
            hidden: count(1)?,
            dead: count(2)?,
            waiting_since: oldest.as_ref().map(since).transpose()?.flatten(),
        })
    }

    async fn dead_letters(&self, queue: Queue, limit: usize) -> PortResult<Vec<DeadLetter>> {
        let doing = "listing what was parked";
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = query(LETTERS).bind(queue.as_str()).bind(most).fetch_all(&self.shared.reads).await;
        let letter = |row: &Row| {
            let id: i64 = row.try_get(0).doing(doing)?;
            let id = id.to_string();
            let parked_at = instant(row.try_get(3).doing(doing)?, "dead_letters", "parked_at", &id)?;
            Ok(DeadLetter {
                cause: Some(row.try_get(1).doing(doing)?),
                receive_count: u32::try_from(row.try_get::<i64>(2).doing(doing)?).unwrap_or(u32::MAX),
                parked_at: Some(parked_at),
                payload: row.try_get::<String>(4).doing(doing)?.into_bytes(),
                id,
            })
        };
        rows.doing(doing)?.iter().map(letter).collect()
    }

    async fn replay(&self, queue: Queue, which: &Which) -> PortResult<u64> {
        self.take_out(queue, which, true).await
    }

    async fn discard(&self, queue: Queue, which: &Which) -> PortResult<u64> {
        self.take_out(queue, which, false).await
    }
}

impl SqlStore {
    async fn take_out(&self, queue: Queue, which: &Which, again: bool) -> PortResult<u64> {
        let which = which.clone();
        self.shared
            .writer
            .call(move |transaction| {
                let which = which.clone();
                Box::pin(async move { take_out(transaction, queue, &which, again).await })
            })
            .await
    }
}

/// Since when a delivery could have been received: since its event, or since the instant that it was put off to.
fn since(row: &Row) -> PortResult<Option<Instant>> {
    let doing = "looking at a queue";
    let visible: i64 = row.try_get(0).doing(doing)?;
    if visible != AT_ONCE {
        return instant(visible, "queue_deliveries", "visible_at", "").map(Some);
    }
    let event = serde_json::from_str::<Event>(row.try_get(1).doing(doing)?);
    Ok(event.ok().map(|event| match event {
        Event::StatusChanged(change) => change.timestamp,
        Event::UserCreated(created) => created.timestamp,
    }))
}

async fn take_out(
    transaction: &mut Transaction<'_>,
    queue: Queue,
    which: &Which,
    again: bool,
) -> PortResult<u64> {
    let doing = "taking out what was parked";
    let ids = parked(transaction.connection, queue, which).await?;
    if ids.is_empty() {
        return Ok(0);
    }
    let connection = &mut *transaction.connection;
    let list = to_json(&ids)?;
    if again {
        query(REPLAY).bind(list.as_str()).bind(AT_ONCE).execute(&mut *connection).await.doing(doing)?;
    }
    let delete = connection.dialect().delete_listed("dead_letters", "id");
    query(delete).bind(list).execute(connection).await.doing(doing)?;
    if again {
        transaction.wake(queue);
    }
    Ok(ids.len() as u64)
}

async fn parked(connection: &mut Connection, queue: Queue, which: &Which) -> PortResult<Vec<i64>> {
    let doing = "looking for what was parked";
    let rows = query(PARKED).bind(queue.as_str()).fetch_all(connection).await.doing(doing)?;
    let ids = rows.iter().map(|row| row.try_get::<i64>(0).doing(doing));
    let ids = ids.collect::<PortResult<Vec<_>>>()?;
    Ok(ids.into_iter().filter(|id| which.names(&id.to_string())).collect())
}
