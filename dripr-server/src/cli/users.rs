//! `dripr users`: agents whom a partner manages.

use std::{
    fs::File,
    io::{BufReader, Write},
    path::{Path, PathBuf},
};

use dripr_core::{
    access::Membership, agent::Subscription, campaign::Actor, email::EmailAddress, ids::UserId,
    ports::AgentStore,
};
use serde_json::{Value, json};

use super::{ConfigFile, now};
use crate::{
    compose::Deployment,
    contacts_file::RowProblem,
    failure::Failure,
    newcomer::Newcomer,
    users_file::{NewUserRow, UsersFile},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Bring one agent, or those of a file. They get no welcome mail. Whoever is there already stays as they are.
    Create(Box<Create>),
}

#[derive(Debug, clap::Args)]
struct Create {
    #[command(flatten)]
    config: ConfigFile,
    /// The partner who manages them; with --file that of rows that name none
    #[arg(long, required_unless_present = "file")]
    managed_client_id: Option<String>,
    /// The agents, as CSV in UTF-8: email, first_name, last_name, postal_address, brokerage, phone, managed_client_id, id
    #[arg(long, conflicts_with_all = ["id", "email", "first_name", "last_name", "postal_address", "brokerage", "phone"])]
    file: Option<PathBuf>,
    /// The agent's id; made of the partner's and the address if it is left out
    #[arg(long)]
    id: Option<UserId>,
    /// Where mail comes from and replies go
    #[arg(long, required_unless_present = "file")]
    email: Option<EmailAddress>,
    /// First name
    #[arg(long, required_unless_present = "file")]
    first_name: Option<String>,
    /// Last name
    #[arg(long, required_unless_present = "file")]
    last_name: Option<String>,
    /// The postal address that every email carries
    #[arg(long, required_unless_present = "file")]
    postal_address: Option<String>,
    /// The brokerage's name, shown in signatures
    #[arg(long)]
    brokerage: Option<String>,
    /// The phone number
    #[arg(long)]
    phone: Option<String>,
    /// The report as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let Command::Create(args) = args.command;
    let client = args.managed_client_id.as_deref().map(str::trim).map(str::to_owned);
    if client.as_deref() == Some("") {
        return Err(Failure::new("--managed-client-id is empty: it names the partner who manages the agent"));
    }
    let deployment = args.config.open().await?;
    match args.file.clone() {
        Some(file) => many(&deployment, &file, client, args.json, out).await?,
        None => one(&deployment, *args, client, out).await?,
    }
    deployment.close().await;
    Ok(())
}

/// What became of an agent.
enum Outcome {
    Created,
    AlreadyThere,
    Removed,
}

impl Outcome {
    fn word(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::AlreadyThere => "already there",
            Self::Removed => "removed before",
        }
    }
}

async fn bring(deployment: &Deployment, newcomer: Newcomer) -> Result<Outcome, Failure> {
    let id = newcomer.id.clone();
    if newcomer
        .register(&*deployment.store, &*deployment.entropy, now(deployment), Actor::Operator)
        .await?
        .is_some()
    {
        return Ok(Outcome::Created);
    }
    let known = deployment.store.agent(&id).await?;
    let is_there = known.is_some_and(|agent| agent.deleted_at.is_none());
    Ok(if is_there { Outcome::AlreadyThere } else { Outcome::Removed })
}

async fn one(
    deployment: &Deployment,
    args: Create,
    client: Option<String>,
    out: &mut (dyn Write + Send),
) -> Result<(), Failure> {
    let missing = |flag: &str| Failure::new(format!("{flag} is empty"));
    let given = |flag: &str, text: Option<String>| {
        text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).ok_or_else(|| missing(flag))
    };
    let client = client.ok_or_else(|| missing("--managed-client-id"))?;
    let email = args.email.ok_or_else(|| missing("--email"))?;
    let newcomer = Newcomer {
        id: args.id.unwrap_or_else(|| UserId::managed(&client, &email)),
        first_name: given("--first-name", args.first_name)?,
        last_name: args.last_name.unwrap_or_default().trim().to_owned(),
        email,
        brokerage: args.brokerage,
        phone: args.phone,
        postal_address: given("--postal-address", args.postal_address)?,
        // The partner pays.
        subscription: Subscription::Active,
        managed_client_id: Some(client),
        membership: Membership::default(),
        sending_rules: None,
    };
    let id = newcomer.id.clone();
    let outcome = bring(deployment, newcomer).await?;
    if let Outcome::Removed = outcome {
        return Err(Failure::new(format!("agent {id} was removed; give another --id")));
    }
    if args.json {
        return super::print_json(out, &json!({"user_id": id, "outcome": outcome.word()}));
    }
    writeln!(out, "{id} {}", outcome.word())?;
    Ok(())
}

async fn many(
    deployment: &Deployment,
    path: &Path,
    client: Option<String>,
    json: bool,
    out: &mut (dyn Write + Send),
) -> Result<(), Failure> {
    let unusable = |problem| Failure::file("cannot read", path, problem);
    let input = File::open(path).map_err(|error| Failure::file("cannot open", path, error))?;
    let mut file = UsersFile::new(BufReader::new(input), client).map_err(unusable)?;
    let mut report = Report::begin(out, json)?;
    while let Some(row) = file.next_row().map_err(unusable)? {
        match row {
            Ok(NewUserRow { row, newcomer }) => {
                let id = newcomer.id.clone();
                let outcome = bring(deployment, newcomer).await?;
                report.row(row, &id, &outcome)?;
            }
            Err(problem) => report.problem(&problem)?,
        }
    }
    let Report { rows, refused, .. } = report.end()?;
    if rows > 0 && refused == rows {
        return Err(Failure::new(format!("no row of {} could be used", path.display())));
    }
    Ok(())
}

/// Tells of each row as it is done, so that a report of any length takes no memory.
struct Report<'a> {
    out: &'a mut (dyn Write + Send),
    json: bool,
    rows: u64,
    created: u64,
    already_there: u64,
    refused: u64,
}

impl<'a> Report<'a> {
    fn begin(out: &'a mut (dyn Write + Send), json: bool) -> Result<Self, Failure> {
        if json {
            write!(out, "{{\n  \"users\": [")?;
        }
        Ok(Self { out, json, rows: 0, created: 0, already_there: 0, refused: 0 })
    }

    fn row(&mut self, row: u64, id: &UserId, outcome: &Outcome) -> Result<(), Failure> {
        match outcome {
            Outcome::Created => self.created += 1,
            Outcome::AlreadyThere => self.already_there += 1,
            Outcome::Removed => self.refused += 1,
        }
        let word = outcome.word();
        self.tell(&format!("row {row}: {id} {word}"), json!({"row": row, "user_id": id, "outcome": word}))
    }

    fn problem(&mut self, problem: &RowProblem) -> Result<(), Failure> {
        self.refused += 1;
        let RowProblem { row, field, value, reason, .. } = problem;
        let told =
            json!({"row": row, "outcome": "refused", "field": field, "value": value, "reason": reason});
        self.tell(&problem.to_string(), told)
    }

    fn tell(&mut self, line: &str, entry: Value) -> Result<(), Failure> {
        if self.json {
            let comma = if self.rows > 0 { "," } else { "" };
            write!(self.out, "{comma}\n    {entry}")?;
        } else {
            writeln!(self.out, "{line}")?;
        }
        self.rows += 1;
        Ok(())
    }

    fn end(self) -> Result<Self, Failure> {
        let Self { rows, created, already_there, refused, .. } = self;
        if self.json {
            let close = if rows > 0 { "\n  ]" } else { "]" };
            write!(self.out, "{close},\n  \"rows\": {rows},\n  \"created\": {created},\n")?;
            writeln!(self.out, "  \"already_there\": {already_there},\n  \"refused\": {refused}\n}}")?;
        } else {
            writeln!(
                self.out,
                "{rows} rows: {created} created, {already_there} already there, {refused} refused"
            )?;
        }
        Ok(self)
    }
}
