//! Contract suites: what every implementation of a port must do, each called with one line.
//!
//! A suite panics with a sentence that says what it expected. A store, a queue and the like come to it fresh and empty.
//!
#![doc = "```"]
//! # let rt = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! # rt.block_on(async {
//! use dripr_core::testkit::{
//!     Mailbox, ManualClock, MemoryStore, SeededEntropy, contract,
//!     samples::{Renderer, Source, Verifier, Writer, campaign, agent},
//! };
//! // What is stored, and what is passed on.
//! contract::area_store(&MemoryStore::new()).await;
//! contract::event_queue(&MemoryStore::new()).await;
//! contract::campaign_store(&MemoryStore::new()).await;
//! contract::contact_store(&MemoryStore::new()).await;
//! contract::block_store(&MemoryStore::new()).await;
//! contract::agent_store(&MemoryStore::new()).await;
//! contract::api_key_store(&MemoryStore::new()).await;
//! contract::deed_store(&MemoryStore::new()).await;
//! contract::reply_store(&MemoryStore::new()).await;
//! contract::import_store(&MemoryStore::new()).await;
//! contract::email_store(&MemoryStore::new()).await;
//! contract::feedback_store(&MemoryStore::new()).await;
//! contract::channel_store(&MemoryStore::new()).await;
//! contract::mail_account_store(&MemoryStore::new()).await;
//! contract::notice_store(&MemoryStore::new()).await;
//! contract::person_store(&MemoryStore::new()).await;
//! contract::alert_store(&MemoryStore::new()).await;
//! contract::store_check(&MemoryStore::new()).await;
//! contract::tally_store(&MemoryStore::new()).await;
//! contract::statistics_store(&MemoryStore::new()).await;
//! contract::webhook_store(&MemoryStore::new()).await;
//! let store = MemoryStore::with_outbox();
//! contract::outbox(&store, &store).await;
//! let bus = MemoryStore::with_outbox();
//! contract::event_bus(&bus, &bus).await;
//! let queues = MemoryStore::new();
//! contract::queue_desk(&queues, &queues, &queues).await;
//!
//! // What providers do. A source is told what to be asked; these know everything, so nothing is unknown to them.
//! # let now = "2026-03-01T12:00:00Z".parse().unwrap();
//! # let home = campaign(&agent("agent", now).unwrap(), 1, "98103", 12, now).unwrap().campaign.home.unwrap();
//! let (zip, as_of) = (home.zip_code, now.date_naive());
//! let known = dripr_core::ports::Subject { home, location: None, formatted_address: None };
//! let ask = contract::PropertyQuestions { known, unknown: None, as_of };
//! contract::property_source(&Source, &ask).await;
//! contract::market_source(&Source, zip, None, as_of).await;
//! contract::mortgage_rate_source(&Source, as_of, None).await;
//! contract::llm_writer(&Writer).await;
//! contract::email_renderer(&Renderer).await;
//! contract::mailer(&Mailbox::new(), true).await;
//! let ask = contract::VerifierQuestions {
//!     deliverable: "kim@home.example".parse().unwrap(),
//!     undeliverable: Verifier::UNDELIVERABLE.parse().unwrap(),
//!     unproven: Verifier::UNPROVEN.parse().ok(),
//!     unknown: Verifier::UNKNOWN.parse().ok(),
//! };
//! contract::email_verifier(&Verifier, &ask).await;
//!
//! // Time and chance.
//! let clock = ManualClock::at(now);
//! contract::clock(&clock, |instant| clock.set(instant)).await;
//! contract::entropy(&SeededEntropy::new(1));
//! # });
//! ```
//!
//! Nothing in memory has a geocoder, an archive or a rate limiter, counts calls or can be probed; [`geocoder()`],
//! [`archive()`], [`rate_limiter()`], [`call_counter()`] and [`probe()`] are called in the same way.
#![expect(clippy::panic, clippy::expect_used, reason = "a suite fails by panicking")]

mod agents;
mod alerts;
mod api_keys;
mod archive;
mod areas;
mod bans;
mod blocks;
mod bus;
mod call_counter;
mod campaigns;
mod channels;
mod checks;
mod clock;
mod contacts;
mod deeds;
mod emails;
mod entropy;
mod external_ids;
mod feedback;
mod geocoder;
mod imports;
mod mail_accounts;
mod mailer;
mod markets;
mod notices;
mod opt_ins;
mod outbox;
mod persons;
mod probe;
mod properties;
mod queue;
mod queue_desk;
mod rate_limiter;
mod rates;
mod renderer;
mod replies;
mod statistics;
mod store_check;
mod tally_store;
mod verifier;
mod webhook_changes;
mod webhooks;
mod writer;

pub use agents::agent_store;
pub use alerts::alert_store;
pub use api_keys::api_key_store;
pub use archive::archive;
pub use areas::area_store;
pub use blocks::block_store;
pub use bus::event_bus;
pub use call_counter::call_counter;
pub use campaigns::campaign_store;
pub use channels::channel_store;
pub use clock::clock;
pub use contacts::contact_store;
pub use deeds::deed_store;
pub use emails::email_store;
pub use entropy::entropy;
pub use feedback::feedback_store;
pub use geocoder::{GeocoderQuestions, geocoder};
pub use imports::import_store;
pub use mail_accounts::mail_account_store;
pub use mailer::mailer;
pub use markets::market_source;
pub use notices::notice_store;
pub use outbox::outbox;
pub use persons::person_store;
pub use probe::probe;
pub use properties::{PropertyQuestions, property_source};
pub use queue::{event_queue, remote_event_queue};
pub use queue_desk::queue_desk;
pub use rate_limiter::rate_limiter;
pub use rates::mortgage_rate_source;
pub use renderer::email_renderer;
pub use replies::reply_store;
pub use statistics::statistics_store;
pub use store_check::store_check;
pub use tally_store::tally_store;
pub use verifier::{VerifierQuestions, email_verifier};
pub use webhooks::webhook_store;
pub use writer::llm_writer;

use std::sync::Arc;

use super::{ManualClock, samples};
use crate::{
    campaign::{Action, Actor, Command, Operation, Provision, Reply, command::Bench},
    content::CycleContent,
    email::{EmailAddress, Message, Party},
    ids::CampaignId,
    policy::Policy,
    ports::{AgentStore, CampaignStore, EmailStore, EventQueue, Execution, NewCampaign},
    schedule::{Cycle, Instant},
};

/// Everything that stores campaigns, and the queue beside it.
pub trait Store: CampaignStore + EmailStore + AgentStore + EventQueue + crate::ports::ContactStore {}
impl<S: CampaignStore + EmailStore + AgentStore + EventQueue + crate::ports::ContactStore> Store for S {}

/// A store with one agent, worked on at an instant that the suite sets.
struct Stage<'a, S: ?Sized> {
    store: &'a S,
    clock: Arc<ManualClock>,
    desk: Arc<Bench>,
    new: Vec<NewCampaign>,
}

const START: &str = "2026-03-01T12:00:00Z";

fn at(text: &str) -> Instant {
    text.parse().expect("an instant")
}

impl<'a, S: AgentStore + CampaignStore + ?Sized> Stage<'a, S> {
    /// One agent and campaigns for the 12th, each looked at once so that its slot is planned.
    async fn new(store: &'a S, campaigns: usize) -> Self {
        let clock = Arc::new(ManualClock::at(at(START)));
        let desk = Arc::new(Bench { clock: clock.clone(), policy: Policy::default() });
        let agent = samples::agent("agent", at(START)).expect("a sample agent");
        let event = samples::user_created(&agent);
        let registered =
            store.register(agent.clone(), event, Actor::Operator).await.expect("registering an agent");
        assert!(registered, "a new agent is registered");
        let new: Vec<_> = (1..=campaigns)
            .map(|n| samples::campaign(&agent, n, "98103", 12, at(START)).expect("a sample campaign"))
            .collect();
        store.enrol(new.clone()).await.expect("enrolling campaigns");
        let stage = Self { store, clock, desk, new };
        for n in 0..campaigns {
            stage.did(n, Action::Tick).await;
        }
        stage
    }

    fn clock_now(&self) -> Instant {
        self.desk.clock.now()
    }

    fn id(&self, n: usize) -> CampaignId {
        self.new[n].campaign.id.clone()
    }

    fn command(&self, n: usize, action: Action) -> Command {
        Command { campaign_id: self.id(n), actor: Actor::System, action, desk: self.desk.clone() }
    }

    async fn execute(&self, commands: Vec<Command>) -> Vec<Execution> {
        self.store.execute(commands).await.expect("executing commands")
    }

    async fn try_(&self, n: usize, action: Action) -> Execution {
        self.execute(vec![self.command(n, action)]).await.remove(0)
    }

    async fn did(&self, n: usize, action: Action) -> Reply {
        let name = format!("{action:?}");
        self.try_(n, action).await.result.unwrap_or_else(|refusal| panic!("{name}: {refusal}"))
    }

    async fn dossier(&self, n: usize) -> crate::campaign::Dossier {
        let loaded = self.store.load(&[self.id(n)]).await.expect("loading a campaign");
        loaded.into_iter().next().flatten().expect("an enrolled campaign is found")
    }

    async fn cycle(&self, n: usize) -> Cycle {
        self.dossier(n).await.campaign.slot.expect("a tick plans the first slot").cycle()
    }

    async fn finish(&self, n: usize, operation: Operation, content: Option<CycleContent>) {
        let cycle = self.cycle(n).await;
        let content = content.map(Box::new);
        let action = Action::Finish { operation, cycle, fence: None, provision: Provision::Own, content };
        self.did(n, action).await;
    }

    /// Takes a campaign to the day of its preparation and lets it begin.
    async fn begin(&self, n: usize) {
        self.clock.set(at("2026-03-11T15:00:00Z"));
        self.did(n, Action::Tick).await;
    }

    /// Takes a campaign to its email, approved by the system.
    async fn make_email(&self, n: usize) -> Arc<Message> {
        self.begin(n).await;
        for operation in Operation::ALL.into_iter().filter(|o| *o != Operation::EmailCreation) {
            self.finish(n, operation, None).await;
        }
        let agent = self.dossier(n).await.agent;
        let message = samples::commercial(message(&self.new[n].contact.email), &agent);
        let cycle = self.cycle(n).await;
        self.did(n, Action::CreateEmail { cycle, message: message.clone() }).await;
        message.message().clone()
    }
}

fn message(to: &EmailAddress) -> Message {
    Message {
        from: Party {
            name: "Ana Ruiz".to_owned(),
            address: "agent@brokerage.example".parse().expect("an address"),
        },
        to: Party { name: "Kim \"O\" <b> \u{1F3E0}".to_owned(), address: to.clone() },
        subject: "Größe \u{202E}abc {{x}}".to_owned(),
        html: format!("<p>\u{0}{}</p>", "é<&>\"'\u{2028}\r\n".repeat(500)),
        text: "plain\n".repeat(2_000),
        opt_out_link: Some("https://mail.example/o/agent/1/00".to_owned()),
        opt_out_mailto: Some("mailto:out@mail.example?subject=unsubscribe%20agent/1/00".to_owned()),
    }
}
