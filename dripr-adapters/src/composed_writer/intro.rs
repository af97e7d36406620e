//! The opening words: the ZIP code's market and the mortgage rate.

use dripr_core::{
    content::{MarketStatistics, MortgageRate},
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
    let (days, until) = (figures::span(statistics.period_days), figures::date(statistics.as_of));
    let period = format!("in the {days} before {until}");
    let price = statistics.median_price.filter(|price| *price > 0).map(figures::money);
    let sold = match (statistics.sales, price) {
        _ if statistics.period_days == 0 => None,
        (0, _) => Some(format!("No sale is on record for {} {period}.", statistics.zip_code)),
        (1, _) => Some(format!("One home sold {period}.")),
        (sales, None) => Some(format!("{} homes sold {period}.", figures::whole(sales.into()))),
        (sales, Some(price)) => {
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
    let several = statistics.sales > 1 && statistics.period_days > 0;
    let per_sqft = statistics
        .median_price_per_sqft
        .filter(|price| *price > 0 && several)
        .map(|price| format!("Per square foot the median was {}.", figures::money(price.into())));
    let trend = statistics.trend.and_then(|trend| {
        let percent = figures::plausible_change(trend.percent, 1_000.0)?;
        let over = figures::over(trend.over_days);
        Some(match percent {
            _ if trend.over_days == 0 => return None,
            small if small.abs() < 0.05 => format!("Measured over {over}, price levels hardly moved."),
            up if up > 0.0 => format!("Measured over {over}, price levels rose by {}.", figures::percent(up)),
            down => format!("Measured over {over}, price levels fell by {}.", figures::percent(down)),
        })
    });
    let days_on_market = statistics.median_days_on_market.filter(|days| *days > 0 && several).map(|days| {
        let unit = if days == 1 { "day" } else { "days" };
        format!("The median time on the market was {} {unit}.", figures::whole(days.into()))
    });
    let for_sale = statistics.active_listings.filter(|homes| *homes > 0).map(|homes| {
        let verb = if homes == 1 { "home was" } else { "homes were" };
        format!("{} {verb} for sale on {until}.", figures::whole(homes.into()))
    });
    paragraph([sold, per_sqft, trend, days_on_market, for_sale])
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
