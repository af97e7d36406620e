//! Every figure of a text must be one of the facts.

mod dates;
mod direction;
mod figure;
mod known;
mod matching;
mod number;
mod scan;
mod unit;

use std::ops::Range;

pub use known::{Kind, Known};
pub(super) use number::number_at;

use super::{objection::Rule, prose::Prose};
use direction::direction_near;
use figure::{Amount, Figure, What};

/// The figures of a text that are not known or are told the wrong way round, with their tokens.
pub(super) fn objections(prose: &Prose, known: &Known) -> Vec<(Rule, Range<usize>)> {
    let mut objections = Vec::new();
    for figure in scan::scan(prose) {
        if !matching::is_known(&figure.what, known) {
            objections.push((Rule::Figure, figure.start..figure.end));
        } else if let What::Amount(amount) = &figure.what
            && tells_otherwise(prose, &figure, amount, known)
        {
            let from = figure.start.saturating_sub(3);
            objections.push((Rule::Direction, from..(figure.end + 3).min(prose.len())));
        }
    }
    objections
}

/// Whether every fact that an amount may mean went the other way than the text says.
fn tells_otherwise(prose: &Prose, figure: &Figure, amount: &Amount, known: &Known) -> bool {
    let Some(told) = amount.sign.or_else(|| direction_near(prose, figure)) else { return false };
    let mut meant = matching::facts_meant(amount, known).peekable();
    meant.peek().is_some() && meant.all(|fact| fact.direction.is_some_and(|direction| direction != told))
}
