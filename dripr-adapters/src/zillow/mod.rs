//! Homes, their Zestimates, listings and sales from Zillow, by either of two services at RapidAPI.
//!
//! Zillow itself lets nobody ask. Both services resell what its pages tell, without its blessing, a contract or a promise
//! that they will be there tomorrow: [`ZillowV1`] is `zillow-com1`, [`ZillowV2`] is `zillow56`. They are
//! interchangeable, and whoever has one may put the other behind it. Before depending on either, read Zillow's terms of
//! use.
//!
//! # What is asked
//!
//! Each question costs one call:
//!
//! | question | V1 | V2 |
//! |---|---|---|
//! | a home | `/property?address=…` | `/search?location=…` |
//! | homes for sale or sold around a ZIP code's centre | `/propertyExtendedSearch?coordinates=…` | `/search_coordinates` |
//! | the same of a ZIP code without a centre | `/propertyExtendedSearch?location=…` | `/search?location=…` |
//!
//! - **A home** is asked for by the address that the agent's data has, which must begin with a number, and is known if the
//!   answer is of the same ZIP code, number, street and unit. Its value is the Zestimate, without a range, a confidence or
//!   comparables. Facts that the agent's data lacks are filled up.
//! - **Lists** are asked for by the centre of the ZIP code, if [`Zillow::measuring_from`] knows it, and then tell
//!   distances; otherwise they are of the ZIP code. They are the first page of the newest, some 40 homes in
//!   [`ZillowOptions::miles_around`]: of these the nearest are given, or the latest sold in [`RECENT_DAYS`].
//! - Lots, apartment buildings, and what is let, under contract, coming soon or in foreclosure is no home for sale.
//! - A link leads to Zillow's page of the home and nowhere else. Where the broker is named, `courtesy_of` names it.
//! - Whatever cannot be (`dripr_core::content::plausible`) is left out before the nearest or latest are chosen.
//!
//! # Of which day
//!
//! The services know today alone; where zones part the days, the day before counts as today. Of an earlier one no value
//! and no fact of the home is told, and of the homes that are for sale now only those are given that were listed by then.
//! Sales have their dates. When a home was listed is counted back from days on Zillow.
//!
//! # What goes wrong
//!
//! The gateway's refusals are sorted by whose fault they are, a quota that is used up is told from too many calls a second,
//! and `X-RateLimit-Requests-Reset` is obeyed for the former. HTTP 200 with `{"error": …}`, `{"message": …}`, `{}` or a
//! list that is none is [`Fault::Garbled`]. An exact address that gives nothing but a `zpid` is an empty list, and as a
//! home [`Fault::NotFound`]. No sentence of the services is repeated in an error.
//!
//! # Unverified
//!
//! No service was asked; the rules are those of descriptions that others copied, of captured answers, and of public
//! programs. In particular: whether both services are still sold, and what they allow a second and a month; the bodies of
//! refusals; that `price` is what was paid in lists of homes sold, and what stands there in states that disclose no
//! prices; that `Newest` and `days` put the latest sale first; whether a diameter may have decimals (whole miles are
//! asked); whether `home_type` and `isLotLand` filter as they say (what came through is looked at again here). V2 is said
//! to answer an exact address with a detail object; public programs got a list of one home for sale, which is understood
//! too, and ask `/search_address?address=…` for homes that are not for sale.
//!
//! ```no_run
//! use std::sync::Arc;
//! use dripr_adapters::zillow::{ZillowOptions, ZillowV1};
//! use dripr_core::ports::{Allowance, Clock, PropertySource};
//!
//! # async fn example(clock: Arc<dyn Clock>) -> Result<(), Box<dyn std::error::Error>> {
//! let key = std::env::var("RAPIDAPI_KEY")?.into();
//! let zillow = ZillowV1::new(&key, clock, &ZillowOptions::default())?;
//! let (zip, today) = ("78041".parse()?, "2026-03-12".parse()?);
//! let listings = zillow.active_listings(zip, today, 10, &Allowance::unlimited()).await?;
//! # Ok(())
//! # }
//! ```

mod address;
mod answer;
mod asked_day;
mod gateway;
mod options;
mod page_link;
mod record;
mod service;
mod v1;
mod v2;

use std::{collections::HashSet, fmt, marker::PhantomData, sync::Arc};

use async_trait::async_trait;
use chrono::NaiveDate;
use dripr_core::{
    content::{HomeFacts, InvalidPlace, Listing, Property, Sale, ZipCode, plausible},
    errors::{Fault, PortError, PortResult},
    ports::{Allowance, Clock, Geocoder, Probe, PropertySource, Subject},
};
use secrecy::SecretString;

use self::{
    answer::Homes,
    asked_day::AskedDay,
    gateway::Gateway,
    record::Record,
    service::{Question, Service, Wanted},
};
pub use self::{options::ZillowOptions, v1::V1, v2::V2};
use crate::{
    around_zip::{Area, latest, nearest},
    http::UnusableApi,
};

/// How long ago a recent sale may lie, in days.
pub const RECENT_DAYS: i64 = 180;

/// How reports name where it comes from.
const SOURCE: &str = "Zillow";
/// A ZIP code that has homes: Seattle's Wallingford.
const PROBED: &str = "98103";

/// Zillow by the service `zillow-com1`.
pub type ZillowV1 = Zillow<V1>;

/// Zillow by the service `zillow56`.
pub type ZillowV2 = Zillow<V2>;

/// Zillow by one of the services that resell it. Cheap to clone.
#[derive(Clone)]
pub struct Zillow<S> {
    gateway: Gateway,
    centres: Option<Arc<dyn Geocoder>>,
    clock: Arc<dyn Clock>,
    miles_around: u8,
    service: PhantomData<S>,
}

impl<S: Service> Zillow<S> {
    /// With the key of a RapidAPI account that is subscribed to the service. Nothing is asked yet.
    ///
    /// # Errors
    /// [`UnusableApi`] if the options name no address, or the key is none.
    pub fn new(
        key: &SecretString,
        clock: Arc<dyn Clock>,
        options: &ZillowOptions,
    ) -> Result<Self, UnusableApi> {
        let gateway = Gateway::new(S::NAME, S::USUAL_BASE, key, options)?;
        let miles_around = options.miles_around.clamp(1, 49);
        Ok(Self { gateway, centres: None, clock, miles_around, service: PhantomData })
    }

    /// Measures distances from the centres that a geocoder knows, such as that of the local data, which asks nobody.
    #[must_use]
    pub fn measuring_from(mut self, centres: Arc<dyn Geocoder>) -> Self {
        self.centres = Some(centres);
        self
    }

    async fn ask(&self, question: &Question, allowance: &Allowance) -> PortResult<Homes> {
        let answer = self.gateway.ask(question, allowance).await?;
        Homes::of(answer, S::LIST)
            .ok_or_else(|| self.gateway.error(Fault::Garbled, "answered with something else than homes"))
    }

    /// The homes of an area with what `keep` makes of them and their distances, each once.
    async fn homes<T>(
        &self,
        zip: ZipCode,
        wanted: Wanted,
        keep: impl Fn(&Record, Option<f64>) -> Option<T> + Send + Sync,
        allowance: &Allowance,
    ) -> PortResult<Vec<T>> {
        let area = Area::of(zip, self.centres.as_deref(), self.miles_around, allowance).await?;
        let mut homes = self.ask(&S::homes(area, wanted), allowance).await?.listed();
        let mut known = HashSet::new();
        homes.retain(|home| home.zpid.clone().is_none_or(|zpid| known.insert(zpid)));
        Ok(homes.iter().filter_map(|home| keep(home, area.has(home.location())?)).collect())
    }
}

#[async_trait]
impl<S: Service> PropertySource for Zillow<S> {
    async fn property(
        &self,
        subject: &Subject,
        as_of: NaiveDate,
        allowance: &Allowance,
    ) -> PortResult<Property> {
        let home = &subject.home;
        let unknown = |why: &str| Err(self.gateway.error(Fault::NotFound, why));
        if !address::has_number(&home.street) {
            return unknown("cannot be asked for a home without a number in its street");
        }
        let found = self.ask(&S::home(home.one_line()), allowance).await?.all();
        if found.is_empty() {
            return unknown("does not know the home");
        }
        let Some(record) = found.iter().find(|record| record.address().is_of(home)) else {
            return unknown("knows another home than the one that was asked for");
        };
        let day = AskedDay::new(as_of, self.clock.now());
        let told = if day.is_today() { record.facts() } else { HomeFacts::default() };
        let (valuation, no_value_because) = match record.valued(day) {
            Ok(valuation) => (Some(valuation), None),
            Err(why) => (None, Some(why)),
        };
        let property = Property {
            formatted_address: subject.formatted_address.clone().unwrap_or_else(|| home.one_line()),
            zip_code: home.zip_code,
            location: subject.location.or(home.location).or_else(|| record.location()),
            facts: home.facts.clone().filled_with(&told),
            valuation,
            no_value_because,
        };
        plausible::property(property, home.zip_code, as_of)
    }

    async fn active_listings(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Listing>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let day = AskedDay::new(as_of, self.clock.now());
        let keep = |record: &Record, miles| record.listing(day, miles);
        let listings = self.homes(zip, Wanted::ForSale, keep, allowance).await?;
        Ok(nearest(plausible::listings(listings, zip, as_of), limit))
    }

    async fn recent_sales(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Sale>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let day = AskedDay::new(as_of, self.clock.now());
        let keep = |record: &Record, miles| {
            let age = |sale: &Sale| as_of.signed_duration_since(sale.sold_on).num_days();
            record.sale(miles).filter(|sale| (1..=RECENT_DAYS).contains(&age(sale)))
        };
        let wanted = Wanted::Sold { days: RECENT_DAYS.saturating_add(day.days_past()) };
        let sales = self.homes(zip, wanted, keep, allowance).await?;
        Ok(latest(plausible::sales(sales, zip, as_of), limit))
    }
}

#[async_trait]
impl<S: Service> Probe for Zillow<S> {
    /// Asks for the homes for sale in one ZIP code.
    async fn probe(&self) -> PortResult<()> {
        let invalid = |error: InvalidPlace| PortError::new(Fault::Invalid, error.to_string());
        let zip = PROBED.parse().map_err(invalid)?;
        self.ask(&S::homes(Area::Zip(zip), Wanted::ForSale), &Allowance::unlimited()).await.map(drop)
    }
}

impl<S> fmt::Debug for Zillow<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zillow")
            .field("gateway", &self.gateway)
            .field("miles_around", &self.miles_around)
            .finish_non_exhaustive()
    }
}
