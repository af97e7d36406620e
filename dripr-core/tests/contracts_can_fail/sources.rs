//! Sources of facts and places.

use async_trait::async_trait;
use chrono::{Days, NaiveDate};
use dripr_core::{
    contact::Home,
    content::{GeoPoint, Listing, MarketStatistics, MortgageRate, Property, Sale, ZipCode},
    errors::PortResult,
    ports::{Allowance, Geocoder, MarketSource, MortgageRateSource, Place, PropertySource, Subject},
    testkit::{contract, samples},
};

use crate::now;

fn today() -> NaiveDate {
    now().date_naive()
}

fn zip(text: &str) -> ZipCode {
    text.parse().unwrap()
}

fn home(number: usize) -> Home {
    let agent = samples::agent("agent", now()).unwrap();
    samples::campaign(&agent, number, "98103", 12, now()).unwrap().campaign.home.unwrap()
}

fn subject(number: usize) -> Subject {
    Subject { home: home(number), location: None, formatted_address: None }
}

fn ask() -> contract::PropertyQuestions {
    contract::PropertyQuestions { known: subject(1), unknown: Some(subject(2)), as_of: today() }
}

/// The sample source, spoilt.
#[derive(Default)]
struct Spoilt {
    property: Option<fn(&mut Property)>,
    listings: Option<fn(&mut Vec<Listing>)>,
    sales: Option<fn(&mut Vec<Sale>)>,
}

fn spoilt<T>(mut answer: T, spoil: Option<fn(&mut T)>) -> PortResult<T> {
    spoil.into_iter().for_each(|spoil| spoil(&mut answer));
    Ok(answer)
}

#[async_trait]
impl PropertySource for Spoilt {
    async fn property(
        &self,
        subject: &Subject,
        as_of: NaiveDate,
        allowance: &Allowance,
    ) -> PortResult<Property> {
        spoilt(samples::Source.property(subject, as_of, allowance).await?, self.property)
    }
    async fn active_listings(
        &self,
        zip: ZipCode,
        day: NaiveDate,
        limit: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Listing>> {
        spoilt(samples::Source.active_listings(zip, day, limit, allowance).await?, self.listings)
    }
    async fn recent_sales(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Sale>> {
        spoilt(samples::Source.recent_sales(zip, as_of, limit, allowance).await?, self.sales)
    }
}

#[tokio::test]
#[should_panic(expected = "a home that nobody knows is an error, not an invention")]
async fn a_source_that_invents_homes() {
    contract::property_source(&Spoilt::default(), &ask()).await;
}

#[tokio::test]
#[should_panic(expected = "a value lies in its range; 500000 is not in 540000 to 460000")]
async fn a_source_that_exchanges_the_ends_of_a_range() {
    let exchange = |home: &mut Property| {
        let range = home.valuation.as_mut().and_then(|valued| valued.range.as_mut());
        range.into_iter().for_each(|range| std::mem::swap(&mut range.low, &mut range.high));
    };
    contract::property_source(&Spoilt { property: Some(exchange), ..Spoilt::default() }, &ask()).await;
}

#[tokio::test]
#[should_panic(expected = "a home that cannot be valued is given with the reason")]
async fn a_source_that_keeps_its_reasons_to_itself() {
    let source = Spoilt { property: Some(|home| home.valuation = None), ..Spoilt::default() };
    contract::property_source(&source, &ask()).await;
}

#[tokio::test]
#[should_panic(expected = "sales are given that were before 2026-03-01, and none of 2026-03-01")]
async fn a_source_that_knows_the_sales_of_today() {
    let later = |sales: &mut Vec<Sale>| {
        sales.iter_mut().for_each(|sale| sale.sold_on = sale.sold_on + Days::new(1));
    };
    let ask = contract::PropertyQuestions { unknown: None, ..ask() };
    contract::property_source(&Spoilt { sales: Some(later), ..Spoilt::default() }, &ask).await;
}

#[tokio::test]
#[should_panic(expected = "a listing's page is an http or https link")]
async fn a_source_whose_links_run_programs() {
    let link = |listings: &mut Vec<Listing>| {
        listings.iter_mut().for_each(|listing| listing.link = Some("javascript:alert(1)".to_owned()));
    };
    let ask = contract::PropertyQuestions { unknown: None, ..ask() };
    contract::property_source(&Spoilt { listings: Some(link), ..Spoilt::default() }, &ask).await;
}

/// A source of yesterday's truth for whatever day is asked about.
struct Stuck;

#[async_trait]
impl MarketSource for Stuck {
    async fn statistics(
        &self,
        zip: ZipCode,
        _as_of: NaiveDate,
        allowance: &Allowance,
    ) -> PortResult<MarketStatistics> {
        samples::Source.statistics(zip, today() - Days::new(1), allowance).await
    }
}

#[async_trait]
impl MortgageRateSource for Stuck {
    async fn rate(&self, _as_of: NaiveDate, allowance: &Allowance) -> PortResult<MortgageRate> {
        samples::Source.rate(today() - Days::new(1), allowance).await
    }
}

#[tokio::test]
#[should_panic(expected = "statistics asked for as of 2025-12-31 hold for no later day, such as 2026-02-28")]
async fn a_market_that_is_the_same_on_every_day() {
    contract::market_source(&Stuck, zip("98103"), None, today()).await;
}

#[tokio::test]
#[should_panic(expected = "a rate asked for as of 2026-02-27 was not published later, such as on 2026-02-28")]
async fn a_rate_that_is_the_same_on_every_day() {
    contract::mortgage_rate_source(&Stuck, today(), None).await;
}

/// A map whose makers took east for north.
struct Crooked;

#[async_trait]
impl Geocoder for Crooked {
    async fn locate(&self, home: &Home, _: &Allowance) -> PortResult<Place> {
        Ok(Place { location: GeoPoint::new(-22.34, 47.67).unwrap(), formatted_address: home.one_line() })
    }
    async fn zip_centre(&self, _zip: ZipCode, _: &Allowance) -> PortResult<GeoPoint> {
        Ok(GeoPoint::new(47.67, -122.34).unwrap())
    }
}

#[tokio::test]
#[should_panic(expected = "is somewhere else, perhaps with latitude and longitude exchanged")]
async fn a_geocoder_that_exchanges_latitude_and_longitude() {
    let ask = contract::GeocoderQuestions { known: home(1), unknown: home(2), unknown_zip: zip("00000") };
    contract::geocoder(&Crooked, &ask).await;
}
