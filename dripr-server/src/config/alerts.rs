//! `[alerts]`: who is told when something is wrong with the deployment.

use std::path::PathBuf;

use dripr_core::email::EmailAddress;
use serde::Deserialize;

use super::{ConfigProblem, Environment, mail::Mail, secret, url};

/// The webhook's secret, so that it need not stand in a file.
pub const WEBHOOK_SECRET_VARIABLE: &str = "DRIPR_ALERT_WEBHOOK_SECRET";

/// Who is told.
#[derive(Debug, Clone, Default)]
pub struct Alerts {
    /// Whoever gets a mail.
    pub mail_to: Option<EmailAddress>,
    /// Which program gets a message.
    #[cfg(feature = "alert-webhook")]
    pub webhook: Option<Webhook>,
}

/// A program that is told.
#[cfg(feature = "alert-webhook")]
#[derive(Clone)]
pub struct Webhook {
    /// Its address. Who knows it may write to it.
    pub url: secrecy::SecretString,
    /// What messages to it are signed with.
    pub secret: Option<secrecy::SecretString>,
}

#[cfg(feature = "alert-webhook")]
impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").field("signed", &self.secret.is_some()).finish_non_exhaustive()
    }
}

impl Alerts {
    /// Why nobody gets the mails, if so.
    #[must_use]
    pub fn unheard(&self, mail: &Mail) -> Option<&'static str> {
        let to = self.mail_to.as_ref()?;
        if !mail.by.leaves_the_machine() {
            let reason = "alerts.mail_to: nobody gets these mails: mail.by is \"outbox\", so they are files in outbox.dir";
            return Some(reason);
        }
        let held_back = mail.only_to.as_ref().is_some_and(|allowed| !allowed.allows(to));
        held_back.then_some(
            "alerts.mail_to: nobody gets these mails: they are files in outbox.dir until mail.allowed_recipients has the \
             address or mail.production is true",
        )
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    mail_to: Option<EmailAddress>,
    webhook_url: Option<String>,
    webhook_secret_file: Option<PathBuf>,
}

impl Written {
    pub(super) fn check(
        self,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
    ) -> Result<Alerts, ConfigProblem> {
        // Who knows it may write to it, so it is not repeated.
        let url = url::checked("alerts.webhook_url", self.webhook_url).map_err(|_| {
            ConfigProblem::key("alerts.webhook_url", "must be an address that begins with https://")
        })?;
        let key = "alerts.webhook_secret_file";
        let secret =
            secret::secret(environment, WEBHOOK_SECRET_VARIABLE, key, self.webhook_secret_file, absolute)?;
        let Some(url) = url else {
            if secret.is_some() {
                let reason = "nobody heeds it: alerts.webhook_url is not given";
                return Err(ConfigProblem::key(key, reason));
            }
            return Ok(Alerts {
                mail_to: self.mail_to,
                #[cfg(feature = "alert-webhook")]
                webhook: None,
            });
        };
        if !url.starts_with("https://") && !is_this_machine(&url) {
            let reason = "must begin with https://, unless it leads to this machine (127.0.0.1 or localhost)";
            return Err(ConfigProblem::key("alerts.webhook_url", reason));
        }
        #[cfg(feature = "alert-webhook")]
        return Ok(Alerts { mail_to: self.mail_to, webhook: Some(Webhook { url: url.into(), secret }) });
        #[cfg(not(feature = "alert-webhook"))]
        Err(ConfigProblem::key(
            "alerts.webhook_url",
            "this dripr was built without it; build it with `cargo build --release --features alert-webhook`",
        ))
    }
}

fn is_this_machine(url: &str) -> bool {
    let authority = url.trim_start_matches("http://").split(['/', '?', '#']).next().unwrap_or_default();
    // What stands before an @ is no host.
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    matches!(host, "127.0.0.1" | "localhost" | "[::1]")
}
