//! Links, email addresses and telephone numbers: an email has its own, and no writer is given any.

use std::ops::Range;

use crate::guard::{
    objection::Rule,
    prose::{Kind, Prose},
};

/// Ways to somewhere else.
pub(super) fn passages(prose: &Prose) -> Vec<(Rule, Range<usize>)> {
    let links =
        (0..prose.len()).filter_map(|at| link(prose, at).map(|tokens| (Rule::Link, prose.span(tokens))));
    let mut found: Vec<(Rule, Range<usize>)> = links.collect();
    found.extend(telephones(prose.text()).into_iter().map(|bytes| (Rule::PhoneNumber, bytes)));
    found
}

/// `https:`, `www`, `name@`, `example.com`, `example dot com`, `192.168.0.1`.
///
/// Any full stop right between two words counts: a mail program turns such a pair into a link.
fn link(prose: &Prose, at: usize) -> Option<Range<usize>> {
    let glued_word =
        |at: usize, shortest: usize| prose.is_glued(at) && prose.word(at).chars().count() >= shortest;
    match prose.token(at)?.kind {
        Kind::Mark('@') => Some(at.saturating_sub(1)..at + 4),
        Kind::Mark('.') => {
            let after = prose.is_glued(at).then(|| at.checked_sub(1)).flatten();
            let word_before = after.is_some_and(|before| {
                prose.word(before).chars().count() >= 2 || !prose.digits(before).is_empty()
            });
            let area = after.is_some_and(|before| prose.word(before) == "sq");
            let domain = word_before && glued_word(at + 1, 2) && !area;
            let known = glued_word(at + 1, 2) && is_ending(prose.word(at + 1));
            let address = after.is_some_and(|before| !prose.digits(before).is_empty())
                && prose.is_glued(at + 1)
                && !prose.digits(at + 1).is_empty();
            (domain || known || address).then_some(at.saturating_sub(1)..at + 2)
        }
        Kind::Word => match prose.word(at) {
            "http" | "https" | "www" | "mailto" | "ftp" => Some(at..at + 6),
            "dot" if is_ending(prose.word(at + 1)) => Some(at.saturating_sub(1)..at + 2),
            _ => None,
        },
        _ => None,
    }
}

fn is_ending(word: &str) -> bool {
    matches!(word, "com" | "net" | "org" | "io" | "info" | "biz" | "gov" | "edu" | "ly" | "app" | "link")
}

/// Ten digits in groups of three, three and four, eleven with the country's 1, seven with a hyphen, or 1-800 and words.
fn telephones(text: &str) -> Vec<Range<usize>> {
    let groups = digit_groups(text);
    let mut found = Vec::new();
    let mut first = 0;
    while first < groups.len() {
        let lengths: Vec<usize> = groups.iter().skip(first).take(4).map(|group| group.len()).collect();
        let joined = |count: usize| {
            groups.get(first..first + count).is_some_and(|groups| {
                groups.windows(2).all(|pair| match pair {
                    [before, after] => text.get(before.end..after.start).is_some_and(is_separator),
                    _ => false,
                })
            })
        };
        let tight = |count: usize| {
            joined(count)
                && groups.get(first..first + count).is_some_and(|groups| {
                    groups.windows(2).all(|pair| match pair {
                        [before, after] => text.get(before.end..after.start) != Some(" "),
                        _ => false,
                    })
                })
        };
        let word_follows = |count: usize| {
            groups.get(first + count - 1).and_then(|group| text.get(group.end..)).is_some_and(|rest| {
                let mut rest = rest.chars();
                rest.next() == Some('-') && rest.next().is_some_and(char::is_alphabetic)
            })
        };
        let count = match *lengths.as_slice() {
            [10, ..] => 1,
            [11, ..] if group_starts(text, groups.get(first), "1") => 1,
            [1, 3, 3, 4] if joined(4) => 4,
            [3, 3, 4, ..] if joined(3) => 3,
            [3, 7, ..] | [1, 10, ..] if tight(2) => 2,
            [3, 4, ..] if tight(2) => 2,
            [1, 3, ..] if tight(2) && word_follows(2) => 2,
            _ => 0,
        };
        if count > 0
            && let (Some(start), Some(end)) = (groups.get(first), groups.get(first + count - 1))
        {
            found.push(start.start..end.end);
        }
        first += count.max(1);
    }
    found
}

fn group_starts(text: &str, group: Option<&Range<usize>>, with: &str) -> bool {
    group.and_then(|group| text.get(group.clone())).is_some_and(|digits| digits.starts_with(with))
}

fn is_separator(between: &str) -> bool {
    (1..=6).contains(&between.len())
        && between
            .chars()
            .all(|c| matches!(c, ' ' | '-' | '.' | '(' | ')' | '/' | '–' | '\u{a0}' | '\u{2011}'))
}

/// Runs of digits.
fn digit_groups(text: &str) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    for (at, c) in text.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
        let next = at + c.len_utf8();
        match groups.last_mut() {
            Some(group) if group.end == at => group.end = next,
            _ => groups.push(at..next),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephone_numbers_are_found() {
        let found = |text: &str| telephones(text).len();
        for text in [
            "206-555-0134",
            "(206) 555-0134",
            "206.555.0134",
            "206 555 0134",
            "+1 206 555 0134",
            "1-206-555-0134",
            "2065550134",
            "12065550134",
            "555-0134",
            "1-800-HOMES",
            "(206)5550134",
        ] {
            assert_eq!(found(text), 1, "{text}");
        }
        for text in [
            "$1,187,500",
            "98103",
            "2026-06-03",
            "6/3/2026",
            "97 homes",
            "480,000–520,000",
            "in 2015 1,680",
            "331 1926",
            "90 days, 97 homes",
            "$534,000 to $644,000",
        ] {
            assert_eq!(found(text), 0, "{text}");
        }
    }

    #[test]
    fn links_are_found() {
        let found = |text: &str| passages(&Prose::of(text)).iter().any(|(rule, _)| *rule == Rule::Link);
        for text in [
            "see https://evil.example/x",
            "evil.example",
            "www.evil",
            "me@here.example",
            "evil dot com",
            "evil .com",
            "192.168.0.1",
            "sold.The",
        ] {
            assert!(found(text), "{text}");
        }
        for text in
            ["The U.S. survey, e.g. at 5 p.m. today.", "2,464 sq.ft. of it", "6.37%. The", "so… it", "a.m."]
        {
            assert!(!found(text), "{text}");
        }
    }

    #[test]
    fn what_is_quoted_is_the_whole_number_and_the_whole_link() {
        for (text, quoted) in [
            ("so 1-206-555-0134 it is", Some("1-206-555-0134")),
            ("so (206) 555-0134 it is", Some("206) 555-0134")),
            ("so 12065550134 it is", Some("12065550134")),
            ("so 1-2065550134 it is", Some("1-2065550134")),
            ("so 1-800-HOMES it is", Some("1-800")),
            ("of 97, so 555-0134 it is", Some("555-0134")),
            // Eleven digits that do not begin with a 1, and groups that something else parts.
            ("so 22065550134 it is", None),
            ("so 1, 206, 555, 0134 it is", None),
            ("so 206, 555, 0134 it is", None),
            ("so 206 5550134 it is", None),
            ("so 555 0134 it is", None),
            ("so 1-800- HOMES", None),
            ("so 1-800, HOMES", None),
            ("so 206        555        0134 it is", None),
            ("see https://evil.example/x now", Some("https://evil.")),
            ("so me@here.example it is", Some("me@here.example")),
            ("so evil.example it is", Some("evil.example")),
            ("so evil dot com it is", Some("evil dot com")),
            ("so evil .com it is", Some("evil .com")),
            ("so a.com it is", Some("a.com")),
            ("so 3.homes it is", Some("3.homes")),
            ("so a.b it is", None),
            ("so evil . example it is", None),
            ("so dot your way", None),
        ] {
            let found = passages(&Prose::of(text)).into_iter().next().map(|(_, at)| &text[at]);
            assert_eq!(found, quoted, "{text}");
        }
    }
}
