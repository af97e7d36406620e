//! The store and queue as one process reaches them. Every change is shown to the judge at the moment it is made.

use std::{sync::Arc, time::Duration};

use super::{
    database::Store,
    judge::Change,
    plan::Fault::{AckLost, CrashAfter, CrashBefore, Duplicate, Error, Late, Reordered, Slow},
    stage::Site,
};
use crate::{
    access::Reach,
    agent::Agent,
    agent_mail::{Notices, Standing},
    campaign::{Actor, AuditEntry, CampaignStatus, Command, Dossier, Operation},
    content::{AreaContent, AreaKey, CycleContent},
    email::{DeliveryStatus, Email, Message},
    errors::{Fault as Kind, PortError, PortResult},
    events::{Event, Queue, UserCreated},
    ids::{CampaignId, CustomerId, EmailId, EventId, UserId},
    mail_account::MailAccount,
    policy::{FARTHEST, after},
    ports::{
        AgentHistoryEntry, AgentStore, AreaStore, Begun, CampaignFilter, CampaignStore, Delivery,
        EmailFilter, EmailSearch, EmailStore, Enrolment, EventBus, EventQueue, Execution, HistoryEntry,
        MailAccountStore, NewCampaign, NoticeStore, Outbox, OutboxEntry, Receipt, Settlement,
    },
    schedule::{Cycle, Instant},
};
use async_trait::async_trait;

const READ: &[super::Fault] = &[Error, Slow, CrashBefore];
const WRITE: &[super::Fault] = &[Error, Slow, AckLost, CrashBefore, CrashAfter];

/// Every store and the queue, through one process's connection.
#[derive(Clone)]
pub(super) struct FaultyStore {
    pub(super) site: Site,
    pub(super) store: Arc<dyn Store>,
    pub(super) queue: Arc<dyn EventQueue>,
}

impl FaultyStore {
    /// Commands, each shown to the judge. What a lock would hold together happens without a pause.
    pub(super) fn execute_now(&self, commands: Vec<Command>) -> PortResult<Vec<Execution>> {
        let stage = &self.site.stage;
        let mut executions = Vec::with_capacity(commands.len());
        for command in commands {
            let id = &command.campaign_id;
            let events = stage.database.event_count();
            let audited = stage.history(id).len();
            let before = stage.dossier(id);
            let execution = stage.complete(self.store.execute(vec![command.clone()]))?.pop();
            let execution = execution.ok_or_else(|| PortError::new(Kind::Garbled, "no answer"))?;
            let change = Change {
                command: &command,
                execution: &execution,
                after: stage.dossier(id),
                email: before
                    .as_ref()
                    .and_then(|dossier| dossier.email.as_ref())
                    .and_then(|email| stage.stored_email(&email.id)),
                before,
                events: events.map(|events| stage.database.events_from(events)),
                audit: stage.history(id).split_off(audited),
                now: command.desk.clock.now(),
                steady: stage.clock.steady(),
                policy: &stage.policy,
            };
            for line in change.story() {
                stage.tell(line);
            }
            if let Some(rare) = change.rare() {
                stage.count(rare);
            }
            stage.judge(|judge| judge.look_at(&change));
            executions.push(execution);
        }
        Ok(executions)
    }

    /// A call of the store that may meet trouble before and after it does its work.
    async fn call<T: Send>(
        &self,
        call: &'static str,
        possible: &[super::Fault],
        work: impl Future<Output = PortResult<T>> + Send,
    ) -> PortResult<T> {
        self.site.call(call, possible, async { self.now(work) }).await
    }

    /// A call of the store that meets no trouble.
    fn now<T: Send>(&self, work: impl Future<Output = PortResult<T>> + Send) -> PortResult<T> {
        self.site.stage.complete(work)
    }
}

#[async_trait]
impl CampaignStore for FaultyStore {
    async fn enrol(&self, new: Vec<NewCampaign>) -> PortResult<Vec<Enrolment>> {
        self.call("store.enrol", WRITE, self.store.enrol(new)).await
    }

    async fn load(&self, ids: &[CampaignId]) -> PortResult<Vec<Option<Dossier>>> {
        self.call("store.load", READ, self.store.load(ids)).await
    }

    async fn execute(&self, commands: Vec<Command>) -> PortResult<Vec<Execution>> {
        self.site.call("store.execute", WRITE, async { self.execute_now(commands) }).await
    }

    async fn due(&self, now: Instant, limit: usize) -> PortResult<Vec<CampaignId>> {
        self.call("store.due", READ, self.store.due(now, limit)).await
    }

    async fn next_due(&self) -> PortResult<Option<Instant>> {
        self.call("store.next_due", READ, self.store.next_due()).await
    }

    async fn content(&self, of: &[(CampaignId, Cycle)]) -> PortResult<Vec<Vec<(Operation, CycleContent)>>> {
        self.call("store.content", READ, CampaignStore::content(&*self.store, of)).await
    }

    async fn earlier_content(
        &self,
        of: &[(CampaignId, Cycle)],
        operation: Operation,
    ) -> PortResult<Vec<Option<(Cycle, CycleContent)>>> {
        let work = self.store.earlier_content(of, operation);
        self.call("store.earlier_content", READ, work).await
    }

    async fn list(
        &self,
        filter: &CampaignFilter,
        after: Option<CampaignId>,
        limit: usize,
    ) -> PortResult<Vec<Dossier>> {
        self.now(self.store.list(filter, after, limit))
    }

    async fn count_by_status(&self) -> PortResult<Vec<(CampaignStatus, u64)>> {
        self.now(CampaignStore::count_by_status(&*self.store))
    }

    async fn history(&self, campaign: &CampaignId) -> PortResult<Vec<HistoryEntry>> {
        self.now(self.store.history(campaign))
    }
}

#[async_trait]
impl EmailStore for FaultyStore {
    async fn email(&self, id: &EmailId) -> PortResult<Option<Email>> {
        self.call("store.email", READ, self.store.email(id)).await
    }

    async fn emails_by_ids(&self, ids: &[EmailId]) -> PortResult<Vec<Option<Email>>> {
        self.now(self.store.emails_by_ids(ids))
    }

    async fn messages(&self, ids: &[EmailId]) -> PortResult<Vec<Option<Arc<Message>>>> {
        self.call("store.messages", READ, self.store.messages(ids)).await
    }

    async fn emails(
        &self,
        filter: &EmailFilter,
        after: Option<EmailId>,
        limit: usize,
    ) -> PortResult<Vec<Email>> {
        self.now(self.store.emails(filter, after, limit))
    }

    async fn emails_within(
        &self,
        within: &Reach,
        search: &EmailSearch,
        limit: usize,
    ) -> PortResult<Vec<Email>> {
        self.now(self.store.emails_within(within, search, limit))
    }

    async fn count_by_status(&self) -> PortResult<Vec<(DeliveryStatus, u64)>> {
        self.now(EmailStore::count_by_status(&*self.store))
    }

    async fn resolve_held(&self, id: &EmailId, to: DeliveryStatus, audit: AuditEntry) -> PortResult<bool> {
        self.now(self.store.resolve_held(id, to, audit))
    }
}

#[async_trait]
impl AgentStore for FaultyStore {
    async fn register(&self, agent: Agent, event: UserCreated, actor: Actor) -> PortResult<bool> {
        self.call("store.register", WRITE, self.store.register(agent, event, actor)).await
    }

    async fn agent(&self, id: &UserId) -> PortResult<Option<Agent>> {
        self.call("store.agent", READ, self.store.agent(id)).await
    }

    async fn agents(&self, within: &Reach, after: Option<UserId>, limit: usize) -> PortResult<Vec<Agent>> {
        self.store.agents(within, after, limit).await
    }

    async fn replace(&self, agent: Agent, audit: Option<AuditEntry>) -> PortResult<bool> {
        self.call("store.replace_agent", WRITE, AgentStore::replace(&*self.store, agent, audit)).await
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
        self.call("store.remove_agent", WRITE, self.store.remove(id, at)).await
    }

    async fn is_removed(&self, id: &UserId) -> PortResult<bool> {
        self.call("store.is_removed", READ, self.store.is_removed(id)).await
    }

    async fn of_customer(&self, customer: &CustomerId) -> PortResult<Vec<Agent>> {
        self.call("store.of_customer", READ, self.store.of_customer(customer)).await
    }
}

#[async_trait]
impl MailAccountStore for FaultyStore {
    async fn mail_account(&self, user: &UserId) -> PortResult<Option<MailAccount>> {
        self.call("store.mail_account", READ, self.store.mail_account(user)).await
    }

    async fn put_mail_account(&self, account: MailAccount, audit: Option<AuditEntry>) -> PortResult<bool> {
        let work = self.store.put_mail_account(account, audit);
        self.call("store.put_mail_account", WRITE, work).await
    }

    async fn remove_mail_account(&self, user: &UserId) -> PortResult<bool> {
        let work = self.store.remove_mail_account(user);
        self.call("store.remove_mail_account", WRITE, work).await
    }
}

#[async_trait]
impl NoticeStore for FaultyStore {
    async fn notices(&self, user: &UserId) -> PortResult<Option<Notices>> {
        self.call("store.notices", READ, self.store.notices(user)).await
    }

    async fn due_notices(&self, now: Instant, limit: usize) -> PortResult<Vec<Standing>> {
        self.call("store.due_notices", READ, self.store.due_notices(now, limit)).await
    }

    async fn next_notices_due(&self) -> PortResult<Option<Instant>> {
        self.call("store.next_notices_due", READ, self.store.next_notices_due()).await
    }

    async fn put_notices(&self, notices: Notices) -> PortResult<bool> {
        self.call("store.put_notices", WRITE, self.store.put_notices(notices)).await
    }
}

#[async_trait]
impl AreaStore for FaultyStore {
    async fn begin(&self, key: &AreaKey, now: Instant, until: Instant) -> PortResult<Begun> {
        self.call("areas.begin", WRITE, self.store.begin(key, now, until)).await
    }

    async fn finish(&self, key: &AreaKey, fence: u64, content: Arc<AreaContent>) -> PortResult<bool> {
        self.call("areas.finish", WRITE, self.store.finish(key, fence, content)).await
    }

    async fn abandon(&self, key: &AreaKey, fence: u64) -> PortResult<()> {
        self.call("areas.abandon", WRITE, self.store.abandon(key, fence)).await
    }

    async fn content(&self, keys: &[AreaKey]) -> PortResult<Vec<Option<Arc<AreaContent>>>> {
        self.call("areas.content", READ, AreaStore::content(&*self.store, keys)).await
    }

    async fn latest_before(&self, key: &AreaKey) -> PortResult<Option<(AreaKey, Arc<AreaContent>)>> {
        self.call("areas.latest_before", READ, self.store.latest_before(key)).await
    }
}

#[async_trait]
impl EventQueue for FaultyStore {
    async fn receive(
        &self,
        queue: Queue,
        max: usize,
        now: Instant,
        visibility: Duration,
    ) -> PortResult<Vec<Delivery>> {
        let stage = &self.site.stage;
        let possible = &[Error, Slow, CrashBefore, CrashAfter, Duplicate, Reordered, Late];
        // An empty receive is no call that anything could happen to.
        let hidden = |at| at > now && at <= after(now, FARTHEST);
        if self.now(self.queue.next_visible(&[queue]))?.is_none_or(hidden) {
            return Ok(Vec::new());
        }
        let fault = stage.meet("queue.receive", possible);
        self.site.before(fault).await?;
        let mut received = self.now(self.queue.receive(queue, max, now, visibility))?;
        match fault {
            Some(Duplicate) => {
                let twins = received.iter().filter_map(|delivery| twin(delivery, now));
                stage.echo(twins.collect());
            }
            Some(Reordered) => received.reverse(),
            Some(Late) => {
                let hours = 1 + stage.drawn("late", now.timestamp() as u32) % 400;
                let later = after(now, Duration::from_secs(hours * 3600));
                let settlements = received.drain(..).map(|delivery| delivery.again(later)).collect();
                self.now(self.queue.settle(settlements, now))?;
            }
            _ => {}
        }
        // What was doubled earlier comes again among what is new.
        let echoes = stage.echoes(queue).into_iter();
        received.extend(echoes.map(|(receipt, event)| Delivery::new(receipt, Ok(event), 1)));
        self.site.after(fault).await?;
        Ok(received)
    }

    async fn settle(&self, settlements: Vec<Settlement>, now: Instant) -> PortResult<()> {
        self.call("queue.settle", WRITE, self.queue.settle(settlements, now)).await
    }

    async fn arrived(&self, queues: &[Queue]) {
        self.queue.arrived(queues).await;
    }

    async fn next_visible(&self, queues: &[Queue]) -> PortResult<Option<Instant>> {
        self.call("queue.next_visible", &[Error], self.queue.next_visible(queues)).await
    }
}

/// The same event under the same receipt.
fn twin(delivery: &Delivery, now: Instant) -> Option<(Receipt, Event)> {
    let Settlement::Extend(receipt, _) = delivery.extend(now) else { return None };
    Some((receipt, delivery.event().ok()?.clone()))
}

/// The outbox and the bus, as one process reaches them.
#[derive(Clone)]
pub(super) struct FaultyRelay {
    pub(super) site: Site,
    pub(super) outbox: Arc<dyn Outbox>,
    pub(super) bus: Arc<dyn EventBus>,
}

#[async_trait]
impl Outbox for FaultyRelay {
    async fn unpublished(&self, limit: usize, now: Instant, until: Instant) -> PortResult<Vec<OutboxEntry>> {
        let work = async { self.site.stage.complete(self.outbox.unpublished(limit, now, until)) };
        self.site.call("outbox.unpublished", WRITE, work).await
    }

    async fn mark_published(&self, ids: &[EventId]) -> PortResult<()> {
        let work = async { self.site.stage.complete(self.outbox.mark_published(ids)) };
        self.site.call("outbox.mark_published", WRITE, work).await
    }

    async fn give_back(&self, ids: &[EventId]) -> PortResult<()> {
        let work = async { self.site.stage.complete(self.outbox.give_back(ids)) };
        self.site.call("outbox.give_back", WRITE, work).await
    }

    async fn added(&self) {
        self.outbox.added().await;
    }
}

#[async_trait]
impl EventBus for FaultyRelay {
    async fn publish(&self, events: &[Event]) -> Vec<PortResult<()>> {
        let work = async { self.site.stage.complete(async { Ok(self.bus.publish(events).await) }) };
        match self.site.call("bus.publish", WRITE, work).await {
            Ok(results) => results,
            Err(error) => {
                events.iter().map(|_| Err(PortError::new(error.fault(), error.to_string()))).collect()
            }
        }
    }
}
