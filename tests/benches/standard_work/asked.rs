//! What the command line asks for.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
};

use dripr_tests::Failure;

use crate::place::{Kind, Queue};

/// Where files are written to, unless their paths are absolute.
const WORKSPACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// What one process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Standard,
    Alone,
    Due,
    Plain,
    Single,
}

impl Case {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Alone => "alone",
            Self::Due => "due",
            Self::Plain => "plain",
            Self::Single => "single",
        }
    }
}

impl FromStr for Case {
    type Err = Failure;
    fn from_str(name: &str) -> Result<Self, Failure> {
        let all = [Self::Standard, Self::Alone, Self::Due, Self::Plain, Self::Single];
        let found = all.into_iter().find(|case| case.name() == name);
        found.ok_or_else(|| format!("there is no case {name:?}").into())
    }
}

/// The command line.
#[derive(Debug)]
pub(crate) struct Asked {
    /// This case alone, in this process.
    pub(crate) case: Option<Case>,
    pub(crate) store: Option<Kind>,
    pub(crate) queue: Option<Queue>,
    pub(crate) campaigns: usize,
    pub(crate) runs: usize,
    pub(crate) write: Option<PathBuf>,
}

impl Asked {
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut asked =
            Self { case: None, store: None, queue: None, campaigns: 10_000, runs: 3, write: None };
        while let Some(word) = words.next() {
            // What cargo itself says.
            if word == "--bench" {
                continue;
            }
            let mut value = || words.next().ok_or_else(|| Failure::from(format!("{word} needs a value")));
            match word.as_str() {
                "--case" => asked.case = Some(value()?.parse()?),
                "--store" => asked.store = Some(value()?.parse()?),
                "--queue" => asked.queue = Some(value()?.parse()?),
                "--campaigns" => asked.campaigns = value()?.parse()?,
                "--runs" => asked.runs = value()?.parse::<usize>()?.max(1),
                // cargo runs a benchmark in the folder of its crate.
                "--write" => asked.write = Some(Path::new(WORKSPACE).join(value()?)),
                other => return Err(format!("there is no option {other:?}").into()),
            }
        }
        Ok(asked)
    }

    /// The store of a case.
    pub(crate) fn a_store(&self) -> Result<Kind, Failure> {
        match self.case {
            Some(Case::Plain | Case::Single) => Ok(Kind::Sqlite),
            _ => self.store.ok_or_else(|| "a case needs a --store".into()),
        }
    }

    /// The queue of a case.
    pub(crate) fn a_queue(&self) -> Queue {
        self.queue.unwrap_or(Queue::Beside)
    }
}
