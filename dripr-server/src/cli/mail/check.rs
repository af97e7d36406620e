//! `dripr mail check`: whether a domain's DNS records let its mail arrive.

use std::{io::Write, time::Duration};

use clap::ValueEnum;
use dripr_adapters::dns_records::{
    Finding, MailDomain, Question, Resolver, Selector, Sender, ServerAddress, State, check,
};
use serde::Serialize;

use super::super::{ConfigFile, print_json};
use crate::{
    config::{Config, mail::Mailer},
    failure::Failure,
};

/// The most selectors that are asked for.
const MOST_SELECTORS: usize = 20;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Each line is good, a note, missing, wrong or unknown; what is unknown was not answered, or needs --selector. It \
                  ends with 1 if anything is missing, wrong or unknown. docs/deliverability.md says what each record is for."
)]
pub(super) struct Args {
    /// The domain of From addresses
    domain: MailDomain,
    /// A DKIM selector that must have a key; may be given several times
    #[arg(long, value_name = "NAME")]
    selector: Vec<Selector>,
    /// Who sends the domain's mail; may be given several times. Without it the configuration says
    #[arg(long, value_name = "SENDER")]
    by: Vec<By>,
    /// The name server to ask; may be given several times. Without it the system's are asked
    #[arg(long, value_name = "IP:PORT")]
    server: Vec<ServerAddress>,
    /// How long an answer may take; each question is asked twice
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    timeout: u64,
    /// A JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

/// Who sends, as it is written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum By {
    /// Gmail or Google Workspace.
    Gmail,
    /// Microsoft 365.
    Microsoft,
    /// Postmark.
    Postmark,
    /// Another SMTP server.
    Smtp,
}

/// What was found.
#[derive(Serialize)]
struct Report<'a> {
    domain: &'a str,
    senders: Vec<String>,
    passes: bool,
    findings: &'a [Finding],
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    if args.selector.len() > MOST_SELECTORS {
        return Err(Failure::new(format!("--selector is given more than {MOST_SELECTORS} times")));
    }
    let senders = match args.by.as_slice() {
        [] => {
            let config = args.config.load();
            let config = config
                .map_err(|error| Failure::new(format!("{error}; or say with --by who sends the mail")))?;
            configured(&config)?
        }
        by => named(by),
    };
    let timeout = Duration::from_secs(args.timeout);
    let resolver = match args.server.as_slice() {
        [] => Resolver::of_the_system(timeout)
            .map_err(|error| Failure::new(format!("{error}; name one with --server")))?,
        servers => Resolver::asking(servers, timeout)?,
    };
    let question = Question { domain: args.domain, selectors: args.selector, senders };
    let findings = check(&resolver, &question).await;
    let count = |which: fn(State) -> bool| findings.iter().filter(|finding| which(finding.state)).count();
    let (faults, unknown) = (count(State::is_fault), count(|state| state == State::Unknown));
    if args.json {
        let senders = question.senders.iter().map(Sender::name).collect();
        let (domain, passes) = (question.domain.as_str(), faults + unknown == 0);
        print_json(out, &Report { domain, senders, passes, findings: &findings })?;
    } else {
        for finding in &findings {
            let (state, record) = (finding.state.name(), finding.record.name());
            writeln!(out, "{state:<9}{record:<13}{}: {}", finding.name, finding.says)?;
            if let Some(to_do) = &finding.to_do {
                writeln!(out, "{:<22}-> {to_do}", "")?;
            }
        }
    }
    let domain = &question.domain;
    match (faults, unknown) {
        (0, 0) => Ok(()),
        (0, unknown) => Err(Failure::new(format!("{domain}: {unknown} could not be told"))),
        (faults, 0) => Err(Failure::new(format!("{domain}: {faults} missing or wrong"))),
        (faults, unknown) => {
            Err(Failure::new(format!("{domain}: {faults} missing or wrong, {unknown} could not be told")))
        }
    }
}

fn named(by: &[By]) -> Vec<Sender> {
    let mut senders = Vec::new();
    for by in by {
        let sender = match by {
            By::Gmail => Sender::Google,
            By::Microsoft => Sender::Microsoft,
            By::Postmark => Sender::Postmark,
            By::Smtp => Sender::Smtp { host: None },
        };
        if !senders.contains(&sender) {
            senders.push(sender);
        }
    }
    senders
}

/// Who sends by the configuration: the mailer, and agents' own accounts.
fn configured(config: &Config) -> Result<Vec<Sender>, Failure> {
    #[cfg_attr(
        not(any(feature = "gmail", feature = "postmark", feature = "smtp")),
        allow(unused_mut, reason = "a program that cannot send names nobody")
    )]
    let mut senders = Vec::new();
    match &config.mail.by {
        Mailer::Outbox => {}
        #[cfg(feature = "smtp")]
        Mailer::Smtp(options) => senders.push(Sender::of_smtp_host(&options.host)),
        #[cfg(feature = "postmark")]
        Mailer::Postmark(_) => senders.push(Sender::Postmark),
    }
    #[cfg(feature = "gmail")]
    if config.gmail.is_some() && !senders.contains(&Sender::Google) {
        senders.push(Sender::Google);
    }
    if senders.is_empty() {
        let reason =
            "by the configuration nobody sends mail ([mail] by = \"outbox\"); say with --by who will";
        return Err(Failure::new(reason));
    }
    Ok(senders)
}
