//! The processes, the people and the clock of a simulation, and how they go on.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use futures_util::FutureExt;

use super::{
    Canary, Fault, Plan,
    database::{Database, Store},
    faulty_mailer::FaultyMailer,
    faulty_providers::{
        FaultyArchive, FaultyGeocoder, FaultyQuota, FaultyRenderer, FaultyWriter, SOURCES, sources,
    },
    faulty_store::{FaultyRelay, FaultyStore},
    handed_over::HandedOver,
    judge::Provider,
    own_accounts::OwnAccounts,
    people::{People, homeowner},
    plan::drawn,
    scheduler::Scheduler,
    stage::{PEOPLE, Site, Stage},
    virtual_clock::{SkewedClock, VirtualClock},
};
use crate::{
    Dripr,
    agent::{Agent, UnknownOutcome},
    agent_mail::NoticeLinks,
    campaign::command::Bench,
    email::{ApprovalLinks, OptOutLinks},
    errors::PortResult,
    mail_account::{ByMailAccount, ConnectLinks, MailAccount},
    policy::Policy,
    ports::{Clock, Mailer, NewCampaign},
    schedule::Instant,
    testkit::{SeededEntropy, samples},
};

/// How often at most the loops look without being called. In the real world a minute; here it is what bounds the
/// number of steps.
pub(super) const LONGEST_SLEEP: Duration = Duration::from_secs(8 * 3600);
/// More steps than this mean that something turns in a circle.
const MOST_STEPS: u64 = 1_000_000;

/// One process: its tasks live in the scheduler.
struct ProcessState {
    incarnation: u64,
    /// By how much its clock is ahead.
    skew: TimeDelta,
    /// When it comes back, in steady time, while it is down.
    restart_at: Option<Instant>,
}

/// What a seed makes of the deployment.
struct Shape {
    /// Fails for good.
    source_down: Option<&'static str>,
    /// Whether the mail provider can be asked about what it has.
    can_tell: bool,
    /// How many emails one call of the mailer takes.
    batch: usize,
    /// How long the mail provider takes to show what it took.
    settling_time: Duration,
    /// How many emails an agent may send in an hour.
    per_hour: Option<usize>,
    geocoder: bool,
    archive: bool,
    welcome: bool,
    /// The provider of agents' own accounts, where some have one.
    own: Option<Own>,
}

/// The provider of agents' own accounts.
#[derive(Clone, Copy)]
struct Own {
    can_tell: bool,
    settling_time: Duration,
}

pub(super) struct World {
    pub(super) stage: Arc<Stage>,
    scheduler: Scheduler,
    pub(super) dice: fastrand::Rng,
    processes: Vec<ProcessState>,
    pub(super) policy: Policy,
    shape: Shape,
    pub(super) steps: u64,
    jumps: u32,
    jumped: TimeDelta,
    plan: Plan,
}

impl World {
    pub(super) fn new(
        plan: &Plan,
        database: Box<dyn Database>,
        truth: Option<Arc<dyn Store>>,
    ) -> PortResult<Self> {
        let mut dice = fastrand::Rng::with_seed(plan.seed);
        let start = start(&mut dice);
        let mut policy = Policy::default();
        let grace = [3, 7, 14][dice.usize(..3)];
        if let Ok(rules) = policy.rules.with_grace_days(plan.grace_days.unwrap_or(grace)) {
            policy.rules = rules;
        }
        let store = database.connect()?;
        let truth = truth.unwrap_or_else(|| store.clone());
        let clock = Arc::new(VirtualClock::at(start));
        let stage = Arc::new(Stage::new(plan, clock, database, [store, truth], policy.clone()));
        let processes = (0..dice.usize(1..=plan.processes.max(1))).map(|_| ProcessState {
            incarnation: 0,
            skew: TimeDelta::milliseconds([0, 0, -4_000, 700, 4_000][dice.usize(..5)]),
            restart_at: Some(start),
        });
        let processes = processes.collect();
        let shape = Shape {
            source_down: (dice.u8(..4) == 0).then(|| SOURCES[dice.usize(..SOURCES.len())]),
            can_tell: plan.can_tell.unwrap_or(dice.u8(..4) != 0),
            batch: [1, 3, 50][dice.usize(..3)],
            settling_time: Duration::from_secs([0, 60, 900][drawn(plan.seed, "settling", 0) as usize % 3]),
            per_hour: (dice.u8(..4) == 0).then(|| dice.usize(1..=2)),
            geocoder: dice.bool(),
            archive: dice.bool(),
            welcome: dice.bool(),
            own: own(plan),
        };
        let mut world = Self {
            stage,
            scheduler: Scheduler::new(plan.seed),
            dice,
            processes,
            policy,
            shape,
            steps: 0,
            jumps: 0,
            jumped: TimeDelta::zero(),
            plan: plan.clone(),
        };
        world.settle_in(start)?;
        Ok(world)
    }

    pub(super) fn now(&self) -> Instant {
        self.stage.clock.now()
    }

    /// What the clock would show if it had never jumped.
    pub(super) fn steady(&self) -> Instant {
        self.stage.clock.steady()
    }

    /// What fails for good.
    pub(super) fn source_down(&self) -> Option<&'static str> {
        self.shape.source_down
    }

    /// Whether agents are welcomed by mail.
    pub(super) fn welcomes(&self) -> bool {
        self.shape.welcome
    }

    /// Agents, homeowners, and the people task.
    fn settle_in(&mut self, now: Instant) -> PortResult<()> {
        let stage = self.stage.clone();
        let (mut agents, mut enrolled) = (Vec::new(), Vec::<NewCampaign>::new());
        for n in 0..self.dice.usize(1..=2) {
            let Ok(mut agent) = samples::agent(&format!("agent{n}"), now) else { continue };
            if self.dice.u8(..4) == 0 {
                agent.sending_rules = self.policy.rules.with_zone_name("America/Los_Angeles").ok();
            }
            if self.dice.u8(..5) == 0 && self.plan.can_tell.is_none() {
                agent.unknown_outcome = UnknownOutcome::Resend;
            }
            if self.dice.u8(..4) == 0 {
                agent.managed_client_id = Some("partner".to_owned());
            }
            let event = samples::user_created(&agent);
            stage.complete(stage.store.register(agent.clone(), event, crate::campaign::Actor::Operator))?;
            for number in 1..=self.dice.usize(1..=(self.plan.campaigns / 2).max(1)) {
                let created = now - TimeDelta::hours(self.dice.i64(0..200));
                enrolled.extend(homeowner(&agent, number, &mut self.dice, created));
            }
            agents.push(agent);
        }
        for (n, agent) in agents.iter().enumerate() {
            if let Some(account) = self.account(agent, n as u32, now) {
                stage.complete(stage.store.put_mail_account(account, None))?;
            }
        }
        stage.complete(stage.store.enrol(enrolled.clone()))?;
        let bench = Arc::new(Bench { clock: stage.clock.clone(), policy: self.policy.clone() });
        let people = People {
            site: Site { clock: stage.clock.clone(), stage, process: PEOPLE },
            bench,
            agents,
            enrolled,
            dice: fastrand::Rng::with_seed(self.plan.seed ^ 0x9e37_79b9),
            consents: self.shape.own.map(|_| 0),
            meddle: self.plan.people,
        };
        self.scheduler.spawn(PEOPLE, people.live().boxed());
        Ok(())
    }

    /// The account of an agent who has one.
    fn account(&self, agent: &Agent, nth: u32, now: Instant) -> Option<MailAccount> {
        self.shape.own?;
        let drawn = |what| drawn(self.plan.seed, what, nth);
        // The first always has one, or there would be none to try.
        (nth == 0 || drawn("account").is_multiple_of(2)).then(|| MailAccount {
            may_fall_back: drawn("may fall back").is_multiple_of(2),
            ..samples::mail_account(agent, now)
        })
    }

    /// Starts a process: all of it is made anew, as after a crash.
    fn begin(&mut self, process: usize) {
        let state = &mut self.processes[process];
        state.restart_at = None;
        state.incarnation += 1;
        let entropy = self.plan.seed ^ ((process as u64) << 32) ^ state.incarnation;
        let clock = Arc::new(SkewedClock { clock: self.stage.clock.clone(), ahead: state.skew });
        let site = Site { stage: self.stage.clone(), process, clock };
        match self.engine(&site, entropy) {
            Ok(engine) => {
                self.stage.tell(format!("process {process} starts"));
                for worker in engine.workers() {
                    self.scheduler.spawn(process, worker);
                }
            }
            Err(error) => self.stage.judge(|_| Err(format!("process {process} cannot start: {error}"))),
        }
    }

    fn engine(&self, site: &Site, entropy: u64) -> Result<Dripr, Box<dyn std::error::Error>> {
        let database = &self.stage.database;
        let store = database.connect()?;
        let queue = match database.queue()? {
            Some(elsewhere) => elsewhere,
            None => store.clone(),
        };
        let store = Arc::new(FaultyStore { site: site.clone(), store, queue });
        let links = OptOutLinks::new("https://mail.example", "a key for the simulation".to_owned().into())?;
        let Shape { source_down, can_tell, batch, settling_time, per_hour, .. } = self.shape;
        let common =
            FaultyMailer { site: site.clone(), by: Provider::Common, can_tell, batch, settling_time };
        let ignored = self.plan.canary == Some(Canary::NoQuota);
        let mut builder = Dripr::builder()
            .clock(site.clock.clone())
            .entropy(Arc::new(SeededEntropy::new(entropy)))
            .store(store.clone())
            .source(sources(site, source_down))
            .writer(Arc::new(FaultyWriter(site.clone())))
            .renderer(Arc::new(FaultyRenderer(site.clone())))
            .mailer(self.reports(site, store.clone(), &common))
            .quota(Arc::new(FaultyQuota { site: site.clone(), per_hour, ignored }))
            .opt_out_links(links)
            .policy(self.policy.clone())
            .longest_sleep(LONGEST_SLEEP);
        if self.shape.geocoder {
            builder = builder.geocoder(Arc::new(FaultyGeocoder(site.clone())));
        }
        if self.shape.archive {
            builder = builder.archive(Arc::new(FaultyArchive(site.clone())));
        }
        if self.shape.welcome {
            let key = || "a key for the simulation".to_owned().into();
            let approval = ApprovalLinks::new("https://mail.example", key())?;
            let links = NoticeLinks::new(approval)
                .with_connect(ConnectLinks::new("https://mail.example", key())?, "simulated");
            builder = builder.agent_mailer(Arc::new(handed_over(site, common))).notices(store, links);
        }
        if let Some((outbox, bus)) = database.relay() {
            let relay = Arc::new(FaultyRelay { site: site.clone(), outbox, bus });
            builder = builder.relay(relay.clone(), relay);
        }
        Ok(builder.build()?)
    }

    /// The mailer of reports: by the agents' own accounts, where some have one.
    fn reports(&self, site: &Site, store: Arc<FaultyStore>, common: &FaultyMailer) -> Arc<dyn Mailer> {
        let Some(Own { can_tell, settling_time }) = self.shape.own else {
            return Arc::new(handed_over(site, common.clone()));
        };
        let mailer = FaultyMailer { by: Provider::Own, can_tell, settling_time, ..common.clone() };
        let falls_back_on_unknown = self.plan.canary == Some(Canary::FallsBackOnUnknown);
        let own = OwnAccounts { mailer, store: store.clone(), falls_back_on_unknown };
        let route = ByMailAccount::new(store, Arc::new(own), Arc::new(common.clone()));
        Arc::new(handed_over(site, route))
    }

    /// Goes on for so long, however the clock jumps.
    pub(super) fn run_for(&mut self, time: TimeDelta) {
        let end = self.steady() + time;
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
            let now = self.steady();
            match next.filter(|next| *next <= end) {
                Some(next) => self.stage.clock.pass_until(next.max(now)),
                None => {
                    self.stage.clock.pass_until(end.max(now));
                    break;
                }
            }
        }
    }

    fn restart(&mut self) {
        let now = self.steady();
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
        self.processes[process].restart_at = Some(self.steady() + away);
        self.stage.count("a crash");
    }

    /// From here on nothing fails. A clock that is off by years is set right; an hour or a day stays.
    pub(super) fn calm(&mut self) {
        self.stage.calm();
        if self.jumped.abs() > TimeDelta::days(1) {
            self.jump(-self.jumped);
        }
    }

    fn jump(&mut self, by: TimeDelta) {
        self.jumped += by;
        self.stage.tell(format!("the clock jumps by {} minutes", by.num_minutes()));
        self.stage.clock.jump(by);
    }

    /// Whether the clock of all has jumped just now. A jump is taken back by the next one.
    fn jumps(&mut self) -> bool {
        if self.stage.meet("clock.tick", &[Fault::ClockJump]) != Some(Fault::ClockJump) || self.jumps >= 6 {
            return false;
        }
        self.jumps += 1;
        let by = if self.jumped == TimeDelta::zero() {
            // Each time to other years: who comes into one month twice may send its email twice.
            let years = TimeDelta::days(3_650 + 400 * i64::from(self.jumps));
            let (far, day, hour) = (self.dice.u8(..4) == 0, TimeDelta::days(1), TimeDelta::hours(1));
            let by = if far { years } else { [day, hour][self.dice.usize(..2)] };
            if self.dice.bool() { by } else { -by }
        } else {
            -self.jumped
        };
        self.jump(by);
        true
    }
}

/// Whether agents of a plan have accounts of their own, and what their provider is like.
fn own(plan: &Plan) -> Option<Own> {
    let drawn = |what| drawn(plan.seed, what, 0);
    drawn("own accounts").is_multiple_of(2).then(|| Own {
        can_tell: plan.can_tell.unwrap_or_else(|| drawn("own can tell").is_multiple_of(2)),
        settling_time: Duration::from_secs([0, 60, 900][drawn("own settling") as usize % 3]),
    })
}

fn handed_over<M: Mailer>(site: &Site, mailer: M) -> HandedOver<M> {
    HandedOver { mailer, stage: site.stage.clone(), clock: site.clock.clone() }
}

/// Somewhere in two years; every other time shortly before the clocks change.
fn start(dice: &mut fastrand::Rng) -> Instant {
    let base = chrono::DateTime::from_timestamp(1_767_225_600, 0).unwrap_or(Instant::UNIX_EPOCH);
    let day =
        if dice.bool() { [45, 285, 410, 650][dice.usize(..4)] + dice.i64(0..20) } else { dice.i64(0..700) };
    base + TimeDelta::days(day) + TimeDelta::minutes(dice.i64(0..1440))
}
