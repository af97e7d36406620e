//! `dripr receive`: one mail on standard input, as a mail server hands it to a program: a bounce, a complaint, or a mail to
//! the opt-out address.

use std::io::{Read, Write};

use super::{ConfigFile, now};
use crate::{failure::Failure, returned};

/// The most that is read of a mail.
const MOST_BYTES: u64 = 10 << 20;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Let the mail server hand the mail to an address such as bounces@ or unsubscribe@ to this program, with Postfix by \
                        `bounces: \"|dripr receive --config /etc/dripr/dripr.toml\"` in its aliases. Whoever runs it must be able to \
                        read the configuration and its secrets and to write to the database; where dripr is a unit of systemd's, \
                        docs/operate.md says how. A mail that means nothing here is let pass without an error, so that nobody gets a \
                        bounce of a bounce."
)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let mut mail = Vec::new();
    std::io::stdin().lock().take(MOST_BYTES).read_to_end(&mut mail)?;
    let deployment = args.config.open().await?;
    let said = returned::take(&deployment, &mail, now(&deployment)).await?;
    deployment.close().await;
    writeln!(out, "{said}")?;
    Ok(())
}
