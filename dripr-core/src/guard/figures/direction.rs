//! Which way a text says that something moved.

use super::figure::{Direction, Figure};
use crate::guard::prose::{Kind, Prose};

/// How many tokens before and after a figure are looked at.
const REACH: usize = 7;

/// Which way the clause around a figure says that it went, if it says.
///
/// The nearest word counts. *More than* and *over* right before a figure say how exact it is and are passed over.
pub(super) fn direction_near(prose: &Prose, figure: &Figure) -> Option<Direction> {
    let before = nearest((figure.start.saturating_sub(REACH)..figure.start).rev(), prose, before_figure);
    let after = nearest(figure.end..prose.len().min(figure.end + REACH), prose, after_figure);
    match (before, after) {
        (Some((far, _)), Some((near, direction))) if near < far => Some(direction),
        (Some((_, direction)), _) | (None, Some((_, direction))) => Some(direction),
        (None, None) => None,
    }
}

/// The first word of a clause that tells a direction, and how far away it is.
fn nearest(
    tokens: impl Iterator<Item = usize>,
    prose: &Prose,
    direction: fn(&str) -> Option<Direction>,
) -> Option<(usize, Direction)> {
    for (distance, at) in tokens.enumerate() {
        if matches!(
            prose.token(at)?.kind,
            Kind::Paragraph | Kind::Mark(',' | ';' | ':' | '.' | '!' | '?' | '—')
        ) {
            return None;
        }
        if let Some(direction) = direction(prose.word(at)) {
            return Some((distance, direction));
        }
    }
    None
}

fn before_figure(word: &str) -> Option<Direction> {
    match word {
        "rose" | "rise" | "rises" | "rising" | "risen" | "increase" | "increases" | "increased"
        | "increasing" | "up" | "upward" | "upwards" | "gain" | "gains" | "gained" | "gaining" | "climb"
        | "climbs" | "climbed" | "climbing" | "grew" | "grow" | "grows" | "grown" | "growing" | "growth"
        | "higher" | "jump" | "jumped" | "jumps" | "surge" | "surged" | "advance" | "advanced"
        | "appreciate" | "appreciated" | "appreciation" | "added" | "soared" | "uptick" | "rebounded"
        | "strengthened" | "improved" => Some(Direction::Up),
        "fell" | "fall" | "falls" | "falling" | "fallen" | "decline" | "declines" | "declined"
        | "declining" | "down" | "downward" | "downwards" | "drop" | "drops" | "dropped" | "dropping"
        | "lower" | "lowered" | "decrease" | "decreases" | "decreased" | "decreasing" | "slip"
        | "slipped" | "dip" | "dips" | "dipped" | "lose" | "lost" | "loss" | "sank" | "sunk" | "shed"
        | "slid" | "slumped" | "depreciated" | "eased" | "easing" | "softened" | "shrank" | "reduced"
        | "reduction" | "cooled" | "weakened" | "retreated" | "tumbled" | "plunged" => Some(Direction::Down),
        _ => None,
    }
}

fn after_figure(word: &str) -> Option<Direction> {
    match word {
        "more" | "above" => Some(Direction::Up),
        "less" | "below" => Some(Direction::Down),
        _ => before_figure(word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::figures::scan::scan;

    #[test]
    fn the_nearest_word_of_the_clause_tells_the_direction() {
        let (up, down) = (Some(Direction::Up), Some(Direction::Down));
        for (text, told) in [
            ("so it rose 2.4% in all", up),
            ("so it was 2.4% lower in all", down),
            ("so it was 2.4% more in all", up),
            ("so it was 2.4% below in all", down),
            ("so it rose as it was 2.4% lower in all", down),
            ("so it rose by 2.4% and not lower in all", up),
            ("so it rose by 2.4% yet lower in all", up),
            ("so it rose 2.4% lower in all", up),
            ("so it fell a b c d e f 2.4% in all", down),
            ("so it fell a b c d e f g 2.4% in all", None),
            ("so it was 2.4% a b c d e f lower in all", down),
            ("so it was 2.4% a b c d e f g lower in all", None),
            ("so it rose, by 2.4% in all", None),
            ("so it was 2.4%; lower in all", None),
            ("so it was more than 2.4% in all", None),
        ] {
            let prose = Prose::of(text);
            let figures = scan(&prose);
            let [figure] = figures.as_slice() else { panic!("{text}: {figures:?}") };
            assert_eq!(direction_near(&prose, figure), told, "{text}");
        }
    }
}
