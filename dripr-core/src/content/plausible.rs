//! What a source answered, without what cannot be true.
//!
//! Sources send nulls as zeros, years before the calendar, prices of 10^12 and homes of another city. Nothing of that
//! may reach a homeowner. A record that is wrong where it matters is dropped, a fact that is wrong is left out, and an
//! answer about something else is an error, so that the next source can be asked. The engine looks at every answer of
//! every source this way.
//!
//! The bounds are wide on purpose: they keep out what no home can have, and judge nothing.

use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDate};

use super::{
    Comparable, HomeFacts, Listing, MarketStatistics, MortgageRate, Property, Sale, Valuation, ValueRange,
    ZipCode,
};
use crate::errors::{Fault, PortError, PortResult};

/// Prices and values in whole dollars. Less changes hands between relatives only.
pub const PRICES: RangeInclusive<u64> = 10_000..=1_000_000_000;
/// A home shown for a ZIP code lies at most so far from its centre, in miles.
pub const FARTHEST_MILES: f64 = 50.0;
/// A recent sale is at most so many days old.
pub const RECENT_DAYS: i64 = 731;
/// Percent a year. The highest average of the Freddie Mac survey since 1971 was 18.63.
pub const RATES: RangeInclusive<f64> = 0.1..=30.0;
/// The first year of a record; earlier ones are zeros in disguise.
const FIRST_YEAR: i32 = 1900;

/// Homes for sale on a day around a ZIP code.
///
/// ```
/// use dripr_core::content::plausible;
/// let none = plausible::listings(Vec::new(), "98103".parse()?, "2026-03-12".parse()?);
/// assert!(none.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn listings(mut listings: Vec<Listing>, zip: ZipCode, as_of: NaiveDate) -> Vec<Listing> {
    listings.retain_mut(|listing| {
        facts(&mut listing.facts, as_of);
        listing.listed_on = listing.listed_on.filter(|day| since(*day, FIRST_YEAR) && *day <= as_of);
        PRICES.contains(&listing.price) && near(&mut listing.miles, listing.zip_code, zip)
    });
    listings
}

/// Homes sold before a day around a ZIP code.
#[must_use]
pub fn sales(mut sales: Vec<Sale>, zip: ZipCode, as_of: NaiveDate) -> Vec<Sale> {
    sales.retain_mut(|sale| {
        facts(&mut sale.facts, as_of);
        let age = as_of.signed_duration_since(sale.sold_on).num_days();
        PRICES.contains(&sale.price)
            && (1..=RECENT_DAYS).contains(&age)
            && near(&mut sale.miles, sale.zip_code, zip)
    });
    sales
}

/// A home and its value.
///
/// # Errors
/// [`Fault::Garbled`] if it is a home of another ZIP code.
pub fn property(mut property: Property, zip: ZipCode, as_of: NaiveDate) -> PortResult<Property> {
    if property.zip_code != zip {
        let other = property.zip_code;
        return Err(garbled(format!(
            "the property source was asked about a home in {zip} and answered about one in {other}"
        )));
    }
    facts(&mut property.facts, as_of);
    if let Some(valued) = property.valuation.take() {
        property.valuation = valuation(valued, as_of);
        if property.valuation.is_none() {
            property.no_value_because = Some("the source gave a value that cannot be true".to_owned());
        }
    }
    Ok(property)
}

fn valuation(mut valuation: Valuation, as_of: NaiveDate) -> Option<Valuation> {
    let possible =
        PRICES.contains(&valuation.value) && since(valuation.as_of, FIRST_YEAR) && valuation.as_of <= as_of;
    let value = valuation.value;
    valuation.range = valuation.range.filter(|ValueRange { low, high }| {
        PRICES.contains(low) && PRICES.contains(high) && low < high && (low..=high).contains(&&value)
    });
    valuation.comparables.retain_mut(|comparable| is_comparable(comparable, as_of));
    possible.then_some(valuation)
}

fn is_comparable(comparable: &mut Comparable, as_of: NaiveDate) -> bool {
    facts(&mut comparable.facts, as_of);
    comparable.miles = comparable.miles.filter(|miles| (0.0..=FARTHEST_MILES).contains(miles));
    PRICES.contains(&comparable.price)
        && since(comparable.sold_on, FIRST_YEAR)
        && comparable.sold_on <= as_of
        && (0.0..=1.0).contains(&comparable.weight)
}

/// The market of a ZIP code.
///
/// # Errors
/// [`Fault::Garbled`] if they are of another ZIP code, of a later day, or of none.
pub fn statistics(
    mut statistics: MarketStatistics,
    zip: ZipCode,
    as_of: NaiveDate,
) -> PortResult<MarketStatistics> {
    if statistics.zip_code != zip {
        let other = statistics.zip_code;
        return Err(garbled(format!("the market source was asked about {zip} and answered about {other}")));
    }
    let day = statistics.as_of;
    if day > as_of || !since(day, FIRST_YEAR) {
        return Err(garbled(format!("the market source gave figures of {day}, asked for {as_of}")));
    }
    statistics.median_price = statistics.median_price.filter(|price| PRICES.contains(price));
    statistics.median_price_per_sqft =
        statistics.median_price_per_sqft.filter(|price| (1..=100_000).contains(price));
    statistics.median_days_on_market = statistics.median_days_on_market.filter(|days| *days <= 3_650);
    let count = |homes: &u32| *homes <= 100_000;
    statistics.sales = statistics.sales.filter(count);
    statistics.new_listings = statistics.new_listings.filter(count);
    statistics.active_listings = statistics.active_listings.filter(count);
    // What is no number is not at most anything.
    statistics.trend = statistics.trend.filter(|trend| trend.percent.abs() <= 90.0 && trend.over_days > 0);
    Ok(statistics)
}

/// The mortgage rate, at most so many days old.
///
/// # Errors
/// [`Fault::Garbled`] if it is no rate or of a later day, [`Fault::NotFound`] if it is too old to be told.
pub fn rate(mut rate: MortgageRate, as_of: NaiveDate, oldest_days: u16) -> PortResult<MortgageRate> {
    if !RATES.contains(&rate.percent) || rate.as_of > as_of {
        return Err(garbled(format!(
            "the mortgage rate source gave {} percent of {}, asked for {as_of}",
            rate.percent, rate.as_of
        )));
    }
    if as_of.signed_duration_since(rate.as_of).num_days() > i64::from(oldest_days) {
        let message = format!("the latest mortgage rate is of {}, too long before {as_of}", rate.as_of);
        return Err(PortError::new(Fault::NotFound, message));
    }
    let change = |change: &f64| change.abs() <= 10.0;
    rate.change_month = rate.change_month.filter(change);
    rate.change_year = rate.change_year.filter(change);
    Ok(rate)
}

/// Leaves out what no home can have.
fn facts(facts: &mut HomeFacts, as_of: NaiveDate) {
    let few = |number: &f32| (0.0..=30.0).contains(number);
    facts.bedrooms = facts.bedrooms.filter(few);
    facts.bathrooms = facts.bathrooms.filter(few);
    facts.floors = facts.floors.filter(|floors| (0.5..=30.0).contains(floors));
    let area = |sqft: &u32| (50..=200_000).contains(sqft);
    facts.living_area_sqft = facts.living_area_sqft.filter(area);
    facts.above_ground_sqft = facts.above_ground_sqft.filter(area);
    facts.neighbours_living_area_sqft = facts.neighbours_living_area_sqft.filter(area);
    let land = |sqft: &u32| (50..=400_000_000).contains(sqft);
    facts.lot_sqft = facts.lot_sqft.filter(land);
    facts.neighbours_lot_sqft = facts.neighbours_lot_sqft.filter(land);
    // New homes are sold before they are built.
    let year = |year: &u16| *year >= 1600 && i32::from(*year) <= as_of.year().saturating_add(3);
    facts.year_built = facts.year_built.filter(year);
    facts.year_renovated = facts.year_renovated.filter(year);
}

/// Whether a home is shown for a ZIP code: it lies in it, or its distance is known and small.
fn near(miles: &mut Option<f64>, of: ZipCode, zip: ZipCode) -> bool {
    let far = miles.is_some_and(|miles| !(0.0..=FARTHEST_MILES).contains(&miles));
    if far {
        *miles = None;
    }
    !far && (miles.is_some() || of == zip)
}

fn since(day: NaiveDate, year: i32) -> bool {
    day.year() >= year
}

fn garbled(message: String) -> PortError {
    PortError::new(Fault::Garbled, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{FiguresOf, PriceTrend};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn zip(text: &str) -> ZipCode {
        text.parse().unwrap()
    }

    const TODAY: &str = "2026-03-12";

    fn listing() -> Listing {
        Listing {
            address: None,
            zip_code: zip("98103"),
            price: 500_000,
            listed_on: Some(day("2026-03-01")),
            facts: HomeFacts::default(),
            miles: None,
            link: None,
            courtesy_of: None,
            source: "a source".to_owned(),
        }
    }

    fn kept(change: impl FnOnce(&mut Listing)) -> Option<Listing> {
        let mut listing = listing();
        change(&mut listing);
        listings(vec![listing], zip("98103"), day(TODAY)).pop()
    }

    #[test]
    fn prices_that_no_home_has_are_dropped() {
        assert_eq!(kept(|_| {}), Some(listing()));
        for price in [0, 1, 9_999, 1_000_000_001, 1_000_000_000_000, u64::MAX] {
            assert_eq!(kept(|listing| listing.price = price), None, "{price}");
        }
        for price in [10_000, 1_000_000_000] {
            assert!(kept(|listing| listing.price = price).is_some(), "{price}");
        }
    }

    #[test]
    fn homes_of_elsewhere_are_dropped() {
        assert_eq!(kept(|listing| listing.zip_code = zip("10001")), None);
        let near = |miles| kept(move |home| (home.zip_code, home.miles) = (zip("98115"), Some(miles)));
        assert!(near(50.0).is_some() && near(0.0).is_some());
        for miles in [50.1, -0.1, f64::NAN, f64::INFINITY] {
            assert_eq!(near(miles), None, "{miles}");
            assert_eq!(kept(|listing| listing.miles = Some(miles)), None, "{miles}");
        }
    }

    #[test]
    fn dates_that_cannot_be_are_left_out() {
        for (date, is_kept) in
            [("0001-01-01", false), ("1899-12-31", false), ("2026-03-13", false), (TODAY, true)]
        {
            let listing = kept(|listing| listing.listed_on = Some(day(date))).unwrap();
            assert_eq!(listing.listed_on.is_some(), is_kept, "{date}");
        }
        let sold = |date: &str| {
            let Listing { address, zip_code, price, facts, miles, courtesy_of, source, .. } = listing();
            let sold_on = day(date);
            let sale = Sale { address, zip_code, price, sold_on, facts, miles, courtesy_of, source };
            sales(vec![sale], zip("98103"), day(TODAY)).len()
        };
        let counts = ["2026-03-12", "2026-03-11", "2024-03-11", "2024-03-10", "0001-01-01"].map(sold);
        assert_eq!(counts, [0, 1, 1, 0, 0]);
    }

    #[test]
    fn facts_that_no_home_has_are_left_out() {
        let nonsense = HomeFacts {
            bedrooms: Some(-1.0),
            bathrooms: Some(f32::NAN),
            floors: Some(0.0),
            living_area_sqft: Some(0),
            lot_sqft: Some(u32::MAX),
            year_built: Some(1),
            year_renovated: Some(2030),
            ..HomeFacts::default()
        };
        assert_eq!(kept(|listing| listing.facts = nonsense).unwrap().facts, HomeFacts::default());
        let sound = HomeFacts {
            bedrooms: Some(0.0),
            bathrooms: Some(30.0),
            floors: Some(0.5),
            living_area_sqft: Some(50),
            lot_sqft: Some(400_000_000),
            year_built: Some(1600),
            year_renovated: Some(2029),
            ..HomeFacts::default()
        };
        assert_eq!(kept(|listing| listing.facts = sound.clone()).unwrap().facts, sound);
    }

    fn valued(value: u64, low: u64, high: u64, as_of: &str) -> PortResult<Property> {
        let comparable = |price, weight| Comparable {
            price,
            sold_on: day("2026-01-01"),
            miles: Some(1.0),
            weight,
            facts: HomeFacts::default(),
        };
        let home = Property {
            formatted_address: "1 Elm St".to_owned(),
            zip_code: zip("98103"),
            location: None,
            facts: HomeFacts::default(),
            valuation: Some(Valuation {
                value,
                range: Some(ValueRange { low, high }),
                confidence: None,
                as_of: day(as_of),
                source: "a source".to_owned(),
                comparables: vec![comparable(500_000, 0.5), comparable(1, 0.2), comparable(500_000, 1.5)],
            }),
            no_value_because: None,
        };
        property(home, zip("98103"), day(TODAY))
    }

    #[test]
    fn a_value_that_cannot_be_is_left_out_with_the_reason() {
        let sound = valued(500_000, 450_000, 550_000, TODAY).unwrap().valuation.unwrap();
        assert_eq!((sound.range.is_some(), sound.comparables.len()), (true, 1));
        for (value, as_of) in [(0, TODAY), (2_000_000_000, TODAY), (500_000, "2026-03-13")] {
            let home = valued(value, 0, u64::MAX, as_of).unwrap();
            assert!(home.valuation.is_none() && home.no_value_because.is_some(), "{value} {as_of}");
        }
        for (low, high) in
            [(0, 550_000), (550_000, 450_000), (500_000, 500_000), (510_000, 520_000), (450_000, u64::MAX)]
        {
            let home = valued(500_000, low, high, TODAY).unwrap();
            assert_eq!(home.valuation.unwrap().range, None, "{low} to {high}");
        }
    }

    #[test]
    fn an_answer_about_another_place_is_an_error() {
        let home = valued(500_000, 450_000, 550_000, TODAY).unwrap();
        let error = property(home, zip("10001"), day(TODAY)).unwrap_err();
        assert_eq!(error.fault(), Fault::Garbled);
        let market = market(|_| {}).unwrap();
        let error = statistics(market, zip("10001"), day(TODAY)).unwrap_err();
        assert_eq!(error.fault(), Fault::Garbled);
    }

    fn market(change: impl FnOnce(&mut MarketStatistics)) -> PortResult<MarketStatistics> {
        let mut market = MarketStatistics {
            zip_code: zip("98103"),
            as_of: day(TODAY),
            period_days: 90,
            figures_of: FiguresOf::ForSale,
            sales: Some(3),
            median_price: Some(500_000),
            median_price_per_sqft: Some(300),
            median_days_on_market: Some(20),
            new_listings: Some(5),
            active_listings: Some(9),
            trend: Some(PriceTrend { percent: 2.0, over_days: 90 }),
            source: "a source".to_owned(),
        };
        change(&mut market);
        statistics(market, zip("98103"), day(TODAY))
    }

    #[test]
    fn figures_of_a_market_that_cannot_be_are_left_out() {
        assert_eq!(market(|_| {}).unwrap(), market(|_| {}).unwrap());
        let left = market(|market| {
            market.median_price = Some(1_000_000_000_000);
            market.median_price_per_sqft = Some(0);
            market.median_days_on_market = Some(u32::MAX);
            (market.sales, market.new_listings, market.active_listings) =
                (Some(u32::MAX), Some(u32::MAX), Some(u32::MAX));
            market.trend = Some(PriceTrend { percent: f64::NAN, over_days: 90 });
        })
        .unwrap();
        assert_eq!((left.median_price, left.median_price_per_sqft), (None, None));
        assert_eq!((left.sales, left.new_listings, left.active_listings), (None, None, None));
        assert_eq!((left.median_days_on_market, left.trend), (None, None));
        assert!(market(|market| market.as_of = day("2026-03-13")).is_err());
        assert!(market(|market| market.as_of = day("0001-01-01")).is_err());
        for trend in [(-90.0, 1), (90.0, 1)] {
            let trend = PriceTrend { percent: trend.0, over_days: trend.1 };
            assert_eq!(market(|market| market.trend = Some(trend)).unwrap().trend, Some(trend));
        }
        for (percent, over_days) in [(-90.1, 1), (90.1, 1), (2.0, 0), (f64::INFINITY, 1)] {
            let trend = Some(PriceTrend { percent, over_days });
            assert_eq!(market(|market| market.trend = trend).unwrap().trend, None, "{percent}, {over_days}");
        }
    }

    #[test]
    fn a_rate_is_a_rate_of_lately() {
        let changed = |percent, as_of: &str, change_month, change_year| {
            let rate = MortgageRate {
                percent,
                as_of: day(as_of),
                change_month: Some(change_month),
                change_year: Some(change_year),
                source: "a source".to_owned(),
            };
            super::rate(rate, day(TODAY), 45)
        };
        for (change, is_kept) in [
            (-10.0, true),
            (10.0, true),
            (-10.1, false),
            (10.1, false),
            (f64::NAN, false),
            (f64::INFINITY, false),
        ] {
            let expected = Some(change).filter(|_| is_kept);
            let sound = changed(6.5, TODAY, change, 0.1).unwrap();
            assert_eq!((sound.change_month, sound.change_year), (expected, Some(0.1)), "{change}");
            let sound = changed(6.5, TODAY, 0.1, change).unwrap();
            assert_eq!((sound.change_month, sound.change_year), (Some(0.1), expected), "{change}");
        }
        let rate = |percent, as_of: &str| changed(percent, as_of, 0.1, 0.1);
        for percent in [0.0, -6.5, 30.1, f64::NAN, f64::INFINITY] {
            assert_eq!(rate(percent, TODAY).unwrap_err().fault(), Fault::Garbled, "{percent}");
        }
        assert_eq!(rate(6.5, "2026-03-13").unwrap_err().fault(), Fault::Garbled);
        assert!(rate(6.5, "2026-01-26").is_ok());
        assert_eq!(rate(6.5, "2026-01-25").unwrap_err().fault(), Fault::NotFound);
    }
}
