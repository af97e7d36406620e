//! Campaigns of one agent in a database of a server.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use dripr_adapters::sql::{ServerOptions, SqlStore};
use dripr_core::{
    Dripr,
    email::OptOutLinks,
    ports::{AgentStore, CampaignStore},
    schedule::Instant,
    testkit::{Mailbox, ManualClock, SeededEntropy, samples},
};

use crate::place::{Place, Server};

/// A database, a clock and a mailbox.
pub(crate) struct Served {
    pub(crate) place: Place,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) mailbox: Arc<Mailbox>,
}

impl Served {
    /// With as many campaigns for each of these send days.
    pub(crate) async fn new(server: Server, days: &[(usize, u8)], start: Instant) -> Self {
        let place = Place::new(server).await;
        let store = place.open(ServerOptions::default()).await;
        let agent = samples::agent("agent", start).unwrap();
        store
            .register(agent.clone(), samples::user_created(&agent), dripr_core::campaign::Actor::Operator)
            .await
            .unwrap();
        let days = days.iter().flat_map(|(campaigns, day)| std::iter::repeat_n(*day, *campaigns));
        let campaign =
            |(n, day)| samples::campaign(&agent, n, ["98103", "98115", "98052"][n % 3], day, start).unwrap();
        store.enrol(days.enumerate().map(campaign).collect()).await.unwrap();
        store.close().await;
        Self { place, clock: Arc::new(ManualClock::at(start)), mailbox: Arc::new(Mailbox::new()) }
    }

    pub(crate) fn engine(&self, store: &SqlStore) -> Dripr {
        let links =
            OptOutLinks::new("https://reports.example", "a key that is long enough".to_owned().into());
        let builder = Dripr::builder()
            .clock(self.clock.clone())
            .entropy(Arc::new(SeededEntropy::new(7)))
            .store(Arc::new(store.clone()))
            .source(Arc::new(samples::Source))
            .writer(Arc::new(samples::Writer))
            .renderer(Arc::new(samples::Renderer))
            .mailer(self.mailbox.clone())
            .opt_out_links(links.unwrap());
        builder.build().unwrap()
    }

    /// All that is due until an instant, by a process of its own.
    pub(crate) async fn run_until(&self, end: Instant) {
        let store = self.place.open(ServerOptions::default()).await;
        let dripr = self.engine(&store);
        while let Some(next) = dripr.step().await.unwrap().next.filter(|next| *next < end) {
            self.clock.set(next);
        }
        store.close().await;
    }
}
