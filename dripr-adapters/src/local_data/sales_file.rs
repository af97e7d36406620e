//! Sales from a CSV file.

use std::path::Path;

use chrono::NaiveDate;
use dripr_core::content::{GeoPoint, HomeFacts, ZipCode};

use super::{
    csv_file::{FileError, Row, Taken, read_rows},
    fields,
    headers::Column,
    row_report::{RowError, RowReport},
    zip_centres,
};

/// One sale.
#[derive(Debug, Clone, PartialEq)]
pub struct SaleRecord {
    /// The address, where the file has one.
    pub address: Option<Box<str>>,
    /// Price in whole dollars.
    pub price: u64,
    /// When it sold.
    pub sold_on: NaiveDate,
    /// Its ZIP code, where the file has one.
    pub zip: Option<ZipCode>,
    /// Where it lies: the file's point, or else the centre of its ZIP code.
    pub location: GeoPoint,
    /// Whether `location` is only the centre of the ZIP code.
    pub location_is_zip_centre: bool,
    /// Days on the market before the sale, where the file has them.
    pub days_on_market: Option<u32>,
    /// What is known of the home.
    pub facts: HomeFacts,
}

/// Reads the sales of a `.csv` or `.csv.gz` file. Which column holds what is told by [`headers`](super::headers).
/// Price, date, and a ZIP code or a point are needed of each sale; everything else may be missing.
///
/// A row that cannot be true is left out and reported; the others are taken.
///
/// # Errors
/// [`FileError`] if the file is missing, unreadable, or lacks a column without which no sale can be read.
pub fn read_sales(path: &Path) -> Result<(Vec<SaleRecord>, RowReport), FileError> {
    let mut sales = Vec::new();
    let required: &[(&[Column], &str)] = &[
        (&[Column::Price], "the sale price"),
        (&[Column::Date], "the sale date"),
        (&[Column::Zip, Column::Latitude, Column::Address], "the ZIP code or the point"),
    ];
    let report = read_rows(path, required, |row| {
        if row.text(Column::Status).is_some_and(|status| !is_sold(status)) {
            return Ok(Taken::LeftOut);
        }
        sales.push(sale(row)?);
        Ok(Taken::Yes)
    })?;
    Ok((sales, report))
}

fn is_sold(status: &str) -> bool {
    let status = status.to_ascii_lowercase();
    status.contains("sold") || status.contains("closed")
}

fn sale(row: &Row<'_>) -> Result<SaleRecord, RowError> {
    let price = fields::price(row)?;
    let sold_on = fields::day(row, Column::Date)?;
    let zip = fields::zip(row)?;
    let point = fields::point(row)?;
    let location = match (point, zip) {
        (Some(point), _) => Some(point),
        (None, Some(zip)) => zip_centres::centre(zip),
        (None, None) => None,
    };
    let Some(location) = location else {
        let value = zip.map_or_else(String::new, |zip| zip.to_string());
        return Err(row.error("zip code", &value, "a point, or a ZIP code whose centre is known"));
    };
    Ok(SaleRecord {
        address: row.text(Column::Address).map(|text| text.chars().take(200).collect::<String>().into()),
        price,
        sold_on,
        zip,
        location,
        location_is_zip_centre: point.is_none(),
        days_on_market: row
            .text(Column::DaysOnMarket)
            .and_then(fields::number)
            .filter(|days| (0.0..=3650.0).contains(days))
            .map(|days| days as u32),
        facts: fields::facts(row)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<SaleRecord>, RowReport) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sales.csv");
        std::fs::write(&path, text).unwrap();
        read_sales(&path).unwrap()
    }

    const KING: &str =
        "id,date,price,bedrooms,bathrooms,sqft_living,sqft_lot,yr_built,yr_renovated,zipcode,lat,long\n";

    #[test]
    fn a_king_county_row_is_read_whole() {
        let (sales, report) = read(&format!(
            "{KING}\"7\",\"20141013T000000\",221900,3,1.75,1180,5650,1955,0,\"98178\",47.5112,-122.257\n"
        ));
        assert_eq!((report.taken, report.rejected), (1, 0));
        let sale = &sales[0];
        assert_eq!(sale.price, 221_900);
        assert_eq!(sale.sold_on.to_string(), "2014-10-13");
        assert_eq!(sale.zip.unwrap().as_str(), "98178");
        assert_eq!(sale.facts.bathrooms, Some(1.75));
        assert_eq!(sale.facts.year_built, Some(1955));
        assert_eq!(sale.facts.year_renovated, None, "0 stands for never");
        assert!(!sale.location_is_zip_centre);
    }

    #[test]
    fn a_price_that_a_spreadsheet_wrote_in_powers_of_ten_is_read() {
        let (sales, _) =
            read(&format!("{KING}7,20141013T000000,1.225e+006,3,1,1180,5650,1955,0,98178,47.5,-122.2\n"));
        assert_eq!(sales[0].price, 1_225_000);
    }

    #[test]
    fn a_redfin_row_is_read_and_what_is_not_sold_is_left_out() {
        let (sales, report) = read(
            "SALE TYPE,SOLD DATE,ADDRESS,ZIP OR POSTAL CODE,PRICE,BEDS,SQUARE FEET,LOT SIZE,STATUS,$/SQUARE FEET\n\
             PAST SALE,August-30-2019,12 Elm St,98103,\"$612,000\",3,\"1,450\",4000,Sold,422\n\
             MLS Listing,,13 Elm St,98103,700000,3,1500,4000,Active,466\n",
        );
        assert_eq!((report.taken, report.left_out, report.rejected), (1, 1, 0), "{:?}", report.errors);
        assert_eq!((sales[0].price, sales[0].facts.living_area_sqft), (612_000, Some(1450)));
        assert_eq!(sales[0].sold_on.to_string(), "2019-08-30");
        assert!(sales[0].location_is_zip_centre);
    }

    #[test]
    fn new_york_transfers_without_a_price_are_reported_and_not_valued() {
        let (sales, report) = read(
            "BOROUGH,ADDRESS,ZIP CODE,GROSS SQUARE FEET,YEAR BUILT,SALE PRICE,SALE DATE\n\
             1,234 EAST 4TH STREET,10009,0,0, -  ,2016-12-14 00:00:00\n\
             1,153 AVENUE B,10009,6440,1900,6625000,2017-07-19 00:00:00\n\
             1,153 AVENUE C,0,6440,1900,6625000,2017-07-19 00:00:00\n",
        );
        assert_eq!(sales.len(), 1);
        assert_eq!(
            report.errors[0].to_string(),
            "row 2: price \"-\": expected 10,000 to 1,000,000,000 dollars"
        );
        assert_eq!((report.errors[1].row, report.errors[1].field), (4, "zip code"));
    }

    #[test]
    fn an_address_on_one_line_tells_its_zip_code() {
        let (sales, _) = read("address,price,date\n\"1 Learned Pl, Durham, NC 27705\",1520000,2020-11-01\n");
        assert_eq!(sales[0].zip.unwrap().as_str(), "27705");
    }

    #[test]
    fn rows_that_cannot_be_true_are_named_with_field_and_value_and_the_rest_is_taken() {
        let good = "1,20141013,500000,3,1,1180,5650,1955,0,98178,47.5,-122.2\n";
        let cases = [
            ("NaN", "1,20141013,NaN,3,1,1180,5650,1955,0,98178,47.5,-122.2", "price"),
            ("-500000", "1,20141013,-500000,3,1,1180,5650,1955,0,98178,47.5,-122.2", "price"),
            ("0", "1,20141013,0,3,1,1180,5650,1955,0,98178,47.5,-122.2", "price"),
            ("1000000000000", "1,20141013,1000000000000,3,1,1180,5650,1955,0,98178,47.5,-122.2", "price"),
            ("1e+012", "1,20141013,1e+012,3,1,1180,5650,1955,0,98178,47.5,-122.2", "price"),
            ("inf", "1,20141013,inf,3,1,1180,5650,1955,0,98178,47.5,-122.2", "price"),
            ("0001-01-01", "1,0001-01-01,500000,3,1,1180,5650,1955,0,98178,47.5,-122.2", "date"),
            ("9999-12-31", "1,9999-12-31,500000,3,1,1180,5650,1955,0,98178,47.5,-122.2", "date"),
            ("20140230", "1,20140230,500000,3,1,1180,5650,1955,0,98178,47.5,-122.2", "date"),
            ("9817", "1,20141013,500000,3,1,1180,5650,1955,0,9817,47.5,-122.2", "zip code"),
            ("475.0", "1,20141013,500000,3,1,1180,5650,1955,0,98178,475.0,-122.2", "latitude"),
            ("122.2", "1,20141013,500000,3,1,1180,5650,1955,0,98178,47.5,122.2", "longitude"),
            ("NaN", "1,20141013,500000,3,1,1180,5650,1955,0,98178,NaN,-122.2", "latitude"),
            ("33", "1,20141013,500000,33,1,1180,5650,1955,0,98178,47.5,-122.2", "bedrooms"),
            ("-5", "1,20141013,500000,3,1,-5,5650,1955,0,98178,47.5,-122.2", "living area"),
            ("1", "1,20141013,500000,3,1,1180,5650,1,0,98178,47.5,-122.2", "year built"),
            ("9999", "1,20141013,500000,3,1,1180,5650,9999,0,98178,47.5,-122.2", "year built"),
        ];
        for (value, line, field) in cases {
            let (sales, report) = read(&format!("{KING}{good}{line}\n{good}"));
            assert_eq!(sales.len(), 2, "{line}");
            assert_eq!(report.errors.len(), 1, "{line}");
            let error = &report.errors[0];
            assert_eq!((error.row, error.field, error.value.as_str()), (3, field, value), "{line}");
        }
    }
}
