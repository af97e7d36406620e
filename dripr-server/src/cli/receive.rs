//! `dripr receive`: one mail on standard input, as a mail server hands it to a program: a bounce, a complaint, or a mail to
//! the opt-out address.

use std::io::{Read, Write};

use dripr_adapters::returned_mail::{self, Returned};
use dripr_core::{
    consent,
    feedback::{self, Taken},
};

use super::{ConfigFile, now};
use crate::failure::Failure;

/// The most that is read of a mail.
const MOST_BYTES: u64 = 10 << 20;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Let the mail server hand the mail to an address such as bounces@ or unsubscribe@ to this program, with Postfix by \
                        `dripr: \"|dripr receive --config /etc/dripr.toml\"` in its aliases. A mail that means nothing here \
                        is let pass without an error, so that nobody gets a bounce of a bounce."
)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigFile,
}

pub(super) async fn run(args: Args, out: &mut (dyn Write + Send)) -> Result<(), Failure> {
    let mut mail = Vec::new();
    std::io::stdin().lock().take(MOST_BYTES).read_to_end(&mut mail)?;
    let deployment = args.config.open().await?;
    let now = now(&deployment);
    let store = &*deployment.store;
    let said = match returned_mail::read(&mail, now) {
        Returned::Feedback(feedback) => {
            let (email, what) = (feedback.email_id.clone(), feedback.what.clone());
            match feedback::take(store, &deployment.desk(), feedback).await? {
                Taken::New => format!("email {email}: {what:?}"),
                Taken::Known => format!("email {email}: known already"),
                Taken::Stranger => format!("there is no email {email}"),
            }
        }
        Returned::OptOut { subject } => match deployment.config.public.opt_out.read_subject(&subject) {
            Ok(claim) => match consent::opt_out(store, &claim, now).await? {
                Some(_) => format!("campaign {}: the recipient opted out", claim.campaign_id),
                None => format!("there is no campaign {}", claim.campaign_id),
            },
            Err(error) => error.to_string(),
        },
        Returned::NotOurs => "it is about no email of ours".to_owned(),
        Returned::Other => "it is an ordinary mail".to_owned(),
    };
    deployment.close().await;
    writeln!(out, "{said}")?;
    Ok(())
}
