//! How a host puts an engine together.

use std::{
    sync::{Arc, atomic::AtomicI64},
    time::Duration,
};

use tokio::sync::{Notify, watch};

use super::{Dripr, Engine, NoticeDesk, Pace, Ports, areas::Areas};
use crate::{
    agent_mail::NoticeLinks,
    campaign::command::Bench,
    email::OptOutLinks,
    events::Queue,
    policy::{Policy, TICK},
    ports::{
        AgentStore, Archive, AreaStore, CampaignStore, Clock, EmailRenderer, EmailStore, Entropy, EventBus,
        EventQueue, Geocoder, LlmWriter, Mailer, MarketSource, MortgageRateSource, NoticeStore, Outbox,
        PropertySource, RateLimiter,
    },
    schedule::WindowTooShort,
};

/// Puts an engine together from the host's ports.
#[derive(Default)]
#[must_use]
pub struct Builder {
    clock: Option<Arc<dyn Clock>>,
    entropy: Option<Arc<dyn Entropy>>,
    campaigns: Option<Arc<dyn CampaignStore>>,
    emails: Option<Arc<dyn EmailStore>>,
    agents: Option<Arc<dyn AgentStore>>,
    areas: Option<Arc<dyn AreaStore>>,
    queue: Option<Arc<dyn EventQueue>>,
    relay: Option<(Arc<dyn Outbox>, Arc<dyn EventBus>)>,
    properties: Option<Arc<dyn PropertySource>>,
    markets: Option<Arc<dyn MarketSource>>,
    rates: Option<Arc<dyn MortgageRateSource>>,
    geocoder: Option<Arc<dyn Geocoder>>,
    writer: Option<Arc<dyn LlmWriter>>,
    composer: Option<Arc<dyn LlmWriter>>,
    renderer: Option<Arc<dyn EmailRenderer>>,
    mailer: Option<Arc<dyn Mailer>>,
    agent_mailer: Option<Arc<dyn Mailer>>,
    notices: Option<NoticeDesk>,
    archive: Option<Arc<dyn Archive>>,
    quota: Option<Arc<dyn RateLimiter>>,
    links: Option<OptOutLinks>,
    policy: Policy,
    queues: Option<Vec<Queue>>,
    without_ticks: bool,
    batch: Option<usize>,
    concurrency: Option<usize>,
    longest_sleep: Option<Duration>,
}

/// What keeps an engine from being built.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Incomplete {
    /// A port that every engine needs was not given.
    #[error("the engine needs a {0}: give one to the builder")]
    Missing(&'static str),
    /// No call could ever begin inside the window and end in it.
    #[error(transparent)]
    Window(#[from] WindowTooShort),
}

macro_rules! ports {
    ($($(#[$doc:meta])* $name:ident: $port:ident;)*) => {$(
        $(#[$doc])*
        pub fn $name(mut self, port: Arc<dyn $port>) -> Self {
            self.$name = Some(port);
            self
        }
    )*};
}

impl Builder {
    ports! {
        /// What time it is.
        clock: Clock;
        /// Where randomness comes from.
        entropy: Entropy;
        /// Where campaigns live.
        campaigns: CampaignStore;
        /// Where emails are read.
        emails: EmailStore;
        /// Where agents live.
        agents: AgentStore;
        /// Where shared content lives.
        areas: AreaStore;
        /// Where events are received.
        queue: EventQueue;
        /// Homes, listings and sales.
        properties: PropertySource;
        /// Market statistics.
        markets: MarketSource;
        /// The mortgage rate.
        rates: MortgageRateSource;
        /// From an address to a point. Without one, homes are found by their source alone.
        geocoder: Geocoder;
        /// Who writes the words.
        writer: LlmWriter;
        /// Who composes them from the facts, without a model, where what the writer wrote is refused or there is no
        /// writer to be had. Without one, such texts are left out.
        composer: LlmWriter;
        /// From facts and words to an email.
        renderer: EmailRenderer;
        /// Who takes reports to homeowners.
        mailer: Mailer;
        /// Who takes mail to agents about their own account. Without one, none is sent.
        agent_mailer: Mailer;
        /// Where the HTML of emails is kept for people. Without one, only the store has it.
        archive: Archive;
        /// How many emails an agent may send, as API `mail:<user id>`, and all together, as API `mail`. Without one, as many
        /// as are due.
        quota: RateLimiter;
    }

    /// A store whose queues are elsewhere: the engine publishes the outbox to the bus. A store that keeps its queues
    /// beside its campaigns needs none.
    pub fn relay(mut self, outbox: Arc<dyn Outbox>, bus: Arc<dyn EventBus>) -> Self {
        self.relay = Some((outbox, bus));
        self
    }

    /// One store that is all stores and the queue too.
    pub fn store<S>(self, store: Arc<S>) -> Self
    where
        S: CampaignStore + EmailStore + AgentStore + AreaStore + EventQueue + 'static,
    {
        self.campaigns(store.clone())
            .emails(store.clone())
            .agents(store.clone())
            .areas(store.clone())
            .queue(store)
    }

    /// One source that is all sources.
    pub fn source<S>(self, source: Arc<S>) -> Self
    where
        S: PropertySource + MarketSource + MortgageRateSource + 'static,
    {
        self.properties(source.clone()).markets(source.clone()).rates(source)
    }

    /// How opt-out links are made.
    pub fn opt_out_links(mut self, links: OptOutLinks) -> Self {
        self.links = Some(links);
        self
    }

    /// Tells agents what they must know ([`agent_mail`](crate::agent_mail)), by the agents' mailer: in the morning of the
    /// reports that wait for them, and at once of what stops their mail. Without it they get the welcome only.
    pub fn notices(mut self, store: Arc<dyn NoticeStore>, links: NoticeLinks) -> Self {
        self.notices = Some(NoticeDesk { store, links });
        self
    }

    /// The deployment's numbers.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// The queues this engine works on; all by default.
    pub fn queues(mut self, queues: impl IntoIterator<Item = Queue>) -> Self {
        self.queues = Some(queues.into_iter().collect());
        self
    }

    /// Leaves it to other processes to find what time makes due.
    pub fn without_ticks(mut self) -> Self {
        self.without_ticks = true;
        self
    }

    /// How many deliveries are received, and results stored, at once; 256 by default.
    pub fn batch(mut self, batch: usize) -> Self {
        self.batch = Some(batch.max(1));
        self
    }

    /// How many provider calls of one queue are under way at once; 64 by default. Of a mailer that takes many emails with one
    /// call there are as few as take so many emails, but two.
    pub fn concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = Some(concurrency.max(1));
        self
    }

    /// After how long at most everything is looked at again although nothing called for it; a minute by default. It
    /// bounds how late this process sees what another one stored.
    pub fn longest_sleep(mut self, longest_sleep: Duration) -> Self {
        self.longest_sleep = Some(longest_sleep);
        self
    }

    /// The engine.
    ///
    /// # Errors
    /// [`Incomplete`], naming what is missing or wrong.
    pub fn build(mut self) -> Result<Dripr, Incomplete> {
        fn need<T>(port: Option<T>, what: &'static str) -> Result<T, Incomplete> {
            port.ok_or(Incomplete::Missing(what))
        }
        self.policy.rules.check_timeout(self.policy.mail_timeout)?;
        let clock = need(self.clock, "clock")?;
        let ports = Ports {
            clock: clock.clone(),
            entropy: need(self.entropy, "source of entropy")?,
            campaigns: need(self.campaigns, "campaign store")?,
            emails: need(self.emails, "email store")?,
            agents: need(self.agents, "agent store")?,
            areas: need(self.areas, "area store")?,
            queue: need(self.queue, "event queue")?,
            relay: self.relay,
            properties: need(self.properties, "property source")?,
            markets: need(self.markets, "market source")?,
            rates: need(self.rates, "mortgage rate source")?,
            geocoder: self.geocoder,
            writer: need(self.writer, "writer")?,
            composer: self.composer,
            renderer: need(self.renderer, "renderer")?,
            mailer: need(self.mailer, "mailer")?,
            agent_mailer: self.agent_mailer,
            notices: self.notices,
            archive: self.archive,
            quota: self.quota,
            links: need(self.links, "way to make opt-out links")?,
        };
        if let Some(settling_time) = ports.mailer.settling_time() {
            self.policy.first_look_up = settling_time;
        }
        let engine = Engine {
            ports,
            bench: Arc::new(Bench { clock, policy: self.policy }),
            pace: Pace {
                batch: self.batch.unwrap_or(256),
                concurrency: self.concurrency.unwrap_or(64),
                longest_sleep: self.longest_sleep.unwrap_or(TICK),
            },
            queues: self.queues.unwrap_or_else(|| Queue::ALL.to_vec()),
            ticks: !self.without_ticks,
            areas: Areas::default(),
            earlier_deadline: Notify::new(),
            sleeps_until: AtomicI64::new(i64::MIN),
            stopping: watch::Sender::new(false),
        };
        Ok(Dripr { engine: Arc::new(engine) })
    }
}
