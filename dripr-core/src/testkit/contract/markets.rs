use chrono::{Days, NaiveDate};

use super::checks::{is_not_found, price_can_be, source_is_named};
use crate::{
    content::{FiguresOf, MarketStatistics, ZipCode},
    errors::Fault,
    ports::{Allowance, MarketSource},
};

/// What every [`MarketSource`] must do: figures of the ZIP code that was asked about and of no later day, which can be,
/// and an error where it knows nothing.
///
/// `known` is a ZIP code that the source knows on the day; `unknown` one that it does not, and `None` for a source that
/// knows all. The source is asked about a day 60 days earlier too, of which it may know nothing.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn market_source<S: MarketSource + ?Sized>(
    source: &S,
    known: ZipCode,
    unknown: Option<ZipCode>,
    as_of: NaiveDate,
) {
    let market = source
        .statistics(known, as_of, &Allowance::unlimited())
        .await
        .expect("a ZIP code that the source knows has statistics");
    statistics_are_of(&market, known, as_of);
    let again = source
        .statistics(known, as_of, &Allowance::unlimited())
        .await
        .expect("a ZIP code that the source knows has statistics");
    assert_eq!(market, again, "the same question about a market gets the same answer");
    if let Some(unknown) = unknown {
        is_not_found(
            "a ZIP code of which nothing is known",
            source.statistics(unknown, as_of, &Allowance::unlimited()).await,
        );
    }
    let earlier = as_of.checked_sub_days(Days::new(60)).expect("a day that is not the first of all");
    match source.statistics(known, earlier, &Allowance::unlimited()).await {
        Ok(market) => statistics_are_of(&market, known, earlier),
        Err(error) => assert_eq!(
            error.fault(),
            Fault::NotFound,
            "of an earlier day a source knows the market or answers NotFound; the error was: {error}"
        ),
    }
}

fn statistics_are_of(market: &MarketStatistics, zip: ZipCode, as_of: NaiveDate) {
    assert_eq!(market.zip_code, zip, "statistics are of the ZIP code that was asked about");
    assert!(
        market.as_of <= as_of,
        "statistics asked for as of {as_of} hold for no later day, such as {}",
        market.as_of
    );
    assert!(market.period_days > 0, "figures cover a period of some days");
    if market.sales == Some(0) && market.figures_of == FiguresOf::Sold {
        assert_eq!(
            (market.median_price, market.median_price_per_sqft),
            (None, None),
            "where nothing was sold there is no median price"
        );
    }
    for price in [market.median_price, market.median_price_per_sqft.map(u64::from)].into_iter().flatten() {
        price_can_be("the home in the middle", price);
    }
    if let Some(trend) = market.trend {
        assert!(
            trend.percent.is_finite() && trend.percent > -100.0,
            "a trend is a number of percent, and prices fall by less than all; {} is none",
            trend.percent
        );
        assert!(trend.over_days > 0, "a trend is one over some days");
    }
    source_is_named(&market.source);
}
