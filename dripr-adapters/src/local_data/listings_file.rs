//! Homes for sale from a CSV file.

use std::path::Path;

use chrono::{Days, NaiveDate};
use dripr_core::content::{GeoPoint, Listing, ZipCode};

use super::{
    csv_file::{FileError, Row, Taken, read_rows},
    fields,
    headers::Column,
    row_report::{RowError, RowReport},
    zip_centres,
};

/// One home for sale.
#[derive(Debug, Clone, PartialEq)]
pub struct ListingRecord {
    /// What the report shows of it; its distance is not yet known.
    pub listing: Listing,
    /// Where it lies: the file's point, or else the centre of its ZIP code.
    pub location: Option<GeoPoint>,
}

/// Reads the active listings of a `.csv` or `.csv.gz` file. Asking price and ZIP code are needed of each. Rows whose
/// status is not active are left out; a file without a status column holds active listings only.
///
/// `source` is how reports name where they come from. `exported_on` is the day of the export: with it the days on the market tell when a home came on it.
///
/// # Errors
/// [`FileError`] if the file is missing, unreadable, or has no column for the price or the ZIP code.
pub fn read_listings(
    path: &Path,
    source: &str,
    exported_on: Option<NaiveDate>,
) -> Result<(Vec<ListingRecord>, RowReport), FileError> {
    let mut listings = Vec::new();
    let required: &[(&[Column], &str)] =
        &[(&[Column::Price], "the asking price"), (&[Column::Zip, Column::Address], "the ZIP code")];
    let report = read_rows(path, required, |row| {
        if row.text(Column::Status).is_some_and(|status| !is_active(status)) {
            return Ok(Taken::LeftOut);
        }
        listings.push(listing(row, source, exported_on)?);
        Ok(Taken::Yes)
    })?;
    Ok((listings, report))
}

fn is_active(status: &str) -> bool {
    let status = status.to_ascii_lowercase();
    ["active", "for sale", "for-sale", "new"].contains(&status.as_str())
}

fn listing(row: &Row<'_>, source: &str, exported_on: Option<NaiveDate>) -> Result<ListingRecord, RowError> {
    let price = fields::price(row)?;
    let Some(zip_code) = fields::zip(row)? else {
        return Err(row.error("zip code", "", "five digits, or ZIP+4"));
    };
    let location = fields::point(row)?.or_else(|| zip_centres::centre(zip_code));
    let days = row
        .text(Column::DaysOnMarket)
        .and_then(fields::number)
        .filter(|days| (0.0..=3650.0).contains(days))
        .map(|days| Days::new(days as u64));
    let listed_on = match fields::optional_day(row, Column::ListedOn)? {
        Some(day) => Some(day),
        None => exported_on.zip(days).and_then(|(day, days)| day.checked_sub_days(days)),
    };
    Ok(ListingRecord {
        listing: Listing {
            address: row.text(Column::Address).map(|text| text.chars().take(200).collect()),
            zip_code,
            price,
            listed_on,
            facts: fields::facts(row)?,
            miles: None,
            link: row.text(Column::Link).filter(|link| is_web_page(link)).map(str::to_owned),
            courtesy_of: None,
            source: source.to_owned(),
        },
        location,
    })
}

fn is_web_page(link: &str) -> bool {
    let rest = ["https://", "http://"].iter().find_map(|scheme| {
        link.get(..scheme.len()).filter(|s| s.eq_ignore_ascii_case(scheme)).map(|s| &link[s.len()..])
    });
    link.len() <= 2000
        && rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
        && link.chars().all(|c| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '`'))
}

/// The listings nearest to a ZIP code's centre, known on a day: what came on the market later is not among them.
pub(super) fn nearest(
    listings: &[ListingRecord],
    zip: ZipCode,
    as_of: NaiveDate,
    within_miles: f64,
    limit: usize,
) -> Vec<Listing> {
    let centre = zip_centres::centre(zip);
    let mut near: Vec<(bool, f64, Listing)> = listings
        .iter()
        .filter(|record| record.listing.listed_on.is_none_or(|day| day <= as_of))
        .filter_map(|record| {
            let miles = centre.zip(record.location).map(|(centre, location)| centre.miles_to(location));
            let elsewhere = record.listing.zip_code != zip;
            if elsewhere && miles.is_none_or(|miles| miles > within_miles) {
                return None;
            }
            let listing = Listing { miles: miles.map(tenths), ..record.listing.clone() };
            Some((elsewhere, miles.unwrap_or(0.0), listing))
        })
        .collect();
    near.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)).then(a.2.price.cmp(&b.2.price)));
    near.into_iter().take(limit).map(|(_, _, listing)| listing).collect()
}

/// Miles to one decimal, as reports show them.
pub(super) fn tenths(miles: f64) -> f64 {
    (miles * 10.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<ListingRecord>, RowReport) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("listings.csv");
        std::fs::write(&path, text).unwrap();
        read_listings(&path, "MLS", Some("2019-09-10".parse().unwrap())).unwrap()
    }

    const HEADER: &str =
        "ADDRESS,ZIP OR POSTAL CODE,PRICE,BEDS,SQUARE FEET,DAYS ON MARKET,STATUS,URL (SEE x)\n";

    #[test]
    fn active_homes_are_taken_and_the_rest_left_out() {
        let (listings, report) = read(&format!(
            "{HEADER}1 Elm,98103,600000,3,1500,9,Active,https://example.com/1\n\
             2 Elm,98103,610000,3,1500,9,Pending,https://example.com/2\n\
             3 Elm,98103,-1,3,1500,9,Active,\n\
             4 Elm,,600000,3,1500,9,Active,\n"
        ));
        assert_eq!((report.taken, report.left_out, report.rejected), (1, 1, 2));
        let home = &listings[0].listing;
        assert_eq!(home.listed_on.unwrap().to_string(), "2019-09-01");
        assert_eq!(home.link.as_deref(), Some("https://example.com/1"));
    }

    #[test]
    fn only_web_pages_become_links() {
        for bad in [
            "javascript:alert(1)",
            "https://",
            "http:// x",
            "https://a/\"onload",
            "data:text/html,x",
            "ftp://a",
        ] {
            assert!(!is_web_page(bad), "{bad}");
        }
        assert!(is_web_page("HTTPS://example.com/home?id=1&x=2"));
    }

    #[test]
    fn the_nearest_come_first_and_later_ones_not_at_all() {
        let (listings, _) = read(&format!(
            "{HEADER}far,98178,600000,3,1500,9,Active,\nnear,98103,600000,3,1500,9,Active,\nlater,98103,600000,3,1500,0,Active,\n"
        ));
        let zip = "98103".parse().unwrap();
        let near = nearest(&listings, zip, "2019-09-05".parse().unwrap(), 20.0, 9);
        assert_eq!(near.iter().filter_map(|l| l.address.as_deref()).collect::<Vec<_>>(), ["near", "far"]);
        assert_eq!(near[0].miles, Some(0.0));
        assert_eq!(nearest(&listings, zip, "2019-09-05".parse().unwrap(), 2.0, 9).len(), 1);
    }
}
