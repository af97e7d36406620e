//! How a queue stands, and what was parked, for people to see, to deliver again or to throw away.

use std::{collections::BTreeMap, sync::LazyLock};

use async_trait::async_trait;
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    events::Queue,
    policy::{FARTHEST, after},
    ports::{DeadLetter, QueueDesk, Standing, Which},
    schedule::Instant,
};
use redis::Script;

use super::{
    RedisQueue,
    arrivals::channel,
    connection::{Call, Lost},
    score::{AT_ONCE, instant, score, score_reached},
};

static STANDING: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/standing.lua")));
static REPLAY: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/replay.lua")));

/// So many are looked at in one call, about.
const PAGE: usize = 200;

/// Ids, and what is held under them.
type Page = Vec<(Vec<u8>, Vec<u8>)>;

#[async_trait]
impl QueueDesk for RedisQueue {
    async fn standing(&self, queue: Queue, now: Instant) -> PortResult<Standing> {
        let mut script = STANDING.key(self.redis.queue_key(queue, "visible"));
        script
            .key(self.redis.queue_key(queue, "dead"))
            .arg(score(now))
            .arg(score_reached(after(now, FARTHEST)));
        let (waiting, hidden, dead, first, since): (u64, u64, u64, Vec<u8>, String) =
            self.redis.call(Call::Script(&script), Lost::Repeat, "looking how a queue stands").await?;
        // What was not received yet is visible since it was published, which is what its name says.
        let published =
            || std::str::from_utf8(&first).ok()?.parse().ok().and_then(Instant::from_timestamp_micros);
        let waiting_since = match since.parse::<f64>() {
            Ok(at) if at <= AT_ONCE as f64 => published(),
            Ok(at) => Some(instant(at)),
            Err(_) => None,
        };
        Ok(Standing { waiting, hidden, dead, waiting_since })
    }

    /// If it fails, that is as Redis fails, or [`Fault::Corrupt`] if one of them cannot be read.
    async fn dead_letters(&self, queue: Queue, limit: usize) -> PortResult<Vec<DeadLetter>> {
        let mut found = Vec::new();
        for (id, held) in self.parked(queue).await? {
            found.push(letter(&id, &held).ok_or_else(|| {
                let id = String::from_utf8_lossy(&id);
                PortError::new(Fault::Corrupt, format!("parked delivery {id:?} of {queue} cannot be read"))
            })?);
        }
        found.sort_by(|one, other| (one.parked_at, &one.id).cmp(&(other.parked_at, &other.id)));
        found.truncate(limit);
        Ok(found)
    }

    async fn replay(&self, queue: Queue, which: &Which) -> PortResult<u64> {
        let mut replayed = 0;
        for id in self.named(queue, which).await? {
            let mut script = REPLAY.key(self.redis.queue_key(queue, "dead"));
            script
                .key(self.redis.key("ids"))
                .key(self.redis.queue_key(queue, "visible"))
                .key(self.redis.queue_key(queue, "payloads"))
                .arg(id)
                .arg(AT_ONCE)
                .arg(channel(&self.redis, queue));
            let doing = "delivering again what was parked";
            replayed += self.redis.call::<u64>(Call::Script(&script), Lost::Fail, doing).await?;
        }
        Ok(replayed)
    }

    async fn discard(&self, queue: Queue, which: &Which) -> PortResult<u64> {
        let mut discarded = 0;
        for ids in self.named(queue, which).await?.chunks(PAGE) {
            let mut delete = redis::cmd("HDEL");
            delete.arg(self.redis.queue_key(queue, "dead")).arg(ids);
            let doing = "throwing away what was parked";
            discarded += self.redis.call::<u64>(Call::Command(&delete), Lost::Fail, doing).await?;
        }
        Ok(discarded)
    }
}

impl RedisQueue {
    /// Everything that was parked in a queue, by id.
    async fn parked(&self, queue: Queue) -> PortResult<BTreeMap<Vec<u8>, Vec<u8>>> {
        let key = self.redis.queue_key(queue, "dead");
        let mut found = BTreeMap::new();
        let mut cursor = "0".to_owned();
        loop {
            let mut scan = redis::cmd("HSCAN");
            scan.arg(&key).arg(&cursor).arg("COUNT").arg(PAGE);
            let (next, page): (String, Page) =
                self.redis.call(Call::Command(&scan), Lost::Repeat, "listing what was parked").await?;
            found.extend(page);
            if next == "0" {
                return Ok(found);
            }
            cursor = next;
        }
    }

    async fn named(&self, queue: Queue, which: &Which) -> PortResult<Vec<Vec<u8>>> {
        Ok(match which {
            Which::All => self.parked(queue).await?.into_keys().collect(),
            Which::Ids(ids) => ids.iter().map(|id| id.clone().into_bytes()).collect(),
        })
    }
}

/// `COUNT PARKED_AT LENGTH\n`, a cause of that many bytes, and the message.
fn letter(id: &[u8], held: &[u8]) -> Option<DeadLetter> {
    let end = held.iter().position(|byte| *byte == b'\n')?;
    let (head, rest) = (std::str::from_utf8(&held[..end]).ok()?, &held[end + 1..]);
    let mut head = head.split(' ');
    let receive_count = head.next()?.parse().ok()?;
    let parked_at = Some(instant(head.next()?.parse().ok()?));
    let (cause, payload) = rest.split_at_checked(head.next()?.parse().ok()?)?;
    let id = String::from_utf8(id.to_vec()).ok()?;
    let cause = Some(String::from_utf8_lossy(cause).into_owned());
    Some(DeadLetter { id, receive_count, parked_at, cause, payload: payload.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_parked_is_read_or_refused() {
        let held = b"3 1773244800000000 9\nno\nevent!\xff\x00".to_vec();
        let read = letter(b"7", &held).unwrap();
        assert_eq!(read.cause.as_deref(), Some("no\nevent!"));
        assert_eq!(read.payload, b"\xff\x00");
        assert_eq!(read.parked_at, "2026-03-11T16:00:00Z".parse().ok());
        for damaged in [&b""[..], b"\n", b"3 4\n", b"3 4 99\nabc", b"x 4 0\n", b"3 4 -1\n", b"\xff 1 0\n"] {
            assert_eq!(letter(b"7", damaged), None, "{damaged:?}");
        }
        assert_eq!(letter(b"\xff", &held), None);
    }
}
