//! What a row tells of the home.

use dripr_core::content::{GeoPoint, HomeFacts};

use super::{
    columns::Column,
    problem::RowProblem,
    row::{Row, yes_or_no},
};

/// The facts of the home.
pub(super) fn facts(row: &Row<'_>) -> Result<HomeFacts, RowProblem> {
    Ok(HomeFacts {
        bedrooms: few(row, Column::Bedrooms, "bedrooms")?,
        bathrooms: few(row, Column::Bathrooms, "bathrooms")?,
        living_area_sqft: area(row, Column::LivingArea, "living_area_sqft")?,
        lot_sqft: area(row, Column::Lot, "lot_sqft")?,
        floors: few(row, Column::Floors, "floors")?,
        above_ground_sqft: area(row, Column::AboveGround, "above_ground_sqft")?,
        year_built: year(row, Column::YearBuilt, "year_built")?,
        year_renovated: year(row, Column::YearRenovated, "year_renovated")?,
        grade: mark(row, Column::Grade, "grade")?,
        condition: mark(row, Column::Condition, "condition")?,
        view: mark(row, Column::View, "view")?,
        waterfront: row.yes_or_no(Column::Waterfront, "waterfront")?,
        neighbours_living_area_sqft: area(row, Column::NeighboursLivingArea, "neighbours_living_area_sqft")?,
        neighbours_lot_sqft: area(row, Column::NeighboursLot, "neighbours_lot_sqft")?,
    })
}

/// Where the home lies, if the row tells.
pub(super) fn location(row: &Row<'_>) -> Result<Option<GeoPoint>, RowProblem> {
    let degrees = |column, field, most: f64| -> Result<Option<f64>, RowProblem> {
        let Some(text) = row.one(column) else { return Ok(None) };
        match text.parse::<f64>() {
            Ok(value) if (-most..=most).contains(&value) => Ok(Some(value)),
            _ => Err(row.problem(field, text, format!("must be degrees from -{most} to {most}"))),
        }
    };
    let latitude = degrees(Column::Latitude, "latitude", 90.0)?;
    let longitude = degrees(Column::Longitude, "longitude", 180.0)?;
    match (latitude, longitude) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(row.problem("latitude", "", "is empty though there is a longitude")),
        (Some(_), None) => Err(row.problem("longitude", "", "is empty though there is a latitude")),
        // What exports write that know no place; no home lies in the Gulf of Guinea.
        (Some(0.0), Some(0.0)) => Ok(None),
        (Some(latitude), Some(longitude)) => {
            GeoPoint::new(latitude, longitude).map(Some).map_err(|error| row.problem("latitude", "", error))
        }
    }
}

/// A number, with thousands commas or without.
fn number(row: &Row<'_>, column: Column, field: &'static str, most: f64) -> Result<Option<f64>, RowProblem> {
    let Some(text) = row.one(column) else { return Ok(None) };
    let bare: String = text.chars().filter(|c| *c != ',').take(40).collect();
    // `nan`, `inf` and `1e9` are numbers to the parser.
    let digits = bare.chars().all(|c| c.is_ascii_digit() || c == '.');
    match bare.parse::<f64>() {
        Ok(value) if digits && value <= most => Ok(Some(value)),
        _ => Err(row.problem(field, text, format!("must be a number from 0 to {most}"))),
    }
}

fn few(row: &Row<'_>, column: Column, field: &'static str) -> Result<Option<f32>, RowProblem> {
    Ok(number(row, column, field, f64::from(*HomeFacts::COUNTS.end()))?.map(|value| value as f32))
}

fn area(row: &Row<'_>, column: Column, field: &'static str) -> Result<Option<u32>, RowProblem> {
    // 0 is how exports write what they do not know.
    let (least, most) = HomeFacts::AREAS.into_inner();
    Ok(number(row, column, field, f64::from(most))?
        .filter(|value| *value >= f64::from(least))
        .map(|value| value.round() as u32))
}

fn year(row: &Row<'_>, column: Column, field: &'static str) -> Result<Option<u16>, RowProblem> {
    let (first, last) = HomeFacts::YEARS.into_inner();
    match number(row, column, field, f64::from(last))? {
        None | Some(0.0) => Ok(None),
        Some(year) if year >= f64::from(first) && year.fract() == 0.0 => Ok(Some(year as u16)),
        Some(_) => {
            let text = row.one(column).unwrap_or_default();
            Err(row.problem(field, text, format!("must be a year from {first} to {last}")))
        }
    }
}

fn mark(row: &Row<'_>, column: Column, field: &'static str) -> Result<Option<u8>, RowProblem> {
    // Words in these columns are of another scheme, which says nothing here.
    if row.one(column).is_some_and(|text| yes_or_no(text).is_none() && text.chars().any(char::is_alphabetic))
    {
        return Ok(None);
    }
    Ok(number(row, column, field, f64::from(*HomeFacts::MARKS.end()))?.map(|value| value.round() as u8))
}
