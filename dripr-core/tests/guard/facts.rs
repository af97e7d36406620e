//! The facts that the corpus is judged against.

use std::{collections::BTreeMap, sync::Arc};

use chrono::NaiveDate;
use dripr_core::{
    content::{
        Comparable, Confidence, FiguresOf, HomeFacts, LocalMarket, MarketStatistics, MortgageRate,
        PriceTrend, Property, Valuation, ValueRange,
    },
    guard::Known,
    ports::{HomeReportFacts, IntroFacts},
};

/// By name: three intros with and without market and rate, an intro with nothing, and three homes.
pub(crate) fn named() -> BTreeMap<&'static str, Known> {
    let up = MarketStatistics {
        figures_of: FiguresOf::Sold,
        sales: Some(212),
        new_listings: None,
        median_price: Some(1_187_500),
        median_price_per_sqft: None,
        median_days_on_market: None,
        active_listings: None,
        trend: Some(PriceTrend { percent: 3.2, over_days: 90 }),
        ..statistics()
    };
    let intro =
        |statistics, mortgage_rate| Known::of_intro(&intro(LocalMarket { statistics, mortgage_rate }));
    BTreeMap::from([
        ("intro", intro(Some(statistics()), Some(rate()))),
        ("up", intro(Some(up), None)),
        ("rate", intro(None, Some(rate()))),
        ("bare", intro(None, None)),
        ("home", Known::of_home_report(&home())),
        ("down", Known::of_home_report(&down())),
        ("novalue", Known::of_home_report(&without_value())),
    ])
}

pub(crate) fn intro(market: LocalMarket) -> IntroFacts {
    IntroFacts { zip_code: "98103".parse().unwrap(), has_home: true, as_of: day("2026-06-03"), market }
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub(crate) fn statistics() -> MarketStatistics {
    MarketStatistics {
        zip_code: "98103".parse().unwrap(),
        as_of: day("2026-06-03"),
        period_days: 90,
        figures_of: FiguresOf::Sold,
        sales: Some(97),
        new_listings: None,
        median_price: Some(849_500),
        median_price_per_sqft: Some(512),
        median_days_on_market: Some(12),
        active_listings: Some(41),
        trend: Some(PriceTrend { percent: -2.44, over_days: 365 }),
        source: "County records".to_owned(),
    }
}

pub(crate) fn rate() -> MortgageRate {
    MortgageRate {
        percent: 6.37,
        as_of: day("2026-05-28"),
        change_month: Some(0.14),
        change_year: Some(-0.57),
        source: "Survey".to_owned(),
    }
}

/// A home of three bedrooms whose value rose by $22,500.
pub(crate) fn home() -> HomeReportFacts {
    let sale = |price, sold_on, miles| Comparable {
        price,
        sold_on: day(sold_on),
        miles: Some(miles),
        weight: 0.2,
        facts: HomeFacts { bedrooms: Some(5.0), ..HomeFacts::default() },
    };
    let comparables = vec![
        sale(1_150_000, "2026-04-17", 0.4),
        sale(1_205_000, "2026-05-08", 0.2),
        sale(1_240_000, "2026-03-20", 1.1),
    ];
    let now = Valuation {
        value: 1_187_500,
        range: Some(ValueRange { low: 1_120_000, high: 1_260_000 }),
        confidence: Some(Confidence::High),
        as_of: day("2026-06-01"),
        source: "County records".to_owned(),
        comparables,
    };
    let before = Valuation {
        value: 1_165_000,
        range: Some(ValueRange { low: 1_100_000, high: 1_240_000 }),
        as_of: day("2026-05-01"),
        comparables: Vec::new(),
        ..now.clone()
    };
    let facts = HomeFacts {
        bedrooms: Some(3.0),
        bathrooms: Some(2.5),
        living_area_sqft: Some(2_464),
        lot_sqft: Some(5_000),
        floors: Some(2.0),
        year_built: Some(1_987),
        ..HomeFacts::default()
    };
    report(facts, Some(now), Some(before))
}

/// An old home of two bedrooms whose value fell by $28,000.
fn down() -> HomeReportFacts {
    let valuation = |value, as_of| Valuation {
        value,
        range: Some(ValueRange { low: 540_000, high: 630_000 }),
        confidence: Some(Confidence::Low),
        as_of: day(as_of),
        source: "County records".to_owned(),
        comparables: Vec::new(),
    };
    let facts = HomeFacts {
        bedrooms: Some(2.0),
        bathrooms: Some(1.0),
        living_area_sqft: Some(1_040),
        year_built: Some(1_926),
        ..HomeFacts::default()
    };
    report(facts, Some(valuation(584_000, "2026-06-01")), Some(valuation(612_000, "2026-05-01")))
}

fn without_value() -> HomeReportFacts {
    report(HomeFacts::default(), None, None)
}

fn report(facts: HomeFacts, now: Option<Valuation>, before: Option<Valuation>) -> HomeReportFacts {
    let because = "sales between $0.5 million and $4 million differ too much".to_owned();
    let property = |valuation: Option<Valuation>| Property {
        formatted_address: "1412 N 46th St, Seattle, WA 98103".to_owned(),
        zip_code: "98103".parse().unwrap(),
        location: None,
        facts: facts.clone(),
        no_value_because: valuation.is_none().then(|| because.clone()),
        valuation,
    };
    HomeReportFacts {
        as_of: day("2026-06-03"),
        property: Arc::new(property(now)),
        before: before.map(|before| Arc::new(property(Some(before)))),
    }
}
