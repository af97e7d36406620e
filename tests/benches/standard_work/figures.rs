//! All cases, one process after the other, and the medians of their runs.

use std::process::{Command, Stdio};

use dripr_tests::Failure;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::{
    asked::{Asked, Case},
    place::{Kind, Queue},
};

/// Campaigns of the smaller standard work.
const FEW: usize = 1_000;
/// Campaigns of the plain loop that runs beside each standard work.
const PLAIN: usize = 2_000;
/// A work that takes longer than so many seconds is done once.
const SHORT: f64 = 10.0;
/// How many campaigns are stored while due ones are looked for.
pub(crate) const STORED: [usize; 3] = [1_000, 100_000, 1_000_000];

/// The standard work on one store and queue. Medians of all runs.
pub(crate) struct Work {
    pub(crate) campaigns: usize,
    pub(crate) rate: f64,
    /// Of the rate of the plain loop that ran just before.
    pub(crate) of_plain: f64,
    /// Microseconds of processor time for each campaign, without a server's.
    pub(crate) processor: f64,
    pub(crate) commits: f64,
    pub(crate) statements: Option<f64>,
    pub(crate) at_rest: Option<f64>,
    pub(crate) memory: f64,
}

/// One store with one queue.
pub(crate) struct Combination {
    pub(crate) kind: Kind,
    pub(crate) version: String,
    pub(crate) queue: Queue,
    pub(crate) works: Vec<Work>,
    /// Milliseconds from due to ready: median and slowest tenth.
    pub(crate) alone: (f64, f64),
    /// Microseconds of a look, and bytes of memory, for each of [`STORED`]. Only beside.
    pub(crate) looks: Vec<(f64, f64)>,
}

/// Everything.
pub(crate) struct Figures {
    pub(crate) runs: usize,
    pub(crate) plain: Vec<f64>,
    /// Microseconds of processor time for each campaign of the plain loop.
    pub(crate) plain_processor: Vec<f64>,
    pub(crate) combinations: Vec<Combination>,
    pub(crate) single: Value,
    /// What was not there.
    pub(crate) missing: Vec<String>,
    /// Others' load before the first and after the last case.
    pub(crate) load: (f64, f64),
}

impl Figures {
    pub(crate) fn gather(asked: &Asked, runtime: &Runtime) -> Result<Self, Failure> {
        let load = load()?;
        let mut figures = Self {
            runs: asked.runs,
            plain: Vec::new(),
            plain_processor: Vec::new(),
            combinations: Vec::new(),
            single: one(Case::Single, None, None, 0)?,
            missing: Vec::new(),
            load: (load, load),
        };
        let kinds: Vec<Kind> = asked.store.map_or_else(|| Kind::ALL.to_vec(), |kind| vec![kind]);
        let queues = asked.queue.map_or_else(|| vec![Queue::Beside, Queue::Redis], |queue| vec![queue]);
        for queue in queues {
            match runtime.block_on(queue.answers()) {
                Ok(()) => {}
                Err(error) if asked.queue.is_some() => return Err(error),
                Err(error) => {
                    figures.missing.push(format!("{}: {error}", queue.name()));
                    continue;
                }
            }
            for kind in &kinds {
                match runtime.block_on(kind.version()) {
                    Ok(version) => figures.measure(asked, *kind, version, queue)?,
                    Err(error) if asked.store.is_some() => return Err(error),
                    Err(error) => figures.missing.push(format!("{}: {error}", kind.name())),
                }
            }
        }
        figures.load.1 = self::load()?;
        Ok(figures)
    }

    fn measure(&mut self, asked: &Asked, kind: Kind, version: String, queue: Queue) -> Result<(), Failure> {
        let mut works = Vec::new();
        let mut sizes = vec![FEW, asked.campaigns];
        sizes.dedup();
        for campaigns in sizes {
            works.push(self.work(kind, queue, campaigns)?);
        }
        let alone = one(Case::Alone, Some(kind), Some(queue), 0)?;
        let mut looks = Vec::new();
        if queue == Queue::Beside {
            for stored in STORED {
                let looked = one(Case::Due, Some(kind), Some(queue), stored)?;
                looks.push((number(&looked, "look")?, number(&looked, "memory")?));
            }
        }
        let alone = (number(&alone, "p50")?, number(&alone, "p90")?);
        self.combinations.push(Combination { kind, version, queue, works, alone, looks });
        Ok(())
    }

    fn work(&mut self, kind: Kind, queue: Queue, campaigns: usize) -> Result<Work, Failure> {
        let (mut runs, mut ratios) = (Vec::new(), Vec::new());
        for _ in 0..self.runs {
            let plain = one(Case::Plain, None, None, PLAIN)?;
            self.plain_processor.push(number(&plain, "processor")?);
            let plain = number(&plain, "rate")?;
            let run = one(Case::Standard, Some(kind), Some(queue), campaigns)?;
            ratios.push(number(&run, "rate")? / plain);
            self.plain.push(plain);
            let seconds = campaigns as f64 / number(&run, "rate")?;
            runs.push(run);
            if seconds > SHORT {
                break;
            }
        }
        let of = |name: &str| {
            let all: Vec<f64> = runs.iter().filter_map(|run| run[name].as_f64()).collect();
            if all.is_empty() { None } else { Some(median(all)) }
        };
        let need = |name: &str| of(name).ok_or_else(|| Failure::from(format!("no {name} was measured")));
        Ok(Work {
            campaigns,
            rate: need("rate")?,
            of_plain: median(ratios),
            processor: need("processor")?,
            commits: need("commits")?,
            statements: of("statements"),
            at_rest: of("at_rest"),
            memory: need("memory")?,
        })
    }
}

pub(crate) fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of.get(of.len() / 2).copied().unwrap_or(f64::NAN)
}

pub(crate) fn number(of: &Value, name: &str) -> Result<f64, Failure> {
    of[name].as_f64().ok_or_else(|| format!("no {name} was measured").into())
}

/// Runs one case in a process of its own.
fn one(case: Case, kind: Option<Kind>, queue: Option<Queue>, campaigns: usize) -> Result<Value, Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--case", case.name(), "--campaigns", &campaigns.to_string()]);
    let mut what = case.name().to_owned();
    if let Some(kind) = kind {
        command.args(["--store", kind.name()]);
        what += &format!(" {}", kind.name());
    }
    if let Some(queue) = queue {
        command.args(["--queue", queue.name()]);
        what += &format!(" {}", queue.name());
    }
    let output = command.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("the case {what:?} failed: {}", output.status).into());
    }
    let result: Value = serde_json::from_slice(&output.stdout)?;
    println!("{what} {campaigns}: {result}");
    Ok(result)
}

/// How many processes were running or waiting in the last minute.
fn load() -> Result<f64, Failure> {
    let all = std::fs::read_to_string("/proc/loadavg")?;
    Ok(all.split(' ').next().unwrap_or_default().parse()?)
}
