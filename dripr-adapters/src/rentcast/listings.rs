//! Homes for sale: `/listings/sale`.

use chrono::NaiveDate;
use dripr_core::{
    content::{Listing, ZipCode, plausible},
    errors::PortResult,
    ports::Allowance,
};

use super::{MOST_RECORDS, RentCast, record::HOMES, record::Record, within};
use crate::around_zip::nearest;

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
    let mut query = within(&area);
    query.extend([
        ("propertyType", homes),
        ("status", "Active".to_owned()),
        ("limit", MOST_RECORDS.to_owned()),
    ]);
    let records: Vec<Record> = rentcast.api.list("listings/sale", &query, allowance).await?;
    // Of today it does not matter that nobody knows since when; of an earlier day it may have been later.
    let is_today = rentcast.is_today(as_of);
    let was_listed = |listing: &Listing| listing.listed_on.map_or(is_today, |day| day <= as_of);
    let listings =
        records.iter().filter_map(|record| record.listing(area.has(record.location())?)).filter(was_listed);
    Ok(nearest(plausible::listings(listings.collect(), zip, as_of), limit))
}
