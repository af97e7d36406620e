use chrono::{Days, NaiveDate};

use super::checks::{distance_can_be, facts_can_be, is_line, is_not_found, price_can_be, source_is_named};
use crate::{
    content::{Listing, Property, Sale, Valuation, ValueRange},
    errors::Fault,
    ports::{Allowance, PropertySource, Subject},
};

/// Two points of one home lie at most so far apart, in miles.
const SAME_PLACE: f64 = 10.0;
/// How many days before the day asked about the suite asks too.
const EARLIER: u64 = 60;
/// How many homes the suite asks for.
const HOMES: usize = 10;

/// What the suite asks a [`PropertySource`] about.
#[derive(Debug, Clone, PartialEq)]
pub struct PropertyQuestions {
    /// A home that the source knows. Listings and sales are asked for around its ZIP code.
    pub known: Subject,
    /// A home that nobody knows; `None` for a source that has an answer about every home it is given.
    pub unknown: Option<Subject>,
    /// The day asked about. The source is asked about a day 60 days earlier too, of which it may know nothing.
    pub as_of: NaiveDate,
}

/// What every [`PropertySource`] must do: facts about what was asked and of no later day, which can be, in their order,
/// and an error where it knows nothing.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn property_source<S: PropertySource + ?Sized>(source: &S, ask: &PropertyQuestions) {
    let as_of = ask.as_of;
    let home = source
        .property(&ask.known, as_of, &Allowance::unlimited())
        .await
        .expect("a home that the source knows is found");
    property_is_of(&home, &ask.known, as_of);
    let again = source
        .property(&ask.known, as_of, &Allowance::unlimited())
        .await
        .expect("a home that the source knows is found");
    assert_eq!(home, again, "the same question about a home gets the same answer");
    if let Some(unknown) = &ask.unknown {
        is_not_found(
            "a home that nobody knows",
            source.property(unknown, as_of, &Allowance::unlimited()).await,
        );
    }
    around(source, ask, as_of).await;

    let earlier = as_of.checked_sub_days(Days::new(EARLIER)).expect("a day that is not the first of all");
    match source.property(&ask.known, earlier, &Allowance::unlimited()).await {
        Ok(home) => property_is_of(&home, &ask.known, earlier),
        Err(error) => assert_eq!(
            error.fault(),
            Fault::NotFound,
            "of an earlier day a source knows the home or answers NotFound; the error was: {error}"
        ),
    }
    around(source, ask, earlier).await;
}

/// Listings and sales around the known home's ZIP code.
async fn around<S: PropertySource + ?Sized>(source: &S, ask: &PropertyQuestions, as_of: NaiveDate) {
    let zip = ask.known.home.zip_code;
    for limit in [0, 1, HOMES] {
        let listings = source
            .active_listings(zip, as_of, limit, &Allowance::unlimited())
            .await
            .expect("an empty list is an answer");
        assert!(listings.len() <= limit, "of {limit} listings asked for, {} came", listings.len());
        listings_are(&listings, as_of);
        let again = source
            .active_listings(zip, as_of, limit, &Allowance::unlimited())
            .await
            .expect("an empty list is an answer");
        assert_eq!(listings, again, "the same question about listings gets the same answer");
        let sales = source
            .recent_sales(zip, as_of, limit, &Allowance::unlimited())
            .await
            .expect("an empty list is an answer");
        assert!(sales.len() <= limit, "of {limit} sales asked for, {} came", sales.len());
        sales_are(&sales, as_of);
        let again = source
            .recent_sales(zip, as_of, limit, &Allowance::unlimited())
            .await
            .expect("an empty list is an answer");
        assert_eq!(sales, again, "the same question about sales gets the same answer");
    }
}

fn property_is_of(property: &Property, subject: &Subject, as_of: NaiveDate) {
    assert_eq!(
        property.zip_code, subject.home.zip_code,
        "the answer is about the home that was asked about, which lies in another ZIP code"
    );
    if let Some((found, asked)) = property.location.zip(subject.location) {
        let miles = found.miles_to(asked);
        assert!(miles <= SAME_PLACE, "a home is found where it lies, not {miles:.0} miles away");
    }
    assert!(
        is_line(&property.formatted_address),
        "a home's address stands on one line, unlike {:?}",
        property.formatted_address
    );
    facts_can_be(&property.facts);
    match (&property.valuation, &property.no_value_because) {
        (Some(valuation), None) => valuation_is_of(valuation, as_of),
        (Some(_), Some(because)) => panic!("a home that has a value has no reason to have none: {because:?}"),
        (None, Some(because)) => {
            assert!(!because.trim().is_empty(), "the reason why a home has no value says something");
        }
        (None, None) => panic!("a home that cannot be valued is given with the reason"),
    }
}

fn valuation_is_of(valuation: &Valuation, as_of: NaiveDate) {
    let value = valuation.value;
    assert!(value > 0, "a home that cannot be valued has no valuation, and not one of 0");
    if let Some(ValueRange { low, high }) = valuation.range {
        assert!(
            low <= value && value <= high,
            "a value lies in its range; {value} is not in {low} to {high}"
        );
    }
    assert!(
        valuation.as_of <= as_of,
        "a valuation asked for as of {as_of} holds for no later day, such as {}",
        valuation.as_of
    );
    source_is_named(&valuation.source);
    for sale in &valuation.comparables {
        price_can_be("a comparable sale", sale.price);
        assert!(
            sale.sold_on <= as_of,
            "a valuation as of {as_of} rests on no later sale, such as one of {}",
            sale.sold_on
        );
        distance_can_be(sale.miles);
        facts_can_be(&sale.facts);
        assert!((0.0..=1.0).contains(&sale.weight), "a sale's share is between 0 and 1, not {}", sale.weight);
    }
    let weights: Vec<f64> = valuation.comparables.iter().map(|sale| sale.weight).collect();
    assert!(weights.is_sorted_by(|a, b| a >= b), "the weightiest comparable comes first: {weights:?}");
    assert!(
        weights.iter().sum::<f64>() <= 1.001,
        "shares of a whole are no more than the whole: {weights:?}"
    );
}

fn listings_are(listings: &[Listing], as_of: NaiveDate) {
    for listing in listings {
        price_can_be("a home for sale", listing.price);
        if let Some(day) = listing.listed_on {
            assert!(day <= as_of, "a home that came on the market on {day} is not for sale on {as_of}");
        }
        if let Some(address) = &listing.address {
            assert!(is_line(address), "a listing's address stands on one line, unlike {address:?}");
        }
        if let Some(link) = &listing.link {
            let web = ["https://", "http://"].into_iter().any(|scheme| {
                link.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            });
            assert!(web && is_line(link), "a listing's page is an http or https link, unlike {link:?}");
        }
        distance_can_be(listing.miles);
        facts_can_be(&listing.facts);
    }
    let miles: Vec<f64> = listings.iter().filter_map(|listing| listing.miles).collect();
    assert!(miles.is_sorted(), "the nearest home for sale comes first: {miles:?} miles");
}

fn sales_are(sales: &[Sale], as_of: NaiveDate) {
    for sale in sales {
        price_can_be("a home sold", sale.price);
        assert!(
            sale.sold_on < as_of,
            "sales are given that were before {as_of}, and none of {}",
            sale.sold_on
        );
        if let Some(address) = &sale.address {
            assert!(is_line(address), "a sold home's address stands on one line, unlike {address:?}");
        }
        distance_can_be(sale.miles);
        facts_can_be(&sale.facts);
    }
    let days: Vec<NaiveDate> = sales.iter().map(|sale| sale.sold_on).collect();
    assert!(days.is_sorted_by(|a, b| a >= b), "the latest sale comes first: {days:?}");
}
