//! What a home would sell for, from what homes like it sold for: our own estimate, not the MLS's.
//!
//! A comparable is a home
//! - that was sold in the [`PERIOD_DAYS`] before the day, at a price that the MLS tells,
//! - at most [`FARTHEST_MILES`] away, or in the same ZIP code where the place of the home is not known,
//! - with [`SIZES`] times the living area, and at most one bedroom more or less where both are known,
//! - whose record may be shown and used for estimates.
//!
//! Of these the [`MOST`] weightiest are taken. The weight falls with distance (by half at a mile), with the age of the
//! sale (by half at a year) and with the difference in size (to half at the ends of [`SIZES`]); together the weights
//! are 1. The value is the weighted median of price by square foot, times the living area, in hundreds of dollars.
//!
//! The range goes from the weighted tenth to the weighted ninetieth percentile of the same, so that it holds what four of
//! five comparables say, and is at least 5 % to either side. From fewer than [`LEAST`] comparables no value is given.
//!
//! How sure it is:
//!
//! | confidence | comparables | range, of the value | place of the home |
//! |---|---|---|---|
//! | high | 12 or more | at most 30 % | known |
//! | medium | 8 or more | at most 50 % | |
//! | low | otherwise | | |
//!
//! These numbers are our choice; how far such estimates are off was not measured, since there are no records to measure
//! with.

use std::{collections::HashSet, ops::RangeInclusive};

use chrono::NaiveDate;
use dripr_core::content::{Comparable, Confidence, GeoPoint, HomeFacts, Valuation, ValueRange};

use super::{
    area::Area,
    question::{Question, Status},
    record::{Record, SQFT_A_SQUARE_METRE},
};
use crate::days_before::days_before;

/// How long ago a comparable may have been sold, in days.
pub const PERIOD_DAYS: u64 = 365;
/// How far away a comparable may lie, in miles.
pub const FARTHEST_MILES: f64 = 2.0;
/// How large a comparable may be against the home.
pub const SIZES: RangeInclusive<f64> = 0.75..=1.33;
/// The fewest comparables.
pub const LEAST: usize = 5;
/// The most comparables.
pub const MOST: usize = 20;

/// From so many there are enough good ones.
pub(super) const ENOUGH: usize = 100;

/// What a comparable is like, and so what the home is like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Like {
    pub(super) living_area_sqft: u32,
    pub(super) bedrooms: Option<f32>,
    pub(super) location: Option<GeoPoint>,
    pub(super) as_of: NaiveDate,
}

/// A comparable with the key by which it is known, and what it says of a square foot.
pub(super) struct Candidate {
    key: Option<String>,
    per_sqft: f64,
    sale: Comparable,
}

/// The living area that a home has, if it is one that a home can have.
pub(super) fn usable_area(facts: &HomeFacts) -> Option<u32> {
    facts.living_area_sqft.filter(|sqft| (50..=200_000).contains(sqft))
}

impl Like {
    /// A question that needs not bring all sales. Which unit a size is in is looked at when it is there.
    pub(super) fn narrowed<'a>(&self, question: Question<'a>) -> Question<'a> {
        let sqft = f64::from(self.living_area_sqft);
        let sizes = [sqft, sqft / SQFT_A_SQUARE_METRE]
            .map(|area| ((area * SIZES.start()).floor() as u32, (area * SIZES.end()).ceil() as u32));
        let question =
            question.closed(days_before(self.as_of, PERIOD_DAYS), self.as_of).above("ClosePrice", 0);
        question.between_any("LivingArea", &sizes)
    }

    /// The record as a comparable, if it is one.
    pub(super) fn comparable(&self, around: &Area, record: &Record) -> Option<Candidate> {
        let miles = around.has(record)?;
        if !record.is_shown_as(Status::Closed) || !record.may_be_valued() {
            return None;
        }
        let (price, sold_on) = record.closed()?;
        let age = self.as_of.signed_duration_since(sold_on).num_days();
        if !(1..=i64::try_from(PERIOD_DAYS).unwrap_or(i64::MAX)).contains(&age) {
            return None;
        }
        let facts = record.facts();
        let area = f64::from(usable_area(&facts)?);
        let size = area / f64::from(self.living_area_sqft);
        let bedrooms = self.bedrooms.zip(facts.bedrooms);
        if !SIZES.contains(&size) || bedrooms.is_some_and(|(ours, theirs)| (ours - theirs).abs() > 1.0) {
            return None;
        }
        let near = 1.0 / (1.0 + miles.unwrap_or_default());
        let fresh = 1.0 / (1.0 + age as f64 / PERIOD_DAYS as f64);
        let alike = 1.0 / (1.0 + size.ln().abs() / SIZES.end().ln());
        Some(Candidate {
            key: record.listing_key.clone(),
            per_sqft: price as f64 / area,
            sale: Comparable { price, sold_on, miles, weight: near * fresh * alike, facts },
        })
    }

    /// The estimate, or why there is none.
    pub(super) fn estimate(&self, mut sales: Vec<Candidate>, source: &str) -> Result<Valuation, String> {
        sales.sort_by(|a, b| b.sale.weight.total_cmp(&a.sale.weight));
        // Pages may overlap where records change between them.
        let mut known = HashSet::new();
        sales.retain(|candidate| candidate.key.clone().is_none_or(|key| known.insert(key)));
        sales.truncate(MOST);
        if sales.len() < LEAST {
            let found = match sales.len() {
                0 => "no home like this one was".to_owned(),
                1 => "only one home like this one was".to_owned(),
                few => format!("only {few} homes like this one were"),
            };
            return Err(format!("{found} sold nearby in the last 12 months"));
        }
        let all: f64 = sales.iter().map(|candidate| candidate.sale.weight).sum();
        let area = f64::from(self.living_area_sqft);
        let mut said: Vec<(f64, f64)> =
            sales.iter().map(|candidate| (candidate.per_sqft * area, candidate.sale.weight / all)).collect();
        said.sort_by(|a, b| a.0.total_cmp(&b.0));
        let value = hundreds(percentile(&said, 0.5));
        let low = hundreds(percentile(&said, 0.1).min(value * 0.95));
        let high = hundreds(percentile(&said, 0.9).max(value * 1.05));
        let confidence = match (sales.len(), (high - low) / value) {
            (12.., wide) if wide <= 0.3 && self.location.is_some() => Confidence::High,
            (8.., wide) if wide <= 0.5 => Confidence::Medium,
            _ => Confidence::Low,
        };
        let share =
            |candidate: Candidate| Comparable { weight: candidate.sale.weight / all, ..candidate.sale };
        Ok(Valuation {
            value: value as u64,
            range: Some(ValueRange { low: low as u64, high: high as u64 }),
            confidence: Some(confidence),
            as_of: self.as_of,
            source: format!("Estimate from sales in {source}"),
            comparables: sales.into_iter().map(share).collect(),
        })
    }
}

fn hundreds(dollars: f64) -> f64 {
    (dollars / 100.0).round() * 100.0
}

/// The value below which the given part of all weight lies. Values stand in order, their weights are 1 together.
fn percentile(values: &[(f64, f64)], part: f64) -> f64 {
    let mut weight = 0.0;
    for (value, share) in values {
        weight += share;
        if weight >= part {
            return *value;
        }
    }
    values.last().map_or(0.0, |(value, _)| *value)
}
