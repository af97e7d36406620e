//! Sections that all reports of a ZIP code share: rendered once for a content, then copied.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use dripr_core::{
    content::{AreaContent, AreaKey},
    errors::PortResult,
};

/// What one generation may hold, in bytes of rendered text. There are at most two.
const GENERATION: usize = 2 * 1024 * 1024;

/// One shared section, rendered. Both parts are empty if there is nothing to show.
#[derive(Debug, Default)]
pub(super) struct Section {
    pub(super) html: String,
    pub(super) text: String,
}

/// The rendered sections of late, in two generations: when the young one is full the old one is forgotten, and what is
/// still asked for moves over. Memory is bounded, whatever the number of ZIP codes.
#[derive(Debug, Default)]
pub(super) struct Sections {
    generations: Mutex<Generations>,
}

#[derive(Debug, Default)]
struct Generations {
    young: HashMap<AreaKey, Kept>,
    old: HashMap<AreaKey, Kept>,
    bytes: usize,
}

#[derive(Debug, Clone)]
struct Kept {
    content: Arc<AreaContent>,
    section: Arc<Section>,
}

impl Sections {
    /// The section of a content: the kept one if it was made of the same content, else a new one.
    pub(super) fn of(
        &self,
        key: &AreaKey,
        content: &Arc<AreaContent>,
        render: impl FnOnce() -> PortResult<Section>,
    ) -> PortResult<Arc<Section>> {
        if let Some(section) = self.lock().find(key, content) {
            return Ok(section);
        }
        let section = Arc::new(render()?);
        let kept = Kept { content: content.clone(), section: section.clone() };
        self.lock().keep(key.clone(), kept);
        Ok(section)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Generations> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn find(&mut self, key: &AreaKey, content: &Arc<AreaContent>) -> Option<Arc<Section>> {
        let same = |kept: &Kept| Arc::ptr_eq(&kept.content, content) || kept.content == *content;
        if let Some(kept) = self.young.get(key) {
            return same(kept).then(|| kept.section.clone());
        }
        let kept = self.old.remove(key).filter(same)?;
        let section = kept.section.clone();
        self.keep(key.clone(), kept);
        Some(section)
    }

    fn keep(&mut self, key: AreaKey, kept: Kept) {
        // A little over the text, for the content it was made of.
        let bytes = |kept: &Kept| 4_096 + kept.section.html.len() + kept.section.text.len();
        if self.bytes >= GENERATION {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
        self.bytes += bytes(&kept);
        if let Some(replaced) = self.young.insert(key, kept) {
            self.bytes = self.bytes.saturating_sub(bytes(&replaced));
        }
    }
}

#[cfg(test)]
mod tests {
    use dripr_core::content::{AreaKind, Author, Words};

    use super::*;

    fn key(zip: usize) -> AreaKey {
        AreaKey {
            kind: AreaKind::Intro,
            user_id: None,
            zip_code: format!("{zip:05}").parse().unwrap(),
            day: "2015-03-01".parse().unwrap(),
        }
    }

    fn content(text: &str) -> Arc<AreaContent> {
        Arc::new(AreaContent::Intro(Words::new(text.to_owned(), Author::Composed)))
    }

    fn section(text: &str) -> PortResult<Section> {
        Ok(Section { html: text.to_owned(), text: String::new() })
    }

    #[test]
    fn the_same_content_is_rendered_once_and_a_new_one_anew() {
        let sections = Sections::default();
        let one = content("one");
        sections.of(&key(1), &one, || section("first")).unwrap();
        let again = sections.of(&key(1), &one, || section("second")).unwrap();
        assert_eq!(again.html, "first");
        let equal = sections.of(&key(1), &content("one"), || section("third")).unwrap();
        assert_eq!(equal.html, "first");
        let changed = sections.of(&key(1), &content("two"), || section("fourth")).unwrap();
        assert_eq!(changed.html, "fourth");
    }

    #[test]
    fn memory_stays_bounded_and_what_is_asked_for_stays() {
        let sections = Sections::default();
        let often = content("often");
        sections.of(&key(0), &often, || section("kept")).unwrap();
        let big = "x".repeat(40_000);
        for zip in 1..1_000 {
            sections.of(&key(zip), &content("c"), || section(&big)).unwrap();
            let kept = sections.of(&key(0), &often, || section("lost")).unwrap();
            assert_eq!(kept.html, "kept", "after {zip}");
        }
        let held = sections.lock();
        let bytes: usize =
            held.young.values().chain(held.old.values()).map(|kept| kept.section.html.len()).sum();
        assert!(bytes <= 2 * GENERATION + 100_000, "{bytes}");
    }
}
