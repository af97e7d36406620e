//! What a row of the campaigns means.

use dripr_core::{
    campaign::{Actor, AuditEntry, Campaign, CampaignStatus, LastCycle, Operation, Standing, SubStatus},
    contact::Home,
    content::{HomeFacts, ZipCode},
    email::EmailAddress,
    ids::{CampaignId, UserId},
    ports::NewCampaign,
    schedule::{Instant, SendDay, SendingRules},
};

use super::{LegacyContact, LegacyRow, RowProblem};

/// A campaign as it is enrolled.
#[derive(Debug, Clone, PartialEq)]
pub struct LegacyCampaign {
    /// The campaign, DORMANT, with the last cycle that the older deployment brought to its end.
    pub new: NewCampaign,
    /// Whether its last sending is only a possibility.
    pub in_doubt: bool,
}

impl LegacyCampaign {
    /// The last cycle that the older deployment brought to its end.
    #[must_use]
    pub fn ended(&self) -> Option<LastCycle> {
        self.new.campaign.last_cycle
    }
}

/// An address that an agent must not write to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptOut {
    /// The agent.
    pub user_id: UserId,
    /// The address.
    pub address: EmailAddress,
}

/// A campaign, given its contact and when the latest of its emails left, if any did.
///
/// One in the middle of a cycle begins it again, unless its email left: data and text are made anew.
///
/// # Errors
/// What is wrong with the row.
pub fn campaign(
    row: &LegacyRow,
    contact: &LegacyContact,
    latest_email: Option<Instant>,
    rules: &SendingRules,
    now: Instant,
) -> Result<LegacyCampaign, RowProblem> {
    let id = CampaignId::new(row.must("id")?).map_err(|error| row.problem("id", error))?;
    let user_id = user(row)?;
    if user_id != contact.contact.user_id {
        return Err(row.problem("contact_id", "is a contact of another agent"));
    }
    let status = status(row)?;
    let standing = Standing {
        status,
        said_sent: status == CampaignStatus::Dormant
            && row.get("campaign_status")?.is_some_and(|name| name != status.as_str()),
        email_made: sub_statuses(row)?,
        last_sent_email_datetime: row.past("last_sent_email_datetime", now)?.max(latest_email),
        last_scheduled_send_date: row.date("last_scheduled_send_date", rules)?,
    };
    let past = standing
        .carried_over(rules, now)
        .map_err(|untold| row.problem("last_sent_email_datetime", untold))?;
    let (zip_code, home) = home(row, contact)?;
    let send_day: SendDay = row.parsed("fixed_send_day", "must be a day from 1 to 28")?;
    let created_at = row.past("created_at", now)?.unwrap_or(now);
    let contact = contact.contact.clone();
    let mut campaign = Campaign::new(id, user_id, contact.id.clone(), zip_code, home, send_day, created_at);
    campaign.enabled = row.must_flag("enabled")?;
    campaign.check_before_sending = row.must_flag("check_before_sending")?;
    campaign.last_cycle = past.last_cycle;
    campaign.last_sent_email_datetime = past.last_sent_email_datetime;
    campaign.last_scheduled_send_date = past.last_cycle.map(|last| last.slot.cycle().date());
    campaign.deleted_at = row.past("deleted_at", now)?.or(contact.deleted_at);
    let audit = AuditEntry::of("campaign_made", Actor::Operator, now, Some("it was taken over".to_owned()));
    let new = NewCampaign { contact, campaign, audit: Some(audit), one_of_many: true };
    Ok(LegacyCampaign { new, in_doubt: past.in_doubt })
}

/// Whose mail a campaign's recipient does not want, given its contact and whatever else is wrong with the row.
#[must_use]
pub fn opt_out_of_campaign(row: &LegacyRow, contact: &LegacyContact) -> Option<OptOut> {
    let unsubscribed = status(row).is_ok_and(|status| status == CampaignStatus::Unsubscribed);
    let user_id = user(row).ok().filter(|_| unsubscribed)?;
    Some(OptOut { user_id, address: contact.contact.email.clone() })
}

fn user(row: &LegacyRow) -> Result<UserId, RowProblem> {
    UserId::new(row.must("user_id")?).map_err(|error| row.problem("user_id", error))
}

fn status(row: &LegacyRow) -> Result<CampaignStatus, RowProblem> {
    row.must("campaign_status")?.parse().map_err(|error| row.problem("campaign_status", error))
}

/// Reads all sub-statuses; whether the cycle's email was made. The others begin again with their cycle, but one that nobody
/// knows is told of: the mapping is wrong then.
fn sub_statuses(row: &LegacyRow) -> Result<bool, RowProblem> {
    let read = |field: &str| -> Result<Option<SubStatus>, RowProblem> {
        let Some(text) = row.get(field)? else { return Ok(None) };
        text.parse().map(Some).map_err(|error| row.problem(field, error))
    };
    // It served for both of its successors.
    read("intro_and_home_report_analysis_status")?;
    let mut made = false;
    for operation in Operation::ALL {
        let status = read(operation.column())?;
        made |= operation == Operation::EmailCreation && status == Some(SubStatus::Ready);
    }
    Ok(made)
}

/// The campaign's home, or its contact's.
fn home(row: &LegacyRow, contact: &LegacyContact) -> Result<(ZipCode, Option<Home>), RowProblem> {
    let own_zip = row.get("zip_code")?;
    let zip = own_zip.or(contact.zip_code.as_deref());
    let zip = zip.ok_or_else(|| row.problem("zip_code", "is empty, and so is the contact's"))?;
    let zip_code: ZipCode = zip.parse().map_err(|_| {
        let reason = "must be five digits, or ZIP+4 such as 98103-1234";
        let shown = if own_zip.is_some() { reason.to_owned() } else { format!("the contact's {reason}") };
        row.problem("zip_code", shown)
    })?;
    let own_street = row.line("street")?;
    // A home's parts come from one place.
    let (street, city, state) = if own_street.is_empty() {
        (contact.street.clone(), contact.city.clone(), contact.state.clone())
    } else {
        (own_street, row.line("city")?, row.line("state")?)
    };
    if row.flag("no_address_newsletter")?.unwrap_or(false) {
        return Ok((zip_code, None));
    }
    if street.is_empty() {
        return Err(row.problem("street", "is empty though no_address_newsletter is 0"));
    }
    let home = Home { street, city, state, zip_code, location: None, facts: HomeFacts::default() };
    Ok((zip_code, Some(home)))
}
