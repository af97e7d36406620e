//! What all processes of a simulation stand on: the clock, the store, the faults, the judge and the story.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use super::{
    judge::Judge,
    plan::{Fault, Faults, Injection, Plan, drawn},
    scheduler::Process,
    virtual_clock::VirtualClock,
};
use crate::{
    errors::{Fault as Kind, PortError, PortResult},
    policy::{Policy, after},
    ports::Clock,
    testkit::MemoryStore,
};

/// How many lines of a story are kept; the end is what matters.
const LINES: usize = 4_000;

pub(super) struct Stage {
    pub(super) clock: std::sync::Arc<VirtualClock>,
    pub(super) store: MemoryStore,
    pub(super) policy: Policy,
    seed: u64,
    inner: Mutex<Inner>,
}

struct Inner {
    /// The kinds that this seed meets, each once in so many calls.
    swarm: BTreeMap<Fault, u64>,
    faults: Faults,
    calls: BTreeMap<&'static str, u32>,
    troubled: bool,
    injected: Vec<Injection>,
    crashed: Vec<Process>,
    met: BTreeMap<&'static str, u64>,
    judge: Judge,
    violation: Option<String>,
    story: Vec<String>,
    trace: u64,
}

impl Stage {
    pub(super) fn new(
        plan: &Plan,
        clock: std::sync::Arc<VirtualClock>,
        store: MemoryStore,
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
            judge: Judge::default(),
            violation: None,
            story: Vec::new(),
            trace: 0xcbf2_9ce4_8422_2325,
        };
        Self { clock, store, policy, seed: plan.seed, inner: Mutex::new(inner) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What happens to this call, if anything does.
    pub(super) fn meet(&self, call: &'static str, possible: &[Fault]) -> Option<Fault> {
        let mut inner = self.lock();
        if !inner.troubled {
            return None;
        }
        let count = inner.calls.entry(call).or_insert(0);
        let nth = *count;
        *count += 1;
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

    pub(super) fn violation(&self) -> Option<String> {
        self.lock().violation.clone()
    }

    pub(super) fn calls(&self) -> BTreeMap<&'static str, u32> {
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
    pub(super) stage: std::sync::Arc<Stage>,
    pub(super) process: Process,
}

impl Site {
    /// A call that may meet trouble before and after it does its work.
    pub(super) async fn call<T, F>(&self, call: &'static str, possible: &[Fault], work: F) -> PortResult<T>
    where
        F: Future<Output = PortResult<T>> + Send,
        T: Send,
    {
        let fault = self.stage.meet(call, possible);
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
