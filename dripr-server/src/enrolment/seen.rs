//! What a dry run remembers.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Mutex, PoisonError},
};

use dripr_core::{contact::ExternalId, email::EmailAddress};

/// How many rows a dry run remembers, to see which are alike: less than 100 MB, and 200 MB more where each has an external id.
const MOST_REMEMBERED: usize = 5_000_000;

/// The rows that a dry run would have stored: a number of 64 bits for each, which no two homes of a file will share by chance; and
/// two for each external id, of itself and of the address that would have it.
#[derive(Default)]
pub struct Seen {
    homes: Mutex<HashSet<u64>>,
    external_ids: Mutex<HashMap<u64, u64>>,
}

fn number(of: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

impl Seen {
    /// Whether this was seen before; from now on it was, unless too much was.
    pub(super) fn before(&self, key: &(String, String)) -> bool {
        let number = number(key);
        // A panic elsewhere leaves it whole: each change is one insertion.
        let mut seen = self.homes.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < MOST_REMEMBERED { !seen.insert(number) } else { seen.contains(&number) }
    }

    /// Whether an external id was seen before with another address; from now on it was with the first, unless too much was.
    pub(super) fn of_another(&self, id: &ExternalId, address: &EmailAddress) -> bool {
        let (id, address) = (number(id), number(address.key()));
        let mut seen = self.external_ids.lock().unwrap_or_else(PoisonError::into_inner);
        match seen.get(&id) {
            Some(known) => *known != address,
            None => {
                if seen.len() < MOST_REMEMBERED {
                    seen.insert(id, address);
                }
                false
            }
        }
    }
}
