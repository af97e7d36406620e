//! What all processes of a simulation stand on: the clock, the store, the faults, the judge and the story.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use super::{
    Calls,
    database::{Database, Store},
    judge::{Filed, Judge, Moment, Provider},
    plan::{Fault, Faults, Injection, Plan, drawn},
    scheduler::Process,
    virtual_clock::VirtualClock,
};
use crate::{
    agent::Agent,
    agent_mail::Notices,
    campaign::Dossier,
    email::Email,
    errors::{Fault as Kind, PortError, PortResult},
    events::{Event, Queue},
    ids::{AttemptId, CampaignId, EmailId, UserId},
    policy::{Policy, after},
    ports::{Clock, HistoryEntry, Receipt},
    schedule::Instant,
};

/// Who is no process.
pub(super) const PEOPLE: Process = usize::MAX;
/// How many lines of a story are kept; the end is what matters.
const LINES: usize = 4_000;

pub(super) struct Stage {
    pub(super) clock: Arc<VirtualClock>,
    pub(super) database: Box<dyn Database>,
    /// The store without trouble, as people reach it.
    pub(super) store: Arc<dyn Store>,
    /// The store as the judge reads it: without bugs too.
    truth: Arc<dyn Store>,
    pub(super) policy: Policy,
    seed: u64,
    inner: Mutex<Inner>,
}

struct Inner {
    /// The kinds that this seed meets, each once in so many calls.
    swarm: BTreeMap<Fault, u64>,
    faults: Faults,
    calls: BTreeMap<&'static str, Calls>,
    troubled: bool,
    injected: Vec<Injection>,
    crashed: Vec<Process>,
    met: BTreeMap<&'static str, u64>,
    /// Deliveries that will come once more.
    echoes: Vec<(Receipt, Event)>,
    /// When each agent's emails of the last hour were permitted.
    granted: BTreeMap<String, Vec<Instant>>,
    /// When each try was handed over.
    handed: HashMap<AttemptId, Moment>,
    /// What was offered to agents' own accounts.
    offered: HashSet<AttemptId>,
    /// Whose consent is taken back, whether anybody knows or not.
    withdrawn: BTreeSet<UserId>,
    judge: Judge,
    violation: Option<String>,
    story: Vec<String>,
    trace: u64,
}

impl Stage {
    pub(super) fn new(
        plan: &Plan,
        clock: Arc<VirtualClock>,
        database: Box<dyn Database>,
        [store, truth]: [Arc<dyn Store>; 2],
        policy: Policy,
    ) -> Self {
        let swarm = match &plan.faults {
            Faults::Drawn(kinds) => swarm(plan.seed, kinds),
            Faults::Listed(_) | Faults::From(_) => BTreeMap::new(),
        };
        let inner = Inner {
            swarm,
            faults: plan.faults.clone(),
            calls: BTreeMap::new(),
            troubled: true,
            injected: Vec::new(),
            crashed: Vec::new(),
            met: BTreeMap::new(),
            echoes: Vec::new(),
            granted: BTreeMap::new(),
            handed: HashMap::new(),
            offered: HashSet::new(),
            withdrawn: BTreeSet::new(),
            judge: Judge::default(),
            violation: None,
            story: Vec::new(),
            trace: 0xcbf2_9ce4_8422_2325,
        };
        Self { clock, database, store, truth, policy, seed: plan.seed, inner: Mutex::new(inner) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries a call of the store to its end.
    pub(super) fn complete<T: Send>(
        &self,
        call: impl Future<Output = PortResult<T>> + Send,
    ) -> PortResult<T> {
        let mut answer = None;
        self.database.complete(Box::pin(async { answer = Some(call.await) }));
        answer.unwrap_or_else(|| Err(PortError::new(Kind::Unavailable, "the store did not answer")))
    }

    /// A campaign as it is stored.
    pub(super) fn dossier(&self, id: &CampaignId) -> Option<Dossier> {
        self.complete(self.truth.load(std::slice::from_ref(id))).ok()?.pop().flatten()
    }

    /// A campaign's history.
    pub(super) fn history(&self, id: &CampaignId) -> Vec<HistoryEntry> {
        self.complete(self.truth.history(id)).unwrap_or_default()
    }

    /// An email as it is stored.
    pub(super) fn stored_email(&self, id: &EmailId) -> Option<Email> {
        self.complete(self.truth.email(id)).ok().flatten()
    }

    /// An agent as it is stored.
    pub(super) fn agent(&self, id: &UserId) -> Option<Agent> {
        self.complete(self.truth.agent(id)).ok().flatten()
    }

    /// What an agent was told, as it is stored.
    pub(super) fn notices(&self, id: &UserId) -> Option<Notices> {
        self.complete(self.truth.notices(id)).ok().flatten()
    }

    /// An email with its text and its campaign.
    pub(super) fn filed(&self, id: &EmailId) -> Option<Filed> {
        let email = self.stored_email(id)?;
        let dossier = self.dossier(&email.campaign_id)?;
        let message = self.complete(self.truth.messages(std::slice::from_ref(id))).ok()?.pop().flatten();
        Some(Filed { email, message, dossier })
    }

    /// These deliveries will come once more.
    pub(super) fn echo(&self, deliveries: Vec<(Receipt, Event)>) {
        self.lock().echoes.extend(deliveries);
    }

    /// What comes once more in a queue.
    pub(super) fn echoes(&self, queue: Queue) -> Vec<(Receipt, Event)> {
        self.lock().echoes.extract_if(.., |(receipt, _)| receipt.queue == queue).collect()
    }

    /// What happens to this call, if anything does.
    pub(super) fn meet(&self, call: &'static str, possible: &[Fault]) -> Option<Fault> {
        let mut inner = self.lock();
        if !inner.troubled {
            return None;
        }
        let calls = inner.calls.entry(call).or_default();
        let nth = calls.count;
        calls.count += 1;
        if nth == 0 {
            calls.possible.extend(possible);
        }
        inner.note(call.as_bytes());
        let mut possible = possible.iter().copied();
        let fault = match &inner.faults {
            Faults::Listed(listed) => {
                possible.find(|fault| listed.contains(&Injection { call, nth, fault: *fault }))
            }
            Faults::From(first) => {
                possible.find(|f| first.call == call && first.nth <= nth && first.fault == *f)
            }
            Faults::Drawn(_) => possible.find(|fault| {
                let one_in = inner.swarm.get(fault).map_or(0, |one_in| (one_in / weight(call)).max(2));
                one_in > 0 && drawn(self.seed ^ *fault as u64, call, nth).is_multiple_of(one_in)
            }),
        }?;
        inner.injected.push(Injection { call, nth, fault });
        *inner.met.entry(fault.as_str()).or_insert(0) += 1;
        drop(inner);
        self.tell(format!("{fault} at {call} #{nth}"));
        Some(fault)
    }

    /// From here on nothing fails any more.
    pub(super) fn calm(&self) {
        self.lock().troubled = false;
    }

    pub(super) fn is_troubled(&self) -> bool {
        self.lock().troubled
    }

    /// A number that follows from the seed.
    pub(super) fn drawn(&self, what: &str, nth: u32) -> u64 {
        drawn(self.seed, what, nth)
    }

    /// The process is to be killed once the present step is over.
    fn crash(&self, process: Process) {
        self.lock().crashed.push(process);
    }

    pub(super) fn take_crashed(&self) -> Vec<Process> {
        std::mem::take(&mut self.lock().crashed)
    }

    /// Something worth proving that it occurs.
    pub(super) fn count(&self, what: &'static str) {
        *self.lock().met.entry(what).or_insert(0) += 1;
    }

    pub(super) fn counted(&self) -> BTreeMap<&'static str, u64> {
        self.lock().met.clone()
    }

    /// A try is handed over now.
    pub(super) fn handed(&self, attempt: &AttemptId) {
        let moment = self.moment();
        self.lock().handed.insert(attempt.clone(), moment);
    }

    /// When a try was handed over.
    pub(super) fn handed_at(&self, attempt: &AttemptId) -> Moment {
        let known = self.lock().handed.get(attempt).copied();
        known.unwrap_or_else(|| self.moment())
    }

    /// A try is offered to an agent's own account.
    pub(super) fn offered(&self, attempt: &AttemptId) {
        self.lock().offered.insert(attempt.clone());
    }

    /// Whether a try was offered to an agent's own account.
    pub(super) fn was_offered(&self, attempt: &AttemptId) -> bool {
        self.lock().offered.contains(attempt)
    }

    /// An agent takes the consent back, which is known when the account is used next, or gives it again.
    pub(super) fn withdraw(&self, user: &UserId, withdrawn: bool) {
        let mut inner = self.lock();
        if withdrawn {
            inner.withdrawn.insert(user.clone());
        } else {
            inner.withdrawn.remove(user);
        }
    }

    pub(super) fn is_withdrawn(&self, user: &UserId) -> bool {
        self.lock().withdrawn.contains(user)
    }

    /// The present.
    pub(super) fn moment(&self) -> Moment {
        Moment { shown: self.clock.now(), steady: self.clock.steady() }
    }

    /// A line of the story.
    pub(super) fn tell(&self, line: impl AsRef<str>) {
        let line = format!("{}  {}", self.clock.now().format("%Y-%m-%d %H:%M:%S"), line.as_ref());
        let mut inner = self.lock();
        inner.note(line.as_bytes());
        if inner.story.len() >= LINES {
            inner.story.drain(..LINES / 2);
        }
        inner.story.push(line);
    }

    /// Lets the judge look; what it finds ends the run.
    pub(super) fn judge(&self, look: impl FnOnce(&mut Judge) -> Result<(), String>) {
        let mut inner = self.lock();
        if let Err(violation) = look(&mut inner.judge) {
            inner.violation.get_or_insert(violation);
        }
    }

    /// How many emails the mailbox took.
    pub(super) fn emails(&self) -> usize {
        self.lock().judge.emails()
    }

    /// Whether a provider took an email at least so long ago.
    pub(super) fn has_for(&self, by: Provider, email: &EmailId, time: Duration) -> bool {
        let since = self.lock().judge.has_since(by, email);
        since.is_some_and(|since| after(since, time) <= self.clock.steady())
    }

    /// How many emails of a campaign the mailbox took since an instant.
    pub(super) fn taken_since(&self, campaign: &CampaignId, since: Instant) -> usize {
        self.lock().judge.taken_since(campaign, since)
    }

    /// After which time an agent may send again, if it sent as many emails in the last hour as it may; otherwise one more is counted.
    pub(super) fn within_quota(&self, api: &str, per_hour: usize) -> Option<Duration> {
        let (now, hour) = (self.clock.steady(), Duration::from_secs(3600));
        let mut inner = self.lock();
        let granted = inner.granted.entry(api.to_owned()).or_default();
        granted.retain(|at| now < after(*at, hour));
        if granted.len() < per_hour {
            granted.push(now);
            return None;
        }
        granted.iter().min().and_then(|oldest| (after(*oldest, hour) - now).to_std().ok())
    }

    pub(super) fn violation(&self) -> Option<String> {
        self.lock().violation.clone()
    }

    pub(super) fn calls(&self) -> BTreeMap<&'static str, Calls> {
        self.lock().calls.clone()
    }

    pub(super) fn injected(&self) -> BTreeSet<Injection> {
        self.lock().injected.iter().copied().collect()
    }

    pub(super) fn story(&self) -> Vec<String> {
        self.lock().story.clone()
    }

    pub(super) fn trace(&self) -> u64 {
        self.lock().trace
    }

    pub(super) fn note(&self, bytes: &[u8]) {
        self.lock().note(bytes);
    }
}

impl Inner {
    /// Adds to the hash of everything that happened.
    fn note(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.trace = (self.trace ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

/// Emails are handed over far more rarely than anything is read: what happens then must not be rare too.
fn weight(call: &str) -> u64 {
    match call.split('.').next() {
        Some("mailer") => 12,
        Some("source" | "writer" | "renderer" | "quota") => 4,
        _ => 1,
    }
}

/// Each kind is on for half of the seeds, rare or frequent.
fn swarm(seed: u64, kinds: &BTreeSet<Fault>) -> BTreeMap<Fault, u64> {
    kinds
        .iter()
        .filter(|fault| drawn(seed, "on", **fault as u32).is_multiple_of(2) || kinds.len() == 1)
        .map(|fault| {
            let frequency = [15, 40, 100, 300][drawn(seed, "frequency", *fault as u32) as usize % 4];
            // A crash throws away the work of a whole process: more rarely, or nothing else is ever reached.
            let crash = matches!(fault, Fault::CrashBefore | Fault::CrashAfter);
            (*fault, if crash { frequency * 6 } else { frequency })
        })
        .collect()
}

/// One process's way to its ports.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) stage: Arc<Stage>,
    pub(super) process: Process,
    /// The time as this process sees it.
    pub(super) clock: Arc<dyn Clock>,
}

impl Site {
    /// A call that may meet trouble before and after it does its work.
    pub(super) async fn call<T, F>(&self, call: &'static str, possible: &[Fault], work: F) -> PortResult<T>
    where
        F: Future<Output = PortResult<T>> + Send,
        T: Send,
    {
        // People go on trying until a thing is done.
        let fault = if self.process == PEOPLE { None } else { self.stage.meet(call, possible) };
        self.before(fault).await?;
        let result = work.await;
        self.after(fault).await?;
        result
    }

    pub(super) async fn before(&self, fault: Option<Fault>) -> PortResult<()> {
        match fault {
            Some(Fault::CrashBefore) => self.crash().await,
            Some(Fault::Error) => return Err(PortError::new(Kind::Unavailable, "it cannot be reached")),
            Some(Fault::Throttled) => {
                let pause = Duration::from_secs(3600);
                return Err(PortError::new(Kind::Throttled, "it asks for a pause").retry_after(pause));
            }
            Some(Fault::Slow) => self.nap(1, 20).await,
            Some(Fault::Hang) => self.nap(300, 900).await,
            _ => yield_now().await,
        }
        Ok(())
    }

    pub(super) async fn after(&self, fault: Option<Fault>) -> PortResult<()> {
        match fault {
            Some(Fault::AckLost) => Err(PortError::new(Kind::Unavailable, "the connection broke")),
            Some(Fault::CrashAfter) => self.crash().await,
            _ => {
                yield_now().await;
                Ok(())
            }
        }
    }

    /// Minutes, from and to.
    async fn nap(&self, from: u64, to: u64) {
        let now = self.stage.clock.now();
        let minutes = from + drawn(self.stage.seed, "nap", now.timestamp() as u32) % (to - from);
        self.stage.clock.sleep_until(after(now, Duration::from_secs(minutes * 60))).await;
    }

    /// The process dies here.
    pub(super) async fn crash<T>(&self) -> T {
        self.stage.tell(format!("process {} dies", self.process));
        self.stage.crash(self.process);
        std::future::pending().await
    }
}

/// Lets others go first.
pub(super) async fn yield_now() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
