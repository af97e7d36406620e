//! `[mail]`: who takes emails to their recipients.

use std::{path::PathBuf, time::Duration};

use dripr_core::safeguards::{AllowList, Allowed};
use serde::Deserialize;

use super::{ConfigProblem, Environment, pace::Pace};

/// The password of the account at the SMTP server, so that it need not stand in a file.
pub const SMTP_PASSWORD_VARIABLE: &str = "DRIPR_SMTP_PASSWORD";

/// Who takes emails to their recipients, which of them, and how fast.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Who does it.
    pub by: Mailer,
    /// Who may be written to, if the deployment is not declared production: nobody else is.
    pub only_to: Option<AllowList>,
    /// How many emails an agent may send in a span of time.
    pub per_agent: Option<Pace>,
    /// How many emails may be sent in a span of time altogether.
    pub pace: Option<Pace>,
    /// Whose webhooks are taken as Postmark's, also of emails that went by it before another mailer was chosen; nobody's without
    /// it.
    #[cfg(feature = "postmark")]
    pub postmark_webhook: Option<dripr_adapters::postmark::webhook::Credentials>,
}

/// Who takes emails to their recipients.
#[derive(Debug, Clone)]
pub enum Mailer {
    /// Nobody: they stay in the folder of `[outbox]`.
    Outbox,
    /// An SMTP server.
    #[cfg(feature = "smtp")]
    Smtp(dripr_adapters::smtp::SmtpOptions),
    /// Postmark.
    #[cfg(feature = "postmark")]
    Postmark(super::postmark::Postmark),
}

impl Mailer {
    /// Whether emails reach anybody.
    #[must_use]
    pub fn leaves_the_machine(&self) -> bool {
        !matches!(self, Self::Outbox)
    }
}

/// Who does it, as it is written.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum By {
    #[default]
    Outbox,
    Smtp,
    Postmark,
}

/// How a connection is protected, as it is written.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Security {
    #[default]
    Tls,
    StartTls,
    None,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    by: By,
    host: Option<String>,
    port: Option<u16>,
    security: Option<Security>,
    username: Option<String>,
    password_file: Option<PathBuf>,
    authority_file: Option<PathBuf>,
    production: bool,
    allowed_recipients: Vec<Allowed>,
    per_agent: Option<Pace>,
    pace: Option<Pace>,
}

impl Written {
    pub(super) fn check(
        self,
        postmark: super::postmark::Written,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
        mail_timeout: Duration,
    ) -> Result<Mail, ConfigProblem> {
        if self.production && !self.allowed_recipients.is_empty() {
            let reason = "nobody heeds it: `production` is true, so everybody may be written to";
            return Err(ConfigProblem::key("mail.allowed_recipients", reason));
        }
        let only_to = (!self.production).then(|| self.allowed_recipients.iter().cloned().collect());
        let (per_agent, pace) = (self.per_agent, self.pace);
        #[cfg(feature = "postmark")]
        let postmark_webhook = postmark.webhook(self.by == By::Postmark, environment, &absolute)?;
        #[cfg(not(feature = "postmark"))]
        postmark.no_webhook()?;
        let by = self.by(postmark, environment, absolute, mail_timeout)?;
        Ok(Mail {
            by,
            only_to,
            per_agent,
            pace,
            #[cfg(feature = "postmark")]
            postmark_webhook,
        })
    }

    fn by(
        self,
        postmark: super::postmark::Written,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
        mail_timeout: Duration,
    ) -> Result<Mailer, ConfigProblem> {
        if let Some(key) = postmark.given_for_sending().filter(|_| self.by != By::Postmark) {
            let reason = "nobody heeds it: [mail] does not say by = \"postmark\"";
            return Err(ConfigProblem::key(&format!("postmark.{key}"), reason));
        }
        match self.by {
            By::Outbox => self.without_server("outbox").map(|()| Mailer::Outbox),
            By::Smtp => self.smtp(environment, absolute, mail_timeout),
            By::Postmark => {
                self.without_server("postmark")?;
                Self::postmark(postmark, environment, absolute, mail_timeout)
            }
        }
    }

    #[cfg(not(feature = "postmark"))]
    fn postmark(
        _written: super::postmark::Written,
        _environment: Environment<'_>,
        _absolute: impl Fn(PathBuf) -> PathBuf,
        _mail_timeout: Duration,
    ) -> Result<Mailer, ConfigProblem> {
        let reason = "this dripr was built without Postmark; build it with `cargo build --release --features postmark`";
        Err(ConfigProblem::key("mail.by", reason))
    }

    #[cfg(feature = "postmark")]
    fn postmark(
        written: super::postmark::Written,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
        mail_timeout: Duration,
    ) -> Result<Mailer, ConfigProblem> {
        Ok(Mailer::Postmark(written.check(environment, absolute, mail_timeout)?))
    }

    /// A server that is named and not used would be found out by homeowners who get nothing.
    fn without_server(self, by: &str) -> Result<(), ConfigProblem> {
        let named = [
            ("host", self.host.is_some()),
            ("port", self.port.is_some()),
            ("security", self.security.is_some()),
            ("username", self.username.is_some()),
            ("password_file", self.password_file.is_some()),
            ("authority_file", self.authority_file.is_some()),
        ];
        match named.into_iter().find(|(_, named)| *named) {
            Some((key, _)) => {
                let reason = format!("is for by = \"smtp\" only, and `by` is \"{by}\"");
                Err(ConfigProblem::key(&format!("mail.{key}"), reason))
            }
            None => Ok(()),
        }
    }

    #[cfg(not(feature = "smtp"))]
    fn smtp(
        self,
        _environment: Environment<'_>,
        _absolute: impl Fn(PathBuf) -> PathBuf,
        _mail_timeout: Duration,
    ) -> Result<Mailer, ConfigProblem> {
        let reason =
            "this dripr was built without SMTP; build it with `cargo build --release --features smtp`";
        Err(ConfigProblem::key("mail.by", reason))
    }

    #[cfg(feature = "smtp")]
    fn smtp(
        self,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
        mail_timeout: Duration,
    ) -> Result<Mailer, ConfigProblem> {
        use dripr_adapters::smtp::{Login, Security as Protection, SmtpOptions};

        let read = |key: &str, path: PathBuf| {
            let path = absolute(path);
            std::fs::read(&path)
                .map_err(|error| ConfigProblem::key(key, format!("cannot read {}: {error}", path.display())))
        };
        let missing = |key: &str, reason: &str| Err(ConfigProblem::key(key, format!("missing: {reason}")));
        let Some(host) = self.host else {
            return missing("mail.host", "give the name of the SMTP server, such as smtp.example.com");
        };
        let (key, file) = ("mail.password_file", self.password_file);
        let password = super::secret::secret(environment, SMTP_PASSWORD_VARIABLE, key, file, &absolute)?;
        let login = match (self.username, password) {
            (Some(username), Some(password)) => Some(Login { username, password }),
            (None, None) => None,
            (Some(_), None) => {
                let reason = format!("give the file of the account's password, or {SMTP_PASSWORD_VARIABLE}");
                return missing("mail.password_file", &reason);
            }
            (None, Some(_)) => return missing("mail.username", "give the account that the password is for"),
        };
        let security = match self.security.unwrap_or_default() {
            Security::Tls => Protection::Tls,
            Security::StartTls => Protection::StartTls,
            Security::None => Protection::None,
        };
        let options = SmtpOptions {
            host,
            port: self.port.unwrap_or(security.usual_port()),
            security,
            login,
            authority: self.authority_file.map(|path| read("mail.authority_file", path)).transpose()?,
            // Less than the engine waits: only the mailer can tell how far an email came.
            timeout: mail_timeout - mail_timeout / 10,
        };
        options.check().map_err(|error| {
            let key = if error.field == "authority" { "authority_file" } else { error.field };
            ConfigProblem::key(&format!("mail.{key}"), error.reason)
        })?;
        Ok(Mailer::Smtp(options))
    }
}
