//! What a number counts, told by the words after it.

use super::figure::Unit;
use crate::guard::{
    function_words::is_function_word,
    prose::{Kind, Prose},
};

/// A unit, how much of the fact's unit it is, and the token after it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measure {
    pub(super) unit: Unit,
    pub(super) scale: f64,
    pub(super) end: usize,
}

/// Days of a month and of a year on average.
pub(super) const MONTH: f64 = 365.25 / 12.0;
pub(super) const YEAR: f64 = 365.25;

/// The most words between a number and the noun that it counts: *three recent nearby sales*.
const ADJECTIVES: usize = 3;

/// The unit that begins at a token, at once or after a hyphen.
pub(super) fn unit_at(prose: &Prose, at: usize) -> Option<Measure> {
    let at = if prose.is_mark(at, '-') { at + 1 } else { at };
    let measure = |unit: Unit, scale: f64, end: usize| Some(Measure { unit, scale, end });
    if prose.is_mark(at, '%') {
        return measure(Unit::Percent, 1.0, at + 1);
    }
    let next = if prose.is_mark(at + 1, '-') { at + 2 } else { at + 1 };
    let foot = |at: usize| matches!(prose.word(at), "foot" | "feet" | "ft" | "footage");
    let dotted = |at: usize| if prose.is_mark(at, '.') && prose.is_glued(at) { at + 1 } else { at };
    match prose.word(at) {
        "percent" | "pct" => measure(Unit::Percent, 1.0, at + 1),
        "per" if prose.word(next) == "cent" => measure(Unit::Percent, 1.0, next + 1),
        "percentage" if matches!(prose.word(next), "point" | "points") => {
            measure(Unit::Points, 1.0, next + 1)
        }
        "basis" if matches!(prose.word(next), "point" | "points") => measure(Unit::Points, 0.01, next + 1),
        "bps" => measure(Unit::Points, 0.01, at + 1),
        "point" | "points" => measure(Unit::Points, 1.0, at + 1),
        "dollar" | "dollars" | "usd" | "bucks" => measure(Unit::Money, 1.0, at + 1),
        "grand" => measure(Unit::Money, 1e3, at + 1),
        "cent" | "cents" => measure(Unit::Money, 0.01, at + 1),
        "square" if foot(next) => measure(Unit::Area, 1.0, next + 1),
        "sq" if foot(dotted(next)) => measure(Unit::Area, 1.0, dotted(next) + 1),
        "sqft" | "sf" => measure(Unit::Area, 1.0, at + 1),
        "acre" | "acres" => measure(Unit::Area, 43_560.0, at + 1),
        "mile" | "miles" | "mi" => measure(Unit::Miles, 1.0, at + 1),
        "foot" | "feet" | "ft" => measure(Unit::Miles, 1.0 / 5_280.0, at + 1),
        "yard" | "yards" => measure(Unit::Miles, 1.0 / 1_760.0, at + 1),
        "day" | "days" => measure(Unit::Days, 1.0, at + 1),
        "week" | "weeks" | "wk" | "wks" => measure(Unit::Days, 7.0, at + 1),
        "month" | "months" | "mo" | "mos" => measure(Unit::Days, MONTH, at + 1),
        "quarters" => measure(Unit::Days, YEAR / 4.0, at + 1),
        "year" | "years" | "yr" | "yrs" => measure(Unit::Days, YEAR, at + 1),
        "decade" | "decades" => measure(Unit::Days, 10.0 * YEAR, at + 1),
        "hour" | "hours" | "minute" | "minutes" | "min" | "mins" | "block" | "blocks" | "star" | "stars"
        | "x" | "times" | "fold" | "am" | "pm" | "degrees" | "km" | "kilometers" | "meters" => {
            measure(Unit::Foreign, 1.0, at + 1)
        }
        "bed" | "beds" | "bedroom" | "bedrooms" | "br" | "bd" | "bdrm" | "bdrms" => {
            measure(Unit::Bedrooms, 1.0, at + 1)
        }
        "bath" | "baths" | "bathroom" | "bathrooms" | "ba" => measure(Unit::Bathrooms, 1.0, at + 1),
        "story" | "stories" | "storey" | "storeys" | "storied" | "floor" | "floors" | "level" | "levels" => {
            measure(Unit::Floors, 1.0, at + 1)
        }
        "home" | "homes" | "house" | "houses" | "sale" | "sales" | "listing" | "listings" | "property"
        | "properties" | "comparable" | "comparables" | "comp" | "comps" | "transaction" | "transactions"
        | "closing" | "closings" | "residence" | "residences" | "condo" | "condos" | "townhome"
        | "townhomes" | "townhouse" | "townhouses" => measure(Unit::Homes, 1.0, at + 1),
        _ => None,
    }
}

/// What a number counts whose noun comes after some adjectives: *97 single-family homes*.
pub(super) fn counted_at(prose: &Prose, at: usize) -> Option<Measure> {
    let (mut at, mut adjectives) = (at, 0);
    loop {
        let next = if prose.is_mark(at, '-') { at + 1 } else { at };
        if prose.token(next)?.kind != Kind::Word || is_function_word(prose.word(next)) {
            return None;
        }
        if let Some(measure) = unit_at(prose, next) {
            let counts = matches!(
                measure.unit,
                Unit::Homes | Unit::Bedrooms | Unit::Bathrooms | Unit::Floors | Unit::Days | Unit::Area
            );
            return counts.then_some(measure);
        }
        adjectives += 1;
        if adjectives > ADJECTIVES {
            return None;
        }
        at = next + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_has_its_size_and_ends_with_its_name() {
        for (unit, scale, names) in [
            (Unit::Percent, 1.0, &["%", "percent", "pct", "per cent", "per-cent", "-percent"][..]),
            (Unit::Points, 1.0, &["percentage points", "percentage-point", "points", "-point"]),
            (Unit::Points, 0.01, &["basis points", "basis-point", "bps"]),
            (Unit::Money, 1.0, &["dollars", "usd", "bucks"]),
            (Unit::Money, 1_000.0, &["grand"]),
            (Unit::Money, 0.01, &["cents"]),
            (
                Unit::Area,
                1.0,
                &["square feet", "-square-foot", "square footage", "sq ft", "sq. ft", "sq-ft", "sqft", "sf"],
            ),
            (Unit::Area, 43_560.0, &["acres", "-acre"]),
            (Unit::Miles, 1.0, &["miles", "mi"]),
            (Unit::Miles, 1.0 / 5_280.0, &["feet", "foot", "ft"]),
            (Unit::Miles, 1.0 / 1_760.0, &["yards"]),
            (Unit::Days, 1.0, &["days", "-day"]),
            (Unit::Days, 7.0, &["weeks", "wks"]),
            (Unit::Days, 30.4375, &["months", "mos"]),
            (Unit::Days, 91.3125, &["quarters"]),
            (Unit::Days, 365.25, &["years", "-year", "yrs"]),
            (Unit::Days, 3_652.5, &["decades"]),
            (Unit::Foreign, 1.0, &["hours", "minutes", "stars", "times", "km"]),
            (Unit::Bedrooms, 1.0, &["bedrooms", "-bedroom", "beds", "br"]),
            (Unit::Bathrooms, 1.0, &["baths", "-bath", "ba"]),
            (Unit::Floors, 1.0, &["stories", "-story", "levels"]),
            (Unit::Homes, 1.0, &["homes", "sales", "active listings", "condos"]),
        ] {
            for name in names {
                for (before, at) in [("", 0), ("so it is ", 3)] {
                    let text = format!("{before}{name} of it");
                    let prose = Prose::of(&text);
                    let found = unit_at(&prose, at).or_else(|| counted_at(&prose, at));
                    let found = found.map(|found| (found.unit, found.scale, prose.word(found.end)));
                    assert_eq!(found, Some((unit, scale, "of")), "{text}");
                }
            }
        }
    }

    #[test]
    fn other_words_are_no_units() {
        for text in
            ["per home", "percentage of", "basis of", "square of", "sq of", "sq . of", "the homes", "x y"]
        {
            let found = unit_at(&Prose::of(text), 0).filter(|measure| measure.unit != Unit::Foreign);
            assert_eq!(found, None, "{text}");
        }
        // So many words may stand between a number and what it counts, and no marks or small words.
        let counted = |text: &str| counted_at(&Prose::of(text), 0).map(|measure| measure.end);
        assert_eq!(counted("big old brick homes"), Some(4));
        assert_eq!(counted("single-family homes"), Some(4));
        for text in ["big old red brick homes", "big, old homes", "of homes", "big percent", "big"] {
            assert_eq!(counted(text), None, "{text}");
        }
    }
}
