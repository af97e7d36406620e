//! What people see of the queues, and do about what was parked.

use std::fmt;

use async_trait::async_trait;

use crate::{errors::PortResult, events::Queue, schedule::Instant};

/// What people see of the queues, and do about what was parked. The engine itself never asks.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait QueueDesk: Send + Sync {
    /// How a queue stands. Where a queue can only estimate, it estimates.
    async fn standing(&self, queue: Queue, now: Instant) -> PortResult<Standing>;

    /// What was parked in a queue, the longest parked first as far as the queue knows, at most `limit`. Looking changes
    /// nothing that matters: it may keep another who looks at the same moment from seeing them.
    async fn dead_letters(&self, queue: Queue, limit: usize) -> PortResult<Vec<DeadLetter>>;

    /// Delivers what was parked again, at once and as if for the first time, and gives how many there were. Parked
    /// deliveries that nobody names stay; names that are unknown are passed over. If it fails in the middle, some may
    /// have been delivered, and one of them may be parked still: replaying again is right.
    async fn replay(&self, queue: Queue, which: &Which) -> PortResult<u64>;

    /// Throws away what was parked, for good, and gives how many there were.
    async fn discard(&self, queue: Queue, which: &Which) -> PortResult<u64>;
}

/// How a queue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standing {
    /// Deliveries that could be received now.
    pub waiting: u64,
    /// Deliveries that are being worked on or put off.
    pub hidden: u64,
    /// Deliveries that were parked.
    pub dead: u64,
    /// Since when the one that waits longest could have been received, if the queue knows.
    pub waiting_since: Option<Instant>,
}

/// A delivery that was parked.
#[derive(Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its name among those that were parked in its queue.
    pub id: String,
    /// Why; none if the queue itself took it away, after more receives than it allows.
    pub cause: Option<String>,
    /// How often it was received before it was parked.
    pub receive_count: u32,
    /// When it was parked, by the clock of who parked it, if that is known.
    pub parked_at: Option<Instant>,
    /// The message as it came; an event as JSON, if it is one.
    pub payload: Vec<u8>,
}

/// A message may hold personal data, which stays out of logs.
impl fmt::Debug for DeadLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetter")
            .field("id", &self.id)
            .field("cause", &self.cause)
            .field("receive_count", &self.receive_count)
            .field("parked_at", &self.parked_at)
            .finish_non_exhaustive()
    }
}

/// Which of those that were parked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All that are parked when it begins.
    All,
    /// Those of these ids.
    Ids(Vec<String>),
}

impl Which {
    /// Whether an id is among them.
    ///
    /// ```
    /// use dripr_core::ports::Which;
    ///
    /// assert!(Which::All.names("7"));
    /// assert!(!Which::Ids(vec!["7".to_owned()]).names("8"));
    /// ```
    #[must_use]
    pub fn names(&self, id: &str) -> bool {
        match self {
            Self::All => true,
            Self::Ids(ids) => ids.iter().any(|one| one == id),
        }
    }
}
