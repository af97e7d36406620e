//! What a text must be before it is sent: true to the facts, lawful, and plain.
//!
//! Texts come from language models. Whatever they say is checked here against the figures that the writer was given
//! ([`Known`]) and against the rules ([`Rule`]); a text with an [`Objection`] is not used. The check is a pure function,
//! takes time in proportion to the text, and gives the same answer every time.
//!
//! | rule | where it is written down |
//! |---|---|
//! | figures, and which way they moved | `figures/`: scanned in every form that people write, matched with what is known |
//! | fair housing | `fair_housing.rs`: what is refused, what is fine, and why |
//! | credit | `credit.rs` |
//! | form | `form/`: characters, markup, links, greetings, instructions, language, length |
//!
//! What it does not see: a true figure told of the wrong thing (a median as the home's value), a change told without a
//! figure, a place or a thing that is made up, and advice.
//!
//! ```
//! use dripr_core::{content::{LocalMarket, MortgageRate}, guard::{Known, Rule, check}, ports::IntroFacts};
//! let as_of = "2026-06-03".parse()?;
//! let mortgage_rate = Some(MortgageRate {
//!     percent: 6.37, as_of, change_month: Some(-0.12), change_year: None, source: "a survey".into(),
//! });
//! let market = LocalMarket { statistics: None, mortgage_rate };
//! let known = Known::of_intro(&IntroFacts { zip_code: "98103".parse()?, has_home: true, as_of, market });
//!
//! assert_eq!(check("The average 30-year fixed rate eased 0.12 points to 6.37% in June.", &known), []);
//! let objections = check("At 6.1%, now is the time to refinance this home.", &known);
//! assert_eq!(objections.iter().map(|objection| objection.rule).collect::<Vec<_>>(), [Rule::Figure, Rule::CreditOffer]);
//! assert_eq!(
//!     objections[0].to_string(),
//!     "“6.1%”: this figure is not among the facts given, use only those or leave it out."
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod credit;
mod fair_housing;
mod figures;
mod form;
mod function_words;
mod objection;
mod phrases;
mod prose;

pub use figures::{Kind, Known};
pub use objection::{Objection, Rule};

use prose::Prose;

/// The most objections that are given to one text.
pub const MOST_OBJECTIONS: usize = 20;

/// So many bytes of a text are looked at. One that goes on is too long whatever it says.
const EXAMINED: usize = 16 * 1024;

impl Kind {
    /// The most characters that there is room for: 1,200 for an intro, 1,600 for a home report.
    #[must_use]
    pub const fn longest(self) -> usize {
        match self {
            Self::Intro => 1_200,
            Self::HomeReport => 1_600,
        }
    }

    /// The fewest words that say anything: five.
    #[must_use]
    pub const fn fewest_words(self) -> usize {
        5
    }
}

/// Everything for which a text may not be used, in the order of the text; nothing if it may be.
///
/// At most [`MOST_OBJECTIONS`], each passage once. Any text may be given: the check neither fails nor panics.
#[must_use]
pub fn check(text: &str, known: &Known) -> Vec<Objection> {
    let end = (0..=EXAMINED.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    let examined = end.and_then(|end| text.get(..end)).unwrap_or_default();
    let prose = Prose::of(examined);
    let mut passages = form::passages(&prose);
    let by_tokens = figures::objections(&prose, known)
        .into_iter()
        .chain(fair_housing::passages(&prose).into_iter().map(|tokens| (Rule::FairHousing, tokens)))
        .chain(credit::passages(&prose));
    passages.extend(by_tokens.map(|(rule, tokens)| (rule, prose.span(tokens))));
    passages.sort_by_key(|(rule, bytes)| (bytes.start, *rule));
    let mut objections: Vec<Objection> = form::length(text, &prose, known.kind()).into_iter().collect();
    for (rule, bytes) in passages {
        if objections.len() >= MOST_OBJECTIONS {
            break;
        }
        let objection = Objection::new(rule, examined.get(bytes).unwrap_or_default());
        if !objections.contains(&objection) {
            objections.push(objection);
        }
    }
    objections
}
