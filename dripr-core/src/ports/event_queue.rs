//! The receiving side of events.

use std::time::Duration;

use async_trait::async_trait;

use crate::{
    errors::PortResult,
    events::{Event, Queue},
    schedule::Instant,
};

/// Delivers events to handlers, at least once, in any order.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait EventQueue: Send + Sync {
    /// Up to `max` deliveries, none if nothing is there. Each is invisible to others for `visibility`; if it is not
    /// settled by then, it is delivered again with a new receipt, and the old one is worth nothing any more. What is
    /// invisible for longer than [`FARTHEST`](crate::policy::FARTHEST) was hidden by a wrong clock and is visible.
    ///
    /// Whoever gets fewer than `max` asks again only when [`arrived`](Self::arrived) returns or
    /// [`next_visible`](Self::next_visible) says so: a queue that left something behind must tell by one of the two.
    async fn receive(
        &self,
        queue: Queue,
        max: usize,
        now: Instant,
        visibility: Duration,
    ) -> PortResult<Vec<Delivery>>;

    /// Settles deliveries. A receipt that is worth nothing any more is passed over in silence: the delivery is
    /// somebody else's. Repeating it changes nothing.
    async fn settle(&self, settlements: Vec<Settlement>, now: Instant) -> PortResult<()>;

    /// Returns when something may have arrived in one of the queues since it was first polled. It may return early; it may
    /// be dropped.
    async fn arrived(&self, queues: &[Queue]);

    /// The instant at which something hidden becomes visible next, if that is known.
    async fn next_visible(&self, queues: &[Queue]) -> PortResult<Option<Instant>>;
}

/// One delivery. It is used up by settling it, so that it cannot be acknowledged twice or too early.
#[derive(Debug)]
pub struct Delivery {
    receipt: Receipt,
    event: Result<Event, String>,
    receive_count: u32,
}

/// What a queue needs to know a delivery again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Receipt {
    /// The queue.
    pub queue: Queue,
    /// The delivery's name in that queue.
    pub id: String,
    /// Grows with each receiving; an older one is worth nothing.
    pub fence: u64,
}

/// What is to become of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// It is done with.
    Done(Receipt),
    /// It is to be delivered again, not before then. A queue that cannot hide it for so long delivers it earlier.
    Again(Receipt, Instant),
    /// It is still being worked on: invisible until then.
    Extend(Receipt, Instant),
    /// It can never be handled: it is parked, with the reason, for people to see.
    Park(Receipt, String),
}

impl Settlement {
    /// Which delivery it is about.
    #[must_use]
    pub fn receipt(&self) -> &Receipt {
        match self {
            Self::Done(receipt)
            | Self::Again(receipt, _)
            | Self::Extend(receipt, _)
            | Self::Park(receipt, _) => receipt,
        }
    }
}

impl Delivery {
    /// A delivery as a queue makes it. `event` is an error text if the message could not be understood.
    #[must_use]
    pub fn new(receipt: Receipt, event: Result<Event, String>, receive_count: u32) -> Self {
        Self { receipt, event, receive_count }
    }

    /// The event, or why the message is none.
    ///
    /// # Errors
    /// The reason, for people.
    pub fn event(&self) -> Result<&Event, &str> {
        self.event.as_ref().map_err(String::as_str)
    }

    /// What the queue knows it by.
    #[must_use]
    pub fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// How often it was received, this time included.
    #[must_use]
    pub fn receive_count(&self) -> u32 {
        self.receive_count
    }

    /// Done with.
    #[must_use]
    pub fn done(self) -> Settlement {
        Settlement::Done(self.receipt)
    }

    /// To be delivered again, not before then.
    #[must_use]
    pub fn again(self, at: Instant) -> Settlement {
        Settlement::Again(self.receipt, at)
    }

    /// Still being worked on.
    #[must_use]
    pub fn extend(&self, until: Instant) -> Settlement {
        Settlement::Extend(self.receipt.clone(), until)
    }

    /// Never to be handled.
    #[must_use]
    pub fn park(self, reason: impl Into<String>) -> Settlement {
        Settlement::Park(self.receipt, reason.into())
    }
}
