//! What a row of the emails means: whether it left, and when.

use dripr_core::{email::DeliveryStatus, schedule::Instant};

use super::{LegacyRow, RowProblem};

/// What is taken over of an email.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegacyEmail {
    /// Its campaign's key, as it is stored.
    pub campaign: String,
    /// When it left, or may have left; `None` if it certainly did not.
    pub sent: Option<Instant>,
    /// Whether it is approved and did not leave. Its campaign makes a new one, which needs an approval of its own.
    pub approved: bool,
}

/// An email. One that is COMPLETE left; so, for all that anybody knows, did one that was in a provider's hands.
///
/// # Errors
/// What is wrong with the row: nobody can tell whether it left, or when.
pub fn email(row: &LegacyRow, now: Instant) -> Result<LegacyEmail, RowProblem> {
    let campaign = row.must("campaign_id")?.to_owned();
    let approved = row.flag("approved")?.unwrap_or(false);
    if !left(row)? {
        return Ok(LegacyEmail { campaign, sent: None, approved });
    }
    let planned = row.past("scheduled_send_datetime", now);
    let sent = match row.past("sent_at", now)? {
        Some(at) => at,
        None => planned?.ok_or_else(|| {
            row.problem("scheduled_send_datetime", "is empty, and the email was sent or may have been")
        })?,
    };
    Ok(LegacyEmail { campaign, sent: Some(sent), approved: false })
}

fn left(row: &LegacyRow) -> Result<bool, RowProblem> {
    if row.get("status")?.is_some_and(|status| status == DeliveryStatus::Complete.as_str()) {
        return Ok(true);
    }
    let Some(text) = row.get("delivery_status")? else { return Ok(false) };
    let status: DeliveryStatus = text.parse().map_err(|error| row.problem("delivery_status", error))?;
    Ok(match status {
        DeliveryStatus::Complete
        | DeliveryStatus::Transmitting
        | DeliveryStatus::Unknown
        | DeliveryStatus::Held => true,
        DeliveryStatus::Created
        | DeliveryStatus::Approved
        | DeliveryStatus::Rejected
        | DeliveryStatus::Superseded
        | DeliveryStatus::Expired
        | DeliveryStatus::Skipped => false,
    })
}
