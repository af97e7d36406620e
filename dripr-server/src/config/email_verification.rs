//! `[email_verification]`: who looks whether addresses take mail, when contacts are imported.

use std::path::PathBuf;

use serde::Deserialize;

use super::{ConfigProblem, Environment, pace::Pace};

/// The key of the verifier's account, so that it need not stand in a file.
pub const KEY_VARIABLE: &str = "DRIPR_EMAIL_VERIFICATION_KEY";

/// Who looks whether addresses take mail.
#[derive(Debug, Clone)]
pub enum EmailVerification {
    /// Nobody: any address that is written like one is taken.
    Nobody,
    /// QuickEmailVerification.
    #[cfg(feature = "quick-email-verification")]
    QuickEmailVerification {
        /// The key of its account.
        key: secrecy::SecretString,
        /// How it is asked.
        options: dripr_adapters::quick_email_verification::QuickEmailVerificationOptions,
        /// How often it is asked.
        pace: Pace,
    },
}

/// Who does it, as it is written.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum By {
    #[default]
    None,
    QuickEmailVerification,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    by: By,
    key_file: Option<PathBuf>,
    sandbox: Option<bool>,
    url: Option<String>,
    pace: Option<Pace>,
}

impl Written {
    pub(super) fn check(
        self,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
    ) -> Result<EmailVerification, ConfigProblem> {
        match self.by {
            By::None => self.nobody(),
            By::QuickEmailVerification => self.quick_email_verification(environment, absolute),
        }
    }

    /// A verifier that has a key and is not asked would be found out by mail that comes back.
    fn nobody(self) -> Result<EmailVerification, ConfigProblem> {
        let named = [
            ("key_file", self.key_file.is_some()),
            ("sandbox", self.sandbox.is_some()),
            ("url", self.url.is_some()),
            ("pace", self.pace.is_some()),
        ];
        match named.into_iter().find(|(_, named)| *named) {
            Some((key, _)) => {
                let reason = "is for by = \"quick_email_verification\" only, and `by` is \"none\"";
                Err(ConfigProblem::key(&format!("email_verification.{key}"), reason))
            }
            None => Ok(EmailVerification::Nobody),
        }
    }

    #[cfg(not(feature = "quick-email-verification"))]
    fn quick_email_verification(
        self,
        _environment: Environment<'_>,
        _absolute: impl Fn(PathBuf) -> PathBuf,
    ) -> Result<EmailVerification, ConfigProblem> {
        let reason = "this dripr was built without QuickEmailVerification; build it with \
                      `cargo build --release --features quick-email-verification`";
        Err(ConfigProblem::key("email_verification.by", reason))
    }

    #[cfg(feature = "quick-email-verification")]
    fn quick_email_verification(
        self,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
    ) -> Result<EmailVerification, ConfigProblem> {
        use std::time::Duration;

        use dripr_adapters::{
            http::UnusableApi,
            quick_email_verification::{QuickEmailVerification, QuickEmailVerificationOptions},
        };

        /// As in older deployments.
        const PACE: Pace = Pace::new(1, Duration::from_secs(1));

        let wrong =
            |key: &str, reason: String| ConfigProblem::key(&format!("email_verification.{key}"), reason);
        let key = "email_verification.key_file";
        let key = super::secret::required(environment, KEY_VARIABLE, key, self.key_file, absolute)?;
        let mut options = QuickEmailVerificationOptions {
            sandbox: self.sandbox.unwrap_or_default(),
            ..QuickEmailVerificationOptions::default()
        };
        options.http.base_url = self.url;
        QuickEmailVerification::new(&key, &options).map_err(|error| match error {
            UnusableApi::Url { .. } => wrong("url", error.to_string()),
            UnusableApi::Key { .. } => wrong("key_file", error.to_string()),
            UnusableApi::Tls { .. } | UnusableApi::Client { .. } => wrong("by", error.to_string()),
        })?;
        let pace = self.pace.unwrap_or(PACE);
        Ok(EmailVerification::QuickEmailVerification { key, options, pace })
    }
}
