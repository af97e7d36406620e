//! Whether a text reads as English, and whether it shouts.
//!
//! English sentences are held together by small words: articles, pronouns, prepositions, auxiliaries. They are 35 to 55 of
//! a hundred words of prose, and a few of a hundred in other languages, which share some spellings (*in*, *was*, *me*).
//! A paragraph with fewer than a fifth is not English prose, nor is a long sentence or a short paragraph with hardly any.

use std::ops::Range;

use crate::guard::{
    function_words::is_function_word,
    objection::Rule,
    prose::{Kind, Prose},
};

/// A paragraph of so many words is judged, and the least share of its words that hold it together, in percent.
const PARAGRAPH: (usize, usize) = (10, 20);
/// A short paragraph needs one such word at least.
const SHORT_PARAGRAPH: (usize, usize) = (6, 10);
/// The same for a sentence, which may be a list of places.
const SENTENCE: (usize, usize) = (14, 12);
/// So many words in capitals in a row are shouting.
const SHOUTED: usize = 3;

/// Paragraphs and sentences that are not English, and words in capitals.
pub(super) fn passages(prose: &Prose) -> Vec<(Rule, Range<usize>)> {
    let mut found = foreign(prose, PARAGRAPH, |kind| kind == Kind::Paragraph);
    found.extend(foreign(prose, SHORT_PARAGRAPH, |kind| kind == Kind::Paragraph));
    found.extend(foreign(prose, SENTENCE, |kind| {
        matches!(kind, Kind::Paragraph | Kind::Mark('.' | '!' | '?' | ';' | ':'))
    }));
    found.extend(shouted(prose));
    found
}

fn foreign(
    prose: &Prose,
    (fewest, percent): (usize, usize),
    ends: fn(Kind) -> bool,
) -> Vec<(Rule, Range<usize>)> {
    let mut found = Vec::new();
    let (mut first, mut words, mut small) = (0, 0, 0);
    for at in 0..=prose.len() {
        let kind = prose.token(at).map(|token| token.kind);
        if kind.is_none_or(ends) {
            if words >= fewest && small * 100 < words * percent {
                found.push((Rule::Language, prose.span(first..at)));
            }
            (first, words, small) = (at + 1, 0, 0);
        } else if kind == Some(Kind::Word) {
            words += 1;
            small += usize::from(is_function_word(prose.word(at)));
        }
    }
    found
}

fn shouted(prose: &Prose) -> Vec<(Rule, Range<usize>)> {
    let mut found = Vec::new();
    let (mut first, mut words) = (0, 0);
    for at in 0..=prose.len() {
        let kind = prose.token(at).map(|token| token.kind);
        if kind == Some(Kind::Word) {
            let word = prose.written(at..at + 1);
            let capitals = word.chars().count() >= 2 && !word.chars().any(char::is_lowercase);
            if !capitals && word.chars().count() >= 2 {
                found.extend((words >= SHOUTED).then(|| (Rule::Capitals, prose.span(first..at))));
                words = 0;
            } else if capitals {
                first = if words == 0 { at } else { first };
                words += 1;
            }
        } else if kind.is_none_or(|kind| kind == Kind::Paragraph) {
            found.extend((words >= SHOUTED).then(|| (Rule::Capitals, prose.span(first..at))));
            words = 0;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_languages_and_shouting_are_found() {
        let rule = |text: &str| passages(&Prose::of(text)).first().map(|(rule, _)| *rule);
        for text in [
            "El precio medio de las viviendas subió un poco durante los últimos meses en la zona.",
            "Der Preis der Häuser in der Gegend ist im letzten Jahr um einige Prozent gestiegen.",
            "Le prix médian des maisons vendues dans le quartier a augmenté au cours de la période.",
            "De prijs van de huizen in de buurt was het afgelopen jaar iets hoger dan daarvoor.",
            "Home value price market rate sale report figure area month survey estimate.",
        ] {
            assert_eq!(rule(text), Some(Rule::Language), "{text}");
        }
        assert_eq!(rule("This is a GREAT HOME NOW for it."), Some(Rule::Capitals));
        for fine in [
            "On record for your home: 3 beds, 1.75 baths, 1,680 sq ft, built 1926.",
            "The U.S. and the ZIP code are as they were in the MLS.",
            "Homes sold well.",
        ] {
            assert_eq!(rule(fine), None, "{fine}");
        }
    }
}
