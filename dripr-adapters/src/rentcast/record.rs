//! A home as RentCast writes it: as a listing, as a record of its property data, or as the one that is valued.
//!
//! Owners, taxes, telephone numbers and email addresses stand in the same records, and are not read.

use chrono::NaiveDate;
use dripr_core::content::{GeoPoint, HomeFacts, Listing, Sale, ZipCode};
use serde::Deserialize;

use super::SOURCE;
use crate::http::json;

/// What counts as a home, of RentCast's property types.
pub(super) const HOMES: [&str; 4] = ["Single Family", "Condo", "Townhouse", "Manufactured"];
/// Buildings of which a home may be a part.
const BUILDINGS: [&str; 2] = ["Multi-Family", "Apartment"];

/// What a record is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A home, or RentCast does not say.
    Home,
    /// A building with several homes.
    Building,
    /// A lot, or something that RentCast did not have when this was written.
    Other,
}

/// The fields that dripr needs. Which of them there are depends on the question.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Record {
    #[serde(deserialize_with = "json::line")]
    pub(super) formatted_address: Option<String>,
    #[serde(deserialize_with = "json::line")]
    address_line1: Option<String>,
    #[serde(deserialize_with = "json::line")]
    address_line2: Option<String>,
    #[serde(deserialize_with = "json::text")]
    zip_code: Option<String>,
    #[serde(deserialize_with = "json::number")]
    latitude: Option<f64>,
    #[serde(deserialize_with = "json::number")]
    longitude: Option<f64>,
    #[serde(deserialize_with = "json::text")]
    property_type: Option<String>,
    #[serde(deserialize_with = "json::number")]
    bedrooms: Option<f64>,
    #[serde(deserialize_with = "json::number")]
    bathrooms: Option<f64>,
    #[serde(deserialize_with = "json::integer")]
    square_footage: Option<u32>,
    #[serde(deserialize_with = "json::integer")]
    lot_size: Option<u32>,
    #[serde(deserialize_with = "json::integer")]
    year_built: Option<u32>,
    #[serde(deserialize_with = "json::text")]
    status: Option<String>,
    #[serde(deserialize_with = "json::amount")]
    price: Option<u64>,
    #[serde(deserialize_with = "json::day")]
    listed_date: Option<NaiveDate>,
    #[serde(deserialize_with = "json::day")]
    removed_date: Option<NaiveDate>,
    #[serde(deserialize_with = "json::day")]
    last_sale_date: Option<NaiveDate>,
    #[serde(deserialize_with = "json::amount")]
    last_sale_price: Option<u64>,
    #[serde(deserialize_with = "json::record")]
    listing_agent: Option<Party>,
    #[serde(deserialize_with = "json::record")]
    listing_office: Option<Party>,
    #[serde(deserialize_with = "json::record")]
    builder: Option<Party>,
}

/// Somebody who sells.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Party {
    #[serde(deserialize_with = "json::line")]
    name: Option<String>,
}

impl Record {
    pub(super) fn kind(&self) -> Kind {
        let Some(given) = self.property_type.as_deref() else { return Kind::Home };
        let is_one_of = |kinds: &[&str]| kinds.iter().any(|kind| kind.eq_ignore_ascii_case(given));
        if is_one_of(&HOMES) {
            Kind::Home
        } else if is_one_of(&BUILDINGS) {
            Kind::Building
        } else {
            Kind::Other
        }
    }

    pub(super) fn has_kind(&self) -> bool {
        self.property_type.is_some()
    }

    pub(super) fn zip_code(&self) -> Option<ZipCode> {
        self.zip_code.as_deref()?.parse().ok()
    }

    pub(super) fn location(&self) -> Option<GeoPoint> {
        GeoPoint::new(self.latitude?, self.longitude?).ok()
    }

    /// Number and street, and the unit where there is one; else the whole address.
    pub(super) fn street(&self) -> Option<String> {
        let Some(street) = &self.address_line1 else { return self.formatted_address.clone() };
        Some(match &self.address_line2 {
            Some(unit) => format!("{street}, {unit}"),
            None => street.clone(),
        })
    }

    /// What it tells of the home. What cannot be is left out by the core.
    pub(super) fn facts(&self) -> HomeFacts {
        HomeFacts {
            bedrooms: self.bedrooms.map(|rooms| rooms as f32),
            // Nobody counts bathrooms but in quarters.
            bathrooms: self.bathrooms.filter(|rooms| (rooms * 4.0).fract() == 0.0).map(|rooms| rooms as f32),
            living_area_sqft: self.square_footage,
            lot_sqft: self.lot_size,
            year_built: self.year_built.and_then(|year| u16::try_from(year).ok()),
            ..HomeFacts::default()
        }
    }

    /// Whose listing it is: the agent and the office, or the builder of a new home.
    fn courtesy_of(&self) -> Option<String> {
        let name = |party: &Option<Party>| party.as_ref().and_then(|party| party.name.clone());
        let sellers = [&self.listing_agent, &self.listing_office].into_iter().filter_map(name);
        let names: Vec<String> = sellers.collect();
        if names.is_empty() { name(&self.builder) } else { Some(names.join(", ")) }
    }

    /// As a home for sale, if it is one and has a price and a ZIP code.
    pub(super) fn listing(&self, miles: Option<f64>) -> Option<Listing> {
        let is_active = self.status.as_deref().is_none_or(|status| status.eq_ignore_ascii_case("Active"));
        if self.kind() != Kind::Home || !is_active || self.removed_date.is_some() {
            return None;
        }
        Some(Listing {
            address: self.street(),
            zip_code: self.zip_code()?,
            price: self.price?,
            listed_on: self.listed_date,
            facts: self.facts(),
            miles,
            link: None,
            courtesy_of: self.courtesy_of(),
            source: SOURCE.to_owned(),
        })
    }

    /// As a home sold, if it is one and has a price, a date and a ZIP code. States that disclose no prices have none.
    pub(super) fn sale(&self, miles: Option<f64>) -> Option<Sale> {
        if self.kind() != Kind::Home {
            return None;
        }
        Some(Sale {
            address: self.street(),
            zip_code: self.zip_code()?,
            price: self.last_sale_price?,
            sold_on: self.last_sale_date?,
            facts: self.facts(),
            miles,
            courtesy_of: None,
            source: SOURCE.to_owned(),
        })
    }
}
