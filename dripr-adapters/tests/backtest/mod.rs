//! Values homes as of the day they sold, from the sales before that day, and compares with the price they fetched.

use std::{path::Path, sync::Arc};

use chrono::NaiveDate;
use dripr_adapters::local_data::{
    sales_book::SalesBook,
    sales_file::{SaleRecord, read_sales},
    valuation::{Target, Valuer},
};
use dripr_core::content::Confidence;

/// The shipped sales.
pub(crate) fn king_county() -> Vec<SaleRecord> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/king-county-sales.csv.gz");
    read_sales(&path).expect("the shipped file is read").0
}

/// The first day that is measured: the first half year of the file is only learnt from.
pub(crate) fn first_day() -> NaiveDate {
    "2014-11-02".parse().expect("a day")
}

/// One home valued.
#[allow(dead_code, reason = "each user prints or asserts its own choice of figures")]
pub(crate) struct Valued {
    pub(crate) price: f64,
    pub(crate) value: f64,
    pub(crate) in_range: bool,
    pub(crate) reach: f64,
    pub(crate) confidence: Option<Confidence>,
    /// Whether the home's own earlier sale was among the sales.
    pub(crate) sold_before: bool,
}

/// Values every home of `sales` that sold from [`first_day`] on and that `pick` chooses by its place in the order of
/// days; `blur` changes what is known of the home beforehand. Homes without a value are counted second.
pub(crate) fn run(
    sales: Vec<SaleRecord>,
    pick: impl Fn(usize, &SaleRecord) -> bool,
    blur: impl Fn(Target) -> Target,
) -> (Vec<Valued>, usize) {
    let book = Arc::new(SalesBook::new(sales));
    let valuer = Valuer::new(book.clone(), "back-test");
    let mut valued = Vec::new();
    let mut without = 0;
    let all = book.before(NaiveDate::MAX);
    let start = book.before(first_day()).len();
    for (place, sale) in all[start..].iter().enumerate() {
        if !pick(place, sale) {
            continue;
        }
        let target = blur(Target {
            facts: sale.facts.clone(),
            zip: sale.zip,
            location: sale.location,
            location_is_zip_centre: sale.location_is_zip_centre,
        });
        let valuation = valuer.value(&target, sale.sold_on).ok();
        let Some((valuation, range)) = valuation.and_then(|valuation| {
            let range = valuation.range?;
            Some((valuation, range))
        }) else {
            without += 1;
            continue;
        };
        let same_home = |other: &&SaleRecord| {
            other.location == sale.location
                && other.facts.living_area_sqft == sale.facts.living_area_sqft
                && other.facts.year_built == sale.facts.year_built
                && other.facts.lot_sqft == sale.facts.lot_sqft
        };
        valued.push(Valued {
            price: sale.price as f64,
            value: valuation.value as f64,
            in_range: (range.low..=range.high).contains(&sale.price),
            reach: range.high as f64 / valuation.value as f64 - 1.0,
            confidence: valuation.confidence,
            sold_before: book.before(sale.sold_on).iter().any(|other| same_home(&other)),
        });
    }
    (valued, without)
}

/// The figures of a back-test, shares from 0 to 1.
#[derive(Debug)]
#[allow(dead_code, reason = "each user prints or asserts its own choice of figures")]
pub(crate) struct Accuracy {
    pub(crate) homes: usize,
    /// Median of |value / price - 1|.
    pub(crate) median_error: f64,
    pub(crate) within_5: f64,
    pub(crate) within_10: f64,
    pub(crate) within_20: f64,
    /// Median of value / price - 1.
    pub(crate) bias: f64,
    /// The share of prices within the stated range.
    pub(crate) coverage: f64,
    /// Median of high / value - 1.
    pub(crate) median_reach: f64,
}

pub(crate) fn accuracy<'a>(valued: impl IntoIterator<Item = &'a Valued>) -> Accuracy {
    let valued: Vec<&Valued> = valued.into_iter().collect();
    let homes = valued.len();
    let errors: Vec<f64> = valued.iter().map(|home| home.value / home.price - 1.0).collect();
    let share = |count: usize| count as f64 / homes as f64;
    let within = |bound: f64| share(errors.iter().filter(|error| error.abs() <= bound).count());
    Accuracy {
        homes,
        median_error: median(errors.iter().map(|error| error.abs()).collect()),
        within_5: within(0.05),
        within_10: within(0.10),
        within_20: within(0.20),
        bias: median(errors.clone()),
        coverage: share(valued.iter().filter(|home| home.in_range).count()),
        median_reach: median(valued.iter().map(|home| home.reach).collect()),
    }
}

impl std::fmt::Display for Accuracy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let percent = |share: f64| share * 100.0;
        write!(
            f,
            "n {:5}  MdAPE {:5.2} %  within 5/10/20 %: {:.1} / {:.1} / {:.1} %  bias {:+.2} %  range holds {:.1} % \
             (median reach +{:.1} %)",
            self.homes,
            percent(self.median_error),
            percent(self.within_5),
            percent(self.within_10),
            percent(self.within_20),
            percent(self.bias),
            percent(self.coverage),
            percent(self.median_reach),
        )
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
