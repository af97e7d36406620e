//! A property source of one's own: implement the port, give it to the builder.
//!
//! ```text
//! cargo run -p dripr-examples --example own_provider
//! ```

use std::{collections::HashMap, error::Error, sync::Arc};

use async_trait::async_trait;
use chrono::NaiveDate;
use dripr_core::{
    content::{Confidence, Listing, Property, Sale, Valuation, ValueRange, ZipCode},
    errors::{Fault, PortError, PortResult},
    ports::{Allowance, PropertySource, Subject},
    schedule::Instant,
    testkit::{Mailbox, ManualClock, MemoryStore, samples},
};

/// A brokerage's own price book, by street address.
struct PriceBook {
    values: HashMap<&'static str, u64>,
}

#[async_trait]
impl PropertySource for PriceBook {
    async fn property(&self, subject: &Subject, as_of: NaiveDate, _: &Allowance) -> PortResult<Property> {
        let home = &subject.home;
        let Some(value) = self.values.get(home.street.as_str()).copied() else {
            // Not an outage: the engine does not try again, and the homeowner gets the report about the ZIP code.
            return Err(PortError::new(Fault::NotFound, "the price book does not have this home"));
        };
        Ok(Property {
            formatted_address: home.one_line(),
            zip_code: home.zip_code,
            location: home.location,
            facts: home.facts.clone(),
            valuation: Some(Valuation {
                value,
                range: Some(ValueRange { low: value - value / 20, high: value + value / 20 }),
                confidence: Some(Confidence::High),
                as_of,
                source: "our own price book".to_owned(),
                comparables: Vec::new(),
            }),
            no_value_because: None,
        })
    }

    async fn active_listings(
        &self,
        _zip: ZipCode,
        _as_of: NaiveDate,
        _limit: usize,
        _: &Allowance,
    ) -> PortResult<Vec<Listing>> {
        Ok(Vec::new())
    }

    async fn recent_sales(
        &self,
        _zip: ZipCode,
        _as_of: NaiveDate,
        _limit: usize,
        _: &Allowance,
    ) -> PortResult<Vec<Sale>> {
        Ok(Vec::new())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let start: Instant = "2026-03-01T12:00:00Z".parse()?;
    let clock = Arc::new(ManualClock::at(start));
    let mailbox = Arc::new(Mailbox::new());
    let store = MemoryStore::new();
    samples::fill(&store, 2, "98103", 12, start).await?;

    let book = PriceBook { values: HashMap::from([("1 Elm St", 612_000)]) };
    let dripr =
        samples::builder(&store, clock.clone(), mailbox.clone())?.properties(Arc::new(book)).build()?;

    let end: Instant = "2026-04-01T00:00:00Z".parse()?;
    while let Some(next) = dripr.step().await?.next.filter(|next| *next <= end) {
        clock.set(next);
    }
    let sent = mailbox.accepted();
    for email in &sent {
        println!("to {}:\n{}", email.message.to.name, email.message.text);
    }
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().any(|email| email.message.text.contains("$612000")));
    Ok(())
}
