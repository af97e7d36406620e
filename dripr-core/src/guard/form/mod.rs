//! Plain English prose of bounded length, and nothing else: no markup, links, gaps, greetings or instructions.

mod characters;
mod contact;
mod language;
mod length;
mod markup;
mod voice;

use std::ops::Range;

pub(super) use characters::is_prose;

use super::{Kind, objection::Objection, objection::Rule, prose::Prose};

/// What is wrong with the form of a text, with the bytes concerned.
pub(super) fn passages(prose: &Prose) -> Vec<(Rule, Range<usize>)> {
    let mut found = characters::passages(prose);
    found.extend(markup::passages(prose));
    found.extend(contact::passages(prose));
    found.extend(voice::passages(prose));
    found.extend(language::passages(prose));
    found
}

/// Whether a whole text is too short or too long.
pub(super) fn length(text: &str, prose: &Prose, kind: Kind) -> Option<Objection> {
    length::objection(text, prose, kind)
}
