//! Who takes emails to their recipients.

use std::sync::Arc;

#[cfg(feature = "postmark")]
use dripr_adapters::postmark::PostmarkMailer;
#[cfg(feature = "smtp")]
use dripr_adapters::smtp::{self, SmtpMailer};
use dripr_adapters::{file_outbox::FileOutbox, layers::Seen};
use dripr_core::{
    ports::{Mailer, RateLimiter},
    safeguards::ToAllowedOnly,
};

use super::{Deployment, limiters::Limiters};
use crate::{
    config::{Config, mail},
    failure::Failure,
};

/// What the way is called by which Postmark's webhooks come.
#[cfg(feature = "postmark")]
pub const POSTMARK_WEBHOOKS: &str = "Postmark's webhooks";

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
    let (common, concurrency) = common(deployment)?;
    let concurrency = concurrency.or_else(|| unaskable(deployment));
    let mailers = Mailers { reports: reports(deployment, &common)?, common, concurrency };
    let Some(allowed) = config.mail.only_to.clone().filter(|_| leaves_the_machine(deployment)) else {
        return Ok(mailers);
    };
    let outbox: Arc<dyn Mailer> = Arc::new(FileOutbox::open(&config.outbox.dir)?);
    let only =
        |mailer| -> Arc<dyn Mailer> { Arc::new(ToAllowedOnly::new(allowed.clone(), mailer, outbox.clone())) };
    Ok(Mailers { reports: only(mailers.reports), common: only(mailers.common), ..mailers })
}

/// Who takes alerts to an operator: the common mailer, also where it is paused, since that is what an alert may tell.
pub(super) fn to_operator(deployment: &Deployment) -> Result<Arc<dyn Mailer>, Failure> {
    let config = &deployment.config;
    let (mailer, _) = unpaused(deployment)?;
    Ok(match config.mail.only_to.clone().filter(|_| leaves_the_machine(deployment)) {
        Some(allowed) => {
            Arc::new(ToAllowedOnly::new(allowed, mailer, Arc::new(FileOutbox::open(&config.outbox.dir)?)))
        }
        None => mailer,
    })
}

/// How many emails are in hand at once where agents' accounts cannot be asked what they have: each that is under way when
/// the program dies is held.
#[cfg(feature = "gmail")]
fn unaskable(deployment: &Deployment) -> Option<usize> {
    /// A few agents at a time; Gmail takes one email of an agent after the other.
    const IN_HAND: usize = 8;
    deployment.config.gmail.as_ref().filter(|gmail| !gmail.options.look_ups).map(|_| IN_HAND)
}

#[cfg(not(feature = "gmail"))]
const fn unaskable(_: &Deployment) -> Option<usize> {
    None
}

/// By the agent's own account where there is one.
#[cfg(feature = "gmail")]
fn reports(deployment: &Deployment, common: &Arc<dyn Mailer>) -> Result<Arc<dyn Mailer>, Failure> {
    let Some(own) = super::gmail_mailer(deployment)? else { return Ok(common.clone()) };
    let accounts = deployment.store.clone();
    let own = Arc::new(Seen::new("Gmail", Arc::new(own)));
    let routed = dripr_core::mail_account::ByMailAccount::new(accounts, own, common.clone());
    Ok(Arc::new(routed))
}

#[cfg(not(feature = "gmail"))]
#[expect(clippy::unnecessary_wraps, reason = "with agents' own accounts it can fail")]
fn reports(_: &Deployment, common: &Arc<dyn Mailer>) -> Result<Arc<dyn Mailer>, Failure> {
    Ok(common.clone())
}

/// Whether emails reach anybody, by whatever way.
pub fn leaves_the_machine(deployment: &Deployment) -> bool {
    #[cfg(feature = "gmail")]
    let by_gmail = deployment.config.gmail.is_some();
    #[cfg(not(feature = "gmail"))]
    let by_gmail = false;
    by_gmail || deployment.config.mail.by.leaves_the_machine()
}

/// The deployment's own mailer, which pauses when it cannot be told what becomes of emails.
fn common(deployment: &Deployment) -> Result<(Arc<dyn Mailer>, Option<usize>), Failure> {
    let (mailer, concurrency) = unpaused(deployment)?;
    #[cfg(feature = "postmark")]
    if let mail::Mailer::Postmark(postmark) = &deployment.config.mail.by
        && postmark.webhook.is_some()
    {
        let (store, clock) = (deployment.store.clone(), deployment.clock.clone());
        let (channel, limit) = (POSTMARK_WEBHOOKS, postmark.silence);
        let heard = dripr_core::safeguards::WhileHeard::new(mailer, store, clock, channel, limit);
        return Ok((Arc::new(heard), concurrency));
    }
    Ok((mailer, concurrency))
}

/// The deployment's own mailer, and how many emails it takes at once where the usual number is too many.
fn unpaused(deployment: &Deployment) -> Result<(Arc<dyn Mailer>, Option<usize>), Failure> {
    let config = &deployment.config;
    let seen = |provider, mailer| -> Arc<dyn Mailer> { Arc::new(Seen::new(provider, mailer)) };
    Ok(match &config.mail.by {
        mail::Mailer::Outbox => (seen("outbox", Arc::new(FileOutbox::open(&config.outbox.dir)?)), None),
        // What is claimed and not yet begun when the program dies would be held for nothing.
        #[cfg(feature = "smtp")]
        mail::Mailer::Smtp(options) => {
            (seen("SMTP", Arc::new(SmtpMailer::new(options.clone())?)), Some(smtp::CONNECTIONS))
        }
        #[cfg(feature = "postmark")]
        mail::Mailer::Postmark(postmark) => {
            let mailer = PostmarkMailer::new(&postmark.token, postmark.options.clone())?;
            (seen("Postmark", Arc::new(mailer)), None)
        }
    })
}

/// How fast emails may be sent, if that is limited.
pub(super) fn quota(config: &Config, limiters: &Limiters) -> Option<Arc<dyn RateLimiter>> {
    let all = config.mail.pace.map(|pace| ("mail".to_owned(), pace.rate()));
    let each = config.mail.per_agent.map(|pace| ("mail:", pace.rate()));
    (all.is_some() || each.is_some()).then(|| limiters.limiter(all, each))
}
