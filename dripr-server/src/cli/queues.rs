//! `dripr queues`: how the queues stand, what was parked and why, and what is to become of it.

use std::io::Write;

use chrono::TimeDelta;
use clap::Subcommand;
use dripr_core::{
    events::Queue,
    ports::{Clock, DeadLetter, QueueDesk, Which},
    schedule::Instant,
};
use serde::Serialize;

use super::{ConfigFile, print_json, shown};
use crate::{config::queues::Place, failure::Failure, queue_desk, system_clock::SystemClock};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without a command it shows how each queue stands. What was parked is replayed once its cause is mended, or \
                        dropped; a campaign goes on without either, since its work is announced again."
)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Commands>,
    /// A JSON array
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: At,
}

#[derive(Debug, Subcommand)]
enum Commands {
    /// List what was parked in a queue, and why.
    Parked {
        /// The queue, such as home_report
        queue: Queue,
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: usize,
        /// The messages too, which may hold personal data
        #[arg(long)]
        messages: bool,
        /// A JSON array
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        at: At,
    },
    /// Deliver again what was parked.
    Replay(Chosen),
    /// Throw away what was parked, for good.
    Drop(Chosen),
}

/// Which of those that were parked.
#[derive(Debug, clap::Args)]
struct Chosen {
    /// The queue, such as home_report
    queue: Queue,
    /// Their ids
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    ids: Vec<String>,
    /// All that are parked in it
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    at: At,
}

/// Where the queues are.
#[derive(Debug, clap::Args)]
struct At {
    /// Where the queues are; if it is not said, where the configuration has them
    #[arg(long = "in", value_name = "PLACE")]
    place: Option<Place>,
    #[command(flatten)]
    config: ConfigFile,
}

impl At {
    async fn desk(&self) -> Result<std::sync::Arc<dyn QueueDesk>, Failure> {
        let config = self.config.load()?;
        queue_desk::queue_desk(&config, self.place.unwrap_or(config.queues)).await
    }
}

/// How a queue stands.
#[derive(Serialize)]
struct Row {
    queue: Queue,
    waiting: u64,
    hidden: u64,
    parked: u64,
    waiting_since: Option<String>,
}

/// What was parked.
#[derive(Serialize)]
struct Parked {
    id: String,
    cause: Option<String>,
    receive_count: u32,
    parked_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    match args.command {
        None => show(&*args.at.desk().await?, args.json, out).await,
        Some(Commands::Parked { queue, limit, messages, json, at }) => {
            let letters = at.desk().await?.dead_letters(queue, limit).await?;
            list(letters, messages, args.json || json, out)
        }
        Some(Commands::Replay(chosen)) => {
            let desk = chosen.at.desk().await?;
            let count = desk.replay(chosen.queue, &chosen.which()).await?;
            said(count, chosen.ids.len(), "delivered again", out)
        }
        Some(Commands::Drop(chosen)) => {
            let desk = chosen.at.desk().await?;
            let count = desk.discard(chosen.queue, &chosen.which()).await?;
            said(count, chosen.ids.len(), "thrown away", out)
        }
    }
}

impl Chosen {
    fn which(&self) -> Which {
        if self.all { Which::All } else { Which::Ids(self.ids.clone()) }
    }
}

fn said(count: u64, named: usize, what: &str, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    writeln!(out, "{count} {} {what}", if count == 1 { "was" } else { "were" })?;
    if count < named as u64 {
        return Err(Failure::new(format!("{} of {named} ids are not parked there", named as u64 - count)));
    }
    Ok(())
}

async fn show(desk: &dyn QueueDesk, json: bool, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let now = SystemClock.now();
    let mut rows = Vec::new();
    for queue in Queue::ALL {
        let standing = desk.standing(queue, now).await?;
        rows.push((queue, standing));
    }
    if json {
        let rows = rows.into_iter().map(|(queue, standing)| Row {
            queue,
            waiting: standing.waiting,
            hidden: standing.hidden,
            parked: standing.dead,
            waiting_since: standing.waiting_since.map(shown),
        });
        return print_json(out, &rows.collect::<Vec<_>>());
    }
    writeln!(out, "{:<22}{:>9}{:>9}{:>9}  oldest waits", "queue", "waiting", "hidden", "parked")?;
    for (queue, standing) in rows {
        let waits = standing.waiting_since.map_or_else(String::new, |since| age(now, since));
        let (waiting, hidden, parked) = (standing.waiting, standing.hidden, standing.dead);
        let line = format!("{:<22}{waiting:>9}{hidden:>9}{parked:>9}  {waits}", queue.as_str());
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn age(now: Instant, since: Instant) -> String {
    let waits = (now - since).max(TimeDelta::zero());
    match (waits.num_days(), waits.num_hours(), waits.num_minutes()) {
        (1.., _, _) => format!("{} days", waits.num_days()),
        (_, 1.., _) => format!("{} h", waits.num_hours()),
        (_, _, 1..) => format!("{} min", waits.num_minutes()),
        _ => format!("{} s", waits.num_seconds()),
    }
}

fn list(
    letters: Vec<DeadLetter>,
    messages: bool,
    json: bool,
    out: &mut (dyn Write + Send),
) -> Result<(), Failure> {
    let parked: Vec<Parked> = letters
        .into_iter()
        .map(|letter| Parked {
            message: messages.then(|| String::from_utf8_lossy(&letter.payload).into_owned()),
            id: letter.id,
            cause: letter.cause,
            receive_count: letter.receive_count,
            parked_at: letter.parked_at.map(shown),
        })
        .collect();
    if json {
        return print_json(out, &parked);
    }
    for letter in &parked {
        let at = letter.parked_at.as_deref().map_or_else(String::new, |at| format!(", parked {at}"));
        writeln!(out, "{}  received {} times{at}", plain(&letter.id), letter.receive_count)?;
        let cause = letter.cause.as_deref().unwrap_or("the queue took it away after too many receives");
        writeln!(out, "    {}", plain(cause))?;
        if let Some(message) = &letter.message {
            writeln!(out, "    {}", plain(message))?;
        }
    }
    let count = parked.len();
    writeln!(out, "{count} {} parked", if count == 1 { "is" } else { "are" })?;
    Ok(())
}

/// What others wrote, on one line and without anything that a terminal obeys.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
