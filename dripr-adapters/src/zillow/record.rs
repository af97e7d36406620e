//! A home as either service tells it, in a list or alone.

use chrono::{DateTime, NaiveDate};
use dripr_core::content::{GeoPoint, HomeFacts, Listing, Sale, Valuation};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{SOURCE, address::Address, asked_day::AskedDay, page_link::page_link};
use crate::http::json;

const SQFT_AN_ACRE: f64 = 43_560.0;
const MILLIS_A_DAY: i64 = 86_400_000;
/// Nothing is for sale for longer, in days. Some captures have an instant where a duration should be.
const LONGEST_FOR_SALE: u32 = 3_650;
/// Homes to live in. Lots are none; what Zillow calls an apartment is one of many in a building that are let.
const HOMES: [&str; 7] =
    ["SINGLEFAMILY", "TOWNHOUSE", "CONDO", "COOP", "MULTIFAMILY", "MANUFACTURED", "MOBILE"];

/// A home. `zpid` is Zillow's number of it.
///
/// | | V1, in lists | V1, alone | V2 |
/// |---|---|---|---|
/// | address | `address`, a line | `address`, an object | `streetAddress`, `zipcode` |
/// | kind | `propertyType` | `homeType` | `homeType` |
/// | status | `listingStatus` | `homeStatus` | `homeStatus` |
/// | days for sale | `daysOnZillow` | | `timeOnZillow`, in milliseconds |
/// | what else it is | `listingSubType` | `listingSubType` | `listing_sub_type` |
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Record {
    #[serde(deserialize_with = "json::text")]
    pub(super) zpid: Option<String>,
    address: Address,
    #[serde(deserialize_with = "json::line")]
    street_address: Option<String>,
    #[serde(deserialize_with = "json::text")]
    zipcode: Option<String>,
    #[serde(deserialize_with = "json::number")]
    latitude: Option<f64>,
    #[serde(deserialize_with = "json::number")]
    longitude: Option<f64>,
    #[serde(deserialize_with = "json::text")]
    property_type: Option<String>,
    #[serde(deserialize_with = "json::text")]
    home_type: Option<String>,
    #[serde(deserialize_with = "json::text")]
    listing_status: Option<String>,
    #[serde(deserialize_with = "json::text")]
    home_status: Option<String>,
    #[serde(rename = "listingSubType", deserialize_with = "set_flags")]
    v1_sub_types: Vec<String>,
    #[serde(rename = "listing_sub_type", deserialize_with = "set_flags")]
    v2_sub_types: Vec<String>,
    #[serde(deserialize_with = "json::text")]
    contingent_listing_type: Option<String>,
    #[serde(deserialize_with = "json::flag")]
    is_preforeclosure_auction: Option<bool>,
    #[serde(deserialize_with = "json::amount")]
    price: Option<u64>,
    #[serde(deserialize_with = "json::text")]
    currency: Option<String>,
    #[serde(deserialize_with = "json::integer")]
    days_on_zillow: Option<u32>,
    #[serde(deserialize_with = "json::millis")]
    time_on_zillow: Option<i64>,
    #[serde(deserialize_with = "json::millis")]
    date_sold: Option<i64>,
    #[serde(deserialize_with = "json::amount")]
    zestimate: Option<u64>,
    #[serde(deserialize_with = "json::flag")]
    hide_zestimate: Option<bool>,
    #[serde(deserialize_with = "json::integer")]
    bedrooms: Option<u32>,
    #[serde(deserialize_with = "json::number")]
    bathrooms: Option<f64>,
    #[serde(deserialize_with = "json::number")]
    living_area: Option<f64>,
    #[serde(deserialize_with = "json::number")]
    lot_area_value: Option<f64>,
    #[serde(deserialize_with = "json::text")]
    lot_area_unit: Option<String>,
    #[serde(deserialize_with = "json::text")]
    lot_area_units: Option<String>,
    #[serde(deserialize_with = "json::integer")]
    year_built: Option<u32>,
    #[serde(deserialize_with = "json::text")]
    detail_url: Option<String>,
    #[serde(deserialize_with = "json::line")]
    broker_name: Option<String>,
}

impl Record {
    pub(super) fn address(&self) -> Address {
        let parts = Address::of_parts(self.street_address.clone(), self.zipcode.as_deref());
        self.address.clone().or(parts)
    }

    pub(super) fn location(&self) -> Option<GeoPoint> {
        GeoPoint::new(self.latitude?, self.longitude?).ok()
    }

    /// What it tells of the home. What cannot be is left out by the core.
    pub(super) fn facts(&self) -> HomeFacts {
        let whole = |number: f64| (1.0..4e9).contains(&number).then(|| number.round() as u32);
        let quarters = |number: &f64| (0.0..1e3).contains(number) && (number * 4.0).fract() == 0.0;
        HomeFacts {
            bedrooms: self.bedrooms.map(|rooms| rooms as f32),
            bathrooms: self.bathrooms.filter(quarters).map(|rooms| rooms as f32),
            living_area_sqft: self.living_area.and_then(whole),
            lot_sqft: self.lot_sqft().and_then(whole),
            year_built: self.year_built.and_then(|year| u16::try_from(year).ok()),
            ..HomeFacts::default()
        }
    }

    fn lot_sqft(&self) -> Option<f64> {
        let unit = self.lot_area_unit.as_deref().or(self.lot_area_units.as_deref())?;
        match letters(unit).as_str() {
            "SQFT" | "SQUAREFEET" => self.lot_area_value,
            "ACRE" | "ACRES" => Some(self.lot_area_value? * SQFT_AN_ACRE),
            _ => None,
        }
    }

    /// What Zillow says that it is worth, or why it does not say so.
    pub(super) fn valued(&self, day: AskedDay) -> Result<Valuation, String> {
        let value = self.zestimate.filter(|_| day.is_today());
        let value =
            value.filter(|value| *value > 0 && self.is_in_dollars() && self.hide_zestimate != Some(true));
        let Some(value) = value else {
            let why = if day.is_today() {
                "Zillow shows no estimate of this home"
            } else {
                "Zillow tells what a home is worth today, and not what it was worth before"
            };
            return Err(why.to_owned());
        };
        let (as_of, source) = (day.known_on(), SOURCE.to_owned());
        Ok(Valuation { value, range: None, confidence: None, as_of, source, comparables: Vec::new() })
    }

    /// As a home for sale on a day, if it was then and has a price and a ZIP code.
    pub(super) fn listing(&self, day: AskedDay, miles: Option<f64>) -> Option<Listing> {
        if !self.is_home(&["FORSALE"]) || !self.can_be_bought() {
            return None;
        }
        let listed_on = self.listed_on(day);
        if !listed_on.map_or(day.is_today(), |listed_on| listed_on <= day.as_of) {
            return None;
        }
        let Address { street, zip_code } = self.address();
        Some(Listing {
            address: street,
            zip_code: zip_code?,
            price: self.price?,
            listed_on,
            facts: self.facts(),
            miles,
            link: page_link(self.detail_url.as_deref(), self.zpid.as_deref()),
            courtesy_of: self.broker_name.clone(),
            source: SOURCE.to_owned(),
        })
    }

    /// As a home sold, if it has a price, a date and a ZIP code.
    pub(super) fn sale(&self, miles: Option<f64>) -> Option<Sale> {
        if !self.is_home(&["RECENTLYSOLD", "SOLD"]) {
            return None;
        }
        let Address { street, zip_code } = self.address();
        Some(Sale {
            address: street,
            zip_code: zip_code?,
            price: self.price?,
            // Midnight somewhere in the United States is in the same day at Greenwich.
            sold_on: DateTime::from_timestamp_millis(self.date_sold?)?.date_naive(),
            facts: self.facts(),
            miles,
            courtesy_of: self.broker_name.clone(),
            source: SOURCE.to_owned(),
        })
    }

    /// Whether it is a home to live in, priced in dollars, whose status is one of these. What is not told may be so.
    fn is_home(&self, statuses: &[&str]) -> bool {
        let kind = self.property_type.as_deref().or(self.home_type.as_deref());
        let status = self.listing_status.as_deref().or(self.home_status.as_deref());
        let one_of = |told: Option<&str>, wanted: &[&str]| {
            told.is_none_or(|told| wanted.contains(&letters(told).as_str()))
        };
        one_of(kind, &HOMES) && one_of(status, statuses) && self.is_in_dollars()
    }

    fn is_in_dollars(&self) -> bool {
        self.currency.as_deref().is_none_or(|currency| currency.eq_ignore_ascii_case("USD"))
    }

    /// Whether nobody has bought it yet, and everybody may.
    fn can_be_bought(&self) -> bool {
        let mut sub_types = self.v1_sub_types.iter().chain(&self.v2_sub_types);
        self.contingent_listing_type.is_none()
            && self.is_preforeclosure_auction != Some(true)
            && !sub_types.any(|sub_type| ["ISPENDING", "ISCOMINGSOON"].contains(&sub_type.as_str()))
    }

    /// When it came on the market.
    fn listed_on(&self, day: AskedDay) -> Option<NaiveDate> {
        let told = self.time_on_zillow.map(|millis| millis.div_euclid(MILLIS_A_DAY));
        let days = self.days_on_zillow.or_else(|| u32::try_from(told?).ok());
        day.days_ago(days.filter(|days| *days <= LONGEST_FOR_SALE)?)
    }
}

/// A name without what keeps its words apart: `SINGLE_FAMILY` is `Single-family`.
fn letters(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// The flags of an object that are set; `is_comingSoon` is `isComingSoon`.
fn set_flags<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let Value::Object(flags) = Value::deserialize(from)? else { return Ok(Vec::new()) };
    let is_set = |flag: Value| json::flag(flag).is_ok_and(|flag| flag == Some(true));
    Ok(flags.into_iter().filter_map(|(name, flag)| is_set(flag).then(|| letters(&name))).collect())
}
