//! `dripr mail resume`: sending goes on although nothing came back of what was sent.

use std::io::Write;

use dripr_core::{ports::ChannelStore, safeguards};

use super::super::{ConfigFile, now};
use crate::{compose::POSTMARK_WEBHOOKS, failure::Failure};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let deployment = args.config.open().await?;
    let known = deployment.store.channel(POSTMARK_WEBHOOKS).await?;
    let said = match known.and_then(|channel| channel.unanswered_since) {
        None => "sending is not paused",
        Some(_) => {
            safeguards::excused(&*deployment.store, POSTMARK_WEBHOOKS, now(&deployment)).await?;
            "the silence so far is excused; it is measured from the next email on"
        }
    };
    deployment.close().await;
    writeln!(out, "{said}")?;
    Ok(())
}
