//! What a report's template sees: facts that can be shown, cleaned, and nothing else.
//!
//! A fact that is missing, zero or impossible is `null` here, or its list is empty, so that a template only has to ask
//! whether it is there.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use dripr_core::{
    agent::Agent,
    contact::Home,
    content::{AreaContent, Comparable, Confidence, HomeFacts, Property, Valuation, ValueRange},
    errors::{Fault, PortError, PortResult},
    ports::ReportContext,
};
use serde::Serialize;

use super::{
    clean,
    home_facts::{per_sqft, summary},
};
use crate::figures;

/// The comparables that are shown of those that a valuation names.
const SHOWN_COMPARABLES: usize = 5;

/// Which of the shared sections have something in them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shows {
    pub(super) listings: bool,
    pub(super) sales: bool,
    pub(super) market: bool,
}

/// Everything a report's template can use.
#[derive(Debug, Serialize)]
pub(super) struct ReportView {
    date: NaiveDate,
    greeting_name: Option<String>,
    zip_code: String,
    home: Option<HomeView>,
    value: Option<ValueView>,
    no_value: Option<NoValueView>,
    intro: Vec<String>,
    home_report: Vec<String>,
    has_listings: bool,
    has_sales: bool,
    has_market: bool,
    agent: AgentView,
    opt_out_link: String,
    sources: Vec<String>,
}

#[derive(Debug, Serialize)]
struct HomeView {
    street: String,
    place: Option<String>,
    address: String,
    facts: Option<String>,
}

#[derive(Debug, Serialize)]
struct ValueView {
    estimate: u64,
    range: Option<RangeView>,
    per_sqft: Option<u64>,
    confidence: Option<&'static str>,
    as_of: NaiveDate,
    source: Option<String>,
    change: Option<ChangeView>,
    comparables: Vec<ComparableView>,
}

/// A range, and what lies left and right of the estimate in percent of its width.
#[derive(Debug, Serialize)]
struct RangeView {
    low: u64,
    high: u64,
    left: u64,
    right: u64,
}

#[derive(Debug, Serialize)]
struct ChangeView {
    up: bool,
    down: bool,
    amount: u64,
    percent: Option<String>,
    before: u64,
    since: NaiveDate,
    within_range: bool,
}

#[derive(Debug, Serialize)]
struct ComparableView {
    price: u64,
    sold_on: NaiveDate,
    facts: Option<String>,
    miles: Option<String>,
    per_sqft: Option<u64>,
}

#[derive(Debug, Serialize)]
struct NoValueView {
    because: Option<String>,
}

/// The agent as templates see them.
#[derive(Debug, Serialize)]
pub(super) struct AgentView {
    first_name: Option<String>,
    name: String,
    brokerage: Option<String>,
    phone: Option<String>,
    email: String,
    email_link: String,
    postal_address: String,
}

impl ReportView {
    pub(super) fn of(context: &ReportContext, shows: Shows) -> PortResult<Self> {
        let home = context.home.as_ref().map(|home| HomeView::of(home, context.property.as_deref()));
        let property = context.property.as_deref().filter(|_| home.is_some());
        let value = property.and_then(|property| {
            ValueView::of(
                property,
                context.property_before.as_deref().and_then(|before| before.valuation.as_ref()),
            )
        });
        let no_value = (home.is_some() && value.is_none()).then(|| NoValueView {
            because: property.and_then(|property| {
                let because = clean::some_line(property.no_value_because.as_deref()?)?;
                let because = because.trim_end_matches(['.', ' ']);
                (!because.is_empty()).then(|| because.to_owned())
            }),
        });
        let words = |words: &Option<dripr_core::content::Words>| {
            words.as_ref().map(|words| clean::paragraphs(&words.text)).unwrap_or_default()
        };
        let opt_out_link = clean::web_link(&context.opt_out_link).ok_or_else(|| {
            PortError::new(Fault::Invalid, "the opt-out link is not a web address, so no report can carry it")
        })?;
        Ok(Self {
            date: context.date,
            greeting_name: clean::some_line(&context.contact.first_name),
            zip_code: context.zip_code.as_str().to_owned(),
            sources: sources(context, value.as_ref(), shows),
            home_report: if home.is_some() { words(&context.home_report) } else { Vec::new() },
            home,
            value,
            no_value,
            intro: words(&context.intro),
            has_listings: shows.listings,
            has_sales: shows.sales,
            has_market: shows.market,
            agent: AgentView::of(&context.agent)?,
            opt_out_link: opt_out_link.to_owned(),
        })
    }
}

impl HomeView {
    fn of(home: &Home, property: Option<&Property>) -> Self {
        let street = clean::some_line(&home.street)
            .or_else(|| property.and_then(|property| clean::some_line(&property.formatted_address)))
            .unwrap_or_else(|| format!("Your home in {}", home.zip_code));
        let region = [clean::line(&home.state).as_ref(), home.zip_code.as_str()].join(" ");
        let place = match clean::some_line(&home.city) {
            Some(city) => format!("{city}, {}", region.trim()),
            None => region.trim().to_owned(),
        };
        let known = property.map_or(&home.facts, |property| &property.facts);
        Self {
            address: if clean::line(&home.street).is_empty() {
                street.clone()
            } else {
                format!("{street}, {place}")
            },
            place: (!clean::line(&home.street).is_empty()).then_some(place),
            facts: home_line(known),
            street,
        }
    }
}

fn home_line(facts: &HomeFacts) -> Option<String> {
    let parts: Vec<String> = [summary(facts), figures::built(facts)].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

impl ValueView {
    fn of(property: &Property, before: Option<&Valuation>) -> Option<Self> {
        let valuation = property.valuation.as_ref().filter(|valuation| valuation.value > 0)?;
        let confidence = valuation.confidence.map(|confidence| match confidence {
            Confidence::High => "high: many sales near and alike",
            Confidence::Medium => "medium: enough sales to compare with, with some spread",
            Confidence::Low => "low: few sales compare well, so take it as a rough figure",
        });
        Some(Self {
            estimate: valuation.value,
            range: RangeView::of(valuation),
            per_sqft: per_sqft(valuation.value, &property.facts),
            confidence,
            as_of: valuation.as_of,
            source: clean::some_line(&valuation.source),
            change: before.and_then(|before| ChangeView::of(valuation, before)),
            comparables: valuation
                .comparables
                .iter()
                .filter(|comparable| comparable.price > 0)
                .take(SHOWN_COMPARABLES)
                .map(ComparableView::of)
                .collect(),
        })
    }
}

impl RangeView {
    fn of(valuation: &Valuation) -> Option<Self> {
        let value = valuation.value;
        let ValueRange { low, high } = valuation.range?;
        if low == 0 || low >= high || !(low..=high).contains(&value) {
            return None;
        }
        let share = u128::from(value - low) * 100 / u128::from(high - low);
        // The mark itself is two percent wide, and needs some room at either end.
        let left = u64::try_from(share).unwrap_or(49).saturating_sub(1).clamp(3, 95);
        Some(Self { low, high, left, right: 98 - left })
    }
}

impl ChangeView {
    /// Estimates of two sources, or of one day, are not compared.
    fn of(now: &Valuation, before: &Valuation) -> Option<Self> {
        if before.value == 0 || before.as_of >= now.as_of || before.source != now.source {
            return None;
        }
        let amount = now.value.abs_diff(before.value);
        let share = amount as f64 / before.value as f64 * 100.0;
        Some(Self {
            up: now.value > before.value,
            down: now.value < before.value,
            amount,
            percent: (share <= 1_000.0).then(|| figures::percent(share)),
            before: before.value,
            since: before.as_of,
            within_range: RangeView::of(now)
                .is_some_and(|range| (range.low..=range.high).contains(&before.value)),
        })
    }
}

impl ComparableView {
    fn of(comparable: &Comparable) -> Self {
        Self {
            price: comparable.price,
            sold_on: comparable.sold_on,
            facts: summary(&comparable.facts),
            miles: comparable.miles.and_then(figures::miles),
            per_sqft: per_sqft(comparable.price, &comparable.facts),
        }
    }
}

impl AgentView {
    pub(super) fn of(agent: &Agent) -> PortResult<Self> {
        let email = agent.email.as_str().to_owned();
        let postal_address = clean::some_line(&agent.postal_address).ok_or_else(|| {
            PortError::new(Fault::Invalid, "the agent has no postal address, which every email must show")
        })?;
        Ok(Self {
            first_name: clean::some_line(&agent.first_name),
            name: clean::some_line(&agent.full_name()).unwrap_or_else(|| email.clone()),
            brokerage: agent.brokerage.as_deref().and_then(clean::some_line),
            phone: agent.phone.as_deref().and_then(clean::some_line),
            email_link: clean::mail_link(&email),
            email,
            postal_address,
        })
    }
}

/// Where the figures come from and of which day they are.
fn sources(context: &ReportContext, value: Option<&ValueView>, shows: Shows) -> Vec<String> {
    let said = |what: &str, source: Option<String>, kind: &str, day: NaiveDate| {
        let source = source.map(|source| format!("{source}, ")).unwrap_or_default();
        format!("{what}: {source}{kind} {}", figures::date(day))
    };
    let mut sources = Vec::new();
    if let Some(value) = value {
        sources.push(said("Estimate", value.source.clone(), "as of", value.as_of));
    }
    let market = context.market.as_ref().filter(|_| shows.market);
    if let Some(AreaContent::LocalMarketData(market)) = market.map(|(_, content)| &**content) {
        if let Some(statistics) = &market.statistics {
            sources.push(said(
                "Market figures",
                clean::some_line(&statistics.source),
                "as of",
                statistics.as_of,
            ));
        }
        if let Some(rate) = &market.mortgage_rate {
            sources.push(said("Mortgage rate", clean::some_line(&rate.source), "survey of", rate.as_of));
        }
    }
    if let Some((key, content)) = context.listings.as_ref().filter(|_| shows.listings) {
        let of = match &**content {
            AreaContent::ActiveListings(listings) => all(listings.iter().map(|home| home.source.as_str())),
            _ => None,
        };
        sources.push(said("Homes for sale", of, "as known on", key.day));
    }
    if let Some((key, content)) = context.sales.as_ref().filter(|_| shows.sales) {
        let of = match &**content {
            AreaContent::RecentSales(sales) => all(sales.iter().map(|home| home.source.as_str())),
            _ => None,
        };
        sources.push(said("Homes sold", of, "as known on", key.day));
    }
    sources
}

/// The sources of several homes, each named once.
fn all<'a>(of: impl Iterator<Item = &'a str>) -> Option<String> {
    let named: BTreeSet<String> = of.filter_map(clean::some_line).collect();
    (!named.is_empty()).then(|| named.into_iter().collect::<Vec<_>>().join("; "))
}
