//! Homes sold: `/properties`, by the day of their last sale.

use chrono::NaiveDate;
use dripr_core::{
    content::{Sale, ZipCode, plausible},
    errors::PortResult,
    ports::Allowance,
};

use super::{MOST_RECORDS, RentCast, record::HOMES, record::Record, within};
use crate::{around_zip::latest, days_before::days_before};

/// How long ago a recent sale may lie, in days.
pub const RECENT_DAYS: u16 = 180;

pub(super) async fn recent(
    rentcast: &RentCast,
    zip: ZipCode,
    as_of: NaiveDate,
    limit: usize,
    allowance: &Allowance,
) -> PortResult<Vec<Sale>> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let area = rentcast.area(zip, allowance).await?;
    let mut query = within(&area);
    query.extend([
        ("propertyType", HOMES.join("|")),
        ("saleDateRange", sale_date_range(as_of, rentcast.today())),
        ("limit", MOST_RECORDS.to_owned()),
    ]);
    let records: Vec<Record> = rentcast.api.list("properties", &query, allowance).await?;
    let since = days_before(as_of, u64::from(RECENT_DAYS));
    let sales = records.iter().filter_map(|record| record.sale(area.has(record.location())?));
    let sales = sales.filter(|sale| sale.sold_on >= since);
    Ok(latest(plausible::sales(sales.collect(), zip, as_of), limit))
}

/// How many days ago a home was sold that was sold lately on a day. The days count from today, so for an earlier day
/// there is a least number too, for the later sales not to take the place of those that are wanted.
fn sale_date_range(as_of: NaiveDate, today: NaiveDate) -> String {
    let ago = today.signed_duration_since(as_of).num_days();
    let most = ago.saturating_add(i64::from(RECENT_DAYS)).max(1);
    if ago > 1 { format!("{ago}:{most}") } else { most.to_string() }
}
