//! A record of the resource `Property`, and what it tells of a home.

use chrono::NaiveDate;
use dripr_core::content::{GeoPoint, HomeFacts, Listing, Sale, ZipCode, plausible};
use serde::Deserialize;

use super::question::Status;
use crate::http::json;

/// Square feet of a square metre.
pub(super) const SQFT_A_SQUARE_METRE: f64 = 10.763_910_4;
const SQFT_AN_ACRE: f64 = 43_560.0;

/// The fields of the Data Dictionary 2.0 that dripr needs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Record {
    #[serde(deserialize_with = "json::text")]
    pub(super) listing_key: Option<String>,
    #[serde(deserialize_with = "json::text")]
    standard_status: Option<String>,
    #[serde(deserialize_with = "json::text")]
    property_type: Option<String>,
    #[serde(deserialize_with = "json::amount")]
    list_price: Option<u64>,
    #[serde(deserialize_with = "json::amount")]
    close_price: Option<u64>,
    #[serde(deserialize_with = "json::day")]
    pub(super) close_date: Option<NaiveDate>,
    #[serde(deserialize_with = "json::day")]
    listing_contract_date: Option<NaiveDate>,
    #[serde(deserialize_with = "json::day")]
    on_market_date: Option<NaiveDate>,
    #[serde(deserialize_with = "json::integer")]
    pub(super) days_on_market: Option<u32>,
    #[serde(deserialize_with = "json::line")]
    pub(super) unparsed_address: Option<String>,
    #[serde(deserialize_with = "json::text")]
    pub(super) city: Option<String>,
    #[serde(deserialize_with = "json::text")]
    pub(super) state_or_province: Option<String>,
    #[serde(deserialize_with = "json::text")]
    pub(super) postal_code: Option<String>,
    #[serde(deserialize_with = "json::number")]
    latitude: Option<f64>,
    #[serde(deserialize_with = "json::number")]
    longitude: Option<f64>,
    #[serde(deserialize_with = "json::integer")]
    bedrooms_total: Option<u32>,
    #[serde(deserialize_with = "json::integer")]
    bathrooms_total_integer: Option<u32>,
    #[serde(deserialize_with = "json::integer")]
    bathrooms_full: Option<u32>,
    #[serde(deserialize_with = "json::integer")]
    bathrooms_half: Option<u32>,
    #[serde(deserialize_with = "json::number")]
    living_area: Option<f64>,
    #[serde(deserialize_with = "json::text")]
    living_area_units: Option<String>,
    #[serde(deserialize_with = "json::number")]
    lot_size_square_feet: Option<f64>,
    #[serde(deserialize_with = "json::number")]
    lot_size_acres: Option<f64>,
    #[serde(deserialize_with = "json::integer")]
    year_built: Option<u32>,
    #[serde(rename = "InternetEntireListingDisplayYN", deserialize_with = "json::flag")]
    show_listing: Option<bool>,
    #[serde(rename = "InternetAddressDisplayYN", deserialize_with = "json::flag")]
    show_address: Option<bool>,
    #[serde(rename = "InternetAutomatedValuationDisplayYN", deserialize_with = "json::flag")]
    show_valuation: Option<bool>,
    #[serde(deserialize_with = "json::line")]
    list_agent_full_name: Option<String>,
    #[serde(deserialize_with = "json::line")]
    list_office_name: Option<String>,
}

impl Record {
    /// Whether it may be shown at all.
    pub(super) fn is_shown(&self) -> bool {
        self.show_listing != Some(false)
    }

    /// Whether an estimate may be made of the home.
    pub(super) fn may_be_valued(&self) -> bool {
        self.show_valuation != Some(false)
    }

    /// Whether it is a home to live in, and has the status that was asked for.
    pub(super) fn is(&self, status: Status) -> bool {
        let is = |given: &Option<String>, wanted| given.as_deref().is_none_or(|given| same(given, wanted));
        is(&self.standard_status, status.as_str()) && is(&self.property_type, "Residential")
    }

    pub(super) fn is_shown_as(&self, status: Status) -> bool {
        self.is_shown() && self.is(status)
    }

    /// The ZIP code; ZIP+4 is cut.
    pub(super) fn zip_code(&self) -> Option<ZipCode> {
        self.postal_code.as_deref()?.parse().ok()
    }

    pub(super) fn location(&self) -> Option<GeoPoint> {
        GeoPoint::new(self.latitude?, self.longitude?).ok()
    }

    /// When it came on the market.
    pub(super) fn listed_on(&self) -> Option<NaiveDate> {
        self.on_market_date.or(self.listing_contract_date)
    }

    /// What was paid and when. States that disclose no prices have none.
    pub(super) fn closed(&self) -> Option<(u64, NaiveDate)> {
        let price = self.close_price.filter(|price| plausible::PRICES.contains(price))?;
        Some((price, self.close_date?))
    }

    /// What it tells of the home. What cannot be is left out by the core.
    pub(super) fn facts(&self) -> HomeFacts {
        let whole = |number: f64| (1.0..4e9).contains(&number).then(|| number.round() as u32);
        let lot = self.lot_size_square_feet.filter(|sqft| *sqft > 0.0);
        let lot = lot.or_else(|| self.lot_size_acres.map(|acres| acres * SQFT_AN_ACRE));
        HomeFacts {
            bedrooms: self.bedrooms_total.map(|rooms| rooms as f32),
            bathrooms: self.bathrooms(),
            living_area_sqft: self.living_area_sqft().and_then(whole),
            lot_sqft: lot.and_then(whole),
            year_built: self.year_built.and_then(|year| u16::try_from(year).ok()).filter(|year| *year > 0),
            ..HomeFacts::default()
        }
    }

    /// `BathroomsTotalInteger` counts a bath without a tub as one; where full and half ones add up to it, a half one
    /// counts as half.
    fn bathrooms(&self) -> Option<f32> {
        let parts = self.bathrooms_full.map(|full| (full, self.bathrooms_half.unwrap_or_default()));
        let halves = parts.filter(|(full, half)| {
            let all = full.checked_add(*half);
            self.bathrooms_total_integer.is_none_or(|total| Some(total) == all)
        });
        match halves {
            Some((full, half)) => Some(full as f32 + half as f32 / 2.0),
            None => self.bathrooms_total_integer.map(|total| total as f32),
        }
    }

    fn living_area_sqft(&self) -> Option<f64> {
        let area = self.living_area?;
        match self.living_area_units.as_deref() {
            None => Some(area),
            Some(units) if same(units, "Square Feet") => Some(area),
            Some(units) if same(units, "Square Meters") => Some(area * SQFT_A_SQUARE_METRE),
            Some(_) => None,
        }
    }

    fn address(&self) -> Option<String> {
        self.unparsed_address.clone().filter(|_| self.show_address != Some(false))
    }

    fn courtesy_of(&self) -> Option<String> {
        let names = [&self.list_agent_full_name, &self.list_office_name];
        let names: Vec<&str> = names.into_iter().flatten().map(String::as_str).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// As a home for sale, if it has a price and a ZIP code.
    pub(super) fn listing(&self, miles: Option<f64>, source: &str) -> Option<Listing> {
        Some(Listing {
            address: self.address(),
            zip_code: self.zip_code()?,
            price: self.list_price.filter(|price| plausible::PRICES.contains(price))?,
            listed_on: self.listed_on(),
            facts: self.facts(),
            miles,
            link: None,
            courtesy_of: self.courtesy_of(),
            source: source.to_owned(),
        })
    }

    /// As a home sold, if it has a price, a date and a ZIP code.
    pub(super) fn sale(&self, miles: Option<f64>, source: &str) -> Option<Sale> {
        let (price, sold_on) = self.closed()?;
        Some(Sale {
            address: self.address(),
            zip_code: self.zip_code()?,
            price,
            sold_on,
            facts: self.facts(),
            miles,
            courtesy_of: self.courtesy_of(),
            source: source.to_owned(),
        })
    }
}

/// Whether two members of an enumeration are the same, in whatever case and with whatever spaces.
fn same(given: &str, wanted: &str) -> bool {
    let letters = |text: &str| -> Vec<char> {
        text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect()
    };
    letters(given) == letters(wanted)
}
