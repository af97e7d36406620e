//! `[mail]`: who takes emails to their recipients.

use std::{path::PathBuf, time::Duration};

use serde::Deserialize;

use super::{ConfigProblem, Environment};

/// The password of the account at the SMTP server, so that it need not stand in a file.
pub const SMTP_PASSWORD_VARIABLE: &str = "DRIPR_SMTP_PASSWORD";

/// Who takes emails to their recipients.
#[derive(Debug, Clone)]
pub enum Mail {
    /// Nobody: they stay in the folder of `[outbox]`.
    Outbox,
    /// An SMTP server.
    #[cfg(feature = "smtp")]
    Smtp(dripr_adapters::smtp::SmtpOptions),
}

/// Who does it, as it is written.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum By {
    #[default]
    Outbox,
    Smtp,
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
}

impl Written {
    pub(super) fn check(
        self,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
        mail_timeout: Duration,
    ) -> Result<Mail, ConfigProblem> {
        match self.by {
            By::Outbox => self.outbox(),
            By::Smtp => self.smtp(environment, absolute, mail_timeout),
        }
    }

    /// A server that is named and not used would be found out by homeowners who get nothing.
    fn outbox(self) -> Result<Mail, ConfigProblem> {
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
                let reason = "is for by = \"smtp\" only, and `by` is \"outbox\"";
                Err(ConfigProblem::key(&format!("mail.{key}"), reason))
            }
            None => Ok(Mail::Outbox),
        }
    }

    #[cfg(not(feature = "smtp"))]
    fn smtp(
        self,
        _environment: Environment<'_>,
        _absolute: impl Fn(PathBuf) -> PathBuf,
        _mail_timeout: Duration,
    ) -> Result<Mail, ConfigProblem> {
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
    ) -> Result<Mail, ConfigProblem> {
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
        Ok(Mail::Smtp(options))
    }
}
