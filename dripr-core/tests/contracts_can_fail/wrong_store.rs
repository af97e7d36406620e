//! A store that is right in all but one thing. What it does wrong with webhooks, deeds and blocks stands with their tests; the rest
//! of what their contracts need is passed on, here and in `passed_on`.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use dripr_core::{
    access::{ApiKey, Reach},
    agent::Agent,
    campaign::{Actor, AuditEntry, CampaignStatus, Command, Dossier, Operation},
    content::CycleContent,
    email::{DeliveryStatus, Email, EmailAddress, Message},
    errors::PortResult,
    events::{Queue, UserCreated},
    feedback::Feedback,
    ids::{ApiKeyId, CampaignId, CustomerId, EmailId, FeedbackId, UserId},
    person::{CampaignErasure, Person},
    ports::{
        AgentHistoryEntry, AgentStore, ApiKeyStore, BlockStore, CampaignFilter, CampaignStore, Delivery,
        EmailFilter, EmailSearch, EmailStore, Enrolment, EventQueue, Execution, FeedbackStore, HistoryEntry,
        NewCampaign, PersonStore, Settlement,
    },
    safeguards::Complaints,
    schedule::{Cycle, Instant},
    testkit::{MemoryStore, contract},
};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    Nothing,
    // Of webhooks.
    LastChangeWins,
    EndpointsBackwards,
    EndpointsOfEverybody,
    EndpointsWithoutEnd,
    CountsEverybodys,
    RemovesTwice,
    PutsBeforeNobody,
    ClaimsForTwo,
    ClaimsTooMany,
    DueBackwards,
    RecordsTwice,
    OpensOthersHands,
    SwitchesOffInSilence,
    CountsNoneOff,
    KeepsOpeningsBack,
    KeepsLostMailboxesBack,
    DeliveriesBackwards,
    CountsNoneWaiting,
    ReplaysOthers,
    ReplaysWhatIsOld,
    ForgetsAll,
    // Of deeds.
    DeedsForEverybody,
    DeedsBackwards,
    DeedsFromTheNewest,
    DeedsWithoutEnd,
    ForgetsWhy,
    ForgetsWho,
    NotesRevokingTwice,
    NotesNothingOfItsOwn,
    NotesNoUnblocking,
    BansInVain,
    // Of blocks.
    BlocksTwice,
    LastBlockCounts,
    LiftsOneSpelling,
    LiftsTwice,
    BlocksBackwards,
    BlocksWithoutEnd,
    KnownAloneAmong,
    WakesOneAgent,
    ErasureLifts,
}

pub(crate) struct Wrong {
    pub(crate) store: MemoryStore,
    fault: Fault,
    /// Until when endpoints were taken in hand last.
    pub(crate) until: Mutex<Option<Instant>>,
}

impl Wrong {
    pub(crate) fn new(fault: Fault) -> Self {
        Self { store: MemoryStore::new(), fault, until: Mutex::new(None) }
    }

    pub(crate) fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }
}

/// What fails below fails for what is wrong, and not for the passing on.
#[tokio::test]
async fn a_store_in_which_nothing_is_wrong() {
    contract::webhook_store(&Wrong::new(Fault::Nothing)).await;
    contract::deed_store(&Wrong::new(Fault::Nothing)).await;
    contract::block_store(&Wrong::new(Fault::Nothing)).await;
}

#[async_trait]
impl CampaignStore for Wrong {
    async fn enrol(&self, new: Vec<NewCampaign>) -> PortResult<Vec<Enrolment>> {
        self.store.enrol(new).await
    }
    async fn load(&self, ids: &[CampaignId]) -> PortResult<Vec<Option<Dossier>>> {
        self.store.load(ids).await
    }
    async fn execute(&self, commands: Vec<Command>) -> PortResult<Vec<Execution>> {
        self.store.execute(commands).await
    }
    async fn due(&self, now: Instant, limit: usize) -> PortResult<Vec<CampaignId>> {
        self.store.due(now, if self.is(Fault::WakesOneAgent) { 1 } else { limit }).await
    }
    async fn next_due(&self) -> PortResult<Option<Instant>> {
        self.store.next_due().await
    }
    async fn content(&self, of: &[(CampaignId, Cycle)]) -> PortResult<Vec<Vec<(Operation, CycleContent)>>> {
        CampaignStore::content(&self.store, of).await
    }
    async fn earlier_content(
        &self,
        of: &[(CampaignId, Cycle)],
        operation: Operation,
    ) -> PortResult<Vec<Option<(Cycle, CycleContent)>>> {
        self.store.earlier_content(of, operation).await
    }
    async fn list(
        &self,
        filter: &CampaignFilter,
        after: Option<CampaignId>,
        limit: usize,
    ) -> PortResult<Vec<Dossier>> {
        self.store.list(filter, after, limit).await
    }
    async fn count_by_status(&self) -> PortResult<Vec<(CampaignStatus, u64)>> {
        CampaignStore::count_by_status(&self.store).await
    }
    async fn history(&self, campaign: &CampaignId) -> PortResult<Vec<HistoryEntry>> {
        self.store.history(campaign).await
    }
}

#[async_trait]
impl EmailStore for Wrong {
    async fn email(&self, id: &EmailId) -> PortResult<Option<Email>> {
        self.store.email(id).await
    }
    async fn emails_by_ids(&self, ids: &[EmailId]) -> PortResult<Vec<Option<Email>>> {
        self.store.emails_by_ids(ids).await
    }
    async fn messages(&self, ids: &[EmailId]) -> PortResult<Vec<Option<Arc<Message>>>> {
        self.store.messages(ids).await
    }
    async fn emails(
        &self,
        filter: &EmailFilter,
        after: Option<EmailId>,
        limit: usize,
    ) -> PortResult<Vec<Email>> {
        self.store.emails(filter, after, limit).await
    }
    async fn emails_within(
        &self,
        within: &Reach,
        search: &EmailSearch,
        limit: usize,
    ) -> PortResult<Vec<Email>> {
        self.store.emails_within(within, search, limit).await
    }
    async fn count_by_status(&self) -> PortResult<Vec<(DeliveryStatus, u64)>> {
        EmailStore::count_by_status(&self.store).await
    }
    async fn resolve_held(&self, id: &EmailId, to: DeliveryStatus, audit: AuditEntry) -> PortResult<bool> {
        self.store.resolve_held(id, to, audit).await
    }
}

#[async_trait]
impl AgentStore for Wrong {
    async fn register(&self, agent: Agent, event: UserCreated, actor: Actor) -> PortResult<bool> {
        self.store.register(agent, event, actor).await
    }
    async fn agent(&self, id: &UserId) -> PortResult<Option<Agent>> {
        self.store.agent(id).await
    }
    async fn agents(&self, within: &Reach, after: Option<UserId>, limit: usize) -> PortResult<Vec<Agent>> {
        self.store.agents(within, after, limit).await
    }
    async fn replace(&self, agent: Agent, audit: Option<AuditEntry>) -> PortResult<bool> {
        let banned = agent.banned && !self.is(Fault::BansInVain);
        AgentStore::replace(&self.store, Agent { banned, ..agent }, audit).await
    }
    async fn note(&self, id: &UserId, entry: AuditEntry) -> PortResult<()> {
        self.store.note(id, entry).await
    }
    async fn agent_history(
        &self,
        id: &UserId,
        campaign: Option<CampaignId>,
        before: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<AgentHistoryEntry>> {
        self.store.agent_history(id, campaign, before, limit).await
    }
    async fn remove(&self, id: &UserId, at: Instant) -> PortResult<bool> {
        self.store.remove(id, at).await
    }
    async fn is_removed(&self, id: &UserId) -> PortResult<bool> {
        self.store.is_removed(id).await
    }
    async fn of_customer(&self, customer: &CustomerId) -> PortResult<Vec<Agent>> {
        self.store.of_customer(customer).await
    }
}

#[async_trait]
impl EventQueue for Wrong {
    async fn receive(
        &self,
        queue: Queue,
        max: usize,
        now: Instant,
        visibility: Duration,
    ) -> PortResult<Vec<Delivery>> {
        self.store.receive(queue, max, now, visibility).await
    }
    async fn settle(&self, settlements: Vec<Settlement>, now: Instant) -> PortResult<()> {
        self.store.settle(settlements, now).await
    }
    async fn arrived(&self, queues: &[Queue]) {
        self.store.arrived(queues).await;
    }
    async fn next_visible(&self, queues: &[Queue]) -> PortResult<Option<Instant>> {
        self.store.next_visible(queues).await
    }
}

#[async_trait]
impl FeedbackStore for Wrong {
    async fn knows_feedback(&self, id: &FeedbackId) -> PortResult<bool> {
        self.store.knows_feedback(id).await
    }
    async fn keep_feedback(&self, feedback: Feedback) -> PortResult<bool> {
        self.store.keep_feedback(feedback).await
    }
    async fn complaints(&self, user: &UserId, since: Instant) -> PortResult<Complaints> {
        self.store.complaints(user, since).await
    }
    async fn feedback(&self, campaign: &CampaignId) -> PortResult<Vec<Feedback>> {
        self.store.feedback(campaign).await
    }
    async fn feedback_of(
        &self,
        email: &EmailId,
        after: Option<(Instant, FeedbackId)>,
        limit: usize,
    ) -> PortResult<Vec<Feedback>> {
        self.store.feedback_of(email, after, limit).await
    }
}

#[async_trait]
impl PersonStore for Wrong {
    async fn person(&self, user: &UserId, address: &EmailAddress) -> PortResult<Option<Person>> {
        self.store.person(user, address).await
    }
    async fn campaigns_of(&self, user: &UserId, address: &EmailAddress) -> PortResult<Vec<CampaignId>> {
        self.store.campaigns_of(user, address).await
    }
    async fn erase_campaign(&self, campaign: &CampaignId, entry: AuditEntry) -> PortResult<CampaignErasure> {
        self.store.erase_campaign(campaign, entry).await
    }
    async fn erase_contacts(&self, user: &UserId, address: &EmailAddress, at: Instant) -> PortResult<u64> {
        if self.is(Fault::ErasureLifts) {
            self.store.unblock(address, Actor::System, at).await?;
        }
        self.store.erase_contacts(user, address, at).await
    }
}

#[async_trait]
impl ApiKeyStore for Wrong {
    async fn put_api_key(&self, key: ApiKey) -> PortResult<bool> {
        self.store.put_api_key(key).await
    }
    async fn api_key(&self, id: &ApiKeyId) -> PortResult<Option<ApiKey>> {
        self.store.api_key(id).await
    }
    async fn api_keys(
        &self,
        within: &Reach,
        after: Option<ApiKeyId>,
        limit: usize,
    ) -> PortResult<Vec<ApiKey>> {
        self.store.api_keys(within, after, limit).await
    }
    async fn count_api_keys(&self, of: &Reach) -> PortResult<usize> {
        self.store.count_api_keys(of).await
    }
    async fn revoke_api_key(&self, id: &ApiKeyId, by: Actor, at: Instant) -> PortResult<bool> {
        self.store.revoke_api_key(id, by, at).await
    }
}
