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

    #[test]
    fn a_paragraph_is_english_by_a_fifth_of_its_words() {
        let text =
            |small: usize, others: usize| [vec!["the"; small], vec!["market"; others]].concat().join(" ");
        let is_foreign = |text: &str| !passages(&Prose::of(text)).is_empty();
        for (small, others, foreign) in [
            (0, 5, false),
            (0, 6, true),
            (1, 8, false),
            (1, 9, true),
            (2, 8, false),
            (2, 9, true),
            (20, 80, false),
            (19, 81, true),
        ] {
            assert_eq!(is_foreign(&text(small, others)), foreign, "{small} of {others}");
        }
        // Each paragraph is judged for itself, and each long sentence.
        let (good, bad) = (text(9, 6), text(0, 6));
        assert!(is_foreign(&format!("{good}\n\n{bad}")) && is_foreign(&format!("{bad}\n\n{good}")));
        assert!(!is_foreign(&format!("{good}. {bad}.")));
        for (small, others, foreign) in [(0, 13, false), (1, 13, true), (0, 14, true), (2, 12, false)] {
            let sentence = text(small, others);
            assert_eq!(is_foreign(&format!("{good}. {sentence}. {good}")), foreign, "{small} of {others}");
        }
    }

    #[test]
    fn three_words_in_capitals_in_a_row_are_quoted_as_they_stand() {
        for (text, quoted) in [
            ("This is a GREAT HOME NOW for it.", Some("GREAT HOME NOW")),
            ("It was the BEST. HOME, EVER and more", Some("BEST. HOME, EVER")),
            ("So it is, as a GREAT I HOME NOW", Some("GREAT I HOME NOW")),
            ("A NEW AND OLD HOME\n\nand more", Some("NEW AND OLD HOME")),
            ("This is a GREAT HOME for it.", None),
            ("It is NEW, and so it is a BIG one", None),
            ("It is a BIG NEW\n\nHOME of it", None),
            ("I A I and so it is", None),
        ] {
            let found = passages(&Prose::of(text)).into_iter().next().map(|(_, at)| &text[at]);
            assert_eq!(found, quoted, "{text}");
        }
    }
}
