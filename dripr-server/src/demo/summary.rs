//! What became of a demonstration, month by month, as the store tells it.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use chrono::{Datelike, Months, NaiveDate};
use chrono_tz::Tz;
use dripr_adapters::layers::Counted;
use dripr_core::{
    campaign::CampaignStatus,
    email::{DeliveryStatus, Email},
    imports::Tally,
    ports::{CampaignFilter, CampaignStore, EmailFilter, EmailStore},
};

use super::{folder::Folder, index_page};
use crate::{compose::Store, failure::Failure};

const PAGE: usize = 500;

/// What became of a demonstration.
#[derive(Debug)]
pub struct Summary {
    /// How the contacts fared.
    pub tally: Tally,
    /// The months in order, each with its name.
    pub months: Vec<(String, Month)>,
    /// Why emails were not sent, with how many.
    pub causes: BTreeMap<String, u64>,
    /// Rows of files that could not be used, a line each.
    pub reports: Vec<String>,
    /// The calls that providers were asked, by provider and question.
    pub calls: Vec<(&'static str, &'static str, Counted)>,
    /// The page that leads to all emails.
    pub index: PathBuf,
    /// Where the emails are.
    pub outbox: PathBuf,
}

/// One month's figures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Month {
    /// Emails that left.
    pub emails: u64,
    /// Emails of which nobody knows whether they left.
    pub held: u64,
    /// Cycles that ended without an email.
    pub skipped: u64,
    /// Campaigns that a person has to look at.
    pub errors: u64,
}

impl Month {
    /// Adds another month's figures.
    pub fn add(&mut self, other: &Self) {
        self.emails += other.emails;
        self.held += other.held;
        self.skipped += other.skipped;
        self.errors += other.errors;
    }
}

/// Figures by month, from a first one on.
struct Calendar {
    first: NaiveDate,
    months: Vec<(String, Month)>,
}

impl Calendar {
    fn of(&mut self, day: NaiveDate) -> Option<&mut Month> {
        let months = (day.year() - self.first.year()) * 12 + day.month0().cast_signed()
            - self.first.month0().cast_signed();
        let place = usize::try_from(months).ok()?;
        self.months.get_mut(place).map(|(_, month)| month)
    }
}

pub(super) async fn sum_up(
    store: &Arc<Store>,
    folder: &Folder,
    first: NaiveDate,
    months: u8,
    zone: Tz,
    tally: Tally,
    reports: Vec<String>,
) -> Result<Summary, Failure> {
    let names = (0..=u32::from(months))
        .map_while(|n| first.checked_add_months(Months::new(n)))
        .map(|day| (day.format("%B %Y").to_string(), Month::default()))
        .collect();
    let mut by_month = Calendar { first, months: names };
    let mut causes = BTreeMap::new();
    let mut sent = Vec::new();

    let mut after = None;
    loop {
        let page = store.emails(&EmailFilter::default(), after.clone(), PAGE).await?;
        after = page.last().map(|email| email.id.clone());
        let full = page.len() == PAGE;
        for email in page {
            count(&email, zone, &mut by_month);
            if email.delivery_status == DeliveryStatus::Complete {
                sent.push(email);
            }
        }
        if !full {
            break;
        }
    }
    let mut after = None;
    loop {
        let page = store.list(&CampaignFilter::default(), after.clone(), PAGE).await?;
        after = page.last().map(|dossier| dossier.campaign.id.clone());
        let full = page.len() == PAGE;
        for dossier in page {
            let campaign = &dossier.campaign;
            if campaign.status == CampaignStatus::Error {
                let since = campaign.status_since.with_timezone(&zone).date_naive();
                if let Some(month) = by_month.of(since) {
                    month.errors += 1;
                }
                if let Some(failure) = &campaign.failure {
                    *causes.entry(failure.reason.clone()).or_default() += 1;
                }
            }
            for entry in store.history(&campaign.id).await? {
                let Some(cycle) = entry.cycle.filter(|_| entry.what == "cycle_skipped") else { continue };
                if let Some(month) = by_month.of(cycle.date()) {
                    month.skipped += 1;
                    *causes.entry(entry.cause.unwrap_or_default()).or_default() += 1;
                }
            }
        }
        if !full {
            break;
        }
    }
    // The last one is there only for what a start in the middle of a month leaves for it.
    if by_month.months.last().is_some_and(|(_, month)| *month == Month::default()) {
        by_month.months.pop();
    }
    index_page::write(store, folder, sent, zone).await?;
    Ok(Summary {
        tally,
        months: by_month.months,
        causes,
        reports,
        calls: Vec::new(),
        index: folder.index(),
        outbox: folder.outbox(),
    })
}

fn count(email: &Email, zone: Tz, months: &mut Calendar) {
    // A month's email is that of the day on which it left, or was to leave.
    let began = email.attempt.as_ref().map(|attempt| attempt.started_at.with_timezone(&zone).date_naive());
    let Some(month) = months.of(began.unwrap_or(email.cycle.date())) else { return };
    match email.delivery_status {
        DeliveryStatus::Complete => month.emails += 1,
        DeliveryStatus::Held => month.held += 1,
        // Counted by their cycle, or not over yet.
        DeliveryStatus::Created
        | DeliveryStatus::Approved
        | DeliveryStatus::Rejected
        | DeliveryStatus::Superseded
        | DeliveryStatus::Expired
        | DeliveryStatus::Skipped
        | DeliveryStatus::Transmitting
        | DeliveryStatus::Unknown => {}
    }
}
