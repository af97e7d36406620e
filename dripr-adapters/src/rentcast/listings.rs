//! Homes for sale: `/listings/sale`.

use chrono::NaiveDate;
use dripr_core::{
    content::{Listing, ZipCode, plausible},
    errors::PortResult,
    ports::Allowance,
};

use super::{MOST_RECORDS, RentCast, record::HOMES, record::Record};

pub(super) async fn active(
    rentcast: &RentCast,
    zip: ZipCode,
    as_of: NaiveDate,
    limit: usize,
    allowance: &Allowance,
) -> PortResult<Vec<Listing>> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let area = rentcast.area(zip, allowance).await?;
    let homes = HOMES.join("|");
    let mut query = area.query();
    query.extend([
        ("propertyType", homes),
        ("status", "Active".to_owned()),
        ("limit", MOST_RECORDS.to_owned()),
    ]);
    let records: Vec<Record> = rentcast.api.list("listings/sale", &query, allowance).await?;
    // Of today it does not matter that nobody knows since when; of an earlier day it may have been later.
    let is_today = rentcast.is_today(as_of);
    let was_listed = |listing: &Listing| listing.listed_on.map_or(is_today, |day| day <= as_of);
    let listings = records.iter().filter_map(|record| record.listing(area.has(record)?)).filter(was_listed);
    let mut listings = plausible::listings(listings.collect(), zip, as_of);
    let far = |listing: &Listing| listing.miles.unwrap_or(f64::MAX);
    listings.sort_by(|a, b| far(a).total_cmp(&far(b)));
    listings.truncate(limit);
    Ok(listings)
}
