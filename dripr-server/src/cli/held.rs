//! `dripr held`: emails of which nobody can tell whether they arrived, and saying what became of them.

use std::io::Write;

use clap::ValueEnum;
use dripr_core::{
    campaign::{Actor, AuditEntry},
    email::DeliveryStatus,
    ids::EmailId,
    ports::{EmailFilter, EmailStore},
};
use serde::Serialize;

use super::{ConfigFile, now, print_json, shown};
use crate::{compose::Deployment, failure::Failure};

/// How many are read at a time.
const AT_ONCE: usize = 500;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without an email it lists them. What the provider's own log shows is what counts: `dripr held EMAIL sent` \
                        or `dripr held EMAIL not-sent` ends the doubt. Neither sends anything: the month is over."
)]
pub(super) struct Args {
    /// The email's id
    #[arg(requires = "outcome")]
    email: Option<EmailId>,
    /// What became of it
    outcome: Option<Outcome>,
    /// Why you know; kept in the history
    #[arg(long, requires = "email")]
    reason: Option<String>,
    /// A JSON array of those that are held
    #[arg(long, conflicts_with = "email")]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

/// What became of a held email.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Outcome {
    /// The provider took it.
    Sent,
    /// The provider never got it.
    NotSent,
}

/// A held email.
#[derive(Serialize)]
struct Held {
    email_id: EmailId,
    user_id: String,
    cycle: String,
    tried_at: Option<String>,
    message_id: Option<String>,
    because: String,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let deployment = args.config.open().await?;
    let result = match (args.email, args.outcome) {
        (Some(email), Some(outcome)) => settle(&deployment, &email, outcome, args.reason, out).await,
        _ => list(&deployment, args.json, out).await,
    };
    deployment.close().await;
    result
}

async fn settle(
    deployment: &Deployment,
    id: &EmailId,
    outcome: Outcome,
    reason: Option<String>,
    out: &mut (dyn Write + Send),
) -> Result<(), Failure> {
    let email = super::approve::find(deployment, id).await?;
    let (to, what, said) = match outcome {
        Outcome::Sent => (DeliveryStatus::Complete, "marked_sent", "was sent"),
        Outcome::NotSent => (DeliveryStatus::Skipped, "marked_not_sent", "was not sent"),
    };
    let cause = reason.unwrap_or_else(|| format!("an operator found that it {said}"));
    let audit = AuditEntry {
        at: now(deployment),
        actor: Actor::Operator,
        what: what.to_owned(),
        cycle: Some(email.cycle),
        email_id: Some(email.id.clone()),
        cause: Some(cause),
        contact_id: None,
    };
    if !deployment.store.resolve_held(&email.id, to, audit).await? {
        let status = email.delivery_status;
        return Err(Failure::new(format!("email {id} is {status}; only one that is HELD can be marked")));
    }
    writeln!(out, "email {id} {said}")?;
    Ok(())
}

async fn list(deployment: &Deployment, json: bool, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let filter = EmailFilter { delivery_status: Some(DeliveryStatus::Held), ..EmailFilter::default() };
    let (mut held, mut after) = (Vec::new(), None);
    loop {
        let emails = deployment.store.emails(&filter, after.take(), AT_ONCE).await?;
        let Some(last) = emails.last() else { break };
        after = Some(last.id.clone());
        held.extend(emails.into_iter().map(|email| Held {
            email_id: email.id,
            user_id: email.user_id.to_string(),
            cycle: email.cycle.to_string(),
            tried_at: email.attempt.as_ref().map(|attempt| shown(attempt.started_at)),
            message_id: email.attempt.map(|attempt| attempt.message_id.to_string()),
            because: email.cause.unwrap_or_default(),
        }));
    }
    if json {
        return print_json(out, &held);
    }
    for email in &held {
        let tried = email.tried_at.as_deref().unwrap_or("never");
        let message_id = email.message_id.as_deref().unwrap_or("none");
        writeln!(out, "{}  of {} for {}, tried {tried}", email.email_id, email.user_id, email.cycle)?;
        writeln!(out, "    Message-ID {message_id}")?;
        writeln!(out, "    {}", email.because)?;
    }
    let count = held.len();
    let emails = if count == 1 { "email is" } else { "emails are" };
    writeln!(out, "{count} {emails} held")?;
    Ok(())
}
