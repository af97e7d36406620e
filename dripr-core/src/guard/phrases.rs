//! Phrases to look for, written as short patterns.
//!
//! A pattern is words parted by spaces. `a|b` is either, `a?` may be missing, `..` is up to three words of any kind,
//! `#` is an amount such as `$300`, `3.5%` or `five hundred`, `$` one of dollars. Hyphens, quotes and slashes between
//! words do not matter, nor commas where `..` stands; any other mark ends a phrase. A pattern begins with words, `#` or
//! `$`.

use std::{collections::HashMap, ops::Range};

use super::{
    figures,
    prose::{Kind, Prose},
};

/// Patterns, found by their first word.
pub(super) struct Phrases {
    patterns: Vec<Vec<Element>>,
    by_first_word: HashMap<&'static str, Vec<usize>>,
    with_amount_first: Vec<usize>,
}

struct Element {
    what: What,
    optional: bool,
}

enum What {
    OneOf(Vec<&'static str>),
    Anything,
    Amount,
    Dollars,
}

/// The most words that `..` stands for.
const GAP: usize = 3;

impl Phrases {
    pub(super) fn new(patterns: &[&'static str]) -> Self {
        let mut phrases =
            Self { patterns: Vec::new(), by_first_word: HashMap::new(), with_amount_first: Vec::new() };
        for pattern in patterns {
            let elements: Vec<Element> = pattern.split(' ').map(element).collect();
            let at = phrases.patterns.len();
            match elements.first().map(|first| &first.what) {
                Some(What::OneOf(words)) => {
                    words.iter().for_each(|word| phrases.by_first_word.entry(word).or_default().push(at));
                }
                Some(What::Amount | What::Dollars) => phrases.with_amount_first.push(at),
                _ => continue,
            }
            phrases.patterns.push(elements);
        }
        phrases
    }

    /// Where the longest phrase ends that begins at a token.
    pub(super) fn match_at(&self, prose: &Prose, at: usize) -> Option<usize> {
        let by_word = self.by_first_word.get(prose.word(at)).into_iter().flatten();
        let by_amount = self.with_amount_first.iter().filter(|_| amount(prose, at).is_some());
        by_word.chain(by_amount).filter_map(|pattern| matches(self.patterns.get(*pattern)?, prose, at)).max()
    }

    /// All phrases of a text, none inside another.
    pub(super) fn find(&self, prose: &Prose) -> Vec<Range<usize>> {
        let (mut found, mut at) = (Vec::new(), 0);
        while at < prose.len() {
            match self.match_at(prose, at) {
                Some(end) if end > at => {
                    found.push(at..end);
                    at = end;
                }
                _ => at += 1,
            }
        }
        found
    }
}

fn element(text: &'static str) -> Element {
    let (text, optional) = text.strip_suffix('?').map_or((text, false), |text| (text, true));
    let what = match text {
        ".." => What::Anything,
        "#" => What::Amount,
        "$" => What::Dollars,
        words => What::OneOf(words.split('|').collect()),
    };
    Element { what, optional }
}

/// Where a phrase ends that begins here.
fn matches(elements: &[Element], prose: &Prose, at: usize) -> Option<usize> {
    let Some((element, rest)) = elements.split_first() else { return Some(at) };
    let here = (at..prose.len()).find(|at| !is_soft(prose, *at)).unwrap_or(at);
    let found = match &element.what {
        What::OneOf(words) if words.contains(&prose.word(here)) => matches(rest, prose, here + 1),
        What::OneOf(_) => None,
        What::Amount => amount(prose, here).and_then(|end| matches(rest, prose, end)),
        What::Dollars => amount(prose, here)
            .filter(|end| prose.is_mark(here, '$') || prose.word(end.saturating_sub(1)) == "dollars")
            .and_then(|end| matches(rest, prose, end)),
        What::Anything => {
            let mut here = (here..prose.len()).find(|at| !prose.is_mark(*at, ',')).unwrap_or(here);
            for _ in 0..=GAP {
                if let Some(end) = matches(rest, prose, here) {
                    return Some(end);
                }
                if !matches!(prose.token(here)?.kind, Kind::Word | Kind::Number) {
                    return None;
                }
                here += 1;
                while is_soft(prose, here) || prose.is_mark(here, ',') {
                    here += 1;
                }
            }
            None
        }
    };
    if found.is_none() && element.optional { matches(rest, prose, at) } else { found }
}

/// Whether a mark parts two words no more than a space does.
fn is_soft(prose: &Prose, at: usize) -> bool {
    matches!(
        prose.token(at).map(|token| token.kind),
        Some(Kind::Mark('-' | '–' | '\'' | '"' | '/' | '_' | '*'))
    )
}

/// Where an amount ends that begins here.
fn amount(prose: &Prose, at: usize) -> Option<usize> {
    let digits = if prose.is_mark(at, '$') { at + 1 } else { at };
    let number = figures::number_at(prose, digits)?;
    let mut end = number.end;
    if matches!(prose.word(end), "k" | "m" | "thousand" | "million") {
        end += 1;
    }
    while prose.is_mark(end, '%') || matches!(prose.word(end), "percent" | "dollars") {
        end += 1;
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(patterns: &[&'static str], text: &str) -> Vec<String> {
        let prose = Prose::of(text);
        let found = Phrases::new(patterns).find(&prose);
        found.into_iter().map(|tokens| prose.written(tokens).to_owned()).collect()
    }

    #[test]
    fn a_pattern_has_choices_gaps_and_amounts() {
        let patterns =
            ["no|without kids|children", "perfect for .. families", "# a? monthly|month", "# down"];
        let text = "No children, and perfect for any growing families. NO-KIDS? Pay $1.5K a month, 5% down.";
        assert_eq!(
            found(&patterns, text),
            ["No children", "perfect for any growing families", "NO-KIDS", "$1.5K a month", "5% down"]
        );
        assert_eq!(found(&["$ down"], "97 down, $97 down, 97 dollars down"), ["$97 down", "97 dollars down"]);
        assert!(found(&patterns, "no. Children; perfect for this; families. monthly").is_empty());
        assert!(found(&patterns, "perfect for one two three four families").is_empty());
    }

    #[test]
    fn marks_that_part_no_more_than_a_space_are_passed_over() {
        let patterns = ["perfect for .. families", "# down", "# a month"];
        for (text, phrase) in [
            ("so perfect for big, growing families", Some("perfect for big, growing families")),
            ("so perfect for ever-growing families", Some("perfect for ever-growing families")),
            ("so perfect for, say, all families", Some("perfect for, say, all families")),
            ("so perfect for one two three families", Some("perfect for one two three families")),
            ("so perfect for all. Families", None),
            ("so $5 thousand down", Some("$5 thousand down")),
            ("so $5 M down", Some("$5 M down")),
            ("so 5 percent down", Some("5 percent down")),
            ("so $5% a month", Some("$5% a month")),
            ("so $5 more a month", None),
        ] {
            assert_eq!(found(&patterns, text).first().map(String::as_str), phrase, "{text}");
        }
    }
}
