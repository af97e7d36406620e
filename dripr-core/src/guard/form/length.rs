//! How long a text may be.

use crate::guard::{
    Kind,
    objection::{Objection, Rule},
    prose::{Kind as TokenKind, Prose},
};

pub(super) fn objection(text: &str, prose: &Prose, kind: Kind) -> Option<Objection> {
    let longest = kind.longest();
    // What has more bytes than so many of the longest characters has more characters too.
    let characters = if text.len() > longest * 4 { text.len() / 4 } else { text.chars().count() };
    if characters > longest {
        let found = format!("more than {longest} characters");
        return Some(Objection::new(Rule::TooLong, &found));
    }
    let words = (0..prose.len())
        .filter(|at| prose.token(*at).is_some_and(|token| token.kind == TokenKind::Word))
        .count();
    (words < kind.fewest_words()).then(|| Objection::new(Rule::TooShort, text))
}
