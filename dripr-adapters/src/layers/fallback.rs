//! Asking the next source.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use chrono::NaiveDate;
use dripr_core::{
    contact::Home,
    content::{GeoPoint, Listing, MarketStatistics, MortgageRate, Property, Sale, ZipCode, plausible},
    errors::{Fault, PortError, PortResult},
    ports::{Allowance, Geocoder, MarketSource, MortgageRateSource, Place, PropertySource, Subject},
};
use futures_util::future::BoxFuture;

/// Several sources in the order in which they are asked. The first answer counts.
///
/// A source that fails, answers what cannot be true or does not know the thing is followed by the next one. One that is
/// not to be asked yet is waited for: it has the better answer. If none has one, the error is one that may heal, if there
/// is any; without any source nothing is known. An empty list is an answer. A home without a value is one only if nobody
/// later in the order has a value.
pub struct Fallback<P: ?Sized> {
    sources: Vec<Arc<P>>,
}

impl<P: ?Sized> Fallback<P> {
    /// Sources in the order in which they are asked.
    pub fn new(sources: impl IntoIterator<Item = Arc<P>>) -> Self {
        Self { sources: sources.into_iter().collect() }
    }

    async fn ask<'a, T>(
        &'a self,
        ask: impl Fn(&'a P) -> BoxFuture<'a, PortResult<T>> + Send + Sync,
    ) -> PortResult<T> {
        self.ask_for_more(ask, |_| true).await
    }

    /// Asks on where an answer is not enough; the first such answer is given if nobody has a better one.
    async fn ask_for_more<'a, T>(
        &'a self,
        ask: impl Fn(&'a P) -> BoxFuture<'a, PortResult<T>> + Send + Sync,
        is_enough: impl Fn(&T) -> bool,
    ) -> PortResult<T> {
        let mut kept: Option<PortError> = None;
        let mut partial: Option<T> = None;
        for source in &self.sources {
            match ask(source).await {
                Ok(answer) if is_enough(&answer) => return Ok(answer),
                Ok(answer) => {
                    partial.get_or_insert(answer);
                }
                Err(error) if partial.is_some() && error.fault() == Fault::NotAllowed => break,
                Err(error) if matches!(error.fault(), Fault::NotYet | Fault::NotAllowed) => {
                    // What was learnt before says more than that nobody else may be asked.
                    return Err(match kept {
                        Some(earlier) if error.fault() == Fault::NotAllowed => earlier,
                        _ => error,
                    });
                }
                Err(error) => {
                    tracing::debug!(%error, "a source has no answer");
                    let better = kept
                        .as_ref()
                        .is_none_or(|known| error.fault().may_heal() && !known.fault().may_heal());
                    if better {
                        kept = Some(error);
                    }
                }
            }
        }
        partial.ok_or_else(|| {
            kept.unwrap_or_else(|| PortError::new(Fault::NotFound, "there is no source to ask"))
        })
    }
}

impl<P: ?Sized> fmt::Debug for Fallback<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fallback").field("sources", &self.sources.len()).finish()
    }
}

#[async_trait]
impl<P: PropertySource + ?Sized> PropertySource for Fallback<P> {
    async fn property(
        &self,
        subject: &Subject,
        as_of: NaiveDate,
        allowance: &Allowance,
    ) -> PortResult<Property> {
        self.ask_for_more(
            |source| {
                Box::pin(async move {
                    let property = source.property(subject, as_of, allowance).await?;
                    plausible::property(property, subject.home.zip_code, as_of)
                })
            },
            |property| property.valuation.is_some(),
        )
        .await
    }

    async fn active_listings(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Listing>> {
        self.ask(|source| source.active_listings(zip, as_of, limit, allowance)).await
    }

    async fn recent_sales(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        limit: usize,
        allowance: &Allowance,
    ) -> PortResult<Vec<Sale>> {
        self.ask(|source| source.recent_sales(zip, as_of, limit, allowance)).await
    }
}

#[async_trait]
impl<P: MarketSource + ?Sized> MarketSource for Fallback<P> {
    async fn statistics(
        &self,
        zip: ZipCode,
        as_of: NaiveDate,
        allowance: &Allowance,
    ) -> PortResult<MarketStatistics> {
        self.ask(|source| {
            Box::pin(async move {
                plausible::statistics(source.statistics(zip, as_of, allowance).await?, zip, as_of)
            })
        })
        .await
    }
}

#[async_trait]
impl<P: MortgageRateSource + ?Sized> MortgageRateSource for Fallback<P> {
    async fn rate(&self, as_of: NaiveDate, allowance: &Allowance) -> PortResult<MortgageRate> {
        self.ask(|source| {
            Box::pin(async move { plausible::rate(source.rate(as_of, allowance).await?, as_of, u16::MAX) })
        })
        .await
    }
}

#[async_trait]
impl<P: Geocoder + ?Sized> Geocoder for Fallback<P> {
    async fn locate(&self, home: &Home, allowance: &Allowance) -> PortResult<Place> {
        self.ask(|source| source.locate(home, allowance)).await
    }

    async fn zip_centre(&self, zip: ZipCode, allowance: &Allowance) -> PortResult<GeoPoint> {
        self.ask(|source| source.zip_centre(zip, allowance)).await
    }
}
