use std::{collections::BTreeMap, fmt, sync::Arc, sync::LazyLock, time::Duration};

use async_trait::async_trait;
use dripr_core::{
    errors::PortResult,
    events::{Event, Queue},
    policy::{FARTHEST, after},
    ports::{Delivery, EventQueue, Receipt, Settlement},
    schedule::Instant,
};
use redis::Script;

use super::{
    Redis,
    arrivals::{Arrivals, channel},
    connection::{Call, Lost},
    score::{instant, score, score_reached},
};

static RECEIVE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/receive.lua")));
static SETTLE: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/settle.lua")));
static NEXT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/next_visible.lua")));

/// So many are received or settled in one script at the most: while it runs, the server does nothing else.
const BATCH: usize = 500;

/// Queues in Redis, and the bus to them. Cheap to clone; all clones listen on one connection.
#[derive(Clone)]
pub struct RedisQueue {
    pub(super) redis: Redis,
    arrivals: Arc<Arrivals>,
}

impl fmt::Debug for RedisQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisQueue").field(&self.redis).finish()
    }
}

impl RedisQueue {
    /// The queues of a server and prefix.
    #[must_use]
    pub fn new(redis: Redis) -> Self {
        Self { arrivals: Arc::new(Arrivals::new(redis.clone())), redis }
    }
}

/// Id, fence, receive count and payload. What others wrote there may be anything.
type Given = (Vec<u8>, String, String, Option<Vec<u8>>);

#[async_trait]
impl EventQueue for RedisQueue {
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
        let mut script = RECEIVE.key(self.redis.queue_key(queue, "visible"));
        script
            .key(self.redis.queue_key(queue, "payloads"))
            .key(self.redis.queue_key(queue, "state"))
            .arg(score(now))
            .arg(score_reached(after(now, FARTHEST)))
            .arg(score_reached(after(now, visibility)))
            .arg(max.min(BATCH));
        let given: Vec<Given> =
            self.redis.call(Call::Script(&script), Lost::Repeat, "receiving deliveries").await?;
        Ok(given.into_iter().map(|given| delivery(queue, given)).collect())
    }

    async fn settle(&self, settlements: Vec<Settlement>, now: Instant) -> PortResult<()> {
        let mut of_queue = BTreeMap::<Queue, Vec<Settling>>::new();
        for settlement in settlements {
            let (queue, settling) = settling(settlement);
            of_queue.entry(queue).or_default().push(settling);
        }
        for (queue, all) in of_queue {
            for some in all.chunks(BATCH) {
                let mut script = SETTLE.key(self.redis.queue_key(queue, "visible"));
                script
                    .key(self.redis.queue_key(queue, "payloads"))
                    .key(self.redis.queue_key(queue, "state"))
                    .key(self.redis.queue_key(queue, "dead"))
                    .arg(score(now))
                    .arg(channel(&self.redis, queue));
                for Settling { what, receipt, value } in some {
                    script.arg(*what).arg(&receipt.id).arg(receipt.fence).arg(value);
                }
                let _: i64 =
                    self.redis.call(Call::Script(&script), Lost::Repeat, "settling deliveries").await?;
            }
        }
        Ok(())
    }

    async fn arrived(&self, queues: &[Queue]) {
        self.arrivals.arrived(queues).await;
    }

    async fn next_visible(&self, queues: &[Queue]) -> PortResult<Option<Instant>> {
        let Some((first, rest)) = queues.split_first() else { return Ok(None) };
        let mut script = NEXT.key(self.redis.queue_key(*first, "visible"));
        for queue in rest {
            script.key(self.redis.queue_key(*queue, "visible"));
        }
        let next: String =
            self.redis.call(Call::Script(&script), Lost::Repeat, "looking for the next delivery").await?;
        Ok(next.parse().ok().map(instant))
    }
}

fn delivery(queue: Queue, (id, fence, count, payload): Given) -> Delivery {
    // An id that is no text was not made here. Its receipt is worth nothing; what came with it is still delivered.
    let id = String::from_utf8(id).unwrap_or_else(|error| error.to_string());
    let fence = fence.parse().unwrap_or(u64::MAX);
    let event = match payload {
        Some(payload) => serde_json::from_slice::<Event>(&payload).map_err(|error| error.to_string()),
        None => Err("its event is not stored any more".to_owned()),
    };
    Delivery::new(Receipt { queue, id, fence }, event, count.parse().unwrap_or(u32::MAX))
}

/// A settlement as the script takes it.
struct Settling {
    what: &'static str,
    receipt: Receipt,
    /// An instant or a cause.
    value: String,
}

fn settling(settlement: Settlement) -> (Queue, Settling) {
    let (what, receipt, value) = match settlement {
        Settlement::Done(receipt) => ("done", receipt, String::new()),
        Settlement::Again(receipt, at) => ("again", receipt, score_reached(at).to_string()),
        Settlement::Extend(receipt, until) => ("extend", receipt, score_reached(until).to_string()),
        Settlement::Park(receipt, cause) => ("park", receipt, cause),
    };
    (receipt.queue, Settling { what, receipt, value })
}
