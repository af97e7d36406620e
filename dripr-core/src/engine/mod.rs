//! The use cases over the ports: what makes campaigns move.
//!
//! - [`tick`](Dripr::tick) finds what time has made due and lets the state machine decide.
//! - For each queue a loop receives events, reads the campaigns they name, and hands each to its handler
//!   (`handlers/`, a file for each operation). A handler looks whether the campaign still wants its work, does one
//!   thing, and answers with an [`Outcome`]; the loop stores it, and only then settles the delivery.
//! - `advance.rs` is the only caller of [`CampaignStore::execute`].
//! - What an area shares for a day is fetched once, see `areas.rs`.
//!
//! A host gives its ports to [`Dripr::builder`] and either spawns [`Dripr::workers`], awaits [`Dripr::run`], or drives
//! [`Dripr::step`] by itself.

mod advance;
mod agent_mail;
mod areas;
mod builder;
mod dispatch;
mod handlers;
mod in_hand;
mod outcome;
mod relay;
mod run;
mod spans;
mod spending;
mod step;
mod tick;
mod within;
mod writing;

pub use builder::{Builder, Incomplete};
pub use outcome::Outcome;
pub use step::Step;

use std::{
    sync::{Arc, atomic::AtomicI64},
    time::Duration,
};

use tokio::sync::{Notify, watch};

use crate::{
    agent_mail::NoticeLinks,
    campaign::{Action, Actor, Command, Dossier, Explanation, Refusal, Reply, command::Bench, explain},
    email::OptOutLinks,
    errors::{Fault, PortError, PortResult},
    events::Queue,
    ids::{CampaignId, EmailId},
    policy::Policy,
    ports::{
        AgentStore, Archive, AreaStore, CampaignStore, Clock, EmailRenderer, EmailStore, Enrolment, Entropy,
        EventBus, EventQueue, Geocoder, LlmWriter, Mailer, MarketSource, MortgageRateSource, NewCampaign,
        NoticeStore, Outbox, PropertySource, RateLimiter,
    },
};

/// The ports a host gives.
struct Ports {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    campaigns: Arc<dyn CampaignStore>,
    emails: Arc<dyn EmailStore>,
    agents: Arc<dyn AgentStore>,
    areas: Arc<dyn AreaStore>,
    queue: Arc<dyn EventQueue>,
    relay: Option<(Arc<dyn Outbox>, Arc<dyn EventBus>)>,
    properties: Arc<dyn PropertySource>,
    markets: Arc<dyn MarketSource>,
    rates: Arc<dyn MortgageRateSource>,
    geocoder: Option<Arc<dyn Geocoder>>,
    writer: Arc<dyn LlmWriter>,
    composer: Option<Arc<dyn LlmWriter>>,
    renderer: Arc<dyn EmailRenderer>,
    mailer: Arc<dyn Mailer>,
    agent_mailer: Option<Arc<dyn Mailer>>,
    notices: Option<NoticeDesk>,
    archive: Option<Arc<dyn Archive>>,
    quota: Option<Arc<dyn RateLimiter>>,
    links: OptOutLinks,
}

/// What it takes to tell agents what they must know.
struct NoticeDesk {
    store: Arc<dyn NoticeStore>,
    links: NoticeLinks,
}

/// How much is done at once.
#[derive(Debug, Clone, Copy)]
struct Pace {
    batch: usize,
    concurrency: usize,
    longest_sleep: Duration,
}

struct Engine {
    ports: Ports,
    bench: Arc<Bench>,
    pace: Pace,
    queues: Vec<Queue>,
    ticks: bool,
    areas: areas::Areas,
    /// Wakes the ticker when a deadline lies before the one it sleeps for.
    earlier_deadline: Notify,
    /// The deadline the ticker sleeps for, in milliseconds.
    sleeps_until: AtomicI64,
    stopping: watch::Sender<bool>,
}

/// The engine. Cheap to clone; all clones are one engine.
#[derive(Clone)]
pub struct Dripr {
    engine: Arc<Engine>,
}

impl std::fmt::Debug for Dripr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dripr").field("pace", &self.engine.pace).finish_non_exhaustive()
    }
}

/// Why something that a person asked for was not done.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The campaign's state does not allow it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Dripr {
    /// A builder that wants the host's ports.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The deployment's numbers.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.engine.bench.policy
    }

    /// Stores new campaigns; see [`CampaignStore::enrol`].
    ///
    /// # Errors
    /// The store's.
    pub async fn enrol(&self, new: Vec<NewCampaign>) -> PortResult<Vec<Enrolment>> {
        let enrolments = self.engine.ports.campaigns.enrol(new).await?;
        self.engine.look_at(Some(self.engine.ports.clock.now()));
        Ok(enrolments)
    }

    /// Does what somebody wants of a campaign.
    ///
    /// # Errors
    /// [`CommandError::Refused`] with a sentence for the person who asked, or the store's error.
    pub async fn command(
        &self,
        campaign: &CampaignId,
        actor: Actor,
        action: Action,
    ) -> Result<Reply, CommandError> {
        let command =
            Command { campaign_id: campaign.clone(), actor, action, desk: self.engine.bench.clone() };
        let mut executions = self.engine.execute(vec![command]).await?;
        match executions.pop() {
            Some(execution) => Ok(execution.result?),
            None => Err(CommandError::Port(PortError::new(Fault::Garbled, "the store gave no answer"))),
        }
    }

    /// A campaign with its email, recipient and agent.
    ///
    /// # Errors
    /// The store's.
    pub async fn campaign(&self, id: &CampaignId) -> PortResult<Option<Dossier>> {
        Ok(self.engine.ports.campaigns.load(std::slice::from_ref(id)).await?.pop().flatten())
    }

    /// The campaign of an email, by the email's id.
    ///
    /// # Errors
    /// The store's.
    pub async fn campaign_of(&self, email: &EmailId) -> PortResult<Option<Dossier>> {
        match self.engine.ports.emails.email(email).await? {
            Some(email) => self.campaign(&email.campaign_id).await,
            None => Ok(None),
        }
    }

    /// Says which gate holds a campaign, since when, and when it is looked at next.
    ///
    /// # Errors
    /// The store's.
    pub async fn explain(&self, id: &CampaignId) -> PortResult<Option<Explanation>> {
        let now = self.engine.ports.clock.now();
        let dossier = self.campaign(id).await?;
        Ok(dossier.map(|dossier| explain(&dossier.campaign, &dossier.facts(now, self.policy()))))
    }

    /// Asks [`Dripr::run`] and all [`Dripr::workers`] to finish what they have in hand and return.
    pub fn stop(&self) {
        self.engine.stopping.send_replace(true);
    }
}

impl Engine {
    fn policy(&self) -> &Policy {
        &self.bench.policy
    }
}
