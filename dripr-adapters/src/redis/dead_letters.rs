//! What was parked, for people to see, to deliver again or to throw away.

use std::{collections::BTreeMap, fmt, sync::LazyLock};

use dripr_core::{
    errors::{Fault, PortError, PortResult},
    events::Queue,
    schedule::Instant,
};
use redis::Script;

use super::{
    RedisQueue,
    arrivals::channel,
    connection::{Call, Lost},
    score::{AT_ONCE, instant},
};

static REPLAY: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/replay.lua")));

/// So many are looked at in one call, about.
const PAGE: usize = 200;

/// Ids, and what is held under them.
type Page = Vec<(Vec<u8>, Vec<u8>)>;

/// A delivery that was parked.
#[derive(Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its name in the queue.
    pub id: String,
    /// How often it was received.
    pub receive_count: u32,
    /// When it was parked, by the clock of who parked it.
    pub parked_at: Instant,
    /// Why.
    pub cause: String,
    /// The message as it came; an event as JSON, if it is one.
    pub payload: Vec<u8>,
}

/// A message may hold personal data, which stays out of logs.
impl fmt::Debug for DeadLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetter")
            .field("id", &self.id)
            .field("receive_count", &self.receive_count)
            .field("parked_at", &self.parked_at)
            .field("cause", &self.cause)
            .finish_non_exhaustive()
    }
}

impl RedisQueue {
    /// Everything that was parked in a queue, in the order in which it was published.
    ///
    /// # Errors
    /// As Redis fails; [`Fault::Corrupt`] if one of them cannot be read.
    pub async fn dead_letters(&self, queue: Queue) -> PortResult<Vec<DeadLetter>> {
        let key = self.redis.queue_key(queue, "dead");
        let mut found = BTreeMap::new();
        let mut cursor = "0".to_owned();
        loop {
            let mut scan = redis::cmd("HSCAN");
            scan.arg(&key).arg(&cursor).arg("COUNT").arg(PAGE);
            let (next, page): (String, Page) =
                self.redis.call(Call::Command(&scan), Lost::Repeat, "listing what was parked").await?;
            for (id, held) in page {
                let letter = letter(&id, &held).ok_or_else(|| {
                    let id = String::from_utf8_lossy(&id);
                    PortError::new(
                        Fault::Corrupt,
                        format!("parked delivery {id:?} of {queue} cannot be read"),
                    )
                })?;
                found.insert(letter.id.clone(), letter);
            }
            if next == "0" {
                return Ok(found.into_values().collect());
            }
            cursor = next;
        }
    }

    /// Delivers something again that was parked, at once and as if for the first time. Whether it was there.
    ///
    /// # Errors
    /// As Redis fails; [`Fault::Corrupt`] if it cannot be read.
    pub async fn replay(&self, queue: Queue, id: &str) -> PortResult<bool> {
        let mut script = REPLAY.key(self.redis.queue_key(queue, "dead"));
        script
            .key(self.redis.key("ids"))
            .key(self.redis.queue_key(queue, "visible"))
            .key(self.redis.queue_key(queue, "payloads"))
            .arg(id)
            .arg(AT_ONCE)
            .arg(channel(&self.redis, queue));
        self.redis.call(Call::Script(&script), Lost::Fail, "delivering again what was parked").await
    }

    /// Throws away something that was parked. Whether it was there.
    ///
    /// # Errors
    /// As Redis fails.
    pub async fn discard(&self, queue: Queue, id: &str) -> PortResult<bool> {
        let mut delete = redis::cmd("HDEL");
        delete.arg(self.redis.queue_key(queue, "dead")).arg(id);
        self.redis.call(Call::Command(&delete), Lost::Fail, "throwing away what was parked").await
    }
}

/// `COUNT PARKED_AT LENGTH\n`, a cause of that many bytes, and the message.
fn letter(id: &[u8], held: &[u8]) -> Option<DeadLetter> {
    let end = held.iter().position(|byte| *byte == b'\n')?;
    let (head, rest) = (std::str::from_utf8(&held[..end]).ok()?, &held[end + 1..]);
    let mut head = head.split(' ');
    let receive_count = head.next()?.parse().ok()?;
    let parked_at = instant(head.next()?.parse().ok()?);
    let (cause, payload) = rest.split_at_checked(head.next()?.parse().ok()?)?;
    let id = String::from_utf8(id.to_vec()).ok()?;
    let cause = String::from_utf8_lossy(cause).into_owned();
    Some(DeadLetter { id, receive_count, parked_at, cause, payload: payload.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_parked_is_read_or_refused() {
        let held = b"3 1773244800000000 9\nno\nevent!\xff\x00".to_vec();
        let read = letter(b"7", &held).unwrap();
        assert_eq!(read.cause, "no\nevent!");
        assert_eq!(read.payload, b"\xff\x00");
        assert_eq!(read.parked_at, "2026-03-11T16:00:00Z".parse::<Instant>().unwrap());
        for damaged in [&b""[..], b"\n", b"3 4\n", b"3 4 99\nabc", b"x 4 0\n", b"3 4 -1\n", b"\xff 1 0\n"] {
            assert_eq!(letter(b"7", damaged), None, "{damaged:?}");
        }
        assert_eq!(letter(b"\xff", &held), None);
    }
}
