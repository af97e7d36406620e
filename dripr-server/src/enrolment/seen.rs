//! What a dry run remembers.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Mutex, PoisonError},
};

use dripr_core::{contact::ExternalId, email::EmailAddress};

/// How many rows a dry run remembers, to see which are alike: less than 100 MB, and 300 MB more where each has an external id.
const MOST_REMEMBERED: usize = 5_000_000;

/// The rows that a dry run would have stored: a number of 64 bits for each, which no two homes of a file will share by chance; and
/// three for each external id, of itself and twice of the address that would have it.
#[derive(Default)]
pub struct Seen {
    homes: Mutex<HashSet<u64>>,
    external_ids: Mutex<Brought>,
}

/// External ids that rows brought to addresses that have them since.
#[derive(Default)]
struct Brought {
    /// The address of each.
    addresses: HashMap<u64, u64>,
    /// The addresses that have one.
    having: HashSet<u64>,
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

    /// Whether an earlier row brought an external id to another address. If none did, this one has it from now on, unless too much was
    /// seen, or it has another one, which it keeps: of an earlier row, or, as `has_one` says, from before.
    pub(super) fn of_another(&self, id: &ExternalId, address: &EmailAddress, has_one: bool) -> bool {
        let (id, address) = (number(id), number(address.key()));
        // A panic elsewhere leaves it of use: at worst an address keeps an id that nobody was told of.
        let mut seen = self.external_ids.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = seen.addresses.get(&id) {
            return *known != address;
        }
        if !has_one && seen.addresses.len() < MOST_REMEMBERED && seen.having.insert(address) {
            seen.addresses.insert(id, address);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_address_has_an_external_id_unless_it_has_another_one() {
        let seen = Seen::default();
        let of_another = |id: &str, name: &str, has_one: bool| {
            let id: ExternalId = id.parse().unwrap();
            let address: EmailAddress = format!("{name}@home.example").parse().unwrap();
            seen.of_another(&id, &address, has_one)
        };
        assert!(!of_another("7", "ana", false) && !of_another("7", "ANA", false), "however it is spelt");
        assert!(of_another("7", "bo", false), "it is Ana's");
        assert!(!of_another("8", "ana", false), "she keeps the first");
        assert!(!of_another("8", "bo", false), "so this is free");
        assert!(of_another("8", "ana", false));
        assert!(!of_another("9", "cy", true), "who had one before keeps that");
        assert!(!of_another("9", "di", false) && of_another("9", "cy", true));
    }
}
