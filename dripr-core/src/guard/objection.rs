//! What the guard answers: the rule that a text breaks, and the words that break it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest passage that an objection quotes, in characters.
const QUOTED: usize = 80;

/// A passage for which a text may not be used.
///
/// Displayed it is one sentence, fit for a person and for asking a model to write again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Objection {
    /// The rule that is broken.
    pub rule: Rule,
    /// The words that break it, at most 80 characters; empty where the whole text does.
    pub found: String,
}

impl Objection {
    /// An objection to a passage, which is cut and cleaned of what does not print.
    pub(super) fn new(rule: Rule, passage: &str) -> Self {
        let mut found = String::with_capacity(passage.len().min(QUOTED + 3));
        let mut room = QUOTED;
        for word in passage.split_whitespace() {
            if !found.is_empty() {
                found.push(' ');
                room = room.saturating_sub(1);
            }
            for c in word.chars() {
                if room == 0 {
                    found.truncate(found.trim_end().len());
                    found.pop();
                    found.push('…');
                    return Self { rule, found };
                }
                room -= 1;
                found.push(if super::form::is_prose(c) { c } else { '\u{25a1}' });
            }
        }
        Self { rule, found }
    }
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.found.is_empty() {
            write!(f, "“{}”: ", self.found)?;
        }
        f.write_str(self.rule.demand())?;
        if let Some(citation) = self.rule.citation() {
            write!(f, " ({citation})")?;
        }
        f.write_str(".")
    }
}

/// A rule that every text must keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A figure that is not among the facts.
    Figure,
    /// A change told in the wrong direction.
    Direction,
    /// Words that prefer, limit or steer people of a protected class, or stand in for that.
    FairHousing,
    /// A credit term that obliges whoever advertises it to disclose others.
    CreditTerm,
    /// Words that offer or advise credit.
    CreditOffer,
    /// A character that plain English prose does not need.
    Character,
    /// HTML, Markdown or template markup.
    Markup,
    /// A link, a domain or an email address.
    Link,
    /// A telephone number.
    PhoneNumber,
    /// A gap that somebody forgot to fill.
    Placeholder,
    /// A greeting or a sign-off, which the template brings.
    Salutation,
    /// The writer speaks of itself or of its task.
    AboutItself,
    /// An instruction to the reader, or to a model, that no report gives.
    Instruction,
    /// Not English.
    Language,
    /// Words in capitals.
    Capitals,
    /// Too short to say anything.
    TooShort,
    /// Longer than there is room for.
    TooLong,
}

impl Rule {
    /// The law that the rule comes from, where it comes from one.
    #[must_use]
    pub const fn citation(self) -> Option<&'static str> {
        match self {
            Self::FairHousing => Some("42 U.S.C. 3604(c)"),
            Self::CreditTerm => Some("12 CFR 1026.24(d)(1)"),
            Self::CreditOffer => Some("12 CFR 1026.24(a)"),
            _ => None,
        }
    }

    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Figure => "figure",
            Self::Direction => "direction",
            Self::FairHousing => "fair_housing",
            Self::CreditTerm => "credit_term",
            Self::CreditOffer => "credit_offer",
            Self::Character => "character",
            Self::Markup => "markup",
            Self::Link => "link",
            Self::PhoneNumber => "phone_number",
            Self::Placeholder => "placeholder",
            Self::Salutation => "salutation",
            Self::AboutItself => "about_itself",
            Self::Instruction => "instruction",
            Self::Language => "language",
            Self::Capitals => "capitals",
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
        }
    }

    /// What is wrong and what to do instead, without a full stop.
    const fn demand(self) -> &'static str {
        match self {
            Self::Figure => "this figure is not among the facts given, use only those or leave it out",
            Self::Direction => "the facts say that this moved the other way",
            Self::FairHousing => {
                "a report describes the home and the market, never who lives or should live there, nor what stands in \
                 for it"
            }
            Self::CreditTerm => "a report names no down payment, payment, loan period or finance charge",
            Self::CreditOffer => "a report neither offers credit nor advises on it",
            Self::Character => "only the characters of plain English prose may be used",
            Self::Markup => "plain text only, without HTML, Markdown, lists or template marks",
            Self::Link => "no links, domains or email addresses",
            Self::PhoneNumber => "no telephone numbers",
            Self::Placeholder => "nothing may be left to be filled in",
            Self::Salutation => "no greeting and no sign-off, the template brings them",
            Self::AboutItself => "say only what the homeowner should read, nothing about writing it",
            Self::Instruction => "give no instructions",
            Self::Language => "write in plain English sentences",
            Self::Capitals => "no words in capitals for emphasis",
            Self::TooShort => "the text is too short",
            Self::TooLong => "the text is longer than there is room for",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_objection_is_one_sentence() {
        let objection = Objection::new(Rule::Figure, "$9\u{202e}\n million");
        assert_eq!(
            objection.to_string(),
            "“$9□ million”: this figure is not among the facts given, use only those or leave it out."
        );
        assert!(Objection::new(Rule::FairHousing, "x").to_string().ends_with("(42 U.S.C. 3604(c))."));
        assert!(Objection::new(Rule::CreditTerm, "x").to_string().ends_with("(12 CFR 1026.24(d)(1))."));
        assert!(Objection::new(Rule::CreditOffer, "x").to_string().ends_with("(12 CFR 1026.24(a))."));
        assert!(Objection::new(Rule::TooShort, "").to_string().starts_with("the text"));
    }

    #[test]
    fn a_passage_is_cut() {
        for long in ["word ".repeat(100), "x".repeat(500), "é".repeat(81)] {
            let found = Objection::new(Rule::Link, &long).found;
            assert!(found.chars().count() <= QUOTED && found.ends_with('…'), "{found}");
        }
        assert_eq!(Objection::new(Rule::Link, &"x".repeat(80)).found, "x".repeat(80));
    }

    #[test]
    fn a_rule_is_stored_by_its_name() {
        for rule in [Rule::Figure, Rule::FairHousing, Rule::PhoneNumber, Rule::TooLong, Rule::AboutItself] {
            assert_eq!(serde_json::to_value(rule).unwrap(), rule.as_str());
            assert_eq!(rule.to_string(), rule.as_str());
        }
    }
}
