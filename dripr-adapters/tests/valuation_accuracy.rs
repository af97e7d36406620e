//! How near the valuation comes to real prices, and that it never looks ahead.
//!
//! A sample: of every nineteenth day from 2014-11-02 on, every second of its King County sales is valued as of that
//! day, from the sales before it. The example `valuation_backtest` measures all 7,050 of them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod backtest;

use backtest::{accuracy, first_day, king_county, run};
use dripr_adapters::local_data::sales_file::SaleRecord;

/// One day in so many is sampled, for each day costs a fit, which a debug build feels. It is no multiple of seven, so
/// that all days of the week come up.
const EVERY_DAYS: i64 = 19;

#[test]
fn half_of_all_values_lie_within_eight_percent_of_the_price() {
    let sampled = |place: usize, sale: &SaleRecord| {
        let days = sale.sold_on.signed_duration_since(first_day()).num_days();
        days % EVERY_DAYS == 1 && place.is_multiple_of(2)
    };
    let (valued, without) = run(king_county(), sampled, |target| target);
    let measured = accuracy(&valued);
    println!("a sample of King County sales: {measured}; no value {without}");
    assert!(measured.homes > 150, "{measured}");
    assert!(measured.median_error < 0.08, "{measured}");
    assert!(measured.within_10 > 0.58, "{measured}");
    assert!((0.72..0.88).contains(&measured.coverage), "{measured}");
    assert!(measured.bias.abs() < 0.03, "{measured}");
    assert!(without * 100 <= valued.len(), "{without} without a value");
}

#[test]
fn a_later_sale_at_an_absurd_price_changes_no_value() {
    let sales = king_county();
    let day = "2015-02-10".parse().unwrap();
    // From that day on, everything sells for 900 million.
    let leaking: Vec<SaleRecord> = sales
        .iter()
        .cloned()
        .map(|sale| if sale.sold_on >= day { SaleRecord { price: 900_000_000, ..sale } } else { sale })
        .collect();
    let on_the_day = |place: usize, sale: &SaleRecord| sale.sold_on == day && place.is_multiple_of(4);
    let values =
        |sales| run(sales, on_the_day, |target| target).0.iter().map(|home| home.value).collect::<Vec<_>>();
    let plain = values(sales);
    assert!(plain.len() > 5);
    assert_eq!(plain, values(leaking));
}
