//! `dripr retry`: trying a failed campaign again now.

use std::io::Write;

use dripr_core::{
    campaign::{Action, Actor},
    ids::CampaignId,
};

use super::{ConfigFile, execute};
use crate::failure::Failure;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The campaign's id
    campaign: CampaignId,
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let deployment = args.config.open().await?;
    execute(&deployment, args.campaign.clone(), Actor::Operator, Action::Retry).await?;
    deployment.close().await;
    writeln!(out, "campaign {} is tried again", args.campaign)?;
    Ok(())
}
