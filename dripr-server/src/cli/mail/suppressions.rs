//! `dripr mail suppressions`: Postmark's own list of whom it delivers nothing to is taken over.

use std::io::Write;

use dripr_core::feedback::{TakenOver, foresee, take_over};
use serde::Serialize;

use super::super::{ConfigFile, now, print_json};
use crate::{compose, failure::Failure};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "A contact with an address of the list gets nothing more, from whichever agent; who opted in later stays in. \
                        A process with the role cron does it once a day."
)]
pub(super) struct Args {
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// A JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigFile,
}

/// What was done.
#[derive(Serialize)]
struct Done {
    dry_run: bool,
    listed: usize,
    contacts: usize,
    new: usize,
    let_in: usize,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let deployment = args.config.open().await?;
    let Some(list) = compose::suppression_list(&deployment)? else {
        let reason = "mail.by: is not \"postmark\", and nobody else keeps a list of suppressed addresses";
        return Err(Failure::new(reason));
    };
    let (store, now) = (&*deployment.store, now(&deployment));
    let taken =
        if args.dry_run { foresee(store, &list, now).await } else { take_over(store, &list, now).await };
    deployment.close().await;
    let TakenOver { listed, refused } = taken?;
    let (dry_run, contacts, new, let_in) = (args.dry_run, refused.contacts, refused.new, refused.let_in);
    if args.json {
        return print_json(out, &Done { dry_run, listed, contacts, new, let_in });
    }
    let get = if dry_run { "would get" } else { "get" };
    writeln!(out, "addresses to which Postmark delivers nothing: {listed}")?;
    writeln!(out, "contacts who have one of them: {contacts}")?;
    writeln!(out, "of these, {get} nothing more from now on: {new}")?;
    if let_in > 0 {
        writeln!(out, "of these, were let in again later and stay so: {let_in}")?;
    }
    Ok(())
}
