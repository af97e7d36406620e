//! The port for deliveries. They are written with the change they announce, in `execute`.
//!
//! A receipt names a delivery and the fence of its receiving. Receiving and settling are not synced to the disk each
//! time: what a power failure takes back is received or settled again, which handlers are made for.

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use dripr_core::{
    errors::PortResult,
    events::Queue,
    policy::{FARTHEST, after},
    ports::{Delivery, EventQueue, Receipt, Settlement},
    schedule::Instant,
};

use super::{
    SqlStore,
    connection::{Connection, Dialect, Row, query},
    dossier::{parse, to_json},
    error::{While, corrupt},
    instant::{instant, micros, micros_reached},
    writer::Transaction,
};

/// What is visible, or hidden for later than `?4`, as one text: columns parted by U+001F and deliveries by U+001E, which no
/// JSON holds.
#[cfg(feature = "sqlite")]
const VISIBLE_AT_ONCE: &str = "SELECT group_concat(concat_ws(char(31), id, fence + 1, receive_count + 1, \
     coalesce((SELECT payload FROM campaign_events WHERE seq = event), '')), char(30)) \
     FROM (SELECT * FROM (SELECT id, fence, receive_count, event FROM queue_deliveries WHERE queue = ?1 \
     AND visible_at <= ?2 ORDER BY visible_at, id LIMIT ?3) UNION ALL SELECT * FROM (SELECT id, fence, receive_count, \
     event FROM queue_deliveries WHERE queue = ?1 AND visible_at > ?4 ORDER BY visible_at, id LIMIT ?3) LIMIT ?3)";

/// The same where others write at the same time, taken in the same statement: what they have in hand is passed over.
#[cfg(feature = "postgres")]
const TAKE_VISIBLE: &str = "WITH taken AS MATERIALIZED (SELECT id FROM (SELECT id FROM queue_deliveries WHERE queue = ?1 \
     AND visible_at <= ?2 ORDER BY visible_at, id LIMIT ?3 FOR UPDATE SKIP LOCKED) AS reached \
     UNION ALL SELECT id FROM (SELECT id FROM queue_deliveries WHERE queue = ?1 AND visible_at > ?4 \
     ORDER BY visible_at, id LIMIT ?3 FOR UPDATE SKIP LOCKED) AS far LIMIT ?3) \
     UPDATE queue_deliveries AS d SET visible_at = ?5, receive_count = d.receive_count + 1, fence = d.fence + 1 \
     FROM taken WHERE d.id = taken.id RETURNING concat_ws(@char(31), d.id, d.fence, d.receive_count, \
     coalesce((SELECT payload FROM campaign_events WHERE seq = d.event), ''))";

/// The same in several statements, of which this is the first, for each of the two ranges. It names rows only: what it
/// locks may be newer than the moment at which it began, and what else a statement reads is as of that moment.
#[cfg(feature = "mysql")]
const VISIBLE: &str = "SELECT id FROM queue_deliveries WHERE queue = ?1 AND visible_at <= ?2 \
     ORDER BY visible_at, id LIMIT ?3 FOR UPDATE SKIP LOCKED";
#[cfg(feature = "mysql")]
const TOO_FAR: &str = "SELECT id FROM queue_deliveries WHERE queue = ?1 AND visible_at > ?2 \
     ORDER BY visible_at, id LIMIT ?3 FOR UPDATE SKIP LOCKED";
#[cfg(feature = "mysql")]
const TAKEN: &str = "SELECT concat_ws(@char(31), d.id, d.fence, d.receive_count, coalesce(e.payload, '')) \
     FROM @list(?1: taken int) AS v CROSS JOIN queue_deliveries AS d ON d.id = v.taken \
     LEFT JOIN campaign_events AS e ON e.seq = d.event ORDER BY v.nr LOCK IN SHARE MODE";

/// `?1`: an array of ids.
#[cfg(any(feature = "sqlite", feature = "mysql"))]
const TAKE: &str = "UPDATE queue_deliveries SET visible_at = ?2, receive_count = receive_count + 1, fence = fence + 1 \
     FROM @list(?1: taken int) AS v WHERE queue_deliveries.id = v.taken";

/// How much the fence grows is 1 for what is given back: the receipt is worth nothing any more.
const LATER: &str = "UPDATE queue_deliveries SET visible_at = v.later, fence = queue_deliveries.fence + v.grows \
     FROM @rows(?1: delivery int, known int, later int, grows int) AS v \
     WHERE queue_deliveries.id = v.delivery AND queue_deliveries.fence = v.known";

const PARK: &str = "INSERT INTO dead_letters (queue, event, receive_count, parked_at, cause) \
     SELECT d.queue, d.event, d.receive_count, ?2, v.cause FROM @rows(?1: delivery int, known int, cause text) AS v \
     CROSS JOIN queue_deliveries AS d ON d.id = v.delivery AND d.fence = v.known";

/// Of a cause that a delivery was parked for, so much is kept, in characters.
const LONGEST_CAUSE: usize = 500;

#[async_trait]
impl EventQueue for SqlStore {
    async fn receive(
        &self,
        queue: Queue,
        max: usize,
        now: Instant,
        visibility: Duration,
    ) -> PortResult<Vec<Delivery>> {
        if max == 0 {
            return Ok(Vec::new());
        }
        self.shared
            .writer
            .call_repeatable(move |transaction| {
                Box::pin(receive(transaction.connection, queue, max, now, after(now, visibility)))
            })
            .await
    }

    async fn settle(&self, settlements: Vec<Settlement>, now: Instant) -> PortResult<()> {
        if settlements.is_empty() {
            return Ok(());
        }
        let settling = Settling::of(settlements);
        self.shared
            .writer
            .call_repeatable(move |transaction| {
                let settling = settling.clone();
                Box::pin(async move { settling.run(transaction, now).await })
            })
            .await
    }

    async fn arrived(&self, queues: &[Queue]) {
        let wanted = queues.iter().fold(0, |wanted, queue| wanted | 1 << *queue as u16);
        self.shared.arrivals.wait(wanted).await;
    }

    async fn next_visible(&self, queues: &[Queue]) -> PortResult<Option<Instant>> {
        let doing = "looking for the next delivery";
        let names: Vec<&str> = queues.iter().map(|queue| queue.as_str()).collect();
        // For each queue the first entry of its index.
        let sql = "SELECT min((SELECT visible_at FROM queue_deliveries WHERE queue = wanted.name \
                   ORDER BY visible_at LIMIT 1)) FROM @list(?1: name text) AS wanted";
        let row = query(sql).bind(to_json(&names)?).fetch_one(&self.shared.reads).await.doing(doing)?;
        let next: Option<i64> = row.try_get(0).doing(doing)?;
        next.map(|next| instant(next, "queue_deliveries", "visible_at", "")).transpose()
    }
}

async fn receive(
    connection: &mut Connection,
    queue: Queue,
    max: usize,
    now: Instant,
    until: Instant,
) -> PortResult<Vec<Delivery>> {
    let doing = "receiving deliveries";
    let (until, far) = (micros_reached(until), micros_reached(after(now, FARTHEST)));
    let most = i64::try_from(max).unwrap_or(i64::MAX);
    match connection.dialect() {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => {
            let visible = query(VISIBLE_AT_ONCE)
                .bind(queue.as_str())
                .bind(micros(now))
                .bind(most)
                .bind(far)
                .fetch_one(&mut *connection)
                .await
                .doing(doing)?;
            let Some(all) = visible.try_get::<Option<&str>>(0).doing(doing)? else { return Ok(Vec::new()) };
            let (ids, received) = read(queue, all.split('\u{1e}'))?;
            take(connection, &ids, until).await?;
            Ok(received)
        }
        #[cfg(feature = "postgres")]
        Dialect::Postgres => {
            let taken = query(TAKE_VISIBLE)
                .bind(queue.as_str())
                .bind(micros(now))
                .bind(most)
                .bind(far)
                .bind(until)
                .fetch_all(connection)
                .await
                .doing(doing)?;
            Ok(read(queue, texts(&taken)?)?.1)
        }
        #[cfg(feature = "mysql")]
        Dialect::MySql => {
            let mut ids: Vec<i64> = Vec::new();
            for (sql, limit) in [(VISIBLE, micros(now)), (TOO_FAR, far)] {
                let room = most - i64::try_from(ids.len()).unwrap_or(i64::MAX);
                let range = query(sql).bind(queue.as_str()).bind(limit).bind(room);
                for row in range.fetch_all(&mut *connection).await.doing(doing)? {
                    ids.push(row.try_get(0).doing(doing)?);
                }
            }
            if ids.is_empty() {
                return Ok(Vec::new());
            }
            take(connection, &ids, until).await?;
            let taken = query(TAKEN).bind(to_json(&ids)?).fetch_all(connection).await.doing(doing)?;
            Ok(read(queue, texts(&taken)?)?.1)
        }
    }
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
fn texts(rows: &[Row]) -> PortResult<Vec<&str>> {
    rows.iter().map(|row| row.try_get(0).doing("receiving deliveries")).collect()
}

#[cfg(any(feature = "sqlite", feature = "mysql"))]
async fn take(connection: &mut Connection, ids: &[i64], until: i64) -> PortResult<()> {
    let taking = query(TAKE).bind(to_json(&ids)?).bind(until);
    taking.execute(connection).await.doing("receiving deliveries")?;
    Ok(())
}

/// Deliveries, each as a text of id, fence, receive count and event.
fn read<'t>(queue: Queue, all: impl IntoIterator<Item = &'t str>) -> PortResult<(Vec<i64>, Vec<Delivery>)> {
    let mut ids = Vec::new();
    let mut received = Vec::new();
    for one in all {
        let mut columns = one.splitn(4, '\u{1f}');
        let mut column = |name| -> PortResult<&str> {
            columns.next().ok_or_else(|| corrupt("queue_deliveries", name, one, "it is missing"))
        };
        let id = column("id")?;
        let fence = parse(column("fence")?, "queue_deliveries", "fence", id)?;
        let count = parse(column("receive_count")?, "queue_deliveries", "receive_count", id)?;
        let event = match column("event")? {
            "" => Err("its event is not stored any more".to_owned()),
            payload => serde_json::from_str(payload).map_err(|error| error.to_string()),
        };
        ids.push(parse::<i64>(id, "queue_deliveries", "id", id)?);
        received.push(Delivery::new(Receipt { queue, id: id.to_owned(), fence }, event, count));
    }
    Ok((ids, received))
}

/// Settlements, sorted by what they ask for.
#[derive(Debug, Clone, Default)]
struct Settling {
    /// By fence: nearly all have the same.
    done: HashMap<u64, Vec<i64>>,
    later: Vec<(i64, u64, i64, u8)>,
    again: Vec<Queue>,
    park: Vec<(i64, u64, String)>,
}

impl Settling {
    fn of(settlements: Vec<Settlement>) -> Self {
        let mut settling = Self::default();
        // What is no id of ours is worth nothing.
        let id = |receipt: &Receipt| receipt.id.parse::<i64>().ok();
        for settlement in settlements {
            match settlement {
                Settlement::Done(receipt) => {
                    if let Some(id) = id(&receipt) {
                        settling.done.entry(receipt.fence).or_default().push(id);
                    }
                }
                Settlement::Again(receipt, at) => {
                    if let Some(id) = id(&receipt) {
                        // Given back: the receipt is worth nothing any more.
                        settling.later.push((id, receipt.fence, micros_reached(at), 1));
                        settling.again.push(receipt.queue);
                    }
                }
                Settlement::Extend(receipt, until) => {
                    if let Some(id) = id(&receipt) {
                        settling.later.push((id, receipt.fence, micros_reached(until), 0));
                    }
                }
                Settlement::Park(receipt, cause) => {
                    if let Some(id) = id(&receipt) {
                        settling.park.push((id, receipt.fence, short(&cause)));
                    }
                }
            }
        }
        settling
    }

    async fn run(self, transaction: &mut Transaction<'_>, now: Instant) -> PortResult<()> {
        let doing = "settling deliveries";
        if !self.later.is_empty() {
            query(LATER)
                .bind(to_json(&self.later)?)
                .execute(&mut *transaction.connection)
                .await
                .doing(doing)?;
        }
        let mut done = self.done;
        if !self.park.is_empty() {
            query(PARK)
                .bind(to_json(&self.park)?)
                .bind(micros(now))
                .execute(&mut *transaction.connection)
                .await
                .doing(doing)?;
            for (id, fence, _) in self.park {
                done.entry(fence).or_default().push(id);
            }
        }
        let sql = transaction.connection.dialect().delete_listed("queue_deliveries", "id");
        let sql = sql + " AND queue_deliveries.fence = ?2";
        for (fence, ids) in done {
            query(sql.as_str())
                .bind(to_json(&ids)?)
                .bind(i64::try_from(fence).unwrap_or(i64::MAX))
                .execute(&mut *transaction.connection)
                .await
                .doing(doing)?;
        }
        for queue in self.again {
            transaction.wake(queue);
        }
        Ok(())
    }
}

/// A cause as every database can hold it.
fn short(cause: &str) -> String {
    cause.replace('\0', "\u{FFFD}").chars().take(LONGEST_CAUSE).collect()
}
