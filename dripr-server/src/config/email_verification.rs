//! `[email_verification]`: who looks whether addresses take mail, when contacts are imported.

use serde::Deserialize;

use super::{ConfigProblem, Environment};

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
    key: Option<secrecy::SecretString>,
    key_variable: Option<String>,
    sandbox: Option<bool>,
    url: Option<String>,
}

impl Written {
    pub(super) fn check(self, environment: Environment<'_>) -> Result<EmailVerification, ConfigProblem> {
        match self.by {
            By::None => self.nobody(),
            By::QuickEmailVerification => self.quick_email_verification(environment),
        }
    }

    /// A verifier that has a key and is not asked would be found out by mail that comes back.
    fn nobody(self) -> Result<EmailVerification, ConfigProblem> {
        let named = [
            ("key", self.key.is_some()),
            ("key_variable", self.key_variable.is_some()),
            ("sandbox", self.sandbox.is_some()),
            ("url", self.url.is_some()),
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
    fn quick_email_verification(self, _: Environment<'_>) -> Result<EmailVerification, ConfigProblem> {
        let reason = "this dripr was built without QuickEmailVerification; build it with \
                      `cargo build --release --features quick-email-verification`";
        Err(ConfigProblem::key("email_verification.by", reason))
    }

    #[cfg(feature = "quick-email-verification")]
    fn quick_email_verification(
        self,
        environment: Environment<'_>,
    ) -> Result<EmailVerification, ConfigProblem> {
        use dripr_adapters::{
            http::UnusableApi,
            quick_email_verification::{QuickEmailVerification, QuickEmailVerificationOptions},
        };

        let wrong =
            |key: &str, reason: String| ConfigProblem::key(&format!("email_verification.{key}"), reason);
        let key = match (self.key, self.key_variable) {
            (Some(key), None) => key,
            (None, Some(variable)) => environment(&variable)
                .filter(|key| !key.trim().is_empty())
                .map(secrecy::SecretString::from)
                .ok_or_else(|| {
                    wrong(
                        "key_variable",
                        format!("names the environment variable {variable}, which is not set"),
                    )
                })?,
            (Some(_), Some(_)) => {
                let reason = "give the key here or as `key_variable`, not both";
                return Err(wrong("key", reason.to_owned()));
            }
            (None, None) => {
                let reason = "missing: name the environment variable that holds the account's key";
                return Err(wrong("key_variable", reason.to_owned()));
            }
        };
        let mut options = QuickEmailVerificationOptions {
            sandbox: self.sandbox.unwrap_or_default(),
            ..QuickEmailVerificationOptions::default()
        };
        options.http.base_url = self.url;
        QuickEmailVerification::new(&key, &options).map_err(|error| match error {
            UnusableApi::Url { .. } => wrong("url", error.to_string()),
            UnusableApi::Key { .. } => wrong("key", error.to_string()),
            UnusableApi::Tls { .. } | UnusableApi::Client { .. } => wrong("by", error.to_string()),
        })?;
        Ok(EmailVerification::QuickEmailVerification { key, options })
    }
}
