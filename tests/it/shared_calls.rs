//! What a thousand campaigns cost: what a ZIP code shares is asked for once a day, by whichever process comes first.

use std::{collections::BTreeMap, sync::Arc};

use dripr_adapters::layers::{Answer, Ask, Layer, Layered, Meter, Metrics, Question};
use dripr_core::{
    Dripr,
    errors::PortResult,
    ports::{LlmWriter, MarketSource, MortgageRateSource, PropertySource},
    schedule::Instant,
    testkit::{SeededEntropy, samples},
};
use dripr_tests::{Failure, World};
use futures_util::future::{BoxFuture, join};

const CAMPAIGNS: usize = 1_000;
const ZIPS: usize = 50;

/// A provider that takes its time, so that all who want the same want it at once.
struct Slowly;

impl Layer for Slowly {
    fn around<'a, T: Answer>(&'a self, _: &'a Question<'a>, ask: Ask<'a, T>) -> BoxFuture<'a, PortResult<T>> {
        Box::pin(async move {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            ask().await
        })
    }
}

/// An engine as a process of its own, whose calls to providers are counted.
async fn process(world: &World, metrics: &Metrics, seed: u64) -> Result<Dripr, Failure> {
    let store = world.store().await?;
    let layers = || Arc::new((Meter::new("a provider", world.clock.clone(), metrics.clone()), Slowly));
    let source = Arc::new(Layered::new(Arc::new(samples::Source), layers()));
    let (properties, markets): (Arc<dyn PropertySource>, Arc<dyn MarketSource>) =
        (source.clone(), source.clone());
    let rates: Arc<dyn MortgageRateSource> = source;
    let writer: Arc<dyn LlmWriter> = Arc::new(Layered::new(Arc::new(samples::Writer), layers()));
    let builder = world.builder(&store)?.entropy(Arc::new(SeededEntropy::new(seed)));
    Ok(builder.properties(properties).markets(markets).rates(rates).writer(writer).build()?)
}

#[tokio::test]
async fn a_thousand_campaigns_in_fifty_zip_codes_ask_once_for_what_they_share() {
    let zips: Vec<String> = (0..ZIPS).map(|n| format!("{:05}", 98_001 + n)).collect();
    let zips: Vec<&str> = zips.iter().map(String::as_str).collect();
    let start: Instant = "2026-03-01T12:00:00Z".parse().unwrap();
    let world = World::in_zips(&zips, CAMPAIGNS, 12, start).await.unwrap();
    let metrics = Metrics::default();
    let (one, other) =
        (process(&world, &metrics, 1).await.unwrap(), process(&world, &metrics, 2).await.unwrap());
    let end: Instant = "2026-03-14T00:00:00Z".parse().unwrap();
    loop {
        let (one, other) = join(one.step(), other.step()).await;
        let next = one.unwrap().next.into_iter().chain(other.unwrap().next).min();
        match next.filter(|next| *next < end) {
            Some(next) => world.clock.set(next),
            None => break,
        }
    }
    assert_eq!(world.mailbox.accepted().len(), CAMPAIGNS);
    let counted: BTreeMap<_, _> = metrics
        .counted()
        .into_iter()
        .map(|(_, operation, counted)| (operation, usize::try_from(counted.calls).unwrap()))
        .collect();
    for shared in ["active_listings", "recent_sales", "statistics", "intro"] {
        assert_eq!(counted[shared], ZIPS, "{shared}: one call for a ZIP code and day, {counted:?}");
    }
    for own in ["property", "home_report"] {
        assert_eq!(counted[own], CAMPAIGNS, "{own}: one call for a home and cycle, {counted:?}");
    }
}
