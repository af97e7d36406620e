//! The home and its value.

use std::{fmt, ops::RangeInclusive};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{GeoPoint, ZipCode};

/// What is known of a home. Everything is optional: sources differ, and a missing fact is left out, not guessed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct HomeFacts {
    /// Bedrooms, 0 for a studio.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bedrooms: Option<f32>,
    /// Bathrooms, in quarters (a 1.75 bath has no tub).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bathrooms: Option<f32>,
    /// Living area in square feet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub living_area_sqft: Option<u32>,
    /// Lot in square feet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lot_sqft: Option<u32>,
    /// Floors, in halves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub floors: Option<f32>,
    /// Living area above ground in square feet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub above_ground_sqft: Option<u32>,
    /// Year built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year_built: Option<u16>,
    /// Year of the last renovation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year_renovated: Option<u16>,
    /// The assessor's building grade (King County: 1 to 13).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grade: Option<u8>,
    /// The assessor's condition (King County: 1 to 5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<u8>,
    /// The assessor's quality of view (King County: 0 to 4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub view: Option<u8>,
    /// Whether the home lies at the water.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waterfront: Option<bool>,
    /// Mean living area of the nearest neighbours in square feet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub neighbours_living_area_sqft: Option<u32>,
    /// Mean lot of the nearest neighbours in square feet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub neighbours_lot_sqft: Option<u32>,
}

/// A fact that is not taken of anybody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} must be {expected}")]
pub struct InvalidFact {
    /// Which, as [`HomeFacts`] calls it.
    pub field: &'static str,
    /// What would have been taken, for people.
    pub expected: String,
}

impl HomeFacts {
    /// Bedrooms, bathrooms and floors that are taken of people who know a home.
    pub const COUNTS: RangeInclusive<f32> = 0.0..=50.0;
    /// Square feet that are taken.
    pub const AREAS: RangeInclusive<u32> = 1..=400_000_000;
    /// Years that are taken.
    pub const YEARS: RangeInclusive<u16> = 1600..=2100;
    /// Marks of assessors that are taken.
    pub const MARKS: RangeInclusive<u8> = 0..=20;

    /// Those that cannot be taken of somebody who says that they know the home: none if all can.
    ///
    /// ```
    /// use dripr_core::content::HomeFacts;
    /// let facts = HomeFacts { year_built: Some(1924), floors: Some(1.5), ..HomeFacts::default() };
    /// assert!(facts.out_of_range().is_empty());
    /// let odd = HomeFacts { year_built: Some(24), floors: Some(-1.0), ..facts }.out_of_range();
    /// let odd: Vec<String> = odd.iter().map(ToString::to_string).collect();
    /// assert_eq!(odd, ["floors must be from 0 to 50", "year_built must be from 1600 to 2100"]);
    /// ```
    #[must_use]
    pub fn out_of_range(&self) -> Vec<InvalidFact> {
        let counts = [("bedrooms", self.bedrooms), ("bathrooms", self.bathrooms), ("floors", self.floors)];
        let areas = [
            ("living_area_sqft", self.living_area_sqft),
            ("lot_sqft", self.lot_sqft),
            ("above_ground_sqft", self.above_ground_sqft),
            ("neighbours_living_area_sqft", self.neighbours_living_area_sqft),
            ("neighbours_lot_sqft", self.neighbours_lot_sqft),
        ];
        let years = [("year_built", self.year_built), ("year_renovated", self.year_renovated)];
        let marks = [("grade", self.grade), ("condition", self.condition), ("view", self.view)];
        [
            beyond(&Self::COUNTS, &counts),
            beyond(&Self::AREAS, &areas),
            beyond(&Self::YEARS, &years),
            beyond(&Self::MARKS, &marks),
        ]
        .concat()
    }

    /// These facts, and where one is unknown what another source has.
    ///
    /// ```
    /// use dripr_core::content::HomeFacts;
    /// let ours = HomeFacts { bedrooms: Some(3.0), ..HomeFacts::default() };
    /// let theirs = HomeFacts { bedrooms: Some(4.0), year_built: Some(1925), ..HomeFacts::default() };
    /// let known = ours.filled_with(&theirs);
    /// assert_eq!((known.bedrooms, known.year_built), (Some(3.0), Some(1925)));
    /// ```
    #[must_use]
    pub fn filled_with(self, other: &Self) -> Self {
        Self {
            bedrooms: self.bedrooms.or(other.bedrooms),
            bathrooms: self.bathrooms.or(other.bathrooms),
            living_area_sqft: self.living_area_sqft.or(other.living_area_sqft),
            lot_sqft: self.lot_sqft.or(other.lot_sqft),
            floors: self.floors.or(other.floors),
            above_ground_sqft: self.above_ground_sqft.or(other.above_ground_sqft),
            year_built: self.year_built.or(other.year_built),
            year_renovated: self.year_renovated.or(other.year_renovated),
            grade: self.grade.or(other.grade),
            condition: self.condition.or(other.condition),
            view: self.view.or(other.view),
            waterfront: self.waterfront.or(other.waterfront),
            neighbours_living_area_sqft: self
                .neighbours_living_area_sqft
                .or(other.neighbours_living_area_sqft),
            neighbours_lot_sqft: self.neighbours_lot_sqft.or(other.neighbours_lot_sqft),
        }
    }
}

fn beyond<T: PartialOrd + fmt::Display>(
    range: &RangeInclusive<T>,
    facts: &[(&'static str, Option<T>)],
) -> Vec<InvalidFact> {
    let odd = facts.iter().filter(|(_, fact)| fact.as_ref().is_some_and(|fact| !range.contains(fact)));
    let expected = || format!("from {} to {}", range.start(), range.end());
    odd.map(|(field, _)| InvalidFact { field, expected: expected() }).collect()
}

/// A home as a source knows it on a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Property {
    /// The address as the source writes it, on one line.
    pub formatted_address: String,
    /// Its ZIP code.
    pub zip_code: ZipCode,
    /// Where it lies.
    pub location: Option<GeoPoint>,
    /// What is known of it.
    pub facts: HomeFacts,
    /// Its value, where one can be given honestly.
    pub valuation: Option<Valuation>,
    /// Why there is no value, for people; absent when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_value_because: Option<String>,
}

/// An estimate of what a home would sell for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Valuation {
    /// Point value in whole dollars.
    pub value: u64,
    /// The range in which the source believes it, where it tells one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<ValueRange>,
    /// How sure the source is, where it tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
    /// The day for which it holds; nothing later was known.
    pub as_of: NaiveDate,
    /// Who says so, as the report names it.
    pub source: String,
    /// The sales it rests on, the weightiest first; empty where the source does not tell.
    #[serde(default)]
    pub comparables: Vec<Comparable>,
}

/// The range of a valuation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueRange {
    /// Lower end in whole dollars.
    pub low: u64,
    /// Upper end in whole dollars.
    pub high: u64,
}

/// How sure a source is of its valuation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Few or unlike comparables.
    Low,
    /// Enough comparables, some spread.
    Medium,
    /// Many near and alike.
    High,
}

/// A sale that a valuation rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparable {
    /// Its price in whole dollars.
    pub price: u64,
    /// When it sold.
    pub sold_on: NaiveDate,
    /// How far away, in miles.
    pub miles: Option<f64>,
    /// Its share of the valuation, 0 to 1.
    pub weight: f64,
    /// What is known of the home.
    pub facts: HomeFacts,
}
