use async_trait::async_trait;
use chrono::TimeDelta;

use super::MemoryStore;
use crate::{
    access::{KEPT_HOURS, KeptReply, Repetition, UNDER_WAY_SECONDS},
    errors::PortResult,
    ports::ReplyStore,
    schedule::Instant,
};

/// A call under a key.
pub(super) struct Call {
    call: String,
    begun_at: Instant,
    reply: Option<KeptReply>,
}

#[async_trait]
impl ReplyStore for MemoryStore {
    async fn begin_call(&self, caller: &str, key: &str, call: &str, now: Instant) -> PortResult<Repetition> {
        let mut state = self.lock();
        let slot = (caller.to_owned(), key.to_owned());
        if let Some(known) = state.replies.get(&slot) {
            let age = now - known.begun_at;
            let dead = known.reply.is_none() && age >= TimeDelta::seconds(UNDER_WAY_SECONDS);
            if age < TimeDelta::hours(KEPT_HOURS) {
                if known.call != call {
                    return Ok(Repetition::OtherCall);
                }
                match &known.reply {
                    Some(reply) => return Ok(Repetition::Answered(reply.clone())),
                    None if !dead => return Ok(Repetition::UnderWay),
                    None => {}
                }
            }
        }
        let call = Call { call: call.to_owned(), begun_at: now, reply: None };
        state.replies.insert(slot, call);
        Ok(Repetition::First)
    }

    async fn end_call(
        &self,
        caller: &str,
        key: &str,
        begun_at: Instant,
        reply: Option<KeptReply>,
    ) -> PortResult<()> {
        let mut state = self.lock();
        let slot = (caller.to_owned(), key.to_owned());
        if state.replies.get(&slot).is_none_or(|call| call.begun_at != begun_at) {
            return Ok(());
        }
        match reply {
            None => drop(state.replies.remove(&slot)),
            Some(reply) => {
                if let Some(call) = state.replies.get_mut(&slot) {
                    call.reply = Some(reply);
                }
            }
        }
        Ok(())
    }
}
