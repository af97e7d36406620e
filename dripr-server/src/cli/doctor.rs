//! `dripr doctor`: whether each part of a deployment would work, asked of the real ones.

use std::{io::Write, sync::Arc, time::Duration};

use dripr_core::{
    errors::{Fault, PortError},
    ports::{Clock, Probe},
};
use futures_util::{StreamExt, stream};
use serde::Serialize;

use super::{ConfigFile, print_json};
use crate::{
    compose::checkup::{self, Part, State},
    failure::Failure,
    system_clock::SystemClock,
};

/// More than any provider's own limit.
const PATIENCE: Duration = Duration::from_secs(90);

/// How many parts are asked at once.
const AT_ONCE: usize = 16;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A JSON array
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

/// What was found.
#[derive(Serialize)]
struct Finding {
    part: String,
    works: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let config = args.config.load()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let parts = checkup::parts(&config, &clock).await;
    #[cfg(feature = "gmail")]
    let parts = {
        let mut parts = parts;
        match checkup::accounts(&config, &clock).await {
            Ok(accounts) => parts.extend(accounts),
            Err(failure) => {
                parts.push(Part { name: "Gmail".to_owned(), state: State::Broken(failure) });
            }
        }
        parts
    };
    // A few at a time: there may be as many accounts as agents.
    let findings: Vec<Finding> = stream::iter(parts).map(examined).buffered(AT_ONCE).collect().await;
    if args.json {
        print_json(out, &findings)?;
    } else {
        for Finding { part, problem, .. } in &findings {
            writeln!(out, "{part:<24}{}", problem.as_deref().unwrap_or("works"))?;
        }
    }
    match findings.iter().filter(|finding| !finding.works).count() {
        0 => Ok(()),
        broken => Err(Failure::new(format!("{broken} of {} parts would not work", findings.len()))),
    }
}

async fn examined(part: Part) -> Finding {
    let problem = match part.state {
        State::Works => None,
        State::Broken(failure) => Some(failure.to_string()),
        State::Ask(probe) => asked(&*probe).await.err().map(|error| error.to_string()),
    };
    Finding { part: part.name, works: problem.is_none(), problem }
}

async fn asked(probe: &dyn Probe) -> Result<(), PortError> {
    tokio::time::timeout(PATIENCE, probe.probe()).await.unwrap_or_else(|_| {
        let message = format!("no answer within {} s", PATIENCE.as_secs());
        Err(PortError::new(Fault::Unavailable, message))
    })
}
