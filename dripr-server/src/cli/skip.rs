//! `dripr skip`: ending a cycle without its email.

use std::io::Write;

use dripr_core::{
    campaign::{Action, Actor, Refusal},
    ids::EmailId,
    ports::CampaignStore,
};

use super::{ConfigFile, approve, execute};
use crate::failure::Failure;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The email's id, as `dripr campaigns` shows it
    email: EmailId,
    /// Why; kept in the history
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let deployment = args.config.open().await?;
    let email = approve::find(&deployment, &args.email).await?;
    let dossier = deployment.store.load(std::slice::from_ref(&email.campaign_id)).await?.pop().flatten();
    let present = dossier.and_then(|dossier| dossier.email).is_some_and(|present| present.id == email.id);
    if !present {
        // Skipping ends the present cycle, which is no longer this email's.
        return Err(Refusal::NoEmail(email.id).into());
    }
    let action = Action::Skip { reason: args.reason };
    execute(&deployment, email.campaign_id, Actor::Operator, action).await?;
    deployment.close().await;
    writeln!(out, "email {} is skipped", email.id)?;
    Ok(())
}
