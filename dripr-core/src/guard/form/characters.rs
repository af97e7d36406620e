//! The characters that plain English prose is written in.
//!
//! What is not among them is refused, not translated: digits of other scripts, Cyrillic look-alikes, zero-width and
//! direction marks, soft hyphens, full-width letters and combining accents can then carry nothing past another rule.

use std::ops::Range;

use crate::guard::{
    objection::Rule,
    prose::{Kind, Prose, without_accent},
};

/// So many single letters in a row are a word spelled out to be overlooked.
const SPELLED_OUT: usize = 5;

/// Whether prose may contain a character: printable ASCII, line feeds, typographic quotes, dashes and ellipsis, the
/// no-break space, the minus and degree signs, ½ ¼ ¾, and Latin letters with accents, for names.
pub(in crate::guard) fn is_prose(c: char) -> bool {
    matches!(
        c,
        ' '..='~'
            | '\n'
            | '\u{a0}'
            | '‘'
            | '’'
            | '“'
            | '”'
            | '\u{2010}'
            | '\u{2011}'
            | '\u{2012}'
            | '–'
            | '—'
            | '\u{2212}'
            | '…'
            | '°'
            | '½'
            | '¼'
            | '¾'
    ) || without_accent(c).is_some()
}

/// Words with characters that prose does not need, with digits among their letters, or spelled out in single letters.
pub(super) fn passages(prose: &Prose) -> Vec<(Rule, Range<usize>)> {
    let mut found = Vec::new();
    let mut start = 0;
    for word in prose.text().split_inclusive(char::is_whitespace) {
        if !word.chars().all(is_prose) {
            found.push((Rule::Character, start..start + word.len()));
        }
        start += word.len();
    }
    for at in 0..prose.len() {
        let is = |at: usize, kind: Kind| prose.token(at).is_some_and(|token| token.kind == kind);
        let digits_within = is(at, Kind::Word)
            && (is(at + 1, Kind::Number) && prose.is_glued(at + 1))
            && (is(at + 2, Kind::Word) && prose.is_glued(at + 2));
        if digits_within {
            found.push((Rule::Character, prose.span(at..at + 3)));
        }
    }
    found.extend(spelled_out(prose));
    found
}

fn spelled_out(prose: &Prose) -> Vec<(Rule, Range<usize>)> {
    let mut found = Vec::new();
    let (mut first, mut letters) = (0, 0);
    for at in 0..=prose.len() {
        let single = prose.word(at).chars().count() == 1;
        let between =
            prose.token(at).is_some_and(|token| matches!(token.kind, Kind::Mark('-' | '.' | '_' | '–')));
        if single {
            if letters == 0 {
                first = at;
            }
            letters += 1;
        } else if !between {
            if letters >= SPELLED_OUT {
                found.push((Rule::Character, prose.span(first..at)));
            }
            letters = 0;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_needs_few_characters() {
        for good in ['a', '~', '\n', 'é', 'Ş', 'ø', '…', '½', '\u{a0}'] {
            assert!(is_prose(good), "{good:?}");
        }
        for bad in [
            '\t',
            '\r',
            '\0',
            '\u{ad}',
            '\u{200b}',
            '\u{200d}',
            '\u{202e}',
            '\u{2066}',
            '\u{feff}',
            '\u{301}',
            '１',
            'ａ',
            'а',
            'ο',
            '٣',
            '²',
            '①',
            '€',
            '•',
            '😀',
            '\u{e0041}',
            'ſ',
            'ﬁ',
            '\u{2028}',
            '\u{3000}',
            '×',
        ] {
            assert!(!is_prose(bad), "{bad:?}");
        }
    }

    #[test]
    fn words_in_disguise_are_found() {
        let found = |text: &str| passages(&Prose::of(text)).len();
        assert_eq!(found("no ch1ldren here"), 1);
        assert_eq!(found("n o k i d s here"), 1);
        assert_eq!(found("fami\u{200b}lies and fаmilies"), 2);
        assert_eq!(found("the 1st of a U.S. survey, at 3BR and a 30-year"), 0);
    }

    #[test]
    fn what_is_quoted_is_the_word_in_disguise() {
        for (text, quoted) in [
            ("so fami\u{200b}lies and more", Some("fami\u{200b}lies ")),
            ("for ch1ldren here", Some("ch1ldren")),
            ("so n o k i d s here", Some("n o k i d s")),
            ("so k-i-d.s–x here", Some("k-i-d.s–x")),
            ("so a b c d e", Some("a b c d e")),
            ("so a b c d here", None),
            ("so a b c here d e f here", None),
            ("a 3BR home", None),
            ("at 3 BR 5 BA", None),
            ("the type R22B", Some("R22B")),
            ("the type R 22B", None),
            ("the type R22 B", None),
        ] {
            let found = passages(&Prose::of(text)).into_iter().next().map(|(_, at)| &text[at]);
            assert_eq!(found, quoted, "{text}");
        }
    }
}
