//! Who takes emails to their recipients.

use std::sync::Arc;

use dripr_adapters::file_outbox::FileOutbox;
#[cfg(feature = "postmark")]
use dripr_adapters::postmark::PostmarkMailer;
#[cfg(feature = "smtp")]
use dripr_adapters::smtp::{self, SmtpMailer};
use dripr_core::ports::Mailer;

use super::Deployment;
use crate::{config::mail::Mail, failure::Failure};

/// Who takes emails to their recipients.
pub(super) struct Mailers {
    /// Reports: by the agent's own account where there is one.
    pub(super) reports: Arc<dyn Mailer>,
    /// Mail to agents.
    pub(super) common: Arc<dyn Mailer>,
    /// How many emails are in hand at once, where the usual number is too many.
    pub(super) concurrency: Option<usize>,
}

pub(super) fn mailers(deployment: &Deployment) -> Result<Mailers, Failure> {
    let config = &deployment.config;
    let (common, concurrency): (Arc<dyn Mailer>, _) = match &config.mail {
        Mail::Outbox => (Arc::new(FileOutbox::open(&config.outbox.dir)?), None),
        // What is claimed and not yet begun when the program dies would be held for nothing.
        #[cfg(feature = "smtp")]
        Mail::Smtp(options) => (Arc::new(SmtpMailer::new(options.clone())?), Some(smtp::CONNECTIONS)),
        #[cfg(feature = "postmark")]
        Mail::Postmark(postmark) => {
            (Arc::new(PostmarkMailer::new(&postmark.token, postmark.options.clone())?), None)
        }
    };
    #[cfg(feature = "gmail")]
    if let Some(gmail) = &config.gmail {
        let own = Arc::new(super::gmail::mailer(gmail, deployment)?);
        let accounts = deployment.store.clone();
        let reports = Arc::new(dripr_core::mail_account::ByMailAccount::new(accounts, own, common.clone()));
        return Ok(Mailers { reports, common, concurrency });
    }
    Ok(Mailers { reports: common.clone(), common, concurrency })
}
