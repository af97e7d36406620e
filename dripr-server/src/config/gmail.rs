//! `[gmail]`: the OAuth client by which agents may have their emails sent from their own Gmail accounts.

use std::path::PathBuf;

use serde::Deserialize;

use super::ConfigProblem;
#[cfg(feature = "gmail")]
use super::Environment;

/// The OAuth client's secret, so that it need not stand in a file.
pub const CLIENT_SECRET_VARIABLE: &str = "DRIPR_GMAIL_CLIENT_SECRET";

/// The key that seals what access is asked for with, so that it need not stand in a file.
pub const TOKEN_KEY_VARIABLE: &str = "DRIPR_TOKEN_KEY";

/// The OAuth client, and the keys of the vault.
#[cfg(feature = "gmail")]
#[derive(Debug, Clone)]
pub struct Gmail {
    /// Who asks Google, and how.
    pub options: dripr_adapters::gmail::GmailOptions,
    /// What seals tokens: 64 hexadecimal digits.
    pub token_key: secrecy::SecretString,
    /// What sealed older ones.
    pub older_token_keys: Vec<secrecy::SecretString>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    client_id: Option<String>,
    client_secret_file: Option<PathBuf>,
    token_key_file: Option<PathBuf>,
    older_token_key_files: Vec<PathBuf>,
    look_ups: Option<bool>,
    aliases: Option<bool>,
    sends_per_minute: Option<u32>,
    sends_per_day: Option<u32>,
    settling_seconds: Option<u32>,
    tokens_url: Option<String>,
    consent_url: Option<String>,
    gmail_url: Option<String>,
}

impl Written {
    /// The key that is given first, if any is.
    fn given(&self) -> Option<&'static str> {
        let named = [
            ("client_id", self.client_id.is_some()),
            ("client_secret_file", self.client_secret_file.is_some()),
            ("token_key_file", self.token_key_file.is_some()),
            ("older_token_key_files", !self.older_token_key_files.is_empty()),
            ("look_ups", self.look_ups.is_some()),
            ("aliases", self.aliases.is_some()),
            ("sends_per_minute", self.sends_per_minute.is_some()),
            ("sends_per_day", self.sends_per_day.is_some()),
            ("settling_seconds", self.settling_seconds.is_some()),
            ("tokens_url", self.tokens_url.is_some()),
            ("consent_url", self.consent_url.is_some()),
            ("gmail_url", self.gmail_url.is_some()),
        ];
        named.into_iter().find(|(_, named)| *named).map(|(key, _)| key)
    }

    #[cfg(not(feature = "gmail"))]
    pub(super) fn check(&self) -> Result<(), ConfigProblem> {
        match self.given() {
            Some(key) => {
                let reason = "this dripr was built without Gmail; build it with `cargo build --release --features gmail`";
                Err(ConfigProblem::key(&format!("gmail.{key}"), reason))
            }
            None => Ok(()),
        }
    }

    /// The client, if any key is given.
    #[cfg(feature = "gmail")]
    pub(super) fn check(
        self,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
        mail_timeout: std::time::Duration,
    ) -> Result<Option<Gmail>, ConfigProblem> {
        use std::time::Duration;

        use dripr_adapters::gmail::GmailOptions;

        use super::{secret, url};

        if self.given().is_none() {
            return Ok(None);
        }
        let Some(client_id) = self.client_id.filter(|id| !id.trim().is_empty()) else {
            let reason = "missing: give the id of the OAuth client, from Google's console";
            return Err(ConfigProblem::key("gmail.client_id", reason));
        };
        let key = "gmail.client_secret_file";
        let client_secret =
            secret::required(environment, CLIENT_SECRET_VARIABLE, key, self.client_secret_file, &absolute)?;
        let key = "gmail.token_key_file";
        let token_key =
            secret::required(environment, TOKEN_KEY_VARIABLE, key, self.token_key_file, &absolute)?;
        let nothing = |_: &str| None;
        let older = self.older_token_key_files.into_iter().map(|file| {
            secret::required(
                &nothing,
                TOKEN_KEY_VARIABLE,
                "gmail.older_token_key_files",
                Some(file),
                &absolute,
            )
        });
        let older_token_keys = older.collect::<Result<_, _>>()?;
        let usual = GmailOptions::new(client_id, client_secret);
        let at_least_one = |key: &str, given: Option<u32>, usual: u32| match given {
            Some(0) => Err(ConfigProblem::key(&format!("gmail.{key}"), "must be at least 1, not 0")),
            given => Ok(given.unwrap_or(usual)),
        };
        let options = GmailOptions {
            look_ups: self.look_ups.unwrap_or(usual.look_ups),
            aliases: self.aliases.unwrap_or(usual.aliases),
            // Less than the engine waits: only the mailer can tell whether an email may have arrived.
            timeout: mail_timeout - mail_timeout / 10,
            sends_per_minute: at_least_one(
                "sends_per_minute",
                self.sends_per_minute,
                usual.sends_per_minute,
            )?,
            sends_per_day: at_least_one("sends_per_day", self.sends_per_day, usual.sends_per_day)?,
            settling: self
                .settling_seconds
                .map_or(usual.settling, |seconds| Duration::from_secs(seconds.into())),
            tokens_url: url::checked("gmail.tokens_url", self.tokens_url)?,
            consent_url: url::checked("gmail.consent_url", self.consent_url)?,
            gmail_url: url::checked("gmail.gmail_url", self.gmail_url)?,
            ..usual
        };
        Ok(Some(Gmail { options, token_key, older_token_keys }))
    }
}
