//! What a home is like, in numbers that can be compared.
//!
//! Each fact is put on a scale on which 0 is an ordinary home and 1 a usual difference between homes. The scales are
//! fixed, so that "alike" means the same in every file: half a step of living area is a quarter more floor.

use dripr_core::content::HomeFacts;

/// How many numbers describe a home.
pub(super) const COUNT: usize = 16;

pub(super) const LIVING_AREA: usize = 0;
pub(super) const LOT: usize = 1;
pub(super) const GRADE: usize = 2;
pub(super) const CONDITION: usize = 3;
pub(super) const VIEW: usize = 4;
pub(super) const WATERFRONT: usize = 5;
pub(super) const YEAR_BUILT: usize = 6;
pub(super) const NEIGHBOURS_LIVING_AREA: usize = 11;

/// An ordinary home's value of each number, and a usual difference.
const SCALES: [(f64, f64); COUNT] = [
    (7.57, 0.427),  // log of the living area
    (8.99, 0.912),  // log of the lot
    (7.70, 1.188),  // grade
    (3.42, 0.662),  // condition
    (0.24, 0.781),  // view
    (0.007, 0.084), // waterfront
    (1971.0, 30.2), // year built
    (2.15, 0.779),  // bathrooms
    (3.37, 0.911),  // bedrooms
    (1.52, 0.541),  // floors
    (0.124, 0.171), // share of the basement
    (7.56, 0.332),  // log of the neighbours' living area
    (8.95, 0.818),  // log of the neighbours' lot
    (0.037, 0.171), // renovation, 0 never to 1 in 2010
    (1973.7, 29.6), // year built or renovated
    (6.15, 2.48),   // root of the age in years
];

/// Beyond this many steps from the ordinary, farther makes no difference.
const FARTHEST: f64 = 5.0;

/// A home's numbers; nothing where the fact behind one is unknown.
pub(super) type Known = [Option<f64>; COUNT];

/// The numbers of a home in a year, 0 being ordinary and 1 a usual difference.
pub(super) fn known(facts: &HomeFacts, year: i32) -> Known {
    let log = |sqft: Option<u32>| sqft.filter(|sqft| *sqft > 0).map(|sqft| f64::from(sqft).ln());
    let built = facts.year_built.map(f64::from);
    let renovated = facts.year_renovated.map(f64::from);
    let basement = match (facts.living_area_sqft, facts.above_ground_sqft) {
        (Some(living), Some(above)) if living > 0 => {
            Some((1.0 - f64::from(above) / f64::from(living)).clamp(0.0, 1.0))
        }
        _ => None,
    };
    let raw = [
        log(facts.living_area_sqft),
        log(facts.lot_sqft),
        facts.grade.map(f64::from),
        facts.condition.map(f64::from),
        facts.view.map(f64::from),
        facts.waterfront.map(|yes| f64::from(u8::from(yes))),
        built,
        facts.bathrooms.map(f64::from),
        facts.bedrooms.map(|count| f64::from(count).min(8.0)),
        facts.floors.map(f64::from),
        basement,
        log(facts.neighbours_living_area_sqft),
        log(facts.neighbours_lot_sqft),
        built.map(|_| renovated.map_or(0.0, |year| ((year - 1950.0) / 60.0).clamp(0.0, 1.0))),
        built.map(|built| renovated.map_or(built, |renovated| renovated.max(built))),
        built.map(|built| (f64::from(year) - built).clamp(0.0, 115.0).sqrt()),
    ];
    let mut numbers = [None; COUNT];
    for ((number, raw), (ordinary, usual)) in numbers.iter_mut().zip(raw).zip(SCALES) {
        *number = raw
            .filter(|raw| raw.is_finite())
            .map(|raw| ((raw - ordinary) / usual).clamp(-FARTHEST, FARTHEST));
    }
    numbers
}

/// The numbers with the ordinary in place of what is unknown.
pub(super) fn filled(known: &Known) -> [f64; COUNT] {
    known.map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_facts_stay_unknown_and_absurd_ones_stay_bounded() {
        let none = known(&HomeFacts::default(), 2015);
        assert!(none.iter().all(Option::is_none));
        let absurd = HomeFacts {
            living_area_sqft: Some(u32::MAX),
            above_ground_sqft: Some(0),
            bedrooms: Some(f32::NAN),
            bathrooms: Some(f32::INFINITY),
            year_built: Some(u16::MAX),
            ..HomeFacts::default()
        };
        for number in known(&absurd, -9999).into_iter().flatten() {
            assert!(number.abs() <= FARTHEST, "{number}");
        }
    }
}
