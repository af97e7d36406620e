//! Who takes emails to their recipients.

use std::{sync::Arc, time::Duration};

#[cfg(feature = "postmark")]
use dripr_adapters::postmark::PostmarkMailer;
#[cfg(feature = "smtp")]
use dripr_adapters::smtp::{self, SmtpMailer};
use dripr_adapters::{file_outbox::FileOutbox, layers::Seen};
use dripr_core::{
    ports::{Mailer, RateLimiter},
    safeguards::{ToAllowedOnly, WhileHeard},
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
    let own = Seen::new("Gmail", Arc::new(own), deployment.clock.clone(), deployment.metrics.clone());
    let own = Arc::new(if unaskable(deployment).is_some() { own.without_look_ups() } else { own });
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

/// The ways back without which sending pauses: what each is called, and how long nothing may come by it of what was sent.
#[cfg(feature = "postmark")]
pub fn channels(config: &Config) -> Vec<(&'static str, Duration)> {
    match &config.mail.by {
        mail::Mailer::Postmark(postmark) if config.mail.postmark_webhook.is_some() => {
            vec![(POSTMARK_WEBHOOKS, postmark.silence)]
        }
        _ => Vec::new(),
    }
}

/// The ways back without which sending pauses: there are none without Postmark.
#[cfg(not(feature = "postmark"))]
pub const fn channels(_: &Config) -> Vec<(&'static str, Duration)> {
    Vec::new()
}

/// The deployment's own mailer, which pauses when it cannot be told what becomes of emails.
fn common(deployment: &Deployment) -> Result<(Arc<dyn Mailer>, Option<usize>), Failure> {
    let (mut mailer, concurrency) = unpaused(deployment)?;
    for (channel, limit) in channels(&deployment.config) {
        let (store, clock) = (deployment.store.clone(), deployment.clock.clone());
        mailer = Arc::new(WhileHeard::new(mailer, store, clock, channel, limit));
    }
    Ok((mailer, concurrency))
}

/// The deployment's own mailer, and how many emails it takes at once where the usual number is too many.
fn unpaused(deployment: &Deployment) -> Result<(Arc<dyn Mailer>, Option<usize>), Failure> {
    let config = &deployment.config;
    let seen =
        |provider, mailer| Seen::new(provider, mailer, deployment.clock.clone(), deployment.metrics.clone());
    let (mailer, concurrency) = match &config.mail.by {
        mail::Mailer::Outbox => (seen("outbox", Arc::new(FileOutbox::open(&config.outbox.dir)?)), None),
        // What is claimed and not yet begun when the program dies would be held for nothing.
        #[cfg(feature = "smtp")]
        mail::Mailer::Smtp(options) => {
            let server = Arc::new(SmtpMailer::new(options.clone())?);
            (seen("SMTP", server).without_look_ups(), Some(smtp::CONNECTIONS))
        }
        #[cfg(feature = "postmark")]
        mail::Mailer::Postmark(postmark) => {
            let mailer = PostmarkMailer::new(&postmark.token, postmark.options.clone())?;
            (seen("Postmark", Arc::new(mailer)), None)
        }
    };
    Ok((Arc::new(mailer), concurrency))
}

/// How fast emails may be sent, if that is limited.
pub(super) fn quota(config: &Config, limiters: &Limiters) -> Option<Arc<dyn RateLimiter>> {
    let all = config.mail.pace.map(|pace| ("mail".to_owned(), pace.rate()));
    let each = config.mail.per_agent.map(|pace| ("mail:", pace.rate()));
    (all.is_some() || each.is_some()).then(|| limiters.limiter(all, each))
}
