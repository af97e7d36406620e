//! Homes and markets from an MLS, over the RESO Web API (OData): for brokerages with access to one.
//!
//! RESO runs no server. Each MLS has its own address, licence and rules, so [`ResoOptions`] tells which one is asked and
//! how reports name it. The rules here are those of the
//! [RESO Web API Core 2.x](https://github.com/RESOStandards/transport/blob/main/proposals/web-api-core.md) and of the
//! RESO Data Dictionary 2.0:
//!
//! - Only what every certified server supports is asked: `$select`, `$filter`, `$orderby`, `$top`, `$count`. There are
//!   no functions of places among it: homes around a point are those of a box of latitudes and longitudes whose distance
//!   is measured here.
//! - Enumerations come in two dialects, see [`Enumerations`]. In answers both are understood, in any case and spacing.
//! - Pages are followed where the server says that there is a next one, to its own host only, and no further than the
//!   question needs.
//! - A field that is null, is absent. Numbers may be whole or have decimals. Areas in square metres become square feet.
//! - `InternetEntireListingDisplayYN` false: the listing is neither shown nor used as a comparable.
//!   `InternetAddressDisplayYN` false: it is shown without its address. `InternetAutomatedValuationDisplayYN` false: the
//!   home gets no estimate, and its sale goes into none. Figures of a whole ZIP code show no listing and count all.
//! - Each listing and sale names its agent and office (`courtesy_of`), as most rules of MLSs want.
//!
//! # Where homes are looked for
//!
//! With [`ResoWebApi::measuring_from`] lists go by the distance from a ZIP code's centre: [`NEAR_MILES`], and where
//! that gives too few, [`LOCAL_MILES`]. Without it, or where nobody knows the centre, they are of the ZIP code itself
//! (`PostalCode eq '…'`, which misses records with ZIP+4) and tell no distance.
//!
//! # Our own estimate
//!
//! RESO has no estimates. [`estimate`] makes one from closed sales, and says why where it cannot.
//!
//! # Access
//!
//! A fixed Bearer token, or OAuth2 client credentials (RFC 6749, section 4.4): see [`Access`]. A probe fetches a token of
//! its own, asks once with it and forgets it.
//!
//! # Unverified
//!
//! No real server was asked; none is public. Made from documents: what servers do with `$top` above their page size, the
//! form of a token's answer, and that client credentials go into the form. A 401 or 403 counts as a token that has to be
//! fetched anew, once, as the Core says 403 where others say 401. 501 is the Core's word for an option that a server does
//! not have, and asking again changes nothing: [`Fault::Invalid`]. A server that knows fewer fields refuses a question
//! that names them; [`ResoOptions::lacks`] leaves them out. Of a past day nobody can ask which homes were for sale: given
//! are those that are now and were listed by then, and no count.
//!
//! ```no_run
//! use std::sync::Arc;
//! use dripr_adapters::{http::HttpOptions, reso::{Access, Enumerations, ResoOptions, ResoWebApi}};
//! use dripr_core::ports::{Allowance, Clock, PropertySource};
//!
//! # async fn example(clock: Arc<dyn Clock>) -> Result<(), Box<dyn std::error::Error>> {
//! let mls = ResoWebApi::new(
//!     ResoOptions {
//!         service_root: "https://mls.example.org/reso/odata".to_owned(),
//!         source: "Example MLS".to_owned(),
//!         access: Access::Token(std::env::var("MLS_TOKEN")?.into()),
//!         enumerations: Enumerations::Texts,
//!         lacks: Vec::new(),
//!         http: HttpOptions::default(),
//!     },
//!     clock,
//! )?;
//! let (zip, today) = ("78734".parse()?, "2026-03-12".parse()?);
//! let sales = mls.recent_sales(zip, today, 10, &Allowance::unlimited()).await?;
//! # Ok(())
//! # }
//! ```

mod access;
mod area;
pub mod estimate;
mod market;
mod options;
mod pages;
mod question;
mod record;
mod same_home;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use chrono::NaiveDate;
use dripr_core::{
    content::{Listing, MarketStatistics, Property, Sale, ZipCode},
    errors::{Fault, PortResult},
    ports::{Allowance, Clock, Geocoder, MarketSource, Probe, PropertySource, Subject},
};

use self::{
    access::Entrance,
    area::Area,
    pages::{MOST_RECORDS, Pages},
    question::{Question, Status},
    record::Record,
};
pub use self::{
    area::{LOCAL_MILES, NEAR_MILES},
    market::{LEAST_FOR_MEDIAN, PERIOD_DAYS},
    options::{Access, Enumerations, ResoOptions},
};
use crate::{
    around_zip::{latest, nearest},
    days_before::days_before,
    http::{HttpApi, UnusableApi},
};

/// How long ago a recent sale may lie, in days.
pub const RECENT_DAYS: u64 = 180;

/// An MLS, asked over the RESO Web API. Cheap to clone; clones share their token.
#[derive(Clone)]
pub struct ResoWebApi {
    pages: Pages,
    centres: Option<Arc<dyn Geocoder>>,
    clock: Arc<dyn Clock>,
    enumerations: Enumerations,
    lacks: Arc<[String]>,
    source: String,
}

impl ResoWebApi {
    /// An MLS. Nothing is asked yet.
    ///
    /// # Errors
    /// [`UnusableApi`] if an address or a token cannot be used.
    pub fn new(options: ResoOptions, clock: Arc<dyn Clock>) -> Result<Self, UnusableApi> {
        let ResoOptions { service_root, source, access, enumerations, lacks, http } = options;
        let api = HttpApi::new("the MLS", &service_root, &http)?;
        let entrance = Entrance::new(api, access, &http, clock.clone())?;
        let pages = Pages::new(entrance);
        Ok(Self { pages, centres: None, clock, enumerations, lacks: lacks.into(), source })
    }

    /// Measures distances from the centres that a geocoder knows, such as that of the local data, which asks nobody.
    #[must_use]
    pub fn measuring_from(mut self, centres: Arc<dyn Geocoder>) -> Self {
        self.centres = Some(centres);
        self
    }

    fn question(&self, status: Option<Status>) -> Question<'_> {
        let question = Question::new(&self.enumerations, &self.lacks);
        match status {
            Some(status) => question.of(status),
            None => question,
        }
    }

    /// Where homes of a ZIP code are looked for, the nearest first.
    async fn areas(&self, zip: ZipCode, allowance: &Allowance) -> PortResult<Vec<Area>> {
        let Some(centres) = &self.centres else { return Ok(vec![Area::Zip(zip)]) };
        match centres.zip_centre(zip, allowance).await {
            Ok(centre) => Ok([NEAR_MILES, LOCAL_MILES].map(|miles| Area::Around { centre, miles }).into()),
            Err(error) if error.fault() == Fault::NotFound => Ok(vec![Area::Zip(zip)]),
            Err(error) => Err(error),
        }
    }

    /// The home's own records that the MLS shows, as far as its address tells.
    async fn own_records(
        &self,
        subject: &Subject,
        as_of: NaiveDate,
        allowance: &Allowance,
    ) -> PortResult<Vec<Record>> {
        let home = &subject.home;
        let Some(number) = same_home::house_number(&home.street) else { return Ok(Vec::new()) };
        let question = self.question(None).within(&Area::Zip(home.zip_code)).is("StreetNumber", number);
        let question = question.latest_by("ModificationTimestamp");
        let keep = |record: Record| {
            // What was put into the MLS later was not known on the day.
            let known_by = record.listed_on().or(record.close_date)?;
            (known_by <= as_of && same_home::is_at(home, &record)).then_some(record)
        };
        Ok(self.pages.read(&question, MOST_RECORDS, keep, allowance).await?.kept)
    }
}

#[async_trait]
impl PropertySource for ResoWebApi {
    /// Knows every home that it is given: as the agent's data has it, filled up with what the MLS has of it.
    async fn property(
        &self,
        subject: &Subject,
        as_of: NaiveDate,
        allowance: &Allowance,
    ) -> PortResult<Property> {
        let home = &subject.home;
        let own = self.own_records(subject, as_of, allowance).await?;
        let shown = || own.iter().filter(|record| record.is_shown());
        let facts = shown().fold(home.facts.clone(), |known, record| known.filled_with(&record.facts()));
        let location = subject.location.or(home.location);
        let location = location.or_else(|| shown().find_map(Record::location));
        let valued = if own.iter().any(|record| !record.may_be_valued()) {
            Err("the MLS does not allow an estimate of this home to be shown".to_owned())
        } else if let Some(area) = estimate::usable_area(&facts) {
            let around = location.map(|centre| Area::Around { centre, miles: estimate::FARTHEST_MILES });
            let around = around.unwrap_or(Area::Zip(home.zip_code));
            let like = estimate::Like { living_area_sqft: area, bedrooms: facts.bedrooms, location, as_of };
            let question = self.question(Some(Status::Closed)).within(&around);
            let question = like.narrowed(question).latest_by("CloseDate");
            let keep = |record: Record| like.comparable(&around, &record);
            let sales = self.pages.read(&question, estimate::ENOUGH, keep, allowance).await?.kept;
            like.estimate(sales, &self.source)
        } else {
            Err("the living area of the home is not known".to_owned())
        };
        let (valuation, no_value_because) = match valued {
            Ok(valuation) => (Some(valuation), None),
            Err(why) => (None, Some(why)),
        };
        Ok(Property {
            formatted_address: subject.formatted_address.clone().unwrap_or_else(|| home.one_line()),
            zip_code: home.zip_code,
            location,
            facts,
            valuation,
            no_value_because,
        })
    }

    async fn active_listings(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Listing>> {
        let mut listings = Vec::new();
        if limit == 0 {
            return Ok(listings);
        }
        for area in self.areas(zip, allowance).await? {
            let question = self.question(Some(Status::Active)).within(&area).above("ListPrice", 0);
            let question = question.latest_by("ModificationTimestamp");
            let keep = |record: Record| {
                let miles = area.has(&record).filter(|_| record.is_shown_as(Status::Active))?;
                let listing = record.listing(miles, &self.source)?;
                listing.listed_on.is_none_or(|day| day <= as_of).then_some(listing)
            };
            // The nearest of an area are known when all of it is.
            let wanted = if area.is_measured() { MOST_RECORDS } else { limit };
            listings = self.pages.read(&question, wanted, keep, allowance).await?.kept;
            if listings.len() >= limit {
                break;
            }
        }
        Ok(nearest(listings, limit))
    }

    async fn recent_sales(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Sale>> {
        let mut sales = Vec::new();
        if limit == 0 {
            return Ok(sales);
        }
        let since = days_before(as_of, RECENT_DAYS);
        for area in self.areas(zip, allowance).await? {
            let question = self.question(Some(Status::Closed)).within(&area);
            let question = question.closed(since, as_of).latest_by("CloseDate");
            let keep = |record: Record| {
                let miles = area.has(&record).filter(|_| record.is_shown_as(Status::Closed))?;
                record.sale(miles, &self.source).filter(|sale| sale.sold_on >= since && sale.sold_on < as_of)
            };
            sales = self.pages.read(&question, limit, keep, allowance).await?.kept;
            if sales.len() >= limit {
                break;
            }
        }
        Ok(latest(sales, limit))
    }
}

#[async_trait]
impl MarketSource for ResoWebApi {
    async fn statistics(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        allowance: &Allowance,
    ) -> PortResult<MarketStatistics> {
        market::statistics(self, zip, as_of, allowance).await
    }
}

#[async_trait]
impl Probe for ResoWebApi {
    /// Asks for one home, with all the fields that every question names. With client credentials a token is fetched first.
    async fn probe(&self) -> PortResult<()> {
        self.pages.probe(&self.question(None)).await
    }
}

impl fmt::Debug for ResoWebApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResoWebApi")
            .field("source", &self.source)
            .field("pages", &self.pages)
            .finish_non_exhaustive()
    }
}
