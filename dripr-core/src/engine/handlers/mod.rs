//! One handler for each operation, and the two that send.
//!
//! A handler gets a campaign as it was read with its delivery ([`Work`]), looks whether the campaign still wants its
//! work, does its one thing, and says what should become of it. It neither stores nor settles.

mod active_listings;
mod email_creation;
pub(super) mod email_sending;
mod home_report;
mod intro;
mod local_market_data;
mod property;
mod recent_sales;
mod shared_content;
pub(super) mod welcome;

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::NaiveDate;
use futures_util::future::join;

use super::{Engine, Outcome};
use crate::{
    campaign::{Dossier, Operation},
    content::{AreaKey, AreaKind, CycleContent, Property, Words},
    errors::{Fault, PortError, PortResult},
    ids::CampaignId,
    policy::after,
    ports::EntropyExt,
    schedule::{Cycle, Instant},
};

/// How soon at the earliest a call that our own pace forbade is made.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// Over how long those are spread who wait for our own pace.
const PACED_SPREAD: Duration = Duration::from_secs(60);

/// One campaign's wish for one operation.
#[derive(Debug, Clone)]
pub(super) struct Work {
    pub(super) operation: Operation,
    pub(super) dossier: Arc<Dossier>,
    pub(super) cycle: Cycle,
    /// What earlier operations of the cycle brought; read for the operations that build on it.
    pub(super) before: Arc<Before>,
}

/// What earlier operations brought.
#[derive(Debug, Default)]
pub(super) struct Before {
    pub(super) property: Option<Arc<Property>>,
    pub(super) home_report: Option<Words>,
    /// The property of the last cycle that had one.
    pub(super) earlier_property: Option<(Cycle, Arc<Property>)>,
}

impl Work {
    /// The work that a campaign wants of an operation, if it wants it.
    pub(super) fn wanted(operation: Operation, dossier: Dossier, now: Instant) -> Option<Self> {
        let campaign = &dossier.campaign;
        let wanted = campaign.deleted_at.is_none()
            && campaign.status == operation.status()
            && campaign.operations[operation].may_start(now);
        let cycle = campaign.slot?.cycle();
        wanted.then(|| Self { operation, dossier: Arc::new(dossier), cycle, before: Arc::default() })
    }

    /// Whether work that failed is tried again.
    pub(super) fn may_try_again(&self, engine: &Engine, error: &PortError) -> bool {
        error.fault().may_heal() && (self.is_paced(engine, error) || !self.last_attempt(engine))
    }

    /// What becomes of work that failed and is tried again.
    pub(super) fn again(&self, engine: &Engine, error: PortError) -> Outcome {
        if self.is_paced(engine, &error) {
            // All who wait come back one by one, and not all at the moment when one of them may go on.
            let spread = PACED_SPREAD.mul_f64(engine.ports.entropy.fraction());
            let pause = error.pause().unwrap_or_default().max(SHORTEST_PAUSE) + spread;
            return Outcome::DeferUntil(after(engine.ports.clock.now(), pause));
        }
        Outcome::Retry(error)
    }

    /// Our own pace is no failure, as long as the email is not late for it.
    fn is_paced(&self, engine: &Engine, error: &PortError) -> bool {
        let slot = self.dossier.campaign.slot;
        error.fault() == Fault::NotYet && slot.is_some_and(|slot| engine.ports.clock.now() < slot.at())
    }

    /// Whether the next failure is the last.
    pub(super) fn last_attempt(&self, engine: &Engine) -> bool {
        self.dossier.campaign.operations[self.operation].attempts.saturating_add(1)
            >= engine.policy().attempts
    }
}

impl Engine {
    /// The civil day in the agent's sending zone.
    pub(super) fn today(&self, dossier: &Dossier) -> NaiveDate {
        let now = self.ports.clock.now();
        dossier.facts(now, self.policy()).rules.civil_date(now)
    }

    fn area_key(&self, work: &Work, kind: AreaKind) -> AreaKey {
        let campaign = &work.dossier.campaign;
        // Opening words are an agent's own; public facts are shared across agents.
        let own = matches!(kind, AreaKind::Intro | AreaKind::IntroWithoutHome);
        AreaKey {
            kind,
            user_id: own.then(|| campaign.user_id.clone()),
            zip_code: campaign.zip_code,
            day: self.today(&work.dossier),
        }
    }

    /// Lets the operation's handler do its work.
    pub(super) async fn handle(self: &Arc<Self>, work: &Work) -> Outcome {
        match work.operation {
            Operation::Property => property::handle(self, work).await,
            Operation::ActiveListings => active_listings::handle(self, work).await,
            Operation::RecentSales => recent_sales::handle(self, work).await,
            Operation::LocalMarketData => local_market_data::handle(self, work).await,
            Operation::Intro => intro::handle(self, work).await,
            Operation::HomeReport => home_report::handle(self, work).await,
            Operation::EmailCreation => email_creation::handle(self, work).await,
        }
    }

    /// Reads, in a few queries for all, what the works' operations build on.
    pub(super) async fn read_before(&self, works: &mut [Work]) -> PortResult<()> {
        let of: Vec<(CampaignId, Cycle)> = works
            .iter()
            .filter(|work| matches!(work.operation, Operation::HomeReport | Operation::EmailCreation))
            .map(|work| (work.dossier.campaign.id.clone(), work.cycle))
            .collect();
        if of.is_empty() {
            return Ok(());
        }
        let now = self.ports.campaigns.content(&of);
        let earlier = self.ports.campaigns.earlier_content(&of, Operation::Property);
        // Neither waits for the other, and neither is left off in the middle for the other's failure.
        let (now, earlier) = join(now, earlier).await;
        let (now, earlier) = (now?, earlier?);
        let mut read: HashMap<(CampaignId, Cycle), Before> = HashMap::with_capacity(of.len());
        for ((key, contents), earlier) in of.into_iter().zip(now).zip(earlier) {
            let mut before = Before::default();
            for (_, content) in contents {
                match content {
                    CycleContent::Property(property) => before.property = Some(Arc::new(property)),
                    CycleContent::HomeReport(words) => before.home_report = Some(words),
                }
            }
            if let Some((cycle, CycleContent::Property(property))) = earlier {
                before.earlier_property = Some((cycle, Arc::new(property)));
            }
            read.insert(key, before);
        }
        for work in works {
            if let Some(before) = read.remove(&(work.dossier.campaign.id.clone(), work.cycle)) {
                work.before = Arc::new(before);
            }
        }
        Ok(())
    }
}
