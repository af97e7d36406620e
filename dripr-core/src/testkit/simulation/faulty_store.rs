//! The store and queue as one process reaches them. Every change is shown to the judge at the moment it is made.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::FutureExt;

use super::{
    judge::Change,
    plan::Fault::{AckLost, CrashAfter, CrashBefore, Duplicate, Error, Late, Reordered, Slow},
    stage::Site,
};
use crate::{
    agent::Agent,
    campaign::{AuditEntry, CampaignStatus, Command, Dossier, Operation},
    content::{AreaContent, AreaKey, CycleContent},
    email::{DeliveryStatus, Email, Message},
    errors::{Fault as Kind, PortError, PortResult},
    events::{Event, Queue, UserCreated},
    ids::{CampaignId, EmailId, EventId, UserId},
    policy::after,
    ports::{
        AgentStore, AreaStore, Begun, CampaignFilter, CampaignStore, Clock, Delivery, EmailFilter,
        EmailStore, Enrolment, EventBus, EventQueue, Execution, HistoryEntry, NewCampaign, Outbox,
        OutboxEntry, Settlement,
    },
    schedule::{Cycle, Instant},
};

const READ: &[super::Fault] = &[Error, Slow, CrashBefore];
const WRITE: &[super::Fault] = &[Error, Slow, AckLost, CrashBefore, CrashAfter];

/// Every store and the queue, through one process's connection.
#[derive(Clone)]
pub(super) struct FaultyStore(pub(super) Site);

impl FaultyStore {
    /// Commands, each shown to the judge. What a lock would hold together happens without a pause.
    pub(super) fn execute_now(&self, commands: Vec<Command>) -> PortResult<Vec<Execution>> {
        let stage = &self.0.stage;
        let mut executions = Vec::with_capacity(commands.len());
        for command in commands {
            let (events, audited) = stage.store.lengths();
            let before = stage.store.dossier(&command.campaign_id);
            let execution = at_once(stage.store.execute(vec![command.clone()]))?.pop();
            let execution = execution.ok_or_else(|| PortError::new(Kind::Garbled, "no answer"))?;
            let change = Change {
                command: &command,
                execution: &execution,
                after: stage.store.dossier(&command.campaign_id),
                email: before
                    .as_ref()
                    .and_then(|d| d.email.as_ref())
                    .and_then(|e| stage.store.stored_email(&e.id)),
                before,
                events: stage.store.events_from(events),
                audit: stage.store.audit_from(audited),
                now: stage.clock.now(),
                policy: &stage.policy,
            };
            for line in change.story() {
                stage.tell(line);
            }
            stage.judge(|judge| judge.look_at(&change));
            executions.push(execution);
        }
        Ok(executions)
    }
}

/// The in-memory store never waits.
fn at_once<T>(call: impl Future<Output = PortResult<T>>) -> PortResult<T> {
    call.now_or_never().unwrap_or_else(|| Err(PortError::new(Kind::Unavailable, "the store waits")))
}

#[async_trait]
impl CampaignStore for FaultyStore {
    async fn enrol(&self, new: Vec<NewCampaign>) -> PortResult<Vec<Enrolment>> {
        self.0.call("store.enrol", WRITE, self.0.stage.store.enrol(new)).await
    }

    async fn load(&self, ids: &[CampaignId]) -> PortResult<Vec<Option<Dossier>>> {
        self.0.call("store.load", READ, self.0.stage.store.load(ids)).await
    }

    async fn execute(&self, commands: Vec<Command>) -> PortResult<Vec<Execution>> {
        self.0.call("store.execute", WRITE, async { self.execute_now(commands) }).await
    }

    async fn due(&self, now: Instant, limit: usize) -> PortResult<Vec<CampaignId>> {
        self.0.call("store.due", READ, self.0.stage.store.due(now, limit)).await
    }

    async fn next_due(&self) -> PortResult<Option<Instant>> {
        self.0.call("store.next_due", READ, self.0.stage.store.next_due()).await
    }

    async fn content(&self, of: &[(CampaignId, Cycle)]) -> PortResult<Vec<Vec<(Operation, CycleContent)>>> {
        self.0.call("store.content", READ, CampaignStore::content(&self.0.stage.store, of)).await
    }

    async fn earlier_content(
        &self,
        of: &[(CampaignId, Cycle)],
        operation: Operation,
    ) -> PortResult<Vec<Option<(Cycle, CycleContent)>>> {
        let work = self.0.stage.store.earlier_content(of, operation);
        self.0.call("store.earlier_content", READ, work).await
    }

    async fn list(
        &self,
        filter: &CampaignFilter,
        after: Option<CampaignId>,
        limit: usize,
    ) -> PortResult<Vec<Dossier>> {
        self.0.stage.store.list(filter, after, limit).await
    }

    async fn count_by_status(&self) -> PortResult<Vec<(CampaignStatus, u64)>> {
        CampaignStore::count_by_status(&self.0.stage.store).await
    }

    async fn history(&self, campaign: &CampaignId) -> PortResult<Vec<HistoryEntry>> {
        self.0.stage.store.history(campaign).await
    }
}

#[async_trait]
impl EmailStore for FaultyStore {
    async fn email(&self, id: &EmailId) -> PortResult<Option<Email>> {
        self.0.call("store.email", READ, self.0.stage.store.email(id)).await
    }

    async fn messages(&self, ids: &[EmailId]) -> PortResult<Vec<Option<Arc<Message>>>> {
        self.0.call("store.messages", READ, self.0.stage.store.messages(ids)).await
    }

    async fn emails(
        &self,
        filter: &EmailFilter,
        after: Option<EmailId>,
        limit: usize,
    ) -> PortResult<Vec<Email>> {
        self.0.stage.store.emails(filter, after, limit).await
    }

    async fn count_by_status(&self) -> PortResult<Vec<(DeliveryStatus, u64)>> {
        EmailStore::count_by_status(&self.0.stage.store).await
    }

    async fn resolve_held(&self, id: &EmailId, to: DeliveryStatus, audit: AuditEntry) -> PortResult<bool> {
        self.0.stage.store.resolve_held(id, to, audit).await
    }
}

#[async_trait]
impl AgentStore for FaultyStore {
    async fn register(&self, agent: Agent, event: UserCreated) -> PortResult<bool> {
        self.0.call("store.register", WRITE, self.0.stage.store.register(agent, event)).await
    }

    async fn agent(&self, id: &UserId) -> PortResult<Option<Agent>> {
        self.0.call("store.agent", READ, self.0.stage.store.agent(id)).await
    }

    async fn agents(&self, after: Option<UserId>, limit: usize) -> PortResult<Vec<Agent>> {
        self.0.stage.store.agents(after, limit).await
    }

    async fn replace(&self, agent: Agent) -> PortResult<bool> {
        self.0.call("store.replace_agent", WRITE, AgentStore::replace(&self.0.stage.store, agent)).await
    }
}

#[async_trait]
impl AreaStore for FaultyStore {
    async fn begin(&self, key: &AreaKey, now: Instant, until: Instant) -> PortResult<Begun> {
        self.0.call("areas.begin", WRITE, self.0.stage.store.begin(key, now, until)).await
    }

    async fn finish(&self, key: &AreaKey, fence: u64, content: Arc<AreaContent>) -> PortResult<bool> {
        self.0.call("areas.finish", WRITE, self.0.stage.store.finish(key, fence, content)).await
    }

    async fn abandon(&self, key: &AreaKey, fence: u64) -> PortResult<()> {
        self.0.call("areas.abandon", WRITE, self.0.stage.store.abandon(key, fence)).await
    }

    async fn content(&self, keys: &[AreaKey]) -> PortResult<Vec<Option<Arc<AreaContent>>>> {
        self.0.call("areas.content", READ, AreaStore::content(&self.0.stage.store, keys)).await
    }

    async fn latest_before(&self, key: &AreaKey) -> PortResult<Option<(AreaKey, Arc<AreaContent>)>> {
        self.0.call("areas.latest_before", READ, self.0.stage.store.latest_before(key)).await
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
        let stage = &self.0.stage;
        let possible = &[Error, Slow, CrashBefore, CrashAfter, Duplicate, Reordered, Late];
        // An empty receive is no call that anything could happen to.
        if at_once(stage.store.next_visible(&[queue]))?.is_none_or(|at| at > now) {
            return Ok(Vec::new());
        }
        let fault = stage.meet("queue.receive", possible);
        self.0.before(fault).await?;
        let mut received = stage.store.receive(queue, max, now, visibility).await?;
        match fault {
            Some(Duplicate) => {
                let again: Vec<Event> =
                    received.iter().filter_map(|delivery| delivery.event().ok().cloned()).collect();
                stage.store.publish(&again).await;
            }
            Some(Reordered) => received.reverse(),
            Some(Late) => {
                let hours = 1 + stage.drawn("late", now.timestamp() as u32) % 400;
                let later = after(now, Duration::from_secs(hours * 3600));
                let settlements = received.drain(..).map(|delivery| delivery.again(later)).collect();
                stage.store.settle(settlements, now).await?;
            }
            _ => {}
        }
        self.0.after(fault).await?;
        Ok(received)
    }

    async fn settle(&self, settlements: Vec<Settlement>, now: Instant) -> PortResult<()> {
        self.0.call("queue.settle", WRITE, self.0.stage.store.settle(settlements, now)).await
    }

    async fn arrived(&self, queues: &[Queue]) {
        self.0.stage.store.arrived(queues).await;
    }

    async fn next_visible(&self, queues: &[Queue]) -> PortResult<Option<Instant>> {
        self.0.call("queue.next_visible", &[Error], self.0.stage.store.next_visible(queues)).await
    }
}

#[async_trait]
impl Outbox for FaultyStore {
    async fn unpublished(&self, limit: usize) -> PortResult<Vec<OutboxEntry>> {
        self.0.call("outbox.unpublished", READ, self.0.stage.store.unpublished(limit)).await
    }

    async fn mark_published(&self, ids: &[EventId]) -> PortResult<()> {
        self.0.call("outbox.mark_published", WRITE, self.0.stage.store.mark_published(ids)).await
    }

    async fn added(&self) {
        self.0.stage.store.added().await;
    }
}

#[async_trait]
impl EventBus for FaultyStore {
    async fn publish(&self, events: &[Event]) -> Vec<PortResult<()>> {
        let published = async { Ok(self.0.stage.store.publish(events).await) };
        match self.0.call("bus.publish", &[Error, Slow, AckLost, CrashBefore, CrashAfter], published).await {
            Ok(results) => results,
            Err(error) => {
                events.iter().map(|_| Err(PortError::new(error.fault(), error.to_string()))).collect()
            }
        }
    }
}
