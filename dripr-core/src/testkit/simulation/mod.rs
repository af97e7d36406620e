//! The whole application with everything breaking, from a seed.
//!
//! [`simulate`] runs one to four processes over one in-memory store, in one thread: which task goes on, which call
//! fails and how, when a process dies and when the clock jumps all follow from a [`Plan`], and so from a seed. After
//! every change, and for every email that a provider takes, a judge looks at what must always hold. Then the faults
//! stop, and every campaign that may run must get its email within a stated time. The same plan gives the same run,
//! which its trace hash shows.
//!
//! ```
//! use dripr_core::testkit::simulation::{Plan, simulate};
//! let report = simulate(&Plan::of_seed(7));
//! assert_eq!(report.violation, None);
//! assert_eq!(report.trace, simulate(&Plan::of_seed(7)).trace);
//! ```
//!
//! A seed that fails is made short by [`shrink`] and told by [`Report::story`].

pub(super) mod canary;
mod faulty_mailer;
mod faulty_providers;
mod faulty_store;
mod judge;
mod people;
mod plan;
mod scheduler;
mod shrink;
mod stage;
mod virtual_clock;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use chrono::TimeDelta;
use futures_util::FutureExt;

pub use canary::Canary;
pub use plan::{Fault, Faults, Injection, Plan, UnknownFault};
pub use shrink::shrink;

use self::{
    faulty_mailer::FaultyMailer,
    faulty_providers::{FaultyQuota, FaultyRenderer, FaultyWriter, SOURCES, sources},
    faulty_store::FaultyStore,
    people::{People, homeowner},
    scheduler::Scheduler,
    stage::{Site, Stage},
    virtual_clock::VirtualClock,
};
use super::{MemoryStore, SeededEntropy, samples};
use crate::{
    Dripr,
    campaign::{CampaignStatus, command::Bench},
    email::OptOutLinks,
    ids::CampaignId,
    policy::{Policy, before},
    ports::{AgentStore, CampaignFilter, CampaignStore, Clock, NewCampaign},
    schedule::Instant,
};

/// How long everything is calm before every campaign must have got its email: two slots and a late first one lie at
/// most so far apart.
const CALM_DAYS: u16 = 64;
/// How often at most the loops look without being called. In the real world a minute; here it is what bounds the
/// number of steps.
const LONGEST_SLEEP: Duration = Duration::from_secs(8 * 3600);
/// More steps than this mean that something turns in a circle.
const MOST_STEPS: u64 = 5_000_000;

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The first thing that did not hold, beginning with the invariant's name.
    pub violation: Option<String>,
    /// A hash over everything that happened, in order.
    pub trace: u64,
    /// How many steps it took.
    pub steps: u64,
    /// How much virtual time passed.
    pub days: i64,
    /// How many emails the mailbox took.
    pub emails: usize,
    /// How often each kind of trouble, and each rare case worth proving, occurred.
    pub met: BTreeMap<&'static str, u64>,
    /// How often each operation was called while things could fail.
    pub calls: BTreeMap<&'static str, u32>,
    /// The faults that happened.
    pub injected: BTreeSet<Injection>,
    /// What happened, a line for each thing, the latest last.
    pub story: Vec<String>,
}

/// One process: its tasks live in the scheduler.
struct ProcessState {
    incarnation: u64,
    /// When it comes back, while it is down.
    restart_at: Option<Instant>,
}

struct World {
    stage: Arc<Stage>,
    scheduler: Scheduler,
    dice: fastrand::Rng,
    processes: Vec<ProcessState>,
    policy: Policy,
    relayed: bool,
    source_down: Option<&'static str>,
    can_tell: bool,
    batch: usize,
    campaigns: Vec<CampaignId>,
    steps: u64,
    jumps: u32,
    jumped: TimeDelta,
    plan: Plan,
}

/// Runs a plan to its end, or to the first thing that does not hold.
#[must_use]
pub fn simulate(plan: &Plan) -> Report {
    let mut dice = fastrand::Rng::with_seed(plan.seed);
    let start = start(&mut dice);
    let clock = Arc::new(VirtualClock::at(start));
    let relayed = dice.bool();
    let store = MemoryStore::build(relayed, plan.canary);
    let mut policy = Policy::default();
    let drawn = [3, 7, 14][dice.usize(..3)];
    if let Ok(rules) = policy.rules.with_grace_days(plan.grace_days.unwrap_or(drawn)) {
        policy.rules = rules;
    }
    let stage = Arc::new(Stage::new(plan, clock, store, policy.clone()));
    let processes = dice.usize(1..=plan.processes.max(1));
    let mut world = World {
        stage,
        scheduler: Scheduler::new(plan.seed),
        processes: (0..processes).map(|_| ProcessState { incarnation: 0, restart_at: Some(start) }).collect(),
        policy,
        relayed,
        source_down: (dice.u8(..4) == 0).then(|| SOURCES[dice.usize(..SOURCES.len())]),
        can_tell: plan.can_tell.unwrap_or(dice.u8(..4) != 0),
        batch: [1, 3, 50][dice.usize(..3)],
        campaigns: Vec::new(),
        steps: 0,
        jumps: 0,
        jumped: TimeDelta::zero(),
        plan: plan.clone(),
        dice,
    };
    world.settle_in(start);
    let drawn = world.dice.u16(20..75);
    let troubled_until = start + TimeDelta::days(plan.troubled_days.unwrap_or(drawn).into());
    world.run_until(troubled_until);
    world.stage.calm();
    world.stage.tell("from here on nothing fails");
    let calm_since = world.stage.clock.now();
    world.take_stock();
    world.run_until(calm_since + TimeDelta::days(plan.calm_days.into()));
    if world.stage.violation().is_none() && plan.calm_days >= CALM_DAYS {
        world.must_have_gone_on(calm_since);
    }
    let stage = &world.stage;
    let mut emails = 0;
    stage.judge(|judge| {
        emails = judge.emails();
        Ok(())
    });
    Report {
        violation: stage.violation(),
        trace: stage.trace(),
        steps: world.steps,
        days: (stage.clock.now() - start).num_days(),
        emails,
        met: stage.counted(),
        calls: stage.calls(),
        injected: stage.injected(),
        story: stage.story(),
    }
}

/// Somewhere in two years; every other time shortly before the clocks change.
fn start(dice: &mut fastrand::Rng) -> Instant {
    let base = chrono::DateTime::from_timestamp(1_767_225_600, 0).unwrap_or(Instant::UNIX_EPOCH);
    let day =
        if dice.bool() { [45, 285, 410, 650][dice.usize(..4)] + dice.i64(0..20) } else { dice.i64(0..700) };
    base + TimeDelta::days(day) + TimeDelta::minutes(dice.i64(0..1440))
}

impl World {
    fn site(&self, process: usize) -> Site {
        Site { stage: self.stage.clone(), process }
    }

    /// Agents, homeowners, and the people task.
    fn settle_in(&mut self, now: Instant) {
        let store = self.stage.store.clone();
        let mut agents = Vec::new();
        let mut enrolled: Vec<NewCampaign> = Vec::new();
        for n in 0..self.dice.usize(1..=2) {
            let Ok(mut agent) = samples::agent(&format!("agent{n}"), now) else { continue };
            if self.dice.u8(..4) == 0 {
                agent.sending_rules = self.policy.rules.with_zone_name("America/Los_Angeles").ok();
            }
            let event = samples::user_created(&agent);
            let _ = store.register(agent.clone(), event).now_or_never();
            for number in 1..=self.dice.usize(1..=(self.plan.campaigns / 2).max(1)) {
                let created = now - TimeDelta::hours(self.dice.i64(0..200));
                enrolled.extend(homeowner(&agent, number, &mut self.dice, created));
            }
            agents.push(agent);
        }
        let _ = store.enrol(enrolled.clone()).now_or_never();
        self.campaigns = enrolled.iter().map(|new| new.campaign.id.clone()).collect();
        let bench = Arc::new(Bench { clock: self.stage.clock.clone(), policy: self.policy.clone() });
        let people = People {
            site: self.site(usize::MAX),
            bench,
            agents,
            enrolled,
            dice: fastrand::Rng::with_seed(self.plan.seed ^ 0x9e37_79b9),
            meddle: self.plan.people,
        };
        self.scheduler.spawn(usize::MAX, people.live().boxed());
    }

    /// Starts a process: all of it is made anew, as after a crash.
    fn begin(&mut self, process: usize) {
        let site = self.site(process);
        let state = &mut self.processes[process];
        state.restart_at = None;
        state.incarnation += 1;
        let entropy = self.plan.seed ^ ((process as u64) << 32) ^ state.incarnation;
        let store = Arc::new(FaultyStore(site.clone()));
        let Ok(links) =
            OptOutLinks::new("https://mail.example", "a key for the simulation".to_owned().into())
        else {
            return;
        };
        let mailer = FaultyMailer { site: site.clone(), can_tell: self.can_tell, batch: self.batch };
        let source = sources(&site, self.source_down);
        let ignores_quota = self.plan.canary == Some(Canary::NoQuota);
        let mut builder = Dripr::builder()
            .clock(self.stage.clock.clone())
            .entropy(Arc::new(SeededEntropy::new(entropy)))
            .store(store.clone())
            .source(source)
            .writer(Arc::new(FaultyWriter(site.clone())))
            .renderer(Arc::new(FaultyRenderer(site.clone())))
            .mailer(Arc::new(mailer))
            .quota(Arc::new(FaultyQuota { site, ignored: ignores_quota }))
            .opt_out_links(links)
            .policy(self.policy.clone())
            .longest_sleep(LONGEST_SLEEP);
        if self.relayed {
            builder = builder.relay(store.clone(), store);
        }
        match builder.build() {
            Ok(engine) => {
                self.stage.tell(format!("process {process} starts"));
                for worker in engine.workers() {
                    self.scheduler.spawn(process, worker);
                }
            }
            Err(error) => self.stage.judge(|_| Err(error.to_string())),
        }
    }

    fn run_until(&mut self, end: Instant) {
        while self.stage.violation().is_none() {
            self.restart();
            if let Some(process) = self.scheduler.step() {
                self.steps += 1;
                self.stage.note(&[process as u8]);
                for crashed in self.stage.take_crashed() {
                    self.kill(crashed);
                }
                if self.steps > MOST_STEPS {
                    self.stage.judge(|_| Err("I10: it turns in a circle".to_owned()));
                }
                continue;
            }
            if self.jumps() {
                continue;
            }
            let restarts = self.processes.iter().filter_map(|process| process.restart_at);
            let next = self.stage.clock.next().into_iter().chain(restarts).min();
            let now = self.stage.clock.now();
            match next.filter(|next| *next <= end) {
                Some(next) => self.stage.clock.set(next.max(now)),
                None => {
                    self.stage.clock.set(end.max(now));
                    break;
                }
            }
        }
    }

    fn restart(&mut self) {
        let now = self.stage.clock.now();
        for process in 0..self.processes.len() {
            let troubled = self.stage.is_troubled();
            if self.processes[process].restart_at.is_some_and(|at| at <= now || !troubled) {
                self.begin(process);
            }
        }
    }

    fn kill(&mut self, process: usize) {
        if process >= self.processes.len() {
            return;
        }
        self.scheduler.kill(process);
        let away = match self.dice.u8(..20) {
            0 => TimeDelta::days(self.dice.i64(1..40)),
            1..5 => TimeDelta::hours(self.dice.i64(1..30)),
            _ => TimeDelta::seconds(self.dice.i64(1..120)),
        };
        self.processes[process].restart_at = Some(self.stage.clock.now() + away);
        self.stage.count("a crash");
    }

    /// Whether the clock of all has jumped just now. A jump is taken back by the next one.
    fn jumps(&mut self) -> bool {
        if self.stage.meet("clock.tick", &[Fault::ClockJump]) != Some(Fault::ClockJump) || self.jumps >= 6 {
            return false;
        }
        self.jumps += 1;
        let by = if self.jumped == TimeDelta::zero() {
            [TimeDelta::hours(1), TimeDelta::hours(-1), TimeDelta::days(1), TimeDelta::days(-1)]
                [self.dice.usize(..4)]
        } else {
            -self.jumped
        };
        self.jumped += by;
        self.stage.tell(format!("the clock jumps by {} minutes", by.num_minutes()));
        self.stage.clock.set(self.stage.clock.now() + by);
        true
    }

    /// Those who were enrolled on the way count too.
    fn take_stock(&mut self) {
        let store = &self.stage.store;
        if let Some(Ok(all)) = store.list(&CampaignFilter::default(), None, usize::MAX).now_or_never() {
            self.campaigns = all.into_iter().map(|dossier| dossier.campaign.id).collect();
        }
    }

    /// I10, I11: every campaign that may run got its email in the calm, and nothing is overdue.
    fn must_have_gone_on(&self, calm_since: Instant) {
        let stage = &self.stage;
        let now = stage.clock.now();
        let bound = self.policy.operation_lease + 2 * LONGEST_SLEEP;
        let name = if self.source_down.is_some() { "I11" } else { "I10" };
        for id in &self.campaigns {
            let Some(dossier) = stage.store.dossier(id) else { continue };
            let may_run = dossier.facts(now, &self.policy).may_run(&dossier.campaign).is_ok()
                && dossier.campaign.deleted_at.is_none()
                && dossier.suppression.is_none()
                && dossier.campaign.status != CampaignStatus::Unsubscribed;
            let mut taken = 0;
            stage.judge(|judge| {
                taken = judge.taken_since(id, calm_since);
                Ok(())
            });
            if may_run && taken == 0 {
                let campaign = &dossier.campaign;
                let (status, slot, last) = (campaign.status, campaign.slot, campaign.last_cycle);
                stage.tell(format!("{id} is {status}, its slot is {slot:?}, its last cycle was {last:?}"));
                stage.judge(|_| Err(format!("{name}: {id} got no email in the calm days, it is {status}")));
            }
        }
        let overdue = stage.store.due(before(now, bound), 1).now_or_never();
        if let Some(Ok(overdue)) = overdue
            && let Some(id) = overdue.first()
        {
            stage.judge(|_| Err(format!("I10: nobody looked at {id}, which is overdue")));
        }
        if let Some(Ok(left)) = crate::ports::Outbox::unpublished(&stage.store, 1).now_or_never()
            && !left.is_empty()
        {
            stage.judge(|_| Err("I8: an event was never published".to_owned()));
        }
    }
}
