//! Every store and the queue, in memory, behind one lock: each call is one transaction.

mod agents;
mod alerts;
mod api_keys;
mod areas;
mod blocks;
mod campaigns;
mod contacts;
mod deeds;
mod emails;
mod feedback;
mod imports;
mod mail_accounts;
mod notices;
mod outbox;
mod persons;
mod queue;
mod queue_desk;
mod replies;
mod statistics;
mod store_check;
mod tally_store;
mod webhooks;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

use crate::{
    access::{ApiKey, Deed},
    agent::Agent,
    agent_mail::Notices,
    alerts::{Alarm, Alert},
    campaign::{AuditEntry, Campaign, Dossier, Operation},
    contact::Contact,
    content::{AreaKey, CycleContent},
    email::{Block, Email, Message, Suppression},
    events::{Event, Queue},
    feedback::Feedback,
    ids::{ApiKeyId, CampaignId, ContactId, EmailId, EventId, FeedbackId, ImportId, UserId},
    mail_account::MailAccount,
    safeguards::Channel,
    schedule::{Cycle, Instant},
    testkit::simulation::Canary,
};

/// Every store and the queue, in memory. Cheap to clone; all clones are one store.
#[derive(Clone)]
pub struct MemoryStore {
    shared: Arc<Shared>,
    canary: Option<Canary>,
}

struct Shared {
    state: Mutex<State>,
    arrived: Notify,
    relayed: bool,
}

#[derive(Default)]
struct State {
    agents: BTreeMap<UserId, Arc<Agent>>,
    replies: HashMap<(String, String), replies::Call>,
    api_keys: BTreeMap<ApiKeyId, ApiKey>,
    imports: BTreeMap<ImportId, imports::Kept>,
    removed: BTreeSet<UserId>,
    contacts: BTreeMap<ContactId, Contact>,
    campaigns: BTreeMap<CampaignId, Campaign>,
    deadlines: BTreeMap<CampaignId, Instant>,
    emails: BTreeMap<EmailId, Email>,
    messages: HashMap<EmailId, Arc<Message>>,
    content: BTreeMap<(CampaignId, Cycle, Operation), CycleContent>,
    areas: BTreeMap<AreaKey, areas::Area>,
    suppressions: BTreeMap<(UserId, String), Suppression>,
    /// By the keys of their addresses.
    blocks: BTreeMap<String, Block>,
    mail_accounts: BTreeMap<UserId, MailAccount>,
    notices: BTreeMap<UserId, Notices>,
    channels: BTreeMap<String, Channel>,
    alarms: BTreeMap<Alert, Alarm>,
    audit: Vec<Audited>,
    events: Vec<Kept>,
    deliveries: BTreeMap<(Queue, u64), queue::Stored>,
    parked: BTreeMap<(Queue, u64), queue_desk::Parked>,
    feedback: BTreeMap<FeedbackId, Feedback>,
    webhooks: webhooks::Webhooks,
    /// What was done about keys, webhooks and blocked addresses; numbered from 1.
    deeds: Vec<Deed>,
    next_delivery: u64,
}

/// A row of somebody's history.
struct Audited {
    user_id: UserId,
    campaign_id: Option<CampaignId>,
    entry: AuditEntry,
}

/// A committed event, and where it is on its way to the queues.
struct Kept {
    id: EventId,
    event: Event,
    relay: Relay,
}

enum Relay {
    Waiting,
    InHand(Instant),
    Published,
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemoryStore").field("campaigns", &self.lock().campaigns.len()).finish_non_exhaustive()
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// An empty store whose queues stand beside its campaigns: a change and its deliveries are one.
    #[must_use]
    pub fn new() -> Self {
        Self::build(false, None)
    }

    /// An empty store with an outbox: events reach the queues when somebody relays them.
    #[must_use]
    pub fn with_outbox() -> Self {
        Self::build(true, None)
    }

    /// A store with a bug switched on, to see whether it is found.
    pub(super) fn build(relayed: bool, canary: Option<Canary>) -> Self {
        Self { shared: Arc::new(Shared { state: Mutex::default(), arrived: Notify::new(), relayed }), canary }
    }

    /// The same store, without the bug.
    pub(super) fn truth(&self) -> Self {
        Self { shared: self.shared.clone(), canary: None }
    }

    /// Everything that was ever audited of campaigns, in order.
    #[must_use]
    pub fn audit(&self) -> Vec<(CampaignId, AuditEntry)> {
        let state = self.lock();
        state.audit.iter().filter_map(|row| Some((row.campaign_id.clone()?, row.entry.clone()))).collect()
    }

    /// Every event that was ever committed, in order.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.lock().events.iter().map(|kept| kept.event.clone()).collect()
    }

    /// What was parked, and why.
    #[must_use]
    pub fn parked(&self) -> Vec<(Queue, String)> {
        let state = self.lock();
        state.parked.iter().map(|((queue, _), parked)| (*queue, parked.cause.clone())).collect()
    }

    /// How many events were ever committed.
    pub(super) fn event_count(&self) -> usize {
        self.lock().events.len()
    }

    /// The events after the first so many.
    pub(super) fn events_from(&self, first: usize) -> Vec<Event> {
        self.lock().events.iter().skip(first).map(|kept| kept.event.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic inside a call is a bug in the testkit; the maps themselves stay whole.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn notify(&self) {
        self.shared.arrived.notify_waiters();
    }
}

impl State {
    fn dossier(&self, id: &CampaignId) -> Option<Dossier> {
        let campaign = self.campaigns.get(id)?.clone();
        let contact = self.contacts.get(&campaign.contact_id)?.clone();
        let agent = self.agents.get(&campaign.user_id)?.clone();
        let email = campaign.email_id.as_ref().and_then(|id| self.emails.get(id)).cloned();
        let key = contact.email.key();
        let block = self.blocks.get(&key).cloned();
        let suppression = self.suppressions.get(&(campaign.user_id.clone(), key)).cloned();
        Some(Dossier { campaign, email, contact, agent, suppression, block })
    }

    fn commit_event(&mut self, id: EventId, event: Event, relayed: bool) {
        if !relayed {
            self.deliver(&event);
        }
        let relay = if relayed { Relay::Waiting } else { Relay::Published };
        self.events.push(Kept { id, event, relay });
    }

    fn deliver(&mut self, event: &Event) {
        for queue in Queue::woken_by(event) {
            self.next_delivery += 1;
            self.deliveries.insert((queue, self.next_delivery), queue::Stored::new(event.clone()));
        }
    }

    /// It is time to look whether an agent is to be told something.
    fn wake_teller(&mut self, user: &UserId) {
        if let Some(notices) = self.notices.get_mut(user) {
            notices.due_at = Some(Instant::MIN_UTC);
            notices.version += 1;
        }
    }

    /// All campaigns of an agent (to an address, if given) are due at once.
    fn wake(&mut self, user: &UserId, address_key: Option<&str>) {
        let State { campaigns, contacts, deadlines, .. } = self;
        for campaign in campaigns.values().filter(|c| c.user_id == *user && c.deleted_at.is_none()) {
            let to = contacts.get(&campaign.contact_id).map(|contact| contact.email.key());
            if address_key.is_none_or(|key| to.as_deref() == Some(key)) {
                deadlines.insert(campaign.id.clone(), Instant::MIN_UTC);
            }
        }
    }
}
