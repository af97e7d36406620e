//! What a home would sell for: `/avm/value`.
//!
//! The estimate is RentCast's own, made of listings near the home. These come with it as `comparables`, at the prices that
//! are *asked*. They are no sales, so none of them is passed on.
//!
//! | RentCast | the answer |
//! |---|---|
//! | has a price | the value, and the range in which RentCast is to 85 % sure of it |
//! | says that it has nothing (404), or cannot place the address or finds too few homes (400) | the home without a value |
//! | has a building, or a lot, at the address | the home without a value and without its facts |
//! | has the address in another ZIP code, or another house number | [`Fault::NotFound`] |
//!
//! For a building of several homes (`Multi-Family`, `Apartment`) RentCast values, by its documentation, the whole building.
//! Whether the homeowner has all of it or one of its homes is not known here, so no value is given. Answers of before 2025
//! do not tell what was valued; the first comparable is of its kind.
//!
//! Only today's estimate can be asked for. For an earlier day nobody is asked.

use chrono::NaiveDate;
use dripr_core::{
    contact::Home,
    content::{GeoPoint, HomeFacts, Property, Valuation, ValueRange, plausible},
    errors::{Fault, PortError, PortResult},
    ports::{Allowance, Subject},
};
use reqwest::StatusCode;
use serde::Deserialize;

use super::{
    RentCast, SOURCE,
    api::garbled,
    record::{Kind, Record},
};
use crate::http::json;

/// Two points of one home lie at most so far apart, in miles.
const SAME_PLACE: f64 = 10.0;

pub(super) async fn property(
    rentcast: &RentCast,
    subject: &Subject,
    as_of: NaiveDate,
    allowance: &Allowance,
) -> PortResult<Property> {
    let home = &subject.home;
    if !rentcast.is_today(as_of) {
        let because = format!("{SOURCE} knows only today's estimate, and not that of {as_of}");
        return Ok(unvalued(subject, &because));
    }
    if home.street.trim().is_empty() {
        return Ok(unvalued(subject, "the street of the home is not known"));
    }
    let nothing = [StatusCode::NOT_FOUND, StatusCode::BAD_REQUEST];
    let answer = rentcast.api.ask("avm/value", &question(home), &nothing, allowance).await?;
    let Some(answer) = answer else {
        return Ok(unvalued(subject, "RentCast does not know the address, or too few homes like this one"));
    };
    let estimate: Estimate = json::as_record(answer).ok_or_else(|| garbled("an estimate"))?;
    let found = estimate.subject_property.as_ref();
    is_of(home, found)?;
    let place = estimate.location();
    let known = subject.location.or(home.location);
    let zip_is_told = found.is_some_and(|found| found.zip_code().is_some());
    let astray = known.zip(place).is_some_and(|(known, place)| known.miles_to(place) > SAME_PLACE);
    if astray && !zip_is_told {
        return Err(elsewhere("in another place"));
    }
    let valued = match estimate.kind() {
        Kind::Home => estimate.valuation(as_of.min(rentcast.today())),
        Kind::Building => Err("RentCast knows only what the whole building is worth"),
        Kind::Other => Err("RentCast knows of no home at this address"),
    };
    let facts = match (estimate.kind(), found) {
        (Kind::Home, Some(found)) => found.facts(),
        _ => HomeFacts::default(),
    };
    let (valuation, no_value_because) = match valued {
        Ok(valuation) => (Some(valuation), None),
        Err(because) => (None, Some(because.to_owned())),
    };
    let formatted_address = subject.formatted_address.clone();
    let formatted_address = formatted_address.or_else(|| found?.formatted_address.clone());
    Ok(Property {
        formatted_address: formatted_address.unwrap_or_else(|| home.one_line()),
        zip_code: home.zip_code,
        location: known.or(place),
        facts: home.facts.clone().filled_with(&facts),
        valuation,
        no_value_because,
    })
}

/// The home as it is known without RentCast.
fn unvalued(subject: &Subject, because: &str) -> Property {
    let home = &subject.home;
    Property {
        formatted_address: subject.formatted_address.clone().unwrap_or_else(|| home.one_line()),
        zip_code: home.zip_code,
        location: subject.location.or(home.location),
        facts: home.facts.clone(),
        valuation: None,
        no_value_because: Some(because.to_owned()),
    }
}

/// The address as RentCast wants it, and what is known of the home, which it asks for; it looks up the rest itself.
fn question(home: &Home) -> Vec<(&'static str, String)> {
    let address = [home.street.as_str(), home.city.as_str(), home.state.as_str(), home.zip_code.as_str()];
    let address: Vec<&str> = address.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect();
    let HomeFacts { bedrooms, bathrooms, living_area_sqft, .. } = home.facts;
    let bedrooms = bedrooms.filter(|rooms| *rooms >= 0.0 && rooms.fract() == 0.0);
    let bathrooms = bathrooms.filter(|rooms| rooms.is_finite() && *rooms > 0.0);
    let living_area = living_area_sqft.filter(|sqft| *sqft > 0);
    let mut question = vec![("address", address.join(", "))];
    question.extend(bedrooms.map(|rooms| ("bedrooms", rooms.to_string())));
    question.extend(bathrooms.map(|rooms| ("bathrooms", rooms.to_string())));
    question.extend(living_area.map(|sqft| ("squareFootage", sqft.to_string())));
    question
}

/// Whether what RentCast found can be the home: its ZIP code and house number, where they are told.
fn is_of(home: &Home, found: Option<&Record>) -> PortResult<()> {
    let Some(found) = found else { return Ok(()) };
    if found.zip_code().is_some_and(|zip| zip != home.zip_code) {
        return Err(elsewhere("in another ZIP code"));
    }
    let street = found.street();
    let numbers = house_number(&home.street).zip(street.as_deref().map(house_number));
    if numbers.is_some_and(|(ours, theirs)| theirs != Some(ours)) {
        return Err(elsewhere("with another house number or none"));
    }
    Ok(())
}

/// The digits of the word with which a street address begins: `12-A` and `12A` are one.
fn house_number(street: &str) -> Option<String> {
    let number: String = street.split_whitespace().next()?.chars().filter(char::is_ascii_digit).collect();
    (!number.is_empty()).then_some(number)
}

fn elsewhere(wherever: &str) -> PortError {
    PortError::new(Fault::NotFound, format!("{SOURCE} knows the address only {wherever}"))
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Estimate {
    #[serde(deserialize_with = "json::amount")]
    price: Option<u64>,
    #[serde(deserialize_with = "json::amount")]
    price_range_low: Option<u64>,
    #[serde(deserialize_with = "json::amount")]
    price_range_high: Option<u64>,
    #[serde(deserialize_with = "json::record")]
    subject_property: Option<Record>,
    /// Where the home lies, in answers of before 2025.
    #[serde(deserialize_with = "json::number")]
    latitude: Option<f64>,
    #[serde(deserialize_with = "json::number")]
    longitude: Option<f64>,
    #[serde(deserialize_with = "json::records")]
    comparables: Vec<Record>,
}

impl Estimate {
    fn location(&self) -> Option<GeoPoint> {
        let told = self.subject_property.as_ref().and_then(Record::location);
        told.or_else(|| GeoPoint::new(self.latitude?, self.longitude?).ok())
    }

    fn kind(&self) -> Kind {
        let told = self.subject_property.iter().chain(&self.comparables).find(|record| record.has_kind());
        told.map_or(Kind::Home, Record::kind)
    }

    /// What the home is worth on a day, or why there is no value.
    fn valuation(&self, as_of: NaiveDate) -> Result<Valuation, &'static str> {
        let value = self.price.filter(|price| plausible::PRICES.contains(price));
        let value = value.ok_or("RentCast gave no value that a home can have")?;
        let range = self.price_range_low.zip(self.price_range_high);
        Ok(Valuation {
            value,
            range: range.map(|(low, high)| ValueRange { low, high }),
            confidence: None,
            as_of,
            source: SOURCE.to_owned(),
            comparables: Vec::new(),
        })
    }
}
