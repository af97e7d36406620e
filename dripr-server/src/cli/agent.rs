//! `dripr agent`: adding and listing agents.

use std::io::Write;

use dripr_core::{
    access::{Membership, Reach},
    agent::{Agent, Pause, PauseCause, Subscription},
    campaign::{Actor, AuditEntry},
    email::EmailAddress,
    ids::UserId,
    ports::{AgentStore, EntropyExt},
    schedule::{SendingHours, SendingRules, TimeOfDay, Window},
};

use super::{ConfigFile, now, print_json, shown};
use crate::{compose::Deployment, failure::Failure, newcomer::Newcomer};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Add an agent and print its id.
    Add(Box<Add>),
    /// List agents.
    List(List),
    /// Stop all that an agent sends, until it is resumed.
    Pause(Pausing),
    /// Let an agent send again whose sending was stopped, by an operator or for too many complaints.
    Resume(Resuming),
}

#[derive(Debug, clap::Args)]
struct Pausing {
    #[command(flatten)]
    config: ConfigFile,
    /// The agent's id
    agent: UserId,
    /// Why; the agent is told
    #[arg(long)]
    because: String,
}

#[derive(Debug, clap::Args)]
struct Resuming {
    #[command(flatten)]
    config: ConfigFile,
    /// The agent's id
    agent: UserId,
}

#[derive(Debug, clap::Args)]
struct Add {
    #[command(flatten)]
    config: ConfigFile,
    /// The agent's id; made if it is left out
    #[arg(long)]
    id: Option<UserId>,
    /// First name
    #[arg(long)]
    first_name: String,
    /// Last name
    #[arg(long)]
    last_name: String,
    /// Where mail comes from and replies go
    #[arg(long)]
    email: EmailAddress,
    /// The postal address that every email carries
    #[arg(long)]
    postal_address: String,
    /// The brokerage's name, shown in signatures
    #[arg(long)]
    brokerage: Option<String>,
    /// The phone number
    #[arg(long)]
    phone: Option<String>,
    /// The partner who manages the agent; such an agent gets no welcome mail
    #[arg(long)]
    managed_client_id: Option<String>,
    /// The agent's own zone
    #[arg(long)]
    zone: Option<String>,
    /// When the agent's own window opens, HH:MM
    #[arg(long, value_name = "HH:MM")]
    opens: Option<TimeOfDay>,
    /// When the agent's own window closes, HH:MM
    #[arg(long, value_name = "HH:MM", conflicts_with = "window_off")]
    closes: Option<TimeOfDay>,
    /// Let the agent's mail leave at any time
    #[arg(long)]
    window_off: bool,
}

#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    config: ConfigFile,
    /// A JSON array
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    match args.command {
        Command::Add(args) => add(*args, out).await,
        Command::List(args) => list(args, out).await,
        Command::Pause(args) => {
            let because = args.because.trim().to_owned();
            if because.is_empty() {
                return Err(Failure::new("--because is empty: the agent is told why they send nothing"));
            }
            let deployment = args.config.open().await?;
            let pause = Pause { since: now(&deployment), cause: PauseCause::Operator, detail: because };
            let audit = AuditEntry::of("paused", Actor::Operator, pause.since, Some(pause.detail.clone()));
            change(&deployment, &args.agent, &audit, |agent| agent.paused = Some(pause.clone())).await?;
            writeln!(out, "nothing of {} is sent any more", args.agent)?;
            Ok(())
        }
        Command::Resume(args) => {
            let deployment = args.config.open().await?;
            let now = now(&deployment);
            let audit = AuditEntry::of("resumed", Actor::Operator, now, None);
            change(&deployment, &args.agent, &audit, |agent| {
                agent.paused = None;
                agent.resumed_at = Some(now);
            })
            .await?;
            writeln!(out, "{} may send", args.agent)?;
            Ok(())
        }
    }
}

/// How often an agent who was changed meanwhile is read again.
const TRIES: u8 = 5;

async fn change(
    deployment: &Deployment,
    id: &UserId,
    audit: &AuditEntry,
    change: impl Fn(&mut Agent),
) -> Result<(), Failure> {
    for _ in 0..TRIES {
        let agent = deployment.store.agent(id).await?;
        let mut agent = agent
            .ok_or_else(|| Failure::new(format!("there is no agent {id}; `dripr agent list` shows them")))?;
        change(&mut agent);
        if AgentStore::replace(&*deployment.store, agent, Some(audit.clone())).await? {
            deployment.close().await;
            return Ok(());
        }
    }
    Err(Failure::new(format!("agent {id} was changed again and again meanwhile; please try again")))
}

async fn add(args: Add, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let postal_address = args.postal_address.trim().to_owned();
    if postal_address.is_empty() {
        return Err(Failure::new("--postal-address is empty: every email must carry a valid postal address"));
    }
    let deployment = args.config.open().await?;
    let id = match args.id.clone() {
        Some(id) => id,
        None => UserId::from(deployment.entropy.id(now(&deployment))),
    };
    let newcomer = Newcomer {
        id: id.clone(),
        first_name: args.first_name.clone(),
        last_name: args.last_name.clone(),
        email: args.email.clone(),
        brokerage: args.brokerage.clone(),
        phone: args.phone.clone(),
        postal_address,
        subscription: Subscription::Active,
        managed_client_id: args.managed_client_id.clone(),
        membership: Membership::default(),
        sending_rules: args.rules(&deployment)?,
    };
    let added = newcomer
        .register(&*deployment.store, &*deployment.entropy, now(&deployment), Actor::Operator)
        .await?;
    if added.is_none() {
        return Err(Failure::new(format!("there is an agent {id} already, or was one that was removed")));
    }
    deployment.close().await;
    writeln!(out, "{id}")?;
    Ok(())
}

impl Add {
    /// The agent's own rules, where any flag asks for them.
    fn rules(&self, deployment: &Deployment) -> Result<Option<SendingRules>, Failure> {
        if self.zone.is_none() && self.opens.is_none() && self.closes.is_none() && !self.window_off {
            return Ok(None);
        }
        let policy = &deployment.config.policy;
        let mut rules = policy.rules;
        if let Some(zone) = &self.zone {
            rules = rules.with_zone_name(zone)?;
        }
        let opens = self.opens.unwrap_or(rules.hours().opens());
        let windowed = matches!(rules.hours(), SendingHours::Within(_)) || self.closes.is_some();
        rules = if self.window_off || !windowed {
            rules.with_hours(SendingHours::Anytime { opens })?
        } else {
            rules.with_window(Window::new(opens, self.closes.unwrap_or(rules.hours().closes()))?)
        };
        rules.check_timeout(policy.mail_timeout)?;
        Ok(Some(rules))
    }
}

async fn list(args: List, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    const PAGE: usize = 500;
    let deployment = args.config.open().await?;
    let mut agents = Vec::new();
    loop {
        let after = agents.last().map(|agent: &Agent| agent.id.clone());
        let page = deployment.store.agents(&Reach::Deployment, after, PAGE).await?;
        let full = page.len() == PAGE;
        agents.extend(page);
        if !full {
            break;
        }
    }
    deployment.close().await;
    if args.json {
        return print_json(out, &agents);
    }
    writeln!(out, "{:<38}{:<30}{:<38} since", "agent", "name", "email")?;
    for agent in agents {
        let (id, name, email) = (agent.id.as_str(), agent.full_name(), agent.email.as_str());
        write!(out, "{id:<38}{name:<30}{email:<38} {}", shown(agent.created_at))?;
        match &agent.paused {
            Some(pause) => writeln!(out, "  paused since {}: {}", shown(pause.since), pause.detail)?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}
