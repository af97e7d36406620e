//! HTML, Markdown, lists and template marks, and gaps left to be filled in.

use std::{ops::Range, sync::LazyLock};

use crate::guard::{
    objection::Rule,
    phrases::Phrases,
    prose::{Kind, Prose},
};

/// Where a text is not plain or not finished.
pub(super) fn passages(prose: &Prose) -> Vec<(Rule, Range<usize>)> {
    let mut found: Vec<(Rule, Range<usize>)> = (0..prose.len())
        .filter_map(|at| mark(prose, at).map(|(rule, end)| (rule, prose.span(at..end))))
        .collect();
    found.extend(GAPS.find(prose).into_iter().map(|tokens| (Rule::Placeholder, prose.span(tokens))));
    found.extend(lines(prose.text()));
    found
}

fn mark(prose: &Prose, at: usize) -> Option<(Rule, usize)> {
    let Kind::Mark(mark) = prose.token(at)?.kind else { return None };
    let closing = |bracket: char| {
        let end = (at..prose.len().min(at + 12)).find(|at| prose.is_mark(*at, bracket));
        end.map_or(at + 2, |end| end + 1)
    };
    match mark {
        '<' => Some((Rule::Markup, closing('>'))),
        '>' | '`' | '*' | '_' | '#' | '|' | '~' | '^' | '\\' | '=' => Some((Rule::Markup, at + 2)),
        '{' if prose.is_mark(at + 1, '{') || prose.is_mark(at + 1, '%') => Some((Rule::Markup, closing('}'))),
        '{' => Some((Rule::Placeholder, closing('}'))),
        '}' => Some((Rule::Markup, at + 1)),
        '[' => {
            let end = closing(']');
            let link = prose.is_mark(end, '(') && prose.is_glued(end);
            Some((if link { Rule::Markup } else { Rule::Placeholder }, end))
        }
        ']' => Some((Rule::Placeholder, at + 1)),
        '&' => is_entity(prose, at).then_some((Rule::Markup, at + 3)),
        // $XX, and a dollar sign at the end.
        '$' => {
            let number = (at + 1..at + 3).any(|next| !prose.digits(next).is_empty());
            (!number).then_some((Rule::Placeholder, at + 2))
        }
        '?' => (prose.is_mark(at + 1, '?') && prose.is_glued(at + 1)).then_some((Rule::Placeholder, at + 2)),
        _ => None,
    }
}

/// `&amp;`, `&#49;`, `&#x31;`.
fn is_entity(prose: &Prose, at: usize) -> bool {
    let named = prose.is_glued(at + 1) && !prose.word(at + 1).is_empty() && prose.is_mark(at + 2, ';');
    named || prose.is_mark(at + 1, '#')
}

/// Lines that begin as an item of a list or a heading does, or consist of dashes.
fn lines(text: &str) -> Vec<(Rule, Range<usize>)> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let inner = line.trim();
        let numbered = inner.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = inner.len() - numbered.len();
        let item = ["- ", "– ", "— ", "+ "].iter().any(|bullet| inner.starts_with(bullet));
        let number = (1..=2).contains(&digits) && (numbered.starts_with(". ") || numbered.starts_with(") "));
        let rule = inner.len() > 2 && inner.chars().all(|c| matches!(c, '-' | '–' | '—'));
        if item || number || rule {
            found.push((Rule::Markup, start..start + line.len()));
        }
        start += line.len();
    }
    found
}

static GAPS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "xx|xxx|xxxx|xxxxx|tbd|tba|todo|fixme|null|undefined|nan",
        "lorem ipsum",
        "insert .. here",
        "insert name|date|figure|value|price|rate",
        "your|agent|agent's|client|client's|homeowner|homeowner's|first|last|recipient|company|brokerage|street|city \
         name here?",
        "fill in the?",
        "placeholder|placeholders",
    ])
});

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Vec<Rule> {
        passages(&Prose::of(text)).into_iter().map(|(rule, _)| rule).collect()
    }

    #[test]
    fn markup_and_gaps_are_found() {
        for (text, rule) in [
            ("a <b>bold", Rule::Markup),
            ("**bold", Rule::Markup),
            ("# Heading", Rule::Markup),
            ("{{name}}", Rule::Markup),
            ("&#49;", Rule::Markup),
            ("a &amp; b", Rule::Markup),
            ("[here](there)", Rule::Markup),
            ("yes:\n- one", Rule::Markup),
            ("1. one", Rule::Markup),
            ("a\n---\nb", Rule::Markup),
            ("{agent}", Rule::Placeholder),
            ("[Name]", Rule::Placeholder),
            ("at $XX", Rule::Placeholder),
            ("XX homes", Rule::Placeholder),
            ("at ??", Rule::Placeholder),
        ] {
            assert_eq!(rules(text).first(), Some(&rule), "{text}");
        }
        for fine in ["A & B; C", "$5", "-2.4% in all", "why? Because", "a – b", "97 homes", "$ 5 million"] {
            assert_eq!(rules(fine), [], "{fine}");
        }
    }

    #[test]
    fn what_is_quoted_is_the_mark_and_what_it_encloses() {
        for (text, rule, quoted) in [
            ("so <b>bold</b> it", Rule::Markup, "<b>"),
            ("so few < many more", Rule::Markup, "< many"),
            ("so > many more", Rule::Markup, "> many"),
            ("by {{name}} it", Rule::Markup, "{{name}"),
            ("by {%if%} it", Rule::Markup, "{%if%}"),
            ("by {name} it", Rule::Placeholder, "{name}"),
            ("by } it", Rule::Markup, "}"),
            ("by [here](there) it", Rule::Markup, "[here]"),
            ("by [name] (there) it", Rule::Placeholder, "[name]"),
            ("by ] it", Rule::Placeholder, "]"),
            ("so A &amp; B", Rule::Markup, "&amp;"),
            ("so A &#49; B", Rule::Markup, "&#49"),
            ("at $XX now", Rule::Placeholder, "$XX"),
            ("it is worth $", Rule::Placeholder, "$"),
            ("so it is ?? now", Rule::Placeholder, "??"),
            ("at TBD now", Rule::Placeholder, "TBD"),
            ("as:\n- one\nmore", Rule::Markup, "- one\n"),
            ("as:\nso:\n12) one\nmore", Rule::Markup, "12) one\n"),
            ("as:\n---\nmore", Rule::Markup, "---\n"),
        ] {
            let first = passages(&Prose::of(text)).into_iter().next().map(|(rule, at)| (rule, &text[at]));
            assert_eq!(first, Some((rule, quoted)), "{text}");
        }
        for fine in
            ["is it so? ? it is", "as: --", "as:\n123. one", "as:\n. one", "97 homes.\n41 more", "A&B"]
        {
            assert_eq!(rules(fine), [], "{fine}");
        }
    }
}
