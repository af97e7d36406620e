//! `dripr approve`: agreeing to one email, with exactly the content it has.

use std::io::Write;

use chrono::TimeDelta;
use dripr_core::{
    campaign::{Action, Actor},
    email::{DeliveryStatus, Email},
    ids::EmailId,
    ports::EmailStore,
};

use super::{ConfigFile, execute, now};
use crate::{compose::Deployment, failure::Failure};

/// For how many days a link works: as long as an email waits for its approval.
const LINK_DAYS: i64 = 3;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The email's id, as `dripr campaigns` shows it
    email: EmailId,
    /// Print a link by which the agent can look at it and approve it, which works for 3 days
    #[arg(long)]
    link: bool,
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let deployment = args.config.open().await?;
    let email = find(&deployment, &args.email).await?;
    if args.link {
        let until = now(&deployment) + TimeDelta::days(LINK_DAYS);
        let link = deployment.config.public.approval.link(&email, until);
        deployment.close().await;
        writeln!(out, "{link}")?;
        return Ok(());
    }
    let action = Action::Approve {
        email_id: email.id.clone(),
        content_hash: email.content_hash,
        of: email.user_id.clone(),
    };
    execute(&deployment, email.campaign_id.clone(), Actor::Operator, action).await?;
    deployment.close().await;
    let before = if email.delivery_status == DeliveryStatus::Approved {
        "was approved already"
    } else {
        "is approved"
    };
    writeln!(out, "email {} {before}", email.id)?;
    Ok(())
}

/// An email by its id, or a sentence.
pub(super) async fn find(deployment: &Deployment, id: &EmailId) -> Result<Email, Failure> {
    let email = deployment.store.email(id).await?;
    email.ok_or_else(|| Failure::new(format!("there is no email {id}; `dripr campaigns` shows them")))
}
