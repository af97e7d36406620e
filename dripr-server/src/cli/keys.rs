//! `dripr keys`: keys by which programs use the API.

use std::io::Write;

use dripr_core::{
    access::{ApiKey, Caller, NewApiKey, Reach, Scope, Scopes},
    campaign::Actor,
    ids::{ApiKeyId, BrokerageId, TeamId, UserId},
    ports::ApiKeyStore,
    schedule::Instant,
};

use super::{ConfigFile, now, print_json, shown};
use crate::failure::Failure;

/// How many are read at a time.
const AT_ONCE: usize = 500;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a key and print it. It is never shown again.
    Create(Create),
    /// List keys, without their secrets.
    List(List),
    /// Take a key back.
    Revoke(Revoke),
}

#[derive(Debug, clap::Args)]
struct Create {
    /// What it is for
    #[arg(long)]
    name: String,
    /// Let it reach the agents of this brokerage alone
    #[arg(long, value_name = "ID")]
    brokerage: Option<BrokerageId>,
    /// Of that brokerage, this team alone
    #[arg(long, value_name = "ID", requires = "brokerage")]
    team: Option<TeamId>,
    /// Let it reach this agent alone
    #[arg(long, value_name = "ID", conflicts_with = "brokerage")]
    agent: Option<UserId>,
    /// What it may do; everything if it is not said
    #[arg(long, value_delimiter = ',', value_name = "read,write,approve,admin")]
    scopes: Vec<Scope>,
    /// Until when it works, such as 2027-01-01T00:00:00Z
    #[arg(long, value_name = "INSTANT")]
    expires_at: Option<Instant>,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, clap::Args)]
struct List {
    /// A JSON array
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

#[derive(Debug, clap::Args)]
struct Revoke {
    /// The key's id
    key: ApiKeyId,
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    match args.command {
        Command::Create(args) => create(args, out).await,
        Command::List(args) => list(args, out).await,
        Command::Revoke(args) => {
            let deployment = args.config.open().await?;
            let revoked =
                deployment.store.revoke_api_key(&args.key, Actor::Operator, now(&deployment)).await?;
            deployment.close().await;
            if !revoked {
                let key = &args.key;
                return Err(Failure::new(format!("there is no key {key}; `dripr keys list` shows them")));
            }
            writeln!(out, "key {} admits nobody any more", args.key)?;
            Ok(())
        }
    }
}

async fn create(args: Create, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let name = args.name.trim().to_owned();
    if name.is_empty() {
        return Err(Failure::new("--name is empty: say what the key is for"));
    }
    let deployment = args.config.open().await?;
    let reach = match (args.brokerage, args.team, args.agent) {
        (Some(brokerage), Some(team), _) => Reach::Team(brokerage, team),
        (Some(brokerage), None, _) => Reach::Brokerage(brokerage),
        (None, _, Some(agent)) => Reach::Agent(agent),
        (None, _, None) => Reach::Deployment,
    };
    let scopes = if args.scopes.is_empty() { Scopes::all() } else { args.scopes.into_iter().collect() };
    let new = NewApiKey { name, reach, scopes, expires_at: args.expires_at };
    let minted = ApiKey::mint(new, &Caller::operator(), &*deployment.entropy, now(&deployment));
    let stored = deployment.store.put_api_key(minted.key.clone()).await?;
    deployment.close().await;
    if !stored {
        return Err(Failure::new("the key could not be stored; please try again"));
    }
    writeln!(out, "{}", minted.expose())?;
    Ok(())
}

async fn list(args: List, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let deployment = args.config.open().await?;
    let mut keys: Vec<ApiKey> = Vec::new();
    loop {
        let after = keys.last().map(|key| key.id.clone());
        let page = deployment.store.api_keys(&Reach::Deployment, after, AT_ONCE).await?;
        let full = page.len() == AT_ONCE;
        keys.extend(page);
        if !full {
            break;
        }
    }
    deployment.close().await;
    if args.json {
        // Whoever reads this needs no digests.
        let rows = keys.iter().map(|key| {
            serde_json::json!({
                "id": key.id, "name": key.name, "reach": key.reach, "scopes": key.scopes,
                "created_at": key.created_at, "expires_at": key.expires_at, "revoked_at": key.revoked_at,
            })
        });
        return print_json(out, &rows.collect::<Vec<_>>());
    }
    for key in keys {
        let scopes: Vec<_> = key.scopes.iter().map(Scope::name).collect();
        let reach = match &key.reach {
            Reach::Deployment => "the deployment".to_owned(),
            Reach::Brokerage(brokerage) => format!("brokerage {brokerage}"),
            Reach::Team(brokerage, team) => format!("team {team} of brokerage {brokerage}"),
            Reach::Agent(agent) => format!("agent {agent}"),
        };
        write!(out, "{}  {:<30}{reach}: {}", key.id, key.name, scopes.join(", "))?;
        match (key.revoked_at, key.expires_at) {
            (Some(at), _) => writeln!(out, "; revoked {}", shown(at))?,
            (None, Some(at)) => writeln!(out, "; until {}", shown(at))?,
            (None, None) => writeln!(out)?,
        }
    }
    Ok(())
}
