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
use futures_util::future::select_all;
use sqlx::{Row, SqliteConnection};
use tokio::sync::watch;

use super::{
    SqliteStore,
    dossier::{parse, to_json},
    error::{While, corrupt},
    instant::{instant, micros, micros_reached},
    writer::Transaction,
};

/// What is visible, or hidden for later than `?4`, as one text: columns parted by U+001F and deliveries by U+001E, which no
/// JSON holds.
const VISIBLE: &str = "SELECT group_concat(concat_ws(char(31), id, fence + 1, receive_count + 1, \
     coalesce((SELECT payload FROM campaign_events WHERE seq = event), '')), char(30)) \
     FROM (SELECT * FROM (SELECT id, fence, receive_count, event FROM queue_deliveries WHERE queue = ?1 \
     AND visible_at <= ?2 ORDER BY visible_at, id LIMIT ?3) UNION ALL SELECT * FROM (SELECT id, fence, receive_count, \
     event FROM queue_deliveries WHERE queue = ?1 AND visible_at > ?4 ORDER BY visible_at, id LIMIT ?3) LIMIT ?3)";

/// `?1`: an array of ids.
const TAKE: &str = "UPDATE queue_deliveries SET visible_at = ?2, receive_count = receive_count + 1, \
     fence = fence + 1 WHERE id IN (SELECT value FROM json_each(?1))";

/// `?1`: an array of ids that all have the fence `?2`.
const DONE: &str =
    "DELETE FROM queue_deliveries WHERE id IN (SELECT value FROM json_each(?1)) AND fence = ?2";

/// `?1`: an array of `[id, fence, instant, how much the fence grows]`.
const LATER: &str = "UPDATE queue_deliveries SET visible_at = v.value ->> 2, fence = fence + (v.value ->> 3) \
     FROM json_each(?1) AS v WHERE queue_deliveries.id = v.value ->> 0 AND fence = v.value ->> 1";

/// `?1`: an array of `[id, fence, cause]`.
const PARK: &str = "INSERT INTO dead_letters (queue, event, receive_count, parked_at, cause) \
     SELECT d.queue, d.event, d.receive_count, ?2, v.value ->> 2 FROM json_each(?1) AS v \
     CROSS JOIN queue_deliveries AS d ON d.id = v.value ->> 0 AND d.fence = v.value ->> 1";

/// Tells those who wait for deliveries that some came.
pub(super) struct Arrivals {
    queues: [watch::Sender<()>; Queue::ALL.len()],
    /// How many wait. While nobody does, other processes' writes are not looked for.
    listeners: watch::Sender<usize>,
}

impl Default for Arrivals {
    fn default() -> Self {
        Self { queues: std::array::from_fn(|_| watch::Sender::new(())), listeners: watch::Sender::new(0) }
    }
}

impl Arrivals {
    /// Something came into these queues, given as bits.
    pub(super) fn arrived(&self, queues: u16) {
        for (at, queue) in self.queues.iter().enumerate() {
            if queues & (1 << at) != 0 {
                queue.send_replace(());
            }
        }
    }

    /// How many wait, as it changes.
    pub(super) fn listening(&self) -> watch::Receiver<usize> {
        self.listeners.subscribe()
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
        // The writer sees it when it next wakes; there is nothing to wake it for.
        self.0.listeners.send_if_modified(|listeners| {
            *listeners -= 1;
            false
        });
    }
}

#[async_trait]
impl EventQueue for SqliteStore {
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
        let arrivals = &*self.shared.arrivals;
        let mut heard: Vec<_> =
            queues.iter().map(|queue| arrivals.queues[*queue as usize].subscribe()).collect();
        if heard.is_empty() {
            return std::future::pending().await;
        }
        let _listener = Listener::new(arrivals);
        let waiting = heard.iter_mut().map(|queue| {
            Box::pin(async move {
                // The sender lives as long as the store that is borrowed here.
                let _ = queue.changed().await;
            })
        });
        select_all(waiting).await;
    }

    async fn next_visible(&self, queues: &[Queue]) -> PortResult<Option<Instant>> {
        let doing = "looking for the next delivery";
        let names: Vec<&str> = queues.iter().map(|queue| queue.as_str()).collect();
        // For each queue the first entry of its index.
        let sql = "SELECT min((SELECT visible_at FROM queue_deliveries WHERE queue = wanted.value \
                   ORDER BY visible_at LIMIT 1)) FROM json_each(?1) AS wanted";
        let row = sqlx::query(sql).bind(to_json(&names)?).fetch_one(&self.shared.reads).await.doing(doing)?;
        let next: Option<i64> = row.try_get(0).doing(doing)?;
        next.map(|next| instant(next, "queue_deliveries", "visible_at", "")).transpose()
    }
}

async fn receive(
    connection: &mut SqliteConnection,
    queue: Queue,
    max: usize,
    now: Instant,
    until: Instant,
) -> PortResult<Vec<Delivery>> {
    let doing = "receiving deliveries";
    let row = sqlx::query(VISIBLE)
        .bind(queue.as_str())
        .bind(micros(now))
        .bind(i64::try_from(max).unwrap_or(i64::MAX))
        .bind(micros_reached(after(now, FARTHEST)))
        .fetch_one(&mut *connection)
        .await
        .doing(doing)?;
    let Some(all) = row.try_get::<Option<&str>, _>(0).doing(doing)? else { return Ok(Vec::new()) };
    let mut ids = Vec::new();
    let mut received = Vec::new();
    for one in all.split('\u{1e}') {
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
    sqlx::query(TAKE)
        .bind(to_json(&ids)?)
        .bind(micros_reached(until))
        .execute(connection)
        .await
        .doing(doing)?;
    Ok(received)
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
                        settling.park.push((id, receipt.fence, cause));
                    }
                }
            }
        }
        settling
    }

    async fn run(self, transaction: &mut Transaction<'_>, now: Instant) -> PortResult<()> {
        let doing = "settling deliveries";
        if !self.later.is_empty() {
            sqlx::query(LATER)
                .bind(to_json(&self.later)?)
                .execute(&mut *transaction.connection)
                .await
                .doing(doing)?;
        }
        let mut done = self.done;
        if !self.park.is_empty() {
            sqlx::query(PARK)
                .bind(to_json(&self.park)?)
                .bind(micros(now))
                .execute(&mut *transaction.connection)
                .await
                .doing(doing)?;
            for (id, fence, _) in self.park {
                done.entry(fence).or_default().push(id);
            }
        }
        for (fence, ids) in done {
            sqlx::query(DONE)
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
