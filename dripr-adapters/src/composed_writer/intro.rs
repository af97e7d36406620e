//! The opening words: the ZIP code's market and the mortgage rate.

use dripr_core::{
    content::{FiguresOf, MarketStatistics, MortgageRate},
    ports::IntroFacts,
};

use super::wording::{Wording, paragraph, text};
use crate::figures;

pub(super) fn compose(facts: &IntroFacts) -> String {
    let wording = Wording::of(facts.zip_code, facts.as_of);
    let zip = facts.zip_code;
    let date = figures::date(facts.as_of);
    let market = facts.market.statistics.as_ref().and_then(|statistics| market(&wording, statistics));
    let rate = facts.market.mortgage_rate.as_ref().and_then(|rate| mortgage(&wording, rate));
    let opening = match (&market, &rate) {
        (None, None) => format!(
            "This is your report for {date}. There are no new market figures for {zip} this time, so it leaves them \
             out rather than repeat old ones."
        ),
        _ => wording
            .one_of(
                0,
                &[
                    "Here is where the housing market of ZIP stands as of DATE.",
                    "This is your look at homes in ZIP as of DATE.",
                    "A new month, a new look at ZIP: these are the figures as of DATE.",
                    "What follows is the record for ZIP as of DATE, in plain figures.",
                ],
            )
            .replace("ZIP", zip.as_str())
            .replace("DATE", &date),
    };
    text([Some(opening), market, rate])
}

fn market(wording: &Wording, statistics: &MarketStatistics) -> Option<String> {
    match statistics.figures_of {
        FiguresOf::Sold => sold(wording, statistics),
        FiguresOf::ForSale => for_sale(wording, statistics),
    }
}

/// What homes brought.
fn sold(wording: &Wording, statistics: &MarketStatistics) -> Option<String> {
    let (days, until) = (figures::span(statistics.period_days), figures::date(statistics.as_of));
    let period = format!("in the {days} before {until}");
    let price = statistics.median_price.filter(|price| *price > 0).map(figures::money);
    let sold = match (statistics.sales, price) {
        _ if statistics.period_days == 0 => None,
        (Some(0), _) => Some(format!("No sale is on record for {} {period}.", statistics.zip_code)),
        (Some(1), _) => Some(format!("One home sold {period}.")),
        (None, None) => None,
        (None, Some(price)) => Some(format!("Homes that sold {period} went for a median price of {price}.")),
        (Some(sales), None) => Some(format!("{} homes sold {period}.", figures::whole(sales.into()))),
        (Some(sales), Some(price)) => {
            let sales = figures::whole(sales.into());
            Some(match wording.one_of(1, &["a", "b", "c"]) {
                "a" => format!("{sales} homes sold {period}, at a median price of {price}."),
                "b" => format!(
                    "The median price of the {sales} homes that sold {period} was {price}: at least half of them went \
                     for that or more, and at least half for that or less."
                ),
                _ => format!(
                    "{sales} homes sold {period}. Their median price was {price}, the one in the middle of all."
                ),
            })
        }
    };
    // Of a single sale there is nothing in the middle.
    let several = statistics.sales.is_none_or(|sales| sales > 1) && statistics.period_days > 0;
    let per_sqft = per_sqft(statistics, several, "the median was");
    let on_market = statistics.active_listings.filter(|homes| *homes > 0).map(|homes| {
        let verb = if homes == 1 { "home was" } else { "homes were" };
        format!("{} {verb} for sale on {until}.", figures::whole(homes.into()))
    });
    let [trend, days_on_market] = [trend(statistics, "price levels"), days_on_market(statistics, several)];
    paragraph([sold, per_sqft, trend, days_on_market, on_market])
}

/// What is asked for homes.
fn for_sale(wording: &Wording, statistics: &MarketStatistics) -> Option<String> {
    let (days, day) = (figures::span(statistics.period_days), figures::date(statistics.as_of));
    let zip = statistics.zip_code;
    let price = statistics.median_price.filter(|price| *price > 0).map(figures::money);
    let on_market = match (statistics.active_listings, price) {
        (Some(0), _) => Some(format!("No home was for sale in {zip} on {day}.")),
        (Some(1), _) => Some(format!("One home was for sale in {zip} on {day}.")),
        (None, None) => None,
        (None, Some(price)) => Some(format!("The median asking price in {zip} was {price} on {day}.")),
        (Some(homes), None) => {
            Some(format!("{} homes were for sale in {zip} on {day}.", figures::whole(homes.into())))
        }
        (Some(homes), Some(price)) => {
            let homes = figures::whole(homes.into());
            let wordings = [
                "HOMES homes were for sale in ZIP on DAY, at a median asking price of PRICE.",
                "On DAY the median asking price of the HOMES homes for sale in ZIP was PRICE.",
            ];
            let wording = wording.one_of(1, &wordings).replace("HOMES", &homes).replace("PRICE", &price);
            Some(wording.replace("ZIP", zip.as_str()).replace("DAY", &day))
        }
    };
    let several = statistics.active_listings.is_none_or(|homes| homes > 1);
    let per_sqft = per_sqft(statistics, several, "the median asked was");
    let new = statistics.new_listings.filter(|homes| *homes > 0 && statistics.period_days > 0).map(|homes| {
        let home = if homes == 1 { "home" } else { "homes" };
        format!("{} {home} came on the market in the {days} before.", figures::whole(homes.into()))
    });
    let [trend, days_on_market] = [trend(statistics, "asking prices"), days_on_market(statistics, several)];
    paragraph([on_market, per_sqft, trend, days_on_market, new])
}

fn per_sqft(statistics: &MarketStatistics, several: bool, says: &str) -> Option<String> {
    let price = statistics.median_price_per_sqft.filter(|price| *price > 0 && several)?;
    Some(format!("Per square foot {says} {}.", figures::money(price.into())))
}

fn trend(statistics: &MarketStatistics, of: &str) -> Option<String> {
    let trend = statistics.trend.filter(|trend| trend.over_days > 0)?;
    let percent = figures::plausible_change(trend.percent, 1_000.0)?;
    let over = figures::over(trend.over_days);
    Some(match percent {
        small if small.abs() < 0.05 => format!("Measured over {over}, {of} hardly moved."),
        up if up > 0.0 => format!("Measured over {over}, {of} rose by {}.", figures::percent(up)),
        down => format!("Measured over {over}, {of} fell by {}.", figures::percent(down)),
    })
}

fn days_on_market(statistics: &MarketStatistics, several: bool) -> Option<String> {
    let days = statistics.median_days_on_market.filter(|days| *days > 0 && several)?;
    let unit = if days == 1 { "day" } else { "days" };
    Some(format!("The median time on the market was {} {unit}.", figures::whole(days.into())))
}

fn mortgage(wording: &Wording, rate: &MortgageRate) -> Option<String> {
    let percent = figures::plausible(rate.percent, 100.0).filter(|percent| *percent >= 0.005)?;
    let (percent, date) = (figures::rate(percent), figures::date(rate.as_of));
    let level = wording
        .one_of(
            2,
            &[
                "The average rate of a 30-year fixed mortgage stood at RATE in the survey of DATE.",
                "As for the price of money, 30-year fixed mortgages averaged RATE in the survey of DATE.",
                "In the survey of DATE, the rate of a 30-year fixed mortgage averaged RATE.",
            ],
        )
        .replace("RATE", &percent)
        .replace("DATE", &date);
    let month = rate.change_month.and_then(|change| against(change, "a month"));
    let year = rate.change_year.and_then(|change| against(change, "a year"));
    let change = match (month, year) {
        (Some(month), Some(year)) => Some(format!("That is {month}, and {year}.")),
        (Some(one), None) | (None, Some(one)) => Some(format!("That is {one}.")),
        (None, None) => None,
    };
    paragraph([Some(level), change])
}

fn against(change: f64, before: &str) -> Option<String> {
    let change = figures::plausible_change(change, 100.0)?;
    Some(match change {
        same if same.abs() < 0.005 => format!("the same as about {before} before"),
        up if up > 0.0 => {
            format!("{} percentage points above the rate of about {before} before", figures::decimal(up, 2))
        }
        down => {
            format!(
                "{} percentage points below the rate of about {before} before",
                figures::decimal(-down, 2)
            )
        }
    })
}
