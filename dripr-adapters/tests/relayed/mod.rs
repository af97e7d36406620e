//! A store in memory whose outbox is relayed to a bus before anybody looks into its queues: what the contract of a queue
//! beside a store needs.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use dripr_core::{
    access::Reach,
    agent::Agent,
    campaign::{Actor, AuditEntry, CampaignStatus, Command, Dossier, Operation},
    contact::{Contact, ExternalId, ExternalIdGiven},
    content::CycleContent,
    email::{DeliveryStatus, Email, EmailAddress, Message, OptIn, Suppression, SuppressionCause},
    errors::PortResult,
    events::{Queue, UserCreated},
    ids::{CampaignId, ContactId, CustomerId, EmailId, UserId},
    ports::{
        AddressSuppression, AgentHistoryEntry, AgentStore, CampaignFilter, CampaignStore, ContactAddition,
        ContactRemoval, ContactReplacement, ContactStore, Delivery, EmailFilter, EmailSearch, EmailStore,
        Enrolment, EventBus, EventQueue, Execution, HistoryEntry, NewCampaign, Outbox, Settlement,
    },
    schedule::{Cycle, Instant},
    testkit::MemoryStore,
};

pub(crate) struct Relayed<B, Q> {
    pub(crate) store: MemoryStore,
    pub(crate) bus: B,
    pub(crate) queue: Q,
}

impl<B: EventBus, Q: EventQueue> Relayed<B, Q> {
    async fn relay(&self) {
        let now = Instant::UNIX_EPOCH;
        loop {
            let entries = self.store.unpublished(2, now, now).await.unwrap();
            if entries.is_empty() {
                return;
            }
            let events: Vec<_> = entries.iter().map(|entry| entry.event.clone()).collect();
            for answer in self.bus.publish(&events).await {
                answer.unwrap();
            }
            let ids: Vec<_> = entries.into_iter().map(|entry| entry.id).collect();
            self.store.mark_published(&ids).await.unwrap();
        }
    }
}

#[async_trait]
impl<B: EventBus, Q: EventQueue> EventQueue for Relayed<B, Q> {
    async fn receive(
        &self,
        queue: Queue,
        max: usize,
        now: Instant,
        visibility: Duration,
    ) -> PortResult<Vec<Delivery>> {
        self.relay().await;
        self.queue.receive(queue, max, now, visibility).await
    }
    async fn settle(&self, settlements: Vec<Settlement>, now: Instant) -> PortResult<()> {
        self.queue.settle(settlements, now).await
    }
    async fn arrived(&self, queues: &[Queue]) {
        self.queue.arrived(queues).await;
    }
    async fn next_visible(&self, queues: &[Queue]) -> PortResult<Option<Instant>> {
        self.relay().await;
        self.queue.next_visible(queues).await
    }
}

#[async_trait]
impl<B: EventBus, Q: EventQueue> CampaignStore for Relayed<B, Q> {
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
        self.store.due(now, limit).await
    }
    async fn next_due(&self) -> PortResult<Option<Instant>> {
        self.store.next_due().await
    }
    async fn content(&self, of: &[(CampaignId, Cycle)]) -> PortResult<Vec<Vec<(Operation, CycleContent)>>> {
        self.store.content(of).await
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
impl<B: EventBus, Q: EventQueue> EmailStore for Relayed<B, Q> {
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
impl<B: EventBus, Q: EventQueue> AgentStore for Relayed<B, Q> {
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
        AgentStore::replace(&self.store, agent, audit).await
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
impl<B: EventBus, Q: EventQueue> ContactStore for Relayed<B, Q> {
    async fn contact(&self, id: &ContactId) -> PortResult<Option<Contact>> {
        self.store.contact(id).await
    }
    async fn contacts(
        &self,
        user: &UserId,
        after: Option<ContactId>,
        limit: usize,
    ) -> PortResult<Vec<Contact>> {
        self.store.contacts(user, after, limit).await
    }
    async fn agents_writing_to(&self, address: &EmailAddress) -> PortResult<Vec<UserId>> {
        self.store.agents_writing_to(address).await
    }
    async fn agents_writing_to_each(&self, addresses: &[EmailAddress]) -> PortResult<Vec<Vec<UserId>>> {
        self.store.agents_writing_to_each(addresses).await
    }
    async fn contact_at(&self, user: &UserId, address: &EmailAddress) -> PortResult<Option<Contact>> {
        self.store.contact_at(user, address).await
    }
    async fn contacts_at(
        &self,
        user: &UserId,
        addresses: &[EmailAddress],
    ) -> PortResult<Vec<Option<ContactId>>> {
        self.store.contacts_at(user, addresses).await
    }
    async fn contact_with(&self, user: &UserId, id: &ExternalId) -> PortResult<Option<Contact>> {
        self.store.contact_with(user, id).await
    }
    async fn contacts_with(&self, user: &UserId, ids: &[ExternalId]) -> PortResult<Vec<Option<ContactId>>> {
        self.store.contacts_with(user, ids).await
    }
    async fn give_external_ids(
        &self,
        user: &UserId,
        ids: Vec<(EmailAddress, ExternalId)>,
        audit: AuditEntry,
    ) -> PortResult<Vec<ExternalIdGiven>> {
        self.store.give_external_ids(user, ids, audit).await
    }
    async fn add_contact(&self, contact: Contact, audit: AuditEntry) -> PortResult<ContactAddition> {
        self.store.add_contact(contact, audit).await
    }
    async fn remove_contact(
        &self,
        user: &UserId,
        id: &ContactId,
        audit: AuditEntry,
    ) -> PortResult<ContactRemoval> {
        self.store.remove_contact(user, id, audit).await
    }
    async fn replace(
        &self,
        known: &Contact,
        contact: Contact,
        audit: AuditEntry,
    ) -> PortResult<ContactReplacement> {
        ContactStore::replace(&self.store, known, contact, audit).await
    }
    async fn suppress_because(
        &self,
        suppression: Suppression,
        actor: Actor,
        why: String,
    ) -> PortResult<AddressSuppression> {
        self.store.suppress_because(suppression, actor, why).await
    }
    async fn lift(
        &self,
        user: &UserId,
        address: &EmailAddress,
        most: SuppressionCause,
        actor: Actor,
        at: Instant,
    ) -> PortResult<bool> {
        self.store.lift(user, address, most, actor, at).await
    }
    async fn take_back(
        &self,
        user: &UserId,
        address: &EmailAddress,
        opt_in: &OptIn,
        actor: Actor,
        at: Instant,
    ) -> PortResult<bool> {
        self.store.take_back(user, address, opt_in, actor, at).await
    }
    async fn suppressions(
        &self,
        user: &UserId,
        cause: Option<SuppressionCause>,
        after: Option<String>,
        limit: usize,
    ) -> PortResult<Vec<Suppression>> {
        self.store.suppressions(user, cause, after, limit).await
    }
    async fn suppression(&self, user: &UserId, address: &EmailAddress) -> PortResult<Option<Suppression>> {
        self.store.suppression(user, address).await
    }
    async fn suppressed_among(
        &self,
        user: &UserId,
        addresses: &[EmailAddress],
    ) -> PortResult<Vec<Option<Suppression>>> {
        self.store.suppressed_among(user, addresses).await
    }
}
