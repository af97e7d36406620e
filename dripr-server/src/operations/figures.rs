//! What is gathered of a deployment when somebody asks how it stands.

use std::{
    collections::BTreeMap,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::TimeDelta;
use dripr_adapters::layers::{Counted, Metrics, Spent};
use dripr_core::{
    alerts::Rejected,
    campaign::CampaignStatus,
    email::{DeliveryStatus, SuppressionCause},
    errors::{Fault, PortError, PortResult},
    events::Queue,
    ids::CampaignId,
    policy::{Policy, after, before},
    ports::{
        AtOnce, CameBack, CampaignStore, ChannelStore, Clock, EmailStore, QueueDesk, Standing, TallyStore,
        WebhookStore,
    },
    safeguards::{Complaints, complaints},
    schedule::Instant,
    webhooks::OffBecause,
};
use futures_util::future::{Either, select, try_join_all};

use super::kept::Kept;
use crate::compose::Store;

/// For how long what was gathered is kept.
const KEPT: Duration = Duration::from_secs(5);
/// For how many times as long as gathering took: so gathering takes a twentieth of the time at most, whatever is stored.
const SHARE: u32 = 20;
/// What takes longer to be counted is left out.
const PATIENCE: Duration = Duration::from_secs(10);
/// More stuck campaigns than these are not told apart.
const MOST_STUCK: u64 = 10_000;

/// How a deployment stands, and what this process did.
#[derive(Debug)]
pub struct Figures {
    /// When it was gathered.
    pub at: Instant,
    /// How long that took.
    pub took: Duration,
    /// How each queue stands; none if they did not answer.
    pub queues: Option<Vec<(Queue, Standing)>>,
    /// What the store holds; none if it did not answer.
    pub stored: Option<Stored>,
    /// What each provider was asked by this process, by question.
    pub calls: Vec<(&'static str, &'static str, Counted)>,
    /// What texts cost that this process let write, by provider.
    pub spending: Vec<(&'static str, Spent)>,
    /// How often this process tried to tell endpoints of webhooks something, by what came of it.
    pub told: Vec<(&'static str, u64)>,
    /// How the webhooks were found that came in at this process, by sender.
    pub incoming: Vec<(&'static str, Rejected)>,
    /// Why sending is paused, for each reason; none if that cannot be told.
    pub paused: Option<Vec<String>>,
}

/// What the store of a deployment holds, of all agents together.
#[derive(Debug)]
pub struct Stored {
    /// Campaigns in each status; removed ones are left out.
    pub campaigns: BTreeMap<CampaignStatus, u64>,
    /// Campaigns whose deadline passed so long ago that somebody should have dealt with it, or that nobody has looked at
    /// for as long.
    pub stuck: u64,
    /// Emails in each delivery status.
    pub emails: BTreeMap<DeliveryStatus, u64>,
    /// What came back of them.
    pub came_back: CameBack,
    /// Emails sent, and reported as spam, in the days over which complaints are judged.
    pub complaints: Complaints,
    /// Addresses that are not written to, by cause.
    pub suppressed: BTreeMap<SuppressionCause, u64>,
    /// Messages that wait for endpoints of webhooks, and since when the oldest.
    pub webhooks: (u64, Option<Instant>),
    /// Endpoints that are switched off, by why.
    pub webhooks_off: Vec<(OffBecause, u64)>,
}

/// The first campaign that is to be looked at at once.
struct First {
    id: CampaignId,
    /// Since when it is the first one.
    since: Instant,
    /// When it was last seen to be.
    seen: Instant,
}

/// Gathers figures.
pub(super) struct Gatherer {
    store: Arc<Store>,
    queues: Arc<dyn QueueDesk>,
    clock: Arc<dyn Clock>,
    policy: Policy,
    metrics: Metrics,
    /// The ways back without which sending pauses, and how long each may be silent.
    channels: Vec<(&'static str, Duration)>,
    /// Which campaign is the first that is to be looked at at once.
    first: Mutex<Option<First>>,
    kept: Kept<Figures>,
}

impl Gatherer {
    pub(super) fn new(
        store: Arc<Store>,
        queues: Arc<dyn QueueDesk>,
        clock: Arc<dyn Clock>,
        policy: Policy,
        metrics: Metrics,
        channels: Vec<(&'static str, Duration)>,
    ) -> Self {
        let kept = Kept::new(clock.clone(), KEPT, SHARE);
        Self { store, queues, clock, policy, metrics, channels, first: Mutex::default(), kept }
    }

    /// What was gathered in the last seconds, or what is gathered now.
    pub(super) async fn figures(&self) -> Arc<Figures> {
        self.kept.get(self.gather()).await
    }

    async fn gather(&self) -> Figures {
        let at = self.clock.now();
        let (queues, stored, paused) = tokio::join!(
            self.in_time("the queues", self.standings(at)),
            self.in_time("the store", self.stored(at)),
            self.in_time("what pauses sending", self.paused(at))
        );
        let took = self.clock.now().signed_duration_since(at).to_std().unwrap_or_default();
        Figures { at, took, queues, stored, paused, ..self.own() }
    }

    /// What this process counted by itself until now, and nothing of what is the same in all.
    pub(super) fn own(&self) -> Figures {
        let (calls, spending) = (self.metrics.counted(), self.metrics.spending());
        let (told, incoming) = (self.metrics.tries_to_tell(), self.metrics.incoming().found());
        let (at, took) = (self.clock.now(), Duration::ZERO);
        Figures { at, took, queues: None, stored: None, calls, spending, told, incoming, paused: None }
    }

    async fn standings(&self, now: Instant) -> PortResult<Vec<(Queue, Standing)>> {
        let standing = async |queue| Ok((queue, self.queues.standing(queue, now).await?));
        try_join_all(Queue::ALL.map(standing)).await
    }

    async fn paused(&self, now: Instant) -> PortResult<Vec<String>> {
        let mut reasons = Vec::new();
        for (name, limit) in &self.channels {
            let channel = self.store.channel(name).await?.unwrap_or_default();
            reasons.extend(channel.is_broken(now, *limit));
        }
        Ok(reasons)
    }

    /// One count after the other: whoever works needs the store's connections more.
    async fn stored(&self, now: Instant) -> PortResult<Stored> {
        let store = &*self.store;
        let since = now - TimeDelta::days(complaints::DAYS);
        let late = before(now, self.policy.patience());
        Ok(Stored {
            campaigns: CampaignStore::count_by_status(store).await?.into_iter().collect(),
            stuck: store
                .overdue(late, MOST_STUCK)
                .await?
                .saturating_add(self.left_alone(store.at_once(MOST_STUCK).await?, now))
                .min(MOST_STUCK),
            emails: EmailStore::count_by_status(store).await?.into_iter().collect(),
            came_back: store.came_back().await?,
            complaints: store.all_complaints(since).await?,
            suppressed: store.count_suppressions().await?.into_iter().collect(),
            webhooks: store.waiting_messages().await?,
            webhooks_off: store.webhooks_off().await?,
        })
    }

    /// Campaigns that are to be looked at at once and are not. They have no time that passed, so it is remembered which
    /// was the first, and since when; whoever looks begins with that one.
    fn left_alone(&self, waiting: AtOnce, now: Instant) -> u64 {
        let patience = before(now, self.policy.patience());
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        let since = match (&*first, &waiting.first) {
            // What was seen long ago may have been looked at and woken again.
            (Some(known), Some(id)) if known.id == *id && (patience..=now).contains(&known.seen) => {
                known.since
            }
            _ => now,
        };
        *first = waiting.first.map(|id| First { id, since, seen: now });
        if since < patience { waiting.count } else { 0 }
    }

    async fn in_time<T>(&self, what: &'static str, gather: impl Future<Output = PortResult<T>>) -> Option<T> {
        let late = self.clock.sleep_until(after(self.clock.now(), PATIENCE));
        let answer = match select(pin!(gather), late).await {
            Either::Left((answer, _)) => answer,
            Either::Right(((), _)) => {
                let message = format!("counting took more than {} s", PATIENCE.as_secs());
                Err(PortError::new(Fault::Unavailable, message))
            }
        };
        answer.inspect_err(|error| tracing::warn!(%error, "{what} could not be counted")).ok()
    }
}
