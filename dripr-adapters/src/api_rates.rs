//! Which rate an API has, where its bucket is kept outside of this process.

use std::{collections::HashMap, fmt};

use crate::token_bucket::Rate;

/// Rates by API, and by how an API's name begins.
#[derive(Clone)]
pub(crate) struct ApiRates {
    each: HashMap<String, Rate>,
    /// For each API whose name begins so, a bucket of its own.
    families: Vec<(String, Rate)>,
}

impl ApiRates {
    pub(crate) fn new(rates: impl IntoIterator<Item = (String, Rate)>) -> Self {
        Self { each: rates.into_iter().collect(), families: Vec::new() }
    }

    pub(crate) fn add_family(&mut self, prefix: String, rate: Rate) {
        self.families.push((prefix, rate));
    }

    /// An API without a rate is not limited.
    pub(crate) fn of(&self, api: &str) -> Option<Rate> {
        let family =
            || self.families.iter().find(|(prefix, _)| api.starts_with(prefix)).map(|(_, rate)| rate);
        self.each.get(api).or_else(family).copied()
    }
}

impl fmt::Debug for ApiRates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.each.keys())
            .entries(self.families.iter().map(|(prefix, _)| prefix))
            .finish()
    }
}
