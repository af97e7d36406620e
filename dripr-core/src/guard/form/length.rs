//! How long a text may be.

use crate::guard::{
    Kind,
    objection::{Objection, Rule},
    prose::{Kind as TokenKind, Prose},
};

pub(super) fn objection(text: &str, prose: &Prose, kind: Kind) -> Option<Objection> {
    let longest = kind.longest();
    // What has more bytes than so many of the longest characters has more characters too.
    if text.len() > longest * 4 || text.chars().count() > longest {
        let found = format!("more than {longest} characters");
        return Some(Objection::new(Rule::TooLong, &found));
    }
    let words = (0..prose.len())
        .filter(|at| prose.token(*at).is_some_and(|token| token.kind == TokenKind::Word))
        .count();
    (words < kind.fewest_words()).then(|| Objection::new(Rule::TooShort, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Option<Rule> {
        objection(text, &Prose::of(text), Kind::Intro).map(|objection| objection.rule)
    }

    #[test]
    fn a_text_has_1200_characters_at_most_however_many_bytes_they_take() {
        // Some words of one letter, and then one character again and again.
        let text = |c: char, count: usize| format!("a b c d e {}", c.to_string().repeat(count - 10));
        for c in ['x', 'é', '½', '\u{1f525}'] {
            assert_eq!(rule(&text(c, 1_200)), None, "{c}");
            for count in [1_201, 4_801, 4_803] {
                assert_eq!(rule(&text(c, count)), Some(Rule::TooLong), "{count} {c}");
            }
        }
    }

    #[test]
    fn a_text_has_five_words_at_least() {
        assert_eq!(rule("It is so: 1 2 3, now."), Some(Rule::TooShort));
        assert_eq!(rule("It is so now, then."), None);
    }
}
