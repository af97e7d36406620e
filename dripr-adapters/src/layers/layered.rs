//! A port with something done around each of its calls.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use chrono::NaiveDate;
use dripr_core::{
    contact::Home,
    content::{GeoPoint, Listing, MarketStatistics, MortgageRate, Property, Sale, Words, ZipCode},
    email::EmailAddress,
    errors::PortResult,
    guard::Objection,
    ports::{
        Allowance, EmailVerifier, Geocoder, HomeReportFacts, IntroFacts, LlmWriter, MarketSource,
        MortgageRateSource, Place, PropertySource, Subject, Verification,
    },
};
use futures_util::future::BoxFuture;

/// What can be answered through layers.
pub trait Answer: Clone + Send + Sync + 'static {}

impl<T: Clone + Send + Sync + 'static> Answer for T {}

/// A question to a port, as layers see it.
pub struct Question<'a> {
    /// The port's method.
    pub operation: &'static str,
    /// Everything that is asked: two questions of one operation that read alike have the same answer.
    pub asked: &'a (dyn Fn() -> String + Send + Sync),
}

impl fmt::Debug for Question<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is asked may be somebody's address.
        f.debug_struct("Question").field("operation", &self.operation).finish_non_exhaustive()
    }
}

/// Asks what the layer is around; it may be called again.
pub type Ask<'a, T> = &'a (dyn Fn() -> BoxFuture<'a, PortResult<T>> + Send + Sync + 'a);

/// Something done around calls.
pub trait Layer: Send + Sync {
    /// Answers a question with the help of `ask`.
    fn around<'a, T: Answer>(
        &'a self,
        question: &'a Question<'a>,
        ask: Ask<'a, T>,
    ) -> BoxFuture<'a, PortResult<T>>;
}

/// The first around the second.
impl<A: Layer, B: Layer> Layer for (A, B) {
    fn around<'a, T: Answer>(
        &'a self,
        question: &'a Question<'a>,
        ask: Ask<'a, T>,
    ) -> BoxFuture<'a, PortResult<T>> {
        Box::pin(async move {
            let inner = || self.1.around(question, ask);
            self.0.around(question, &inner).await
        })
    }
}

/// A layer that may be left out.
impl<L: Layer> Layer for Option<L> {
    fn around<'a, T: Answer>(
        &'a self,
        question: &'a Question<'a>,
        ask: Ask<'a, T>,
    ) -> BoxFuture<'a, PortResult<T>> {
        match self {
            Some(layer) => layer.around(question, ask),
            None => ask(),
        }
    }
}

/// One layer around several ports.
impl<L: Layer> Layer for Arc<L> {
    fn around<'a, T: Answer>(
        &'a self,
        question: &'a Question<'a>,
        ask: Ask<'a, T>,
    ) -> BoxFuture<'a, PortResult<T>> {
        (**self).around(question, ask)
    }
}

/// A port with a layer around it.
pub struct Layered<P: ?Sized, L> {
    port: Arc<P>,
    layer: L,
}

impl<P: ?Sized, L> Layered<P, L> {
    /// Puts a layer, or a stack of them, around a port.
    pub fn new(port: Arc<P>, layer: L) -> Self {
        Self { port, layer }
    }
}

impl<P: ?Sized, L> fmt::Debug for Layered<P, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layered").finish_non_exhaustive()
    }
}

impl<P: ?Sized, L: Layer> Layered<P, L> {
    async fn answer<'a, T: Answer>(
        &'a self,
        operation: &'static str,
        asked: impl Fn() -> String + Send + Sync,
        ask: impl Fn() -> BoxFuture<'a, PortResult<T>> + Send + Sync,
    ) -> PortResult<T> {
        let question = Question { operation, asked: &asked };
        let ask = || -> BoxFuture<'_, PortResult<T>> { ask() };
        self.layer.around(&question, &ask).await
    }
}

#[async_trait]
impl<P: PropertySource + ?Sized, L: Layer> PropertySource for Layered<P, L> {
    async fn property(
        &self,
        subject: &Subject,
        as_of: NaiveDate,
        allowance: &Allowance,
    ) -> PortResult<Property> {
        let asked = || format!("{subject:?} {as_of}");
        self.answer("property", asked, || self.port.property(subject, as_of, allowance)).await
    }

    async fn active_listings(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Listing>> {
        let asked = || format!("{zip} {as_of} {limit}");
        let ask = || self.port.active_listings(zip, as_of, limit, allowance);
        self.answer("active_listings", asked, ask).await
    }

    async fn recent_sales(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Sale>> {
        let asked = || format!("{zip} {as_of} {limit}");
        self.answer("recent_sales", asked, || self.port.recent_sales(zip, as_of, limit, allowance)).await
    }
}

#[async_trait]
impl<P: MarketSource + ?Sized, L: Layer> MarketSource for Layered<P, L> {
    async fn statistics(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        allowance: &Allowance,
    ) -> PortResult<MarketStatistics> {
        let asked = || format!("{zip} {as_of}");
        self.answer("statistics", asked, || self.port.statistics(zip, as_of, allowance)).await
    }
}

#[async_trait]
impl<P: MortgageRateSource + ?Sized, L: Layer> MortgageRateSource for Layered<P, L> {
    async fn rate(&self, as_of: NaiveDate, allowance: &Allowance) -> PortResult<MortgageRate> {
        self.answer("rate", || as_of.to_string(), || self.port.rate(as_of, allowance)).await
    }
}

#[async_trait]
impl<P: Geocoder + ?Sized, L: Layer> Geocoder for Layered<P, L> {
    async fn locate(&self, home: &Home, allowance: &Allowance) -> PortResult<Place> {
        self.answer("locate", || home.one_line(), || self.port.locate(home, allowance)).await
    }

    async fn zip_centre(&self, zip: ZipCode, allowance: &Allowance) -> PortResult<GeoPoint> {
        self.answer("zip_centre", || zip.to_string(), || self.port.zip_centre(zip, allowance)).await
    }
}

#[async_trait]
impl<P: LlmWriter + ?Sized, L: Layer> LlmWriter for Layered<P, L> {
    async fn intro(
        &self,
        facts: &IntroFacts,
        objections: &[Objection],
        allowance: &Allowance,
    ) -> PortResult<Words> {
        let asked = || format!("{facts:?} {objections:?}");
        self.answer("intro", asked, || self.port.intro(facts, objections, allowance)).await
    }

    async fn home_report(
        &self,
        facts: &HomeReportFacts,
        objections: &[Objection],
        allowance: &Allowance,
    ) -> PortResult<Words> {
        let asked = || format!("{facts:?} {objections:?}");
        self.answer("home_report", asked, || self.port.home_report(facts, objections, allowance)).await
    }
}

#[async_trait]
impl<P: EmailVerifier + ?Sized, L: Layer> EmailVerifier for Layered<P, L> {
    async fn verify(&self, address: &EmailAddress, allowance: &Allowance) -> PortResult<Verification> {
        self.answer("verify", || address.key(), || self.port.verify(address, allowance)).await
    }
}
