//! The words about one home: its estimate, what changed, what the estimate rests on, and what is on record.

use dripr_core::{
    content::{Comparable, Confidence, HomeFacts, Valuation, ValueRange},
    guard::{Known, check},
    ports::HomeReportFacts,
};

use super::wording::{Wording, paragraph, text};
use crate::figures;

pub(super) fn compose(facts: &HomeReportFacts) -> String {
    let property = &*facts.property;
    let wording = Wording::of(property.zip_code, facts.as_of);
    let record = on_record(&wording, &property.facts);
    let Some(valuation) = property.valuation.as_ref().filter(|valuation| valuation.value > 0) else {
        return text([Some(no_estimate(&wording, facts)), record]);
    };
    let before = facts.before.as_ref().and_then(|before| before.valuation.as_ref());
    text([
        paragraph([
            Some(estimate(&wording, valuation)),
            valuation.confidence.map(|sure| confidence(sure).to_owned()),
        ]),
        before.and_then(|before| change(valuation, before)),
        rests_on(&wording, &valuation.comparables),
        paragraph([Some(caution(&wording).to_owned()), record]),
    ])
}

/// A change of less than so many percent says nothing: an estimate is not that exact.
const ABOUT_UNCHANGED: f64 = 0.5;

fn estimate(wording: &Wording, valuation: &Valuation) -> String {
    let (value, date) = (figures::money(valuation.value), figures::date(valuation.as_of));
    let sentence = wording
        .one_of(
            0,
            &[
                "As of DATE your home is estimated at VALUERANGE.",
                "The estimate for your home as of DATE is VALUERANGE.",
                "VALUE is the estimate for your home as of DATERANGE.",
            ],
        )
        .replace("VALUE", &value)
        .replace("DATE", &date);
    let range = match range(valuation) {
        Some((low, high)) => {
            format!(", within a range of {} to {}", figures::money(low), figures::money(high))
        }
        None => String::new(),
    };
    sentence.replace("RANGE", &range)
}

fn range(valuation: &Valuation) -> Option<(u64, u64)> {
    let value = valuation.value;
    let ValueRange { low, high } = valuation.range?;
    (low > 0 && low < high && (low..=high).contains(&value)).then_some((low, high))
}

const fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "Confidence in it is high: many sales near and alike bear it out.",
        Confidence::Medium => {
            "Confidence in it is medium: there were enough sales to compare with, and they differ somewhat."
        }
        Confidence::Low => {
            "Confidence in it is low: few sales compare well with your home, so take it as a rough figure."
        }
    }
}

/// What became of the value since the last report. Estimates of two sources, or of one day, are not compared.
fn change(now: &Valuation, before: &Valuation) -> Option<String> {
    if before.value == 0 || before.as_of >= now.as_of || before.source != now.source {
        return None;
    }
    let (then, date) = (figures::money(before.value), figures::date(before.as_of));
    let difference = now.value.abs_diff(before.value);
    if difference == 0 {
        return Some(format!("That is the same figure as on {date}."));
    }
    // Shares of such sizes need no exactness beyond a tenth of a percent.
    let share = difference as f64 / before.value as f64 * 100.0;
    if share < ABOUT_UNCHANGED {
        return Some(format!("That is about unchanged from the {then} estimated as of {date}."));
    }
    let direction = if now.value > before.value { "more" } else { "less" };
    let share = if share <= 1_000.0 { format!(" ({})", figures::percent(share)) } else { String::new() };
    let moved = format!(
        "That is {}{share} {direction} than the {then} estimated as of {date}.",
        figures::money(difference)
    );
    let within = range(now).is_some_and(|(low, high)| (low..=high).contains(&before.value));
    let weigh = within.then(|| "The earlier figure lies inside today's range.".to_owned());
    paragraph([Some(moved), weigh])
}

fn rests_on(wording: &Wording, comparables: &[Comparable]) -> Option<String> {
    let priced: Vec<&Comparable> = comparables.iter().filter(|comparable| comparable.price > 0).collect();
    let (low, high) =
        (priced.iter().map(|sale| sale.price).min()?, priced.iter().map(|sale| sale.price).max()?);
    let latest = figures::date(priced.iter().map(|sale| sale.sold_on).max()?);
    let near = priced
        .iter()
        .filter_map(|sale| figures::plausible(sale.miles?, 25_000.0))
        .min_by(f64::total_cmp)
        .and_then(figures::miles)
        .map(|miles| if miles == "1 mi" { "1 mile".to_owned() } else { miles.replace(" mi", " miles") });
    if let [_] = priced.as_slice() {
        return Some(format!("The sale that weighed most brought {} on {latest}.", figures::money(low)));
    }
    let count = figures::whole(priced.len() as u64);
    let prices = if low == high {
        format!("brought {} each", figures::money(low))
    } else {
        format!("brought {} to {}", figures::money(low), figures::money(high))
    };
    let sales = wording
        .one_of(
            3,
            &[
                "The COUNT sales that weighed most in it PRICES, the latest of them on DATE.",
                "Of the sales it rests on, the COUNT weightiest PRICES; the latest closed on DATE.",
            ],
        )
        .replace("COUNT", &count)
        .replace("PRICES", &prices)
        .replace("DATE", &latest);
    paragraph([Some(sales), near.map(|miles| format!("The nearest of them lies {miles} from your home."))])
}

fn caution(wording: &Wording) -> &'static str {
    wording.one_of(
        1,
        &[
            "This is an estimate, not an appraisal: nobody looked at the home for it.",
            "Please read it as an estimate and not as an appraisal; work that is on no record is not in it.",
            "An estimate is not an appraisal: it knows what is on record and nothing of what is not.",
        ],
    )
}

fn on_record(wording: &Wording, facts: &HomeFacts) -> Option<String> {
    let parts: Vec<String> = [
        figures::bedrooms(facts),
        figures::bathrooms(facts),
        figures::living_area(facts),
        figures::built(facts),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        return None;
    }
    Some(
        wording
            .one_of(
                2,
                &[
                    "On record for your home: FACTS. If any of that is out of date, please reply and say so.",
                    "The record of your home says: FACTS. A reply to this email is the way to correct it.",
                ],
            )
            .replace("FACTS", &parts.join(", ")),
    )
}

fn no_estimate(wording: &Wording, facts: &HomeReportFacts) -> String {
    let date = figures::date(facts.as_of);
    let reason = facts.property.no_value_because.as_deref().and_then(plain);
    // The source's words have to pass what any text has to.
    let known = Known::of_home_report(facts);
    let sentence = reason
        .map(|reason| format!("There is no estimate for your home as of {date}: {reason}."))
        .filter(|sentence| check(sentence, &known).is_empty())
        .unwrap_or_else(|| {
            format!("There is no estimate for your home as of {date}, because an honest one cannot be given.")
        });
    let rather = wording.one_of(
        1,
        &[
            "This report leaves the figure out rather than guess one.",
            "A guess would help nobody, so this report names no figure.",
        ],
    );
    format!("{sentence} {rather}")
}

/// A reason that reads as the end of a sentence of ours; one that looks like anything else is not repeated.
fn plain(reason: &str) -> Option<&str> {
    let reason = reason.trim().trim_end_matches('.');
    let says = !reason.is_empty()
        && reason.chars().count() <= 240
        && reason.chars().all(|c| c.is_alphanumeric() || " .,;:'\u{2019}()%/&$\u{2013}\u{2014}-".contains(c))
        // A full stop inside a word makes it an address that a mail program turns into a link.
        && !reason.split('.').skip(1).any(|after| after.starts_with(char::is_alphabetic))
        && !["//", "..", "  ", " .", " ,", "()"].into_iter().any(|odd| reason.contains(odd))
        && reason.starts_with(char::is_alphanumeric);
    (says && !reason.contains("null") && !reason.contains("NaN")).then_some(reason)
}
