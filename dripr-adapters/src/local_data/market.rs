//! What a ZIP code's market looks like on a day, from the sales before it.

use chrono::{Days, NaiveDate};
use dripr_core::content::{FiguresOf, MarketStatistics, PriceTrend, ZipCode};

use super::{sales_book::SalesBook, sales_file::SaleRecord};

/// The days before the as-of day that the figures cover.
pub const PERIOD_DAYS: u16 = 90;
/// A figure is given from this many sales on.
pub const LEAST_FOR_MEDIAN: usize = 3;
/// A trend is given from this many sales in each of its two periods on.
pub const LEAST_FOR_TREND: usize = 20;

/// The statistics of a ZIP code over the 90 days before `as_of`. Nothing if the book never heard of the ZIP code, or
/// only on or after that day.
///
/// The trend compares the median price per square foot of the period with that of the period before, since the sizes
/// of homes sold shift with the season; sales of unknown size do not enter it.
#[must_use]
pub fn statistics(
    book: &SalesBook,
    zip: ZipCode,
    as_of: NaiveDate,
    source: &str,
) -> Option<MarketStatistics> {
    book.in_zip(zip, as_of).next()?;
    let days = u64::from(PERIOD_DAYS);
    let start = as_of.checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN);
    let before = start.checked_sub_days(Days::new(days)).unwrap_or(NaiveDate::MIN);
    let period = |from: NaiveDate, until: NaiveDate| -> Vec<&SaleRecord> {
        book.in_zip(zip, as_of)
            .skip_while(|sale| sale.sold_on >= until)
            .take_while(|sale| sale.sold_on >= from)
            .collect()
    };
    let sales = period(start, as_of);
    let per_sqft = |sales: &[&SaleRecord]| -> Vec<f64> {
        sales
            .iter()
            .filter_map(|sale| {
                let area = sale.facts.living_area_sqft.filter(|sqft| *sqft > 0)?;
                Some(sale.price as f64 / f64::from(area))
            })
            .collect()
    };
    let now = per_sqft(&sales);
    let then = per_sqft(&period(before, start));
    // The book may begin in the midst of the earlier period: then there is nothing to compare with.
    let reaches_back = book.before(as_of).first().is_some_and(|first| first.sold_on <= before + Days::new(7));
    let trend = match (median(now.clone()), median(then.clone())) {
        (Some(new), Some(old))
            if reaches_back && old > 0.0 && now.len().min(then.len()) >= LEAST_FOR_TREND =>
        {
            Some(PriceTrend { percent: ((new / old - 1.0) * 1000.0).round() / 10.0, over_days: PERIOD_DAYS })
        }
        _ => None,
    };
    let enough = |values: Vec<f64>| if values.len() >= LEAST_FOR_MEDIAN { median(values) } else { None };
    Some(MarketStatistics {
        zip_code: zip,
        as_of,
        period_days: PERIOD_DAYS,
        figures_of: FiguresOf::Sold,
        sales: u32::try_from(sales.len()).ok(),
        median_price: enough(sales.iter().map(|sale| sale.price as f64).collect())
            .map(|price| price.round() as u64),
        median_price_per_sqft: enough(now).map(|price| price.round() as u32),
        median_days_on_market: enough(
            sales.iter().filter_map(|sale| sale.days_on_market).map(f64::from).collect(),
        )
        .map(|days| days.round() as u32),
        new_listings: None,
        active_listings: None,
        trend,
        source: source.to_owned(),
    })
}

/// The middle value, or the mean of the two middle ones.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 {
        Some(upper)
    } else {
        Some((upper + values.get(middle.checked_sub(1)?)?) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local_data::sales_book::tests::{day, sale};

    fn zip() -> ZipCode {
        "98103".parse().unwrap()
    }

    #[test]
    fn medians_are_of_the_last_ninety_days_and_of_no_later_day() {
        let book = SalesBook::new(vec![
            sale(100_000, "2014-12-31", 47.0, -122.0), // 91 days before
            sale(300_000, "2015-01-01", 47.0, -122.0),
            sale(450_000, "2015-03-01", 47.0, -122.0),
            sale(600_000, "2015-03-31", 47.0, -122.0),
            sale(900_000_000, "2015-04-01", 47.0, -122.0), // the day itself
        ]);
        let market = statistics(&book, zip(), day("2015-04-01"), "here").unwrap();
        assert_eq!((market.sales, market.median_price), (Some(3), Some(450_000)));
        assert_eq!(market.median_price_per_sqft, Some(300));
        assert_eq!(market.trend, None, "three sales make no trend");
    }

    #[test]
    fn a_trend_needs_enough_sales_in_both_periods() {
        let mut sales = Vec::new();
        for i in 0..30 {
            let early = day("2014-10-03") + Days::new(i * 3);
            let late = day("2015-01-02") + Days::new(i * 2);
            sales.push(sale(300_000, &early.to_string(), 47.0, -122.0));
            sales.push(sale(315_000, &late.to_string(), 47.0, -122.0));
        }
        let book = SalesBook::new(sales.clone());
        let trend = statistics(&book, zip(), day("2015-04-01"), "here").unwrap().trend;
        assert_eq!(trend, Some(PriceTrend { percent: 5.0, over_days: 90 }));
        let cut: Vec<SaleRecord> =
            sales.into_iter().filter(|sale| sale.sold_on >= day("2014-11-01")).collect();
        assert_eq!(statistics(&SalesBook::new(cut), zip(), day("2015-04-01"), "here").unwrap().trend, None);
    }

    #[test]
    fn two_sales_give_a_count_and_no_median_and_an_unknown_zip_nothing() {
        let book = SalesBook::new(vec![
            sale(300_000, "2015-03-01", 47.0, -122.0),
            sale(400_000, "2015-03-02", 47.0, -122.0),
        ]);
        let market = statistics(&book, zip(), day("2015-04-01"), "here").unwrap();
        assert_eq!((market.sales, market.median_price, market.median_price_per_sqft), (Some(2), None, None));
        assert!(statistics(&book, "10001".parse().unwrap(), day("2015-04-01"), "here").is_none());
        assert!(statistics(&book, zip(), day("2015-03-01"), "here").is_none());
    }
}
