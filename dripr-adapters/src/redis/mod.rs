//! What several processes share in one Redis server: queues, the bus that fills them, and how fast providers may be called.
//!
//! - [`RedisQueue`] is an [`EventQueue`](dripr_core::ports::EventQueue), the [`EventBus`](dripr_core::ports::EventBus) to it
//!   and a [`QueueDesk`](dripr_core::ports::QueueDesk). The store of campaigns is another one, which relays its
//!   [`Outbox`](dripr_core::ports::Outbox).
//! - [`RedisRateLimiter`] is a [`RateLimiter`](dripr_core::ports::RateLimiter) for all processes that name the same server
//!   and prefix.
//! - [`Redis`] is the connection that they share, and a [`Probe`](dripr_core::ports::Probe).
//!
//! # What lies where
//! | key | type | holds |
//! |---|---|---|
//! | `PREFIXids` | text | the newest delivery's id |
//! | `PREFIXqueue:NAME:visible` | sorted set | ids by when they become visible, in microseconds since 1970 |
//! | `PREFIXqueue:NAME:payloads` | hash | the event of each id, as JSON |
//! | `PREFIXqueue:NAME:state` | hash | `FENCE COUNT` of each id that was received |
//! | `PREFIXqueue:NAME:dead` | hash | what was parked, with cause and time |
//! | `PREFIXbucket:API` | text | when an API's bucket was empty; expires once the bucket is full |
//!
//! and `PREFIXarrived:NAME` are channels on which it is said that something came.
//!
//! # Why sorted sets with fences, not streams
//! A stream with a consumer group keeps what is being worked on in a list of its own, by the server's clock and by how long
//! it was idle. It knows no "not before eleven", and what was taken over by `XCLAIM` can still be acknowledged by whoever
//! had it before. Here the score is the one place that says when a delivery is visible, whether it is new, being worked on,
//! put off or given back, and all of these are the caller's instants, so that any moment can be replayed. The fence grows
//! with each receiving, and a script compares it where it writes. Scripts run one at a time and as a whole: no delivery is
//! given to two.
//!
//! # What Redis must be
//! One server from version 5 on, or a primary with replicas behind one address; not a cluster, since a script writes to
//! several keys. `maxmemory-policy` should be `noeviction`. What a crash or a failover takes back is what `appendonly`,
//! `appendfsync` and replication allow: receiving and settling are then done again, an event that is lost is announced
//! again after its operation's lease, and an API's calls are counted anew.
//!
//! The user needs `EVALSHA`, `SCRIPT LOAD`, `PING`, `HSCAN`, `HDEL`, `SUBSCRIBE` and what the scripts call, on keys and
//! channels with the prefix.
//!
//! Scores are doubles, which hold every microsecond until the year 2255; what lies beyond is that year.
//!
//! A connection that is lost during a call is made anew and the call repeated once: receiving twice hides what came with
//! the lost answer until its visibility is over, settling twice is settling once, publishing twice delivers twice (which
//! handlers know), and calls taken twice are fewer calls, never more.

mod arrivals;
mod bus;
mod connection;
mod dead_letters;
mod fault;
mod options;
mod queue;
mod rate_limiter;
mod score;

pub use self::{connection::Redis, options::RedisOptions, queue::RedisQueue, rate_limiter::RedisRateLimiter};
