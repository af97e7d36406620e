//! `dripr approve`: agreeing to one email, with exactly the content it has.

use std::io::Write;

use dripr_core::{
    campaign::{Action, Actor},
    email::{DeliveryStatus, Email},
    ids::EmailId,
    ports::EmailStore,
};

use super::{ConfigFile, execute};
use crate::{compose::Deployment, failure::Failure};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The email's id, as `dripr campaigns` shows it
    email: EmailId,
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let deployment = args.config.open().await?;
    let email = find(&deployment, &args.email).await?;
    let action = Action::Approve {
        email_id: email.id.clone(),
        content_hash: email.content_hash,
        by: email.user_id.clone(),
    };
    execute(&deployment, email.campaign_id.clone(), Actor::User(email.user_id), action).await?;
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
