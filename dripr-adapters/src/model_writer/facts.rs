//! Facts as a JSON document, absent ones left out. No name, no address, no text of anybody.

use dripr_core::{
    content::{
        Comparable, Confidence, FiguresOf, HomeFacts, MarketStatistics, MortgageRate, Property, Valuation,
    },
    ports::{HomeReportFacts, IntroFacts},
};
use serde_json::{Map, Value, json};

/// The comparables that are told.
const COMPARABLES: usize = 5;

pub(super) fn of_intro(facts: &IntroFacts) -> Value {
    let market = &facts.market;
    known([
        ("zip_code", Some(json!(facts.zip_code))),
        ("report_date", Some(json!(facts.as_of))),
        ("market", market.statistics.as_ref().map(statistics)),
        ("mortgage_rate", market.mortgage_rate.as_ref().map(rate)),
    ])
}

pub(super) fn of_home_report(facts: &HomeReportFacts) -> Value {
    let property: &Property = &facts.property;
    let before = facts.before.as_ref().and_then(|before| before.valuation.as_ref());
    known([
        ("report_date", Some(json!(facts.as_of))),
        ("zip_code", Some(json!(property.zip_code))),
        ("home", Some(home(&property.facts))),
        ("estimate", property.valuation.as_ref().map(valuation)),
        ("estimate_of_last_report", before.map(estimate)),
    ])
}

fn known<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let known = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(Map::from_iter(known))
}

fn statistics(market: &MarketStatistics) -> Value {
    let figures_of = match market.figures_of {
        FiguresOf::Sold => "sold",
        FiguresOf::ForSale => "for_sale",
    };
    known([
        ("as_of", Some(json!(market.as_of))),
        ("figures_of", Some(json!(figures_of))),
        ("period_days", Some(json!(market.period_days))),
        ("homes_sold_in_period", market.sales.map(Value::from)),
        ("median_price_dollars", market.median_price.map(Value::from)),
        ("median_dollars_per_square_foot", market.median_price_per_sqft.map(Value::from)),
        ("median_days_on_market", market.median_days_on_market.map(Value::from)),
        ("new_listings_in_period", market.new_listings.map(Value::from)),
        ("homes_for_sale", market.active_listings.map(Value::from)),
        ("price_change_percent", market.trend.map(|trend| rounded(trend.percent, 10.0))),
        ("price_change_over_days", market.trend.map(|trend| json!(trend.over_days))),
    ])
}

fn rate(rate: &MortgageRate) -> Value {
    known([
        ("survey_date", Some(json!(rate.as_of))),
        ("average_30_year_fixed_percent", Some(rounded(rate.percent, 100.0))),
        ("percentage_points_against_a_month_before", rate.change_month.map(|by| rounded(by, 100.0))),
        ("percentage_points_against_a_year_before", rate.change_year.map(|by| rounded(by, 100.0))),
    ])
}

fn home(facts: &HomeFacts) -> Value {
    known([
        ("bedrooms", facts.bedrooms.map(Value::from)),
        ("bathrooms", facts.bathrooms.map(Value::from)),
        ("living_area_square_feet", facts.living_area_sqft.map(Value::from)),
        ("lot_square_feet", facts.lot_sqft.map(Value::from)),
        ("year_built", facts.year_built.map(Value::from)),
    ])
}

fn estimate(valuation: &Valuation) -> Value {
    known([
        ("as_of", Some(json!(valuation.as_of))),
        ("dollars", Some(json!(valuation.value))),
        ("range_low_dollars", valuation.range.map(|range| json!(range.low))),
        ("range_high_dollars", valuation.range.map(|range| json!(range.high))),
    ])
}

fn valuation(valuation: &Valuation) -> Value {
    let confidence = valuation.confidence.map(|confidence| match confidence {
        Confidence::Low => "low: few sales compare well",
        Confidence::Medium => "medium: enough sales to compare with, some spread",
        Confidence::High => "high: many sales near and alike",
    });
    let comparables: Vec<Value> = valuation.comparables.iter().take(COMPARABLES).map(comparable).collect();
    let mut told = estimate(valuation);
    if let Some(confidence) = confidence {
        told["confidence"] = json!(confidence);
    }
    if !comparables.is_empty() {
        told["rests_most_on_sales"] = json!(comparables);
    }
    told
}

fn comparable(sale: &Comparable) -> Value {
    known([
        ("price_dollars", Some(json!(sale.price))),
        ("sold_on", Some(json!(sale.sold_on))),
        ("miles_away", sale.miles.map(|miles| rounded(miles, 10.0))),
        ("home", Some(home(&sale.facts))),
    ])
}

/// A number with few decimals. One that is none becomes null.
fn rounded(number: f64, places: f64) -> Value {
    json!((number * places).round() / places)
}
