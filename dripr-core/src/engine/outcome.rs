//! What a handler says should become of its work.

use crate::{campaign::Action, errors::PortError, schedule::Instant};

/// What a handler says should become of its work. The loop acts on it; a handler stores and settles nothing itself.
#[derive(Debug)]
pub enum Outcome {
    /// It is done; this is to be stored.
    Done(Action),
    /// The campaign has moved on, or the work is not wanted: nothing to store.
    Skipped,
    /// It failed and may succeed later. Costs an attempt.
    Retry(PortError),
    /// Not now. Costs no attempt.
    DeferUntil(Instant),
    /// It cannot succeed.
    GiveUp(String),
}

impl Outcome {
    /// What it is called in traces.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Skipped => "skipped",
            Self::Retry(_) => "failed",
            Self::DeferUntil(_) => "deferred",
            Self::GiveUp(_) => "given_up",
        }
    }
}
