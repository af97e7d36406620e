//! The in-memory ports keep the contracts that every implementation keeps.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::HashMap, sync::Mutex};

use async_trait::async_trait;
use chrono::{NaiveDate, TimeDelta};
use dripr_core::{
    contact::Home,
    content::{GeoPoint, ZipCode},
    errors::{Fault, PortError, PortResult},
    ids::{EmailId, UserId},
    ports::{Allowance, Archive, Geocoder, Permit, Place, RateLimiter, Subject},
    schedule::Instant,
    testkit::{
        Mailbox, ManualClock, MemoryStore, SeededEntropy, contract,
        samples::{self, Renderer, Source, Verifier, Writer},
    },
};

fn now() -> Instant {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

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

#[tokio::test]
async fn the_memory_store_keeps_the_campaign_contract() {
    contract::campaign_store(&MemoryStore::new()).await;
}

#[tokio::test]
async fn the_memory_store_keeps_the_email_contract() {
    contract::email_store(&MemoryStore::new()).await;
}

#[tokio::test]
async fn the_memory_store_keeps_the_agent_contract() {
    contract::agent_store(&MemoryStore::new()).await;
}

#[tokio::test]
async fn the_memory_store_keeps_the_contact_contract() {
    contract::contact_store(&MemoryStore::new()).await;
}

#[tokio::test]
async fn the_memory_store_keeps_the_contract_of_blocks() {
    contract::block_store(&MemoryStore::new()).await;
}

#[tokio::test]
async fn the_memory_store_keeps_the_feedback_contract() {
    contract::feedback_store(&MemoryStore::new()).await;
}

#[tokio::test]
async fn the_memory_store_keeps_the_area_contract() {
    contract::area_store(&MemoryStore::new()).await;
}

#[tokio::test]
async fn the_memory_store_keeps_the_contract_of_mail_accounts() {
    contract::mail_account_store(&MemoryStore::new()).await;
}

#[tokio::test]
async fn the_memory_store_keeps_the_contract_of_notices() {
    contract::notice_store(&MemoryStore::new()).await;
}

#[tokio::test]
async fn the_memory_store_keeps_the_contract_of_deeds() {
    contract::deed_store(&MemoryStore::new()).await;
}

#[tokio::test]
async fn the_memory_store_keeps_the_webhook_contract() {
    contract::webhook_store(&MemoryStore::new()).await;
}

#[tokio::test]
async fn the_memory_store_keeps_the_person_contract() {
    contract::person_store(&MemoryStore::new()).await;
}

#[tokio::test]
async fn the_memory_store_keeps_the_contract_of_channels() {
    contract::channel_store(&MemoryStore::new()).await;
    contract::alert_store(&MemoryStore::new()).await;
    contract::store_check(&MemoryStore::new()).await;
    contract::tally_store(&MemoryStore::new()).await;
}

#[tokio::test]
async fn the_memory_store_keeps_the_queue_contract() {
    contract::event_queue(&MemoryStore::new()).await;
}

#[tokio::test]
async fn the_memory_store_keeps_the_contract_of_queue_desks() {
    let store = MemoryStore::new();
    contract::queue_desk(&store, &store, &store).await;
}

#[tokio::test]
async fn the_mailbox_keeps_the_mailer_contract() {
    contract::mailer(&Mailbox::new(), true).await;
}

#[tokio::test]
async fn the_memory_store_keeps_the_outbox_contract() {
    let store = MemoryStore::with_outbox();
    contract::outbox(&store, &store).await;
}

#[tokio::test]
async fn the_memory_store_keeps_the_bus_contract() {
    let store = MemoryStore::with_outbox();
    contract::event_bus(&store, &store).await;
}

#[tokio::test]
async fn the_manual_clock_keeps_the_clock_contract() {
    let clock = ManualClock::at(now());
    contract::clock(&clock, |instant| clock.set(instant)).await;
}

#[test]
fn the_seeded_entropy_keeps_the_entropy_contract() {
    for seed in [0, 1, u64::MAX] {
        contract::entropy(&SeededEntropy::new(seed));
    }
}

#[tokio::test]
async fn the_sample_source_keeps_the_contracts_of_all_sources() {
    let known = Subject { home: home(1), location: None, formatted_address: None };
    let ask = contract::PropertyQuestions { known, unknown: None, as_of: today() };
    contract::property_source(&Source, &ask).await;
    contract::market_source(&Source, zip("98103"), None, today()).await;
    contract::mortgage_rate_source(&Source, today(), None).await;
}

#[tokio::test]
async fn the_sample_writer_keeps_the_writer_contract() {
    contract::llm_writer(&Writer).await;
}

#[tokio::test]
async fn the_sample_renderer_keeps_the_renderer_contract() {
    contract::email_renderer(&Renderer).await;
}

#[tokio::test]
async fn the_sample_verifier_keeps_the_verifier_contract() {
    let ask = contract::VerifierQuestions {
        deliverable: "kim@home.example".parse().unwrap(),
        undeliverable: Verifier::UNDELIVERABLE.parse().unwrap(),
        unproven: Verifier::UNPROVEN.parse().ok(),
        unknown: Verifier::UNKNOWN.parse().ok(),
    };
    contract::email_verifier(&Verifier, &ask).await;
}

/// As many calls an hour.
struct Hourly {
    limit: u32,
    counted: Mutex<HashMap<(String, i64), u32>>,
}

#[async_trait]
impl RateLimiter for Hourly {
    async fn take(&self, api: &str, calls: u32, now: Instant) -> PortResult<Permit> {
        let hour = now.timestamp().div_euclid(3_600);
        let mut counted = self.counted.lock().unwrap();
        let used = counted.entry((api.to_owned(), hour)).or_default();
        if *used + calls > self.limit {
            let retry_at = Instant::from_timestamp((hour + 1) * 3_600, 0).unwrap();
            return Ok(Permit::Exhausted { retry_at });
        }
        *used += calls;
        Ok(Permit::Granted)
    }
}

#[tokio::test]
async fn a_limit_by_the_hour_keeps_the_limiter_contract() {
    for limit in [2, 3, 50] {
        let limiter = Hourly { limit, counted: Mutex::default() };
        contract::rate_limiter(&limiter, "mail:agent", limit, now() + TimeDelta::milliseconds(1_500)).await;
    }
}

/// Emails in memory.
#[derive(Default)]
struct Shelf(Mutex<HashMap<(UserId, EmailId), String>>);

#[async_trait]
impl Archive for Shelf {
    async fn keep(&self, user: &UserId, email: &EmailId, html: &str) -> PortResult<()> {
        self.0.lock().unwrap().insert((user.clone(), email.clone()), html.to_owned());
        Ok(())
    }

    async fn forget(&self, user: &UserId, email: &EmailId) -> PortResult<()> {
        self.0.lock().unwrap().remove(&(user.clone(), email.clone()));
        Ok(())
    }

    async fn html(&self, user: &UserId, email: &EmailId) -> PortResult<Option<String>> {
        Ok(self.0.lock().unwrap().get(&(user.clone(), email.clone())).cloned())
    }
}

#[tokio::test]
async fn a_shelf_in_memory_keeps_the_archive_contract() {
    contract::archive(&Shelf::default()).await;
}

/// A map of one home and one ZIP code.
struct SmallMap;

#[async_trait]
impl Geocoder for SmallMap {
    async fn locate(&self, asked: &Home, _: &Allowance) -> PortResult<Place> {
        if asked.key() != home(1).key() {
            return Err(PortError::new(Fault::NotFound, "the map does not have this home"));
        }
        Ok(Place { location: GeoPoint::new(47.67, -122.34).unwrap(), formatted_address: asked.one_line() })
    }

    async fn zip_centre(&self, asked: ZipCode, _: &Allowance) -> PortResult<GeoPoint> {
        if asked != zip("98103") {
            return Err(PortError::new(Fault::NotFound, "the map does not have this ZIP code"));
        }
        Ok(GeoPoint::new(47.67, -122.34).unwrap())
    }
}

#[tokio::test]
async fn a_small_map_keeps_the_geocoder_contract() {
    let ask = contract::GeocoderQuestions { known: home(1), unknown: home(2), unknown_zip: zip("00000") };
    contract::geocoder(&SmallMap, &ask).await;
}
