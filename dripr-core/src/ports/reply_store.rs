//! Where answers are kept for calls that come again.

use async_trait::async_trait;

use crate::{
    access::{KeptReply, Repetition},
    errors::PortResult,
    schedule::Instant,
};

/// Keeps answers by the caller and a key that the caller chose.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait ReplyStore: Send + Sync {
    /// Notes that a call begins, unless it or another began under that key before. Of several at once one is
    /// [`Repetition::First`]. `call` is a digest of what is asked for. What is older than
    /// [`KEPT_HOURS`](crate::access::KEPT_HOURS) counts as forgotten, and what has no answer after
    /// [`UNDER_WAY_SECONDS`](crate::access::UNDER_WAY_SECONDS) is begun again.
    async fn begin_call(&self, caller: &str, key: &str, call: &str, now: Instant) -> PortResult<Repetition>;

    /// Keeps the answer of a call that was begun at an instant; without one, the call is forgotten. Nothing changes if somebody
    /// else began it anew meanwhile.
    async fn end_call(
        &self,
        caller: &str,
        key: &str,
        begun_at: Instant,
        reply: Option<KeptReply>,
    ) -> PortResult<()>;
}
