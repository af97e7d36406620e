use async_trait::async_trait;

use super::{MemoryStore, State};
use crate::{
    access::{Deed, Reach},
    errors::PortResult,
    ports::{DeedEntry, DeedStore},
};

impl State {
    /// Whether a reach lies within another.
    pub(super) fn lies_within(&self, reach: &Reach, within: &Reach) -> bool {
        let named = match reach {
            Reach::Agent(id) => self.agents.get(id),
            Reach::Deployment | Reach::Brokerage(_) | Reach::Team(..) => None,
        };
        within.contains(reach, named.map(AsRef::as_ref))
    }
}

#[async_trait]
impl DeedStore for MemoryStore {
    async fn deeds(&self, within: &Reach, before: Option<u64>, limit: usize) -> PortResult<Vec<DeedEntry>> {
        let state = self.lock();
        let numbered = state.deeds.iter().enumerate().map(|(at, deed)| (at as u64 + 1, deed)).rev();
        let wanted = |(number, deed): &(u64, &Deed)| {
            before.is_none_or(|before| *number < before) && state.lies_within(&deed.reach, within)
        };
        let entry = |(number, deed): (u64, &Deed)| DeedEntry { number, deed: deed.clone() };
        Ok(numbered.filter(wanted).take(limit).map(entry).collect())
    }
}
