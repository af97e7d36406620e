//! Counting webhooks that come in and cannot be verified.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use dripr_core::{alerts::Rejected, schedule::Instant};

/// How the webhooks of each sender were found that came in at a process. Cheap to clone; all clones are one.
#[derive(Debug, Clone, Default)]
pub struct Incoming(Arc<Mutex<BTreeMap<&'static str, Rejected>>>);

impl Incoming {
    /// One came that could not be verified.
    pub fn rejected(&self, from: &'static str, now: Instant) {
        self.change(from, |rejected| rejected.another(now));
    }

    /// One came that could be.
    pub fn genuine(&self, from: &'static str) {
        self.change(from, Rejected::genuine);
    }

    /// How those of each sender were found of whom any came.
    #[must_use]
    pub fn found(&self) -> Vec<(&'static str, Rejected)> {
        let found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        found.iter().map(|(from, rejected)| (*from, *rejected)).collect()
    }

    fn change(&self, from: &'static str, change: impl FnOnce(&mut Rejected)) {
        // Each change is whole; a panic elsewhere leaves it so.
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        change(found.entry(from).or_default());
    }
}
