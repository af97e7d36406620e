//! Providers that answer at once: a source of ten listings and ten sales, the templates at full size, and a mailer that
//! appends a line to a file.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use chrono::NaiveDate;
use dripr_adapters::templates::{Templates, samples};
use dripr_core::{
    content::{AreaContent, Listing, LocalMarket, MarketStatistics, MortgageRate, Property, Sale, ZipCode},
    email::OutgoingEmail,
    errors::{Fault, PortError, PortResult},
    ports::{
        Allowance, Inquiry, LookUp, Mailer, MarketSource, MortgageRateSource, PropertySource, ReportContext,
        SendOutcome, Subject,
    },
};
use dripr_tests::Failure;

/// The facts of the fully known sample, for any home, ZIP code and day.
pub(crate) struct Source {
    sample: ReportContext,
    market: LocalMarket,
}

impl Source {
    pub(crate) fn new() -> Result<Self, Failure> {
        let sample = samples::full()?;
        let market = match sample.market.as_ref().map(|(_, content)| &**content) {
            Some(AreaContent::LocalMarketData(market)) => market.clone(),
            _ => LocalMarket { statistics: None, mortgage_rate: None },
        };
        Ok(Self { sample, market })
    }

    /// A day of the sample, as long before the day asked for.
    fn moved(&self, day: NaiveDate, as_of: NaiveDate) -> NaiveDate {
        day + (as_of - self.sample.date)
    }
}

fn none(what: &str) -> PortError {
    PortError::new(Fault::NotFound, format!("the sample has no {what}"))
}

#[async_trait]
impl PropertySource for Source {
    async fn property(&self, subject: &Subject, as_of: NaiveDate, _: &Allowance) -> PortResult<Property> {
        let sample = self.sample.property.as_deref().ok_or_else(|| none("home"))?;
        let mut property = sample.clone();
        property.formatted_address = subject.home.one_line();
        property.zip_code = subject.home.zip_code;
        if let Some(valuation) = &mut property.valuation {
            valuation.as_of = as_of;
            for comparable in &mut valuation.comparables {
                comparable.sold_on = self.moved(comparable.sold_on, as_of);
            }
        }
        Ok(property)
    }

    async fn active_listings(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        _: &Allowance,
    ) -> PortResult<Vec<Listing>> {
        let Some(AreaContent::ActiveListings(all)) = self.sample.listings.as_ref().map(|(_, all)| &**all)
        else {
            return Err(none("listings"));
        };
        let moved = |listing: &Listing| Listing {
            zip_code: zip,
            listed_on: listing.listed_on.map(|day| self.moved(day, as_of)),
            ..listing.clone()
        };
        Ok(all.iter().take(limit).map(moved).collect())
    }

    async fn recent_sales(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        _: &Allowance,
    ) -> PortResult<Vec<Sale>> {
        let Some(AreaContent::RecentSales(all)) = self.sample.sales.as_ref().map(|(_, all)| &**all) else {
            return Err(none("sales"));
        };
        let moved =
            |sale: &Sale| Sale { zip_code: zip, sold_on: self.moved(sale.sold_on, as_of), ..sale.clone() };
        Ok(all.iter().take(limit).map(moved).collect())
    }
}

#[async_trait]
impl MarketSource for Source {
    async fn statistics(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        _: &Allowance,
    ) -> PortResult<MarketStatistics> {
        let sample = self.market.statistics.clone().ok_or_else(|| none("market"))?;
        Ok(MarketStatistics { zip_code: zip, as_of, ..sample })
    }
}

#[async_trait]
impl MortgageRateSource for Source {
    async fn rate(&self, as_of: NaiveDate, _: &Allowance) -> PortResult<MortgageRate> {
        let sample = self.market.mortgage_rate.clone().ok_or_else(|| none("mortgage rate"))?;
        Ok(MortgageRate { as_of: self.moved(sample.as_of, as_of), ..sample })
    }
}

/// The templates that ship, with as much markup around each home as makes a report with ten listings and ten sales as
/// large as those of the work that is compared with: 58 KB. As they ship it has 26.
pub(crate) fn full_size_templates(folder: &Path) -> Result<Templates, Failure> {
    const LISTINGS: &str = include_str!("../../../dripr-adapters/src/templates/builtin/listings.html.hbs");
    const SALES: &str = include_str!("../../../dripr-adapters/src/templates/builtin/sales.html.hbs");
    const MARKUP: &str = "<!--[if mso | IE]><table role=\"presentation\" border=\"0\" cellpadding=\"0\" cellspacing=\"0\" \
         width=\"600\" align=\"center\" style=\"width:600px\"><tr><td style=\"line-height:0;font-size:0;mso-line-height-rule:exactly\">\
         </td></tr></table><![endif]-->\n";
    fs::create_dir_all(folder)?;
    for (name, template) in [("listings.html.hbs", LISTINGS), ("sales.html.hbs", SALES)] {
        let around = MARKUP.repeat(FILLING);
        let full = template
            .replace("{{/each}}", &format!("<tr><td colspan=\"2\">{around}</td></tr>\n{{{{/each}}}}"));
        fs::write(folder.join(name), full)?;
    }
    Ok(Templates::from_dir(folder)?)
}

/// How often the markup stands around each home.
const FILLING: usize = 7;

/// How many emails the mailer takes at once: as many as `file-outbox`.
const BATCH: usize = 64;

/// A mailer that appends a line to a file for each email.
pub(crate) struct FileMailer {
    file: Mutex<File>,
    accepted: AtomicUsize,
}

impl FileMailer {
    pub(crate) fn new(path: &Path) -> Result<Self, Failure> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { file: Mutex::new(file), accepted: AtomicUsize::new(0) })
    }

    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Acquire)
    }
}

#[async_trait]
impl Mailer for FileMailer {
    async fn send(&self, emails: &[OutgoingEmail]) -> Vec<SendOutcome> {
        let mut outcomes = Vec::with_capacity(emails.len());
        for email in emails {
            let line = format!("{} {}\n", email.message_id, email.message.to.address);
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            outcomes.push(match file.write_all(line.as_bytes()) {
                Ok(()) => SendOutcome::Accepted { provider_message_id: None },
                Err(error) => SendOutcome::Unknown { reason: error.to_string() },
            });
            self.accepted.fetch_add(1, Ordering::AcqRel);
        }
        outcomes
    }

    async fn look_up(&self, _: &Inquiry) -> LookUp {
        LookUp::CannotTell
    }

    fn batch(&self) -> usize {
        BATCH
    }
}
