//! What a home would sell for, from the sales before a day.
//!
//! In three steps, each a file: `features` turns facts into comparable numbers; `hedonic` says what the facts are
//! worth on the whole, fitted once for an as-of day; `neighbourhood` carries over how the nearest and most alike
//! sales differ from that. `range` then says how far the price may lie off. How well it does is measured
//! in `docs/valuation.md`.
//!
//! A sale of the home itself, if it lies before the as-of day, is a comparable like any other. A sale on or after the
//! as-of day is never looked at.

mod cholesky;
mod features;
mod hedonic;
mod neighbourhood;
mod range;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{Datelike, Days, NaiveDate};
use dripr_core::content::{Comparable, GeoPoint, HomeFacts, Valuation, ValueRange, ZipCode};

use self::{
    features::{COUNT, Known, LIVING_AREA},
    hedonic::{Hedonic, Observation},
    neighbourhood::Spot,
    range::Evidence,
};
use super::{sales_book::SalesBook, sales_file::SaleRecord};

/// How far back sales count, in days.
pub const WINDOW_DAYS: u64 = 730;
/// How far away a comparable may lie, in miles.
pub const FARTHEST_MILES: f64 = 15.0;
/// Fewer comparables than this give no value.
pub const LEAST_COMPARABLES: usize = 12;
/// A comparable's living area lies between the home's divided by this and multiplied by it, or it says too little.
const LIKE_SIZE: f64 = 1.8;
/// Fewer comparables of like size give no value.
const LEAST_OF_LIKE_SIZE: usize = 5;
/// How near a comparable must be to count as close, in miles.
const CLOSE_MILES: f64 = 2.0;
/// How many of the nearest sales are looked at.
const NEAREST: usize = 400;
/// How many of those, the most alike, are used.
const USED: usize = 120;
/// How many comparables are named.
const NAMED: usize = 10;
/// From how many similar sales an unknown fact is filled in.
const FILLED_FROM: usize = 25;
/// How many as-of days are kept fitted.
const DAYS_KEPT: usize = 8;
/// The variance that is added where a home's place is known only to its ZIP code.
const ROUGH_PLACE_VARIANCE: f64 = 0.001;

const KM_PER_DEGREE: f64 = 111.195;

/// The home to be valued.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// What is known of it; the living area is needed.
    pub facts: HomeFacts,
    /// Its ZIP code, if known.
    pub zip: Option<ZipCode>,
    /// Where it lies.
    pub location: GeoPoint,
    /// Whether `location` is only the centre of the ZIP code.
    pub location_is_zip_centre: bool,
}

/// Why a home cannot be valued honestly. The words are for the homeowner's agent.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NoValue {
    /// The living area is not known.
    #[error("the living area is not known")]
    NoLivingArea,
    /// A fact that cannot be true.
    #[error("the {fact} on file cannot be right")]
    AbsurdFact {
        /// Which.
        fact: &'static str,
    },
    /// Too few sales nearby.
    #[error(
        "only {found} sales within {FARTHEST_MILES} miles in the two years before; {LEAST_COMPARABLES} are needed"
    )]
    FewSales {
        /// How many there were.
        found: usize,
    },
    /// Too few sales of a home of such a size.
    #[error("only {found} of the nearby sales were of a home of like size; {LEAST_OF_LIKE_SIZE} are needed")]
    NothingAlike {
        /// How many there were.
        found: usize,
    },
    /// The sales contradict each other so much that no value follows from them.
    #[error("the nearby sales do not bear out a value")]
    Inconclusive,
}

/// Values homes from the sales of a book.
pub struct Valuer {
    book: Arc<SalesBook>,
    source: String,
    /// The numbers of each sale of the book; nothing where the living area is unknown, which makes it no comparable.
    numbers: Vec<Option<Known>>,
    fitted: Mutex<Vec<Arc<Fitted>>>,
}

impl fmt::Debug for Valuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Valuer").field("source", &self.source).field("sales", &self.numbers.len()).finish()
    }
}

/// The regression of one as-of day and what it leaves over of each sale.
struct Fitted {
    as_of: NaiveDate,
    hedonic: Option<Hedonic>,
    /// Position of the first sale within the window.
    first: usize,
    /// What is left over of each sale from `first` on; nothing of those that are no comparables.
    residuals: Vec<Option<f64>>,
}

impl Fitted {
    fn residual(&self, index: usize) -> Option<f64> {
        self.residuals.get(index.checked_sub(self.first)?).copied().flatten()
    }
}

impl Valuer {
    /// A valuer over a book; `source` is how reports name it.
    #[must_use]
    pub fn new(book: Arc<SalesBook>, source: impl Into<String>) -> Self {
        let numbers = book
            .before(NaiveDate::MAX)
            .iter()
            .map(|sale| {
                let known = features::known(&sale.facts, sale.sold_on.year());
                known.get(LIVING_AREA).copied().flatten().map(|_| known)
            })
            .collect();
        Self { book, source: source.into(), numbers, fitted: Mutex::new(Vec::new()) }
    }

    /// The value of a home on a day, from sales before that day alone.
    ///
    /// The first call for a day fits the regression of that day; the latest eight days are kept.
    ///
    /// # Errors
    /// [`NoValue`] if no value follows honestly from the sales and what is known of the home.
    pub fn value(&self, target: &Target, as_of: NaiveDate) -> Result<Valuation, NoValue> {
        check(&target.facts, as_of)?;
        let living_area = target.facts.living_area_sqft.ok_or(NoValue::NoLivingArea)?;
        let fitted = self.fitted(as_of);
        let candidates: Vec<usize> = self
            .book
            .nearest(target.location, as_of, NEAREST, |index| fitted.residual(index).is_some())
            .into_iter()
            .filter(|index| self.miles(target, *index).is_some_and(|miles| miles <= FARTHEST_MILES))
            .collect();
        if candidates.len() < LEAST_COMPARABLES {
            return Err(NoValue::FewSales { found: candidates.len() });
        }
        let like_size = candidates.iter().filter(|index| self.is_like_size(living_area, **index)).count();
        if like_size < LEAST_OF_LIKE_SIZE {
            return Err(NoValue::NothingAlike { found: like_size });
        }
        let hedonic = fitted.hedonic.as_ref().ok_or(NoValue::Inconclusive)?;

        let (numbers, doubt) = self.filled_in(&target.facts, as_of, &candidates, hedonic);
        let subject = Spot::new(&numbers, 0.0, 0.0, 0.0);
        let narrow = target.location.latitude().to_radians().cos();
        let mut comparables: Vec<(f64, usize, Spot, f64)> = candidates
            .iter()
            .filter_map(|index| {
                let sale = self.sale(*index)?;
                let east = (sale.location.longitude() - target.location.longitude()) * narrow * KM_PER_DEGREE;
                let north = (sale.location.latitude() - target.location.latitude()) * KM_PER_DEGREE;
                let numbers = features::filled(self.numbers.get(*index)?.as_ref()?);
                let spot = Spot::new(&numbers, east, north, days_between(sale.sold_on, as_of) / 100.0);
                Some((neighbourhood::likeness(&subject, &spot), *index, spot, fitted.residual(*index)?))
            })
            .collect();
        comparables.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
        comparables.truncate(USED);
        let (indices, spots): (Vec<usize>, Vec<(Spot, f64)>) =
            comparables.into_iter().map(|(_, index, spot, residual)| (index, (spot, residual))).unzip();
        let carried = neighbourhood::carry_over(&subject, &spots).ok_or(NoValue::Inconclusive)?;

        let log_value = hedonic.log_price(&numbers, target.zip, 0.0) + carried.residual;
        let close = indices
            .iter()
            .filter(|index| self.is_like_size(living_area, **index))
            .filter(|index| self.miles(target, **index).is_some_and(|miles| miles <= CLOSE_MILES))
            .count();
        let rough = target.location_is_zip_centre;
        let (reach, confidence) = range::range(&Evidence {
            variance: carried.variance + doubt + if rough { ROUGH_PLACE_VARIANCE } else { 0.0 },
            disorder: carried.disorder,
            close,
            rough_place: rough,
        });
        let value = log_value.exp();
        // A value that no sale file could hold is a failure of the arithmetic, not a finding.
        if !(1_000.0..1e9).contains(&value) {
            return Err(NoValue::Inconclusive);
        }
        let dollars = |amount: f64| amount.round() as u64;
        Ok(Valuation {
            value: dollars(value),
            range: Some(ValueRange { low: dollars(value / reach), high: dollars(value * reach) }),
            confidence: Some(confidence),
            as_of,
            source: self.source.clone(),
            comparables: self.named(target, &indices, &carried.pulls),
        })
    }

    /// The weightiest comparables, with their shares of the pull of all.
    fn named(&self, target: &Target, indices: &[usize], pulls: &[f64]) -> Vec<Comparable> {
        let all: f64 = pulls.iter().map(|pull| pull.abs()).sum();
        let mut order: Vec<(f64, usize)> = pulls
            .iter()
            .zip(indices)
            .filter(|(pull, _)| **pull > 0.0)
            .map(|(pull, index)| (*pull, *index))
            .collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
        order
            .into_iter()
            .take(NAMED)
            .filter_map(|(pull, index)| {
                let sale = self.sale(index)?;
                Some(Comparable {
                    price: sale.price,
                    sold_on: sale.sold_on,
                    miles: self.miles(target, index).filter(|_| !sale.location_is_zip_centre),
                    weight: pull / all,
                    facts: sale.facts.clone(),
                })
            })
            .collect()
    }

    /// The numbers of the home, what is unknown being filled in from the nearest sales of like size, and the variance
    /// of the log price that this costs.
    fn filled_in(
        &self,
        facts: &HomeFacts,
        as_of: NaiveDate,
        candidates: &[usize],
        hedonic: &Hedonic,
    ) -> ([f64; COUNT], f64) {
        let known = features::known(facts, as_of.year());
        let mut numbers = features::filled(&known);
        let living_area = facts.living_area_sqft.unwrap_or_default();
        let mut spreads = [0.0; COUNT];
        for number in (0..COUNT).filter(|number| known[*number].is_none()) {
            let alike: Vec<f64> = candidates
                .iter()
                .filter(|index| self.is_like_size(living_area, **index))
                .filter_map(|index| self.numbers.get(*index)?.as_ref()?[number])
                .take(FILLED_FROM)
                .collect();
            if alike.is_empty() {
                continue;
            }
            let count = alike.len() as f64;
            let mean = alike.iter().sum::<f64>() / count;
            numbers[number] = mean;
            spreads[number] = alike.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
        }
        let doubt = (0..COUNT)
            .filter(|number| spreads[*number] > 0.0)
            .map(|number| hedonic.slope(&numbers, number).powi(2) * spreads[number])
            .sum();
        (numbers, doubt)
    }

    fn sale(&self, index: usize) -> Option<&SaleRecord> {
        self.book.before(NaiveDate::MAX).get(index)
    }

    fn miles(&self, target: &Target, index: usize) -> Option<f64> {
        self.sale(index).map(|sale| target.location.miles_to(sale.location))
    }

    fn is_like_size(&self, living_area: u32, index: usize) -> bool {
        self.sale(index).and_then(|sale| sale.facts.living_area_sqft).is_some_and(|other| {
            let ratio = f64::from(other) / f64::from(living_area.max(1));
            (1.0 / LIKE_SIZE..=LIKE_SIZE).contains(&ratio)
        })
    }

    /// The fit of a day: kept, or made now. Two callers that ask for a new day at once may both make it; the results
    /// are the same.
    fn fitted(&self, as_of: NaiveDate) -> Arc<Fitted> {
        let kept = |all: &[Arc<Fitted>]| all.iter().find(|fitted| fitted.as_of == as_of).cloned();
        if let Some(fitted) = kept(&self.fitted.lock().unwrap_or_else(PoisonError::into_inner)) {
            return fitted;
        }
        let made = Arc::new(self.fit(as_of));
        let mut all = self.fitted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fitted) = kept(&all) {
            return fitted;
        }
        if all.len() >= DAYS_KEPT {
            all.remove(0);
        }
        all.push(made.clone());
        made
    }

    fn fit(&self, as_of: NaiveDate) -> Fitted {
        let known = self.book.before(as_of);
        let since = as_of.checked_sub_days(Days::new(WINDOW_DAYS)).unwrap_or(NaiveDate::MIN);
        let first = known.partition_point(|sale| sale.sold_on < since);
        let observations: Vec<Option<Observation>> = known
            .iter()
            .zip(&self.numbers)
            .skip(first)
            .map(|(sale, numbers)| {
                Some(Observation {
                    numbers: features::filled(numbers.as_ref()?),
                    zip: sale.zip,
                    days_before: days_between(sale.sold_on, as_of),
                    log_price: (sale.price as f64).ln(),
                })
            })
            .collect();
        let places: Vec<bool> = observations.iter().map(Option::is_some).collect();
        let present: Vec<Observation> = observations.into_iter().flatten().collect();
        let hedonic = Hedonic::fit(&present);
        let mut left_over = present.iter().map(|sale| {
            let said = hedonic.as_ref()?.log_price(&sale.numbers, sale.zip, sale.days_before);
            Some(sale.log_price - said)
        });
        let residuals =
            places.into_iter().map(|is| is.then(|| left_over.next().flatten()).flatten()).collect();
        drop(left_over);
        Fitted { as_of, hedonic, first, residuals }
    }
}

fn days_between(earlier: NaiveDate, later: NaiveDate) -> f64 {
    later.signed_duration_since(earlier).num_days() as f64
}

/// Refuses facts that no home has.
fn check(facts: &HomeFacts, as_of: NaiveDate) -> Result<(), NoValue> {
    let absurd = |fact| Err(NoValue::AbsurdFact { fact });
    if facts.living_area_sqft.is_some_and(|sqft| !(150..=50_000).contains(&sqft)) {
        return absurd("living area");
    }
    if facts.lot_sqft.is_some_and(|sqft| !(100..=100_000_000).contains(&sqft)) {
        return absurd("lot");
    }
    let year = as_of.year();
    let possible = |built: u16| (1600..=year.saturating_add(2)).contains(&i32::from(built));
    if facts.year_built.is_some_and(|built| !possible(built)) {
        return absurd("year built");
    }
    if facts.year_renovated.is_some_and(|renovated| !possible(renovated)) {
        return absurd("year of renovation");
    }
    for (count, fact, most) in [
        (facts.bedrooms, "number of bedrooms", 20.0),
        (facts.bathrooms, "number of bathrooms", 20.0),
        (facts.floors, "number of floors", 10.0),
    ] {
        if count.is_some_and(|count| !(0.0..=most).contains(&count)) {
            return absurd(fact);
        }
    }
    let more_than_all =
        facts.above_ground_sqft.zip(facts.living_area_sqft).is_some_and(|(above, all)| above > all);
    if more_than_all {
        return absurd("living area above ground");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local_data::sales_book::tests::day;

    /// A town on a grid: larger homes and northern homes are dearer.
    fn town() -> Vec<SaleRecord> {
        (0..400_u32)
            .map(|i| {
                let (row, column) = (i / 20, i % 20);
                let living_area = 1000 + 100 * (i * 7 % 20);
                let north = f64::from(row) * 0.004;
                let price = 300.0 * f64::from(living_area) * (1.0 + 4.0 * north);
                SaleRecord {
                    address: None,
                    price: price as u64,
                    sold_on: day("2014-06-01") + Days::new(u64::from(i * 13 % 300)),
                    zip: Some("98103".parse().unwrap()),
                    location: GeoPoint::new(47.60 + north, -122.40 + f64::from(column) * 0.005).unwrap(),
                    location_is_zip_centre: false,
                    days_on_market: None,
                    facts: HomeFacts { living_area_sqft: Some(living_area), ..HomeFacts::default() },
                }
            })
            .collect()
    }

    fn home(living_area: u32) -> Target {
        Target {
            facts: HomeFacts { living_area_sqft: Some(living_area), ..HomeFacts::default() },
            zip: Some("98103".parse().unwrap()),
            location: GeoPoint::new(47.64, -122.35).unwrap(),
            location_is_zip_centre: false,
        }
    }

    fn valuer(sales: Vec<SaleRecord>) -> Valuer {
        Valuer::new(Arc::new(SalesBook::new(sales)), "test sales")
    }

    const AS_OF: &str = "2015-04-01";

    #[test]
    fn a_home_is_valued_near_what_its_like_sold_for() {
        let valuation = valuer(town()).value(&home(1500), day(AS_OF)).unwrap();
        let price = 300.0 * 1500.0 * (1.0 + 4.0 * 0.04);
        assert!((valuation.value as f64 / price - 1.0).abs() < 0.03, "{valuation:?}");
        let range = valuation.range.unwrap();
        assert!(range.low < valuation.value && valuation.value < range.high);
        assert_eq!((valuation.as_of, valuation.source.as_str()), (day(AS_OF), "test sales"));
        let weights: Vec<f64> = valuation.comparables.iter().map(|sale| sale.weight).collect();
        assert!(
            weights.windows(2).all(|pair| pair[0] >= pair[1]) && weights.iter().sum::<f64>() <= 1.0 + 1e-9
        );
        assert!(!weights.is_empty() && weights.len() <= NAMED);
    }

    #[test]
    fn a_sale_on_or_after_the_day_changes_nothing_however_absurd() {
        let plain = valuer(town()).value(&home(1500), day(AS_OF)).unwrap();
        for leak in ["2015-04-01", "2015-04-02", "2016-01-01"] {
            let mut sales = town();
            for _ in 0..50 {
                sales.push(SaleRecord {
                    price: 900_000_000,
                    sold_on: day(leak),
                    location: home(1500).location,
                    ..sales[0].clone()
                });
            }
            assert_eq!(valuer(sales).value(&home(1500), day(AS_OF)).unwrap(), plain, "{leak}");
        }
    }

    #[test]
    fn the_day_before_does_count() {
        let plain = valuer(town()).value(&home(1500), day(AS_OF)).unwrap();
        let mut sales = town();
        for _ in 0..50 {
            sales.push(SaleRecord {
                price: 2_000_000,
                sold_on: day("2015-03-31"),
                location: home(1500).location,
                ..sales[0].clone()
            });
        }
        assert_ne!(valuer(sales).value(&home(1500), day(AS_OF)).unwrap().value, plain.value);
    }

    #[test]
    fn the_answer_depends_on_nothing_but_the_question() {
        let first = valuer(town());
        let other = valuer(town());
        for days in 0..12 {
            // More days than are kept.
            let _ = other.value(&home(1200), day(AS_OF) + Days::new(days));
        }
        assert_eq!(first.value(&home(1500), day(AS_OF)), other.value(&home(1500), day(AS_OF)));
        assert!(other.fitted.lock().unwrap().len() <= DAYS_KEPT);
    }

    #[test]
    fn what_cannot_be_valued_honestly_has_no_value_and_a_reason() {
        let valuer = valuer(town());
        let refused = |target: &Target, as_of: &str| valuer.value(target, day(as_of)).unwrap_err();
        assert_eq!(refused(&Target { facts: HomeFacts::default(), ..home(1) }, AS_OF), NoValue::NoLivingArea);
        assert_eq!(refused(&home(0), AS_OF), NoValue::AbsurdFact { fact: "living area" });
        assert_eq!(refused(&home(u32::MAX), AS_OF), NoValue::AbsurdFact { fact: "living area" });
        assert!(matches!(refused(&home(20_000), AS_OF), NoValue::NothingAlike { found: 0 }));
        assert!(matches!(refused(&home(1500), "2014-06-01"), NoValue::FewSales { found: 0 }));
        assert!(matches!(refused(&home(1500), "2019-06-01"), NoValue::FewSales { found: 0 }), "too long ago");
        let elsewhere = Target { location: GeoPoint::new(48.5, -122.3).unwrap(), ..home(1500) };
        assert!(matches!(refused(&elsewhere, AS_OF), NoValue::FewSales { found: 0 }));
        let nan = HomeFacts { bedrooms: Some(f32::NAN), ..home(1500).facts };
        let unborn = HomeFacts { year_built: Some(2030), ..home(1500).facts };
        for facts in [nan, unborn] {
            assert!(matches!(refused(&Target { facts, ..home(1500) }, AS_OF), NoValue::AbsurdFact { .. }));
        }
        for edge in [NaiveDate::MIN, NaiveDate::MAX] {
            assert!(valuer.value(&home(1500), edge).is_err());
        }
    }

    #[test]
    fn an_empty_file_values_nothing() {
        assert!(matches!(
            valuer(Vec::new()).value(&home(1500), day(AS_OF)),
            Err(NoValue::FewSales { found: 0 })
        ));
    }

    #[test]
    fn sales_without_a_size_are_no_comparables() {
        let mut sales = town();
        for sale in &mut sales {
            sale.facts.living_area_sqft = None;
        }
        assert!(matches!(valuer(sales).value(&home(1500), day(AS_OF)), Err(NoValue::FewSales { found: 0 })));
    }

    #[test]
    fn not_knowing_the_place_or_the_facts_makes_less_sure() {
        let valuer = valuer(town());
        let sure = valuer.value(&home(1500), day(AS_OF)).unwrap();
        let rough = Target { location_is_zip_centre: true, ..home(1500) };
        let unsure = valuer.value(&rough, day(AS_OF)).unwrap();
        assert_eq!(unsure.confidence, Some(dripr_core::content::Confidence::Low));
        let width = |valuation: &Valuation| valuation.range.map(|range| range.high - range.low);
        assert!(width(&unsure) > width(&sure));
    }
}
