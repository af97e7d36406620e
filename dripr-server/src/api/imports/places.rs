//! Places for files that are being read: each has a thread.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use dripr_core::ids::UserId;

use crate::api::problem::Problem;

/// Files that are read at once by one process.
const AT_ONCE: usize = 4;
/// Of these, files of one agent: nobody shall keep all others from importing.
const AT_ONCE_OF_AN_AGENT: usize = 2;

/// How many files of which agents are being read.
#[derive(Clone, Default)]
pub(in crate::api) struct Places(Arc<Mutex<HashMap<UserId, usize>>>);

/// A place that is taken until this is dropped.
pub(super) struct Place {
    places: Places,
    agent: UserId,
}

impl Places {
    /// A place for a file of an agent.
    pub(super) fn take(&self, agent: &UserId) -> Result<Place, Problem> {
        let mut taken = self.lock();
        let (all, own) = (taken.values().sum::<usize>(), taken.get(agent).copied().unwrap_or_default());
        let busy = |most: usize, whose: &str| {
            Problem::busy(format!("{most} files{whose} are being read already; send it again in a while"))
        };
        if own >= AT_ONCE_OF_AN_AGENT {
            return Err(busy(AT_ONCE_OF_AN_AGENT, " of this agent"));
        }
        if all >= AT_ONCE {
            return Err(busy(AT_ONCE, ""));
        }
        taken.insert(agent.clone(), own + 1);
        Ok(Place { places: self.clone(), agent: agent.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        // A panic elsewhere leaves it whole: each change is one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.lock();
        match taken.get_mut(&self.agent) {
            Some(own) if *own > 1 => *own -= 1,
            _ => {
                taken.remove(&self.agent);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_agent_leaves_places_to_others() {
        let places = Places::default();
        let [ana, bo, cy] = ["ana", "bo", "cy"].map(|id| UserId::new(id).unwrap());
        let first = places.take(&ana).unwrap();
        let second = places.take(&ana);
        assert!(second.is_ok() && places.take(&ana).is_err(), "two of an agent, and no third");
        let others = [places.take(&bo), places.take(&cy)];
        assert!(others.iter().all(Result::is_ok) && places.take(&bo).is_err(), "four of all");
        drop(first);
        assert!(places.take(&bo).is_ok(), "whoever is done gives a place back");
        drop((second, others));
        assert!(places.lock().is_empty());
    }
}
