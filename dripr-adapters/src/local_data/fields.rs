//! From the text of a field to a fact, within the bounds of the believable.
//!
//! A field that is empty is unknown. A field that holds something no home can have is an error of its row: what else
//! such a row says cannot be trusted either. Assessors write 0 for unknown areas and years, and that is taken so.

use chrono::{Datelike, NaiveDate};
use dripr_core::content::{GeoPoint, HomeFacts, ZipCode};

use super::{csv_file::Row, headers::Column, row_report::RowError};

/// Prices below this are transfers between relatives and typing errors, not sales, in dollars.
pub const LEAST_PRICE: u64 = 10_000;
/// Prices above this are typing errors, in dollars.
pub const GREATEST_PRICE: u64 = 1_000_000_000;

const SQFT_PER_ACRE: f64 = 43_560.0;

/// A price in whole dollars, written with or without `$` and commas.
pub(super) fn price(row: &Row<'_>) -> Result<u64, RowError> {
    let text = row.raw(Column::Price);
    number(text)
        .filter(|dollars| (LEAST_PRICE as f64..=GREATEST_PRICE as f64).contains(dollars))
        .map(|dollars| dollars.round() as u64)
        .ok_or_else(|| row.error("price", text, "10,000 to 1,000,000,000 dollars"))
}

/// A day between 1950 and 2100 in a required column.
pub(super) fn day(row: &Row<'_>, column: Column) -> Result<NaiveDate, RowError> {
    optional_day(row, column)?.ok_or_else(|| row.error("date", "", DAY))
}

const DAY: &str = "a day from 1950 to 2100, such as 2015-03-31, 20150331, 3/31/2015 or March-31-2015";

/// A day between 1950 and 2100.
pub(super) fn optional_day(row: &Row<'_>, column: Column) -> Result<Option<NaiveDate>, RowError> {
    let Some(text) = row.text(column) else { return Ok(None) };
    // A time of day may follow the date: `20141013T000000`, `2017-07-19 00:00:00`, `3/31/2015 0:00`.
    let date = text.split(['T', ' ']).next().unwrap_or_default();
    ["%Y-%m-%d", "%Y%m%d", "%m/%d/%Y", "%B-%d-%Y", "%Y/%m/%d"]
        .iter()
        .find_map(|format| NaiveDate::parse_from_str(date, format).ok())
        .filter(|day| (1950..=2100).contains(&day.year()))
        .map(Some)
        .ok_or_else(|| row.error("date", text, DAY))
}

/// The ZIP code: of its own column, or else from the end of a one-line address.
pub(super) fn zip(row: &Row<'_>) -> Result<Option<ZipCode>, RowError> {
    if let Some(text) = row.text(Column::Zip) {
        let text = text.strip_suffix(".0").unwrap_or(text);
        return match text.parse::<ZipCode>() {
            Ok(zip) if zip.as_str() != "00000" => Ok(Some(zip)),
            _ => Err(row.error("zip code", text, "five digits, or ZIP+4")),
        };
    }
    let last = row.text(Column::Address).and_then(|address| address.rsplit([' ', ',']).next());
    // The house number of a bare street line is no ZIP code: something must stand before it.
    let has_more = row.text(Column::Address).is_some_and(|address| address.contains(','));
    Ok(last.filter(|_| has_more).and_then(|word| word.parse().ok()))
}

/// The point, where both degrees are given. 0, 0 is the sea off Ghana and means unknown.
pub(super) fn point(row: &Row<'_>) -> Result<Option<GeoPoint>, RowError> {
    let (lat, long) = match (row.text(Column::Latitude), row.text(Column::Longitude)) {
        (Some(lat), Some(long)) => (lat, long),
        _ => return Ok(None),
    };
    let degrees = |text: &str| text.parse::<f64>().ok();
    let Some(latitude) = degrees(lat) else {
        return Err(row.error("latitude", lat, "degrees from -90 to 90"));
    };
    let Some(longitude) = degrees(long) else {
        return Err(row.error("longitude", long, "degrees from -180 to 180"));
    };
    if latitude == 0.0 && longitude == 0.0 {
        return Ok(None);
    }
    // From Guam over Alaska and Hawaii to Puerto Rico: a home in the United States lies nowhere else.
    if !(13.0..=72.0).contains(&latitude) {
        return Err(row.error("latitude", lat, "degrees of a place in the United States, 13 to 72"));
    }
    if !((-180.0..=-64.0).contains(&longitude) || (144.0..=180.0).contains(&longitude)) {
        return Err(row.error("longitude", long, "degrees of a place in the United States, -180 to -64"));
    }
    Ok(GeoPoint::new(latitude, longitude).ok())
}

/// The facts of the home.
pub(super) fn facts(row: &Row<'_>) -> Result<HomeFacts, RowError> {
    let area = |column, field| -> Result<Option<u32>, RowError> {
        Ok(within(row, column, field, 0.0, 200_000.0, "0 to 200,000 square feet")?
            .filter(|sqft| *sqft >= 1.0)
            .map(|sqft| sqft.round() as u32))
    };
    let land = |column, field| -> Result<Option<u32>, RowError> {
        Ok(within(row, column, field, 0.0, 4e8, "0 to 400,000,000 square feet")?
            .filter(|sqft| *sqft >= 1.0)
            .map(|sqft| sqft.round() as u32))
    };
    let year = |column, field| -> Result<Option<u16>, RowError> {
        let text = row.text(column);
        match within(row, column, field, 0.0, 2100.0, YEAR)? {
            Some(year) if (1600.0..=2100.0).contains(&year) => Ok(Some(year as u16)),
            Some(0.0) | None => Ok(None),
            Some(_) => Err(row.error(field, text.unwrap_or_default(), YEAR)),
        }
    };
    let mark = |column, field, most: f64| -> Result<Option<u8>, RowError> {
        // Text in these columns ("Average", "Territorial") is another scheme, which is left unused.
        if row.text(column).is_some_and(|text| number(text).is_none() && !text.eq_ignore_ascii_case("nan")) {
            return Ok(None);
        }
        Ok(within(row, column, field, 0.0, most, "a mark of the assessor's scale")?
            .map(|mark| mark.round() as u8))
    };
    let few = |column, field| within(row, column, field, 0.0, 30.0, "0 to 30");

    let mut lot = land(Column::Lot, "lot")?;
    if lot.is_none() {
        let acres = within(row, Column::LotAcres, "lot in acres", 0.0, 9_000.0, "0 to 9,000 acres")?;
        lot = acres.map(|acres| (acres * SQFT_PER_ACRE).round() as u32).filter(|sqft| *sqft > 0);
    }
    Ok(HomeFacts {
        bedrooms: few(Column::Bedrooms, "bedrooms")?.map(|n| n as f32),
        bathrooms: few(Column::Bathrooms, "bathrooms")?.map(|n| n as f32),
        living_area_sqft: area(Column::LivingArea, "living area")?,
        lot_sqft: lot,
        floors: few(Column::Floors, "floors")?.filter(|n| *n > 0.0).map(|n| n as f32),
        above_ground_sqft: area(Column::AboveGround, "area above ground")?,
        year_built: year(Column::YearBuilt, "year built")?,
        year_renovated: year(Column::YearRenovated, "year renovated")?,
        grade: mark(Column::Grade, "grade", 20.0)?.filter(|mark| *mark > 0),
        condition: mark(Column::Condition, "condition", 10.0)?.filter(|mark| *mark > 0),
        view: mark(Column::View, "view", 10.0)?,
        waterfront: row.text(Column::Waterfront).and_then(|text| match text.to_ascii_lowercase().as_str() {
            "1" | "y" | "yes" | "true" => Some(true),
            "0" | "n" | "no" | "false" => Some(false),
            _ => None,
        }),
        neighbours_living_area_sqft: area(Column::NeighboursLivingArea, "neighbours' living area")?,
        neighbours_lot_sqft: land(Column::NeighboursLot, "neighbours' lot")?,
    })
}

const YEAR: &str = "a year from 1600 to 2100";

/// A number of a column, between two bounds.
fn within(
    row: &Row<'_>,
    column: Column,
    field: &'static str,
    least: f64,
    most: f64,
    expected: &'static str,
) -> Result<Option<f64>, RowError> {
    let Some(text) = row.text(column) else { return Ok(None) };
    match number(text) {
        Some(value) if (least..=most).contains(&value) => Ok(Some(value)),
        _ => Err(row.error(field, text, expected)),
    }
}

/// A finite number, with or without `$`, `%` and thousands commas, also in the form `1.225e+006`.
pub(super) fn number(text: &str) -> Option<f64> {
    let bare: String =
        text.chars().filter(|c| !matches!(c, '$' | ',' | '%') && !c.is_whitespace()).take(40).collect();
    // Spreadsheets write 1225000 as `1.225e+006`. What else has letters (`inf`, `nan`) is no number of anything.
    if !bare.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) {
        return None;
    }
    bare.parse().ok().filter(|value: &f64| value.is_finite())
}
