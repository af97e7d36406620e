//! What was received and is not settled: until when it is this process's, by the caller's clock, and what is in it.
//!
//! A queue of SQS may take an old receipt for a new one, so that whoever settles late would settle what another works on.
//! So receipts are worth nothing from the instant on at which their visibility is over, without asking.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use dripr_core::{ports::Receipt, schedule::Instant};

use super::message::Received;

/// What was received and is not settled, by receipt.
#[derive(Default)]
pub(super) struct Held(Mutex<HashMap<String, Holding>>);

/// One of them.
#[derive(Clone)]
pub(super) struct Holding {
    pub(super) message: Arc<Received>,
    /// Since when it was received: no message is hidden for longer than twelve hours from then.
    pub(super) since: Instant,
    /// When it comes again.
    pub(super) until: Instant,
}

impl Held {
    /// Holds what was just received; what came again by now is let go.
    pub(super) fn hold(&self, new: impl IntoIterator<Item = Holding>, now: Instant) {
        let mut held = self.lock();
        held.retain(|_, holding| now < holding.until);
        held.extend(new.into_iter().map(|holding| (holding.message.receipt.id.clone(), holding)));
    }

    /// What a receipt is for, if it is worth anything.
    pub(super) fn get(&self, receipt: &Receipt, now: Instant) -> Option<Holding> {
        let held = self.lock();
        held.get(&receipt.id).filter(|one| one.message.receipt == *receipt && now < one.until).cloned()
    }

    pub(super) fn extend(&self, receipt: &Receipt, until: Instant) {
        if let Some(holding) = self.lock().get_mut(&receipt.id) {
            holding.until = until;
        }
    }

    pub(super) fn let_go(&self, receipt: &Receipt) {
        self.lock().remove(&receipt.id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Holding>> {
        // Nothing panics while it is locked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
