//! Homes and markets from RentCast, API version 1.
//!
//! Rules and shapes are those of RentCast's own documentation (<https://developers.rentcast.io>):
//!
//! | asked for | where | module |
//! |---|---|---|
//! | a home and its value | `/avm/value` | [`estimate`] |
//! | homes for sale | `/listings/sale` | |
//! | homes sold | `/properties` with `saleDateRange` | |
//! | a market | `/markets` | [`market`] |
//!
//! - Each question costs one call at the most, which is taken from the allowance just before. RentCast counts answers of
//!   status 200. Calls beyond a plan are billed and not refused, so the allowance is all that bounds the bill.
//! - The key travels in the header `X-Api-Key`. `suppressLogging=true` goes with each question, so that RentCast keeps no
//!   record of it.
//! - Of owners, taxes, telephone numbers and email addresses nothing is read. The names of a listing's agent and office are
//!   told (`courtesy_of`), or its builder's.
//! - Only homes are asked for and given: single family homes, condos, townhouses and manufactured homes; no buildings of
//!   several homes and no land.
//!
//! # Where homes are looked for
//!
//! With [`RentCast::measuring_from`] around a ZIP code's centre, [`RentCastOptions::radius_miles`] far. Distances are
//! measured here; a home without a point counts if it lies in the ZIP code. Without it, or where nobody knows the centre,
//! homes are of the ZIP code itself and tell no distance.
//!
//! A page has at most 500 records, and one page is asked for. RentCast does not say in which order they come. Where there
//! are more, the nearest and the latest are so among those 500.
//!
//! # Earlier days
//!
//! RentCast knows today. A day's difference to the clock is one of time zones; before that
//!
//! - a home has no value,
//! - homes for sale are those that are now and were listed by then, at the price that is asked now,
//! - homes sold are those whose last sale was before the day, without those that were sold again,
//! - a market is that of the latest month that had ended by then.
//!
//! # What goes wrong
//!
//! RentCast answers with a status and, in its own words, a code in `error`, which counts for more:
//!
//! | status | `error` | |
//! |---|---|---|
//! | 400 | any | for a home: no value; else [`Fault::Invalid`] |
//! | 401, 403 | `auth/api-key-invalid` | [`Fault::Misconfigured`]: the key |
//! | 401, 403 | `billing/subscription-inactive` | [`Fault::Misconfigured`]: the plan or its payment |
//! | 404 | any | an empty list, or nothing known |
//! | 429 | `auth/rate-limit-exceeded` | [`Fault::Throttled`], for a second at least |
//!
//! A 400 or 404 without a code is not RentCast's, and an error: a wrong address must not look like an empty market. What
//! RentCast says in `message` may repeat an address, and is not read.
//!
//! # Unverified
//!
//! No call was made. From the documentation alone: whether a search without results is a 404 or an empty list, and
//! whether too few comparables are a 400 or a 404 (all of these are taken); that `error` comes with a 404; that facts
//! given with an address count for more than what RentCast has of it; the ranges `least:most` and the lists `a|b`, which
//! only its release notes have; whether `historyRange` counts the running month (one more is asked for), and whether there
//! is a longest. `new_listings` are taken to be of the month so far, and `history` by the month in its keys. In states
//! where prices need not be disclosed, sales are taken to come without one, and are left out.
//!
//! [`Fault::Invalid`]: dripr_core::errors::Fault::Invalid
//! [`Fault::Misconfigured`]: dripr_core::errors::Fault::Misconfigured
//! [`Fault::Throttled`]: dripr_core::errors::Fault::Throttled
//!
//! ```no_run
//! use std::sync::Arc;
//! use dripr_adapters::rentcast::{RentCast, RentCastOptions};
//! use dripr_core::ports::{Allowance, Clock, MarketSource};
//!
//! # async fn example(clock: Arc<dyn Clock>) -> Result<(), Box<dyn std::error::Error>> {
//! let key = std::env::var("RENTCAST_API_KEY")?.into();
//! let rentcast = RentCast::new(&key, clock, &RentCastOptions::default())?;
//! let (zip, today) = ("78244".parse()?, "2026-03-12".parse()?);
//! let market = rentcast.statistics(zip, today, &Allowance::unlimited()).await?;
//! # Ok(())
//! # }
//! ```

mod api;
pub mod estimate;
mod listings;
pub mod market;
mod options;
mod record;
mod sales;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use chrono::NaiveDate;
use dripr_core::{
    content::{Listing, MarketStatistics, Property, Sale, ZipCode, plausible},
    errors::PortResult,
    ports::{Allowance, Clock, Geocoder, MarketSource, Probe, PropertySource, Subject},
};
use secrecy::SecretString;

use self::{api::Api, record::Record};
pub use self::{options::RentCastOptions, sales::RECENT_DAYS};
use crate::{around_zip::Area, days_before::days_before, http::UnusableApi};

/// How reports name where the facts come from.
const SOURCE: &str = "RentCast";
/// As many records as RentCast gives at once.
const MOST_RECORDS: &str = "500";
/// A ZIP code without homes: it is a tax office's.
const WITHOUT_HOMES: &str = "00501";

/// RentCast. Cheap to clone.
#[derive(Clone)]
pub struct RentCast {
    api: Api,
    clock: Arc<dyn Clock>,
    centres: Option<Arc<dyn Geocoder>>,
    radius_miles: u8,
}

impl RentCast {
    /// With an API key. Nothing is asked yet.
    ///
    /// # Errors
    /// [`UnusableApi`] if the key cannot be sent or the options name no address.
    pub fn new(
        key: &SecretString,
        clock: Arc<dyn Clock>,
        options: &RentCastOptions,
    ) -> Result<Self, UnusableApi> {
        // Farther away the core shows no home.
        let radius_miles = options.radius_miles.clamp(1, plausible::FARTHEST_MILES as u8);
        Ok(Self { api: Api::new(key, &options.http)?, clock, centres: None, radius_miles })
    }

    /// Looks around the centres that a geocoder knows, such as that of the local data, which asks nobody, and tells
    /// distances from them.
    #[must_use]
    pub fn measuring_from(mut self, centres: Arc<dyn Geocoder>) -> Self {
        self.centres = Some(centres);
        self
    }

    /// Where homes of a ZIP code are looked for.
    async fn area(&self, zip: ZipCode, allowance: &Allowance) -> PortResult<Area> {
        Area::of(zip, self.centres.as_deref(), self.radius_miles, allowance).await
    }

    fn today(&self) -> NaiveDate {
        self.clock.now().date_naive()
    }

    /// Whether what RentCast knows now is of a day. A day's difference is one of time zones.
    fn is_today(&self, day: NaiveDate) -> bool {
        day >= days_before(self.today(), 1)
    }
}

/// What RentCast has to be told of an area.
fn within(area: &Area) -> Vec<(&'static str, String)> {
    match area {
        Area::Zip(zip) => vec![("zipCode", zip.to_string())],
        Area::Around { centre, miles } => vec![
            ("latitude", centre.latitude().to_string()),
            ("longitude", centre.longitude().to_string()),
            ("radius", miles.to_string()),
        ],
    }
}

#[async_trait]
impl PropertySource for RentCast {
    /// Knows every home that it is given: as the agent's data has it, filled up with what RentCast has of it; unless
    /// RentCast takes it for another home.
    async fn property(
        &self,
        subject: &Subject,
        as_of: NaiveDate,
        allowance: &Allowance,
    ) -> PortResult<Property> {
        estimate::property(self, subject, as_of, allowance).await
    }

    async fn active_listings(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Listing>> {
        listings::active(self, zip, as_of, limit, allowance).await
    }

    async fn recent_sales(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Sale>> {
        sales::recent(self, zip, as_of, limit, allowance).await
    }
}

#[async_trait]
impl MarketSource for RentCast {
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
impl Probe for RentCast {
    /// Asks for homes where there are none: a 404 is not counted by RentCast, an empty list may be.
    async fn probe(&self) -> PortResult<()> {
        let query = [("zipCode", WITHOUT_HOMES.to_owned()), ("limit", "1".to_owned())];
        self.api.list::<Record>("listings/sale", &query, &Allowance::unlimited()).await.map(drop)
    }
}

impl fmt::Debug for RentCast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RentCast")
            .field("api", &self.api)
            .field("radius_miles", &self.radius_miles)
            .finish_non_exhaustive()
    }
}
