//! `[postmark]`: how Postmark is used, where `[mail]` chooses it.

use std::path::PathBuf;

use serde::Deserialize;

use super::ConfigProblem;
#[cfg(feature = "postmark")]
use super::Environment;

/// The server token, so that it need not stand in a file.
pub const TOKEN_VARIABLE: &str = "DRIPR_POSTMARK_TOKEN";

/// The password of webhooks, so that it need not stand in a file.
pub const WEBHOOK_PASSWORD_VARIABLE: &str = "DRIPR_POSTMARK_WEBHOOK_PASSWORD";

/// For how many hours nothing may come back of what was sent before sending pauses.
#[cfg(feature = "postmark")]
const SILENCE_HOURS: u16 = 6;

/// How Postmark is used.
#[cfg(feature = "postmark")]
#[derive(Debug, Clone)]
pub struct Postmark {
    /// The token of a server.
    pub token: secrecy::SecretString,
    /// Stream, tracking, address and time.
    pub options: dripr_adapters::postmark::PostmarkOptions,
    /// How long nothing may come back of what was sent before sending pauses.
    pub silence: std::time::Duration,
}

/// Which links are led over Postmark's server, as it is written.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TrackLinks {
    #[default]
    None,
    HtmlAndText,
    Html,
    Text,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    token_file: Option<PathBuf>,
    message_stream: Option<String>,
    track_opens: Option<bool>,
    track_links: Option<TrackLinks>,
    settling_seconds: Option<u32>,
    url: Option<String>,
    webhook_username: Option<String>,
    webhook_password_file: Option<PathBuf>,
    silence_hours: Option<u16>,
}

impl Written {
    /// The key that is given first of those that are for handing emails to Postmark. Webhooks may still come of emails that went
    /// by it before.
    pub(super) fn given_for_sending(&self) -> Option<&'static str> {
        let named = [
            ("token_file", self.token_file.is_some()),
            ("message_stream", self.message_stream.is_some()),
            ("track_opens", self.track_opens.is_some()),
            ("track_links", self.track_links.is_some()),
            ("settling_seconds", self.settling_seconds.is_some()),
            ("url", self.url.is_some()),
            ("silence_hours", self.silence_hours.is_some()),
        ];
        named.into_iter().find(|(_, named)| *named).map(|(key, _)| key)
    }

    /// Whose webhooks are taken; nobody's without a name and a password. A password that only the environment has is for nothing
    /// where emails do not go by Postmark.
    #[cfg(feature = "postmark")]
    pub(super) fn webhook(
        &self,
        is_chosen: bool,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
    ) -> Result<Option<dripr_adapters::postmark::webhook::Credentials>, ConfigProblem> {
        use dripr_adapters::postmark::webhook::Credentials;

        use super::secret;

        if !is_chosen && self.webhook_username.is_none() && self.webhook_password_file.is_none() {
            return Ok(None);
        }
        let key = "postmark.webhook_password_file";
        let password = secret::secret(
            environment,
            WEBHOOK_PASSWORD_VARIABLE,
            key,
            self.webhook_password_file.clone(),
            &absolute,
        )?;
        match (&self.webhook_username, password) {
            (Some(username), Some(password)) => Credentials::new(username, &password)
                .map(Some)
                .map_err(|error| ConfigProblem::key("postmark.webhook_username", error)),
            (None, None) => Ok(None),
            (Some(_), None) => {
                let reason = format!(
                    "missing: give the file of the webhooks' password, or {WEBHOOK_PASSWORD_VARIABLE}"
                );
                Err(ConfigProblem::key(key, reason))
            }
            (None, Some(_)) => {
                let reason = "missing: give the name that the webhooks' password belongs to";
                Err(ConfigProblem::key("postmark.webhook_username", reason))
            }
        }
    }

    /// Webhooks that nobody could take are refused.
    #[cfg(not(feature = "postmark"))]
    pub(super) fn no_webhook(&self) -> Result<(), ConfigProblem> {
        let named = [
            ("webhook_username", self.webhook_username.is_some()),
            ("webhook_password_file", self.webhook_password_file.is_some()),
        ];
        match named.into_iter().find(|(_, named)| *named) {
            Some((key, _)) => {
                let reason = "this dripr was built without Postmark; build it with `cargo build --release --features postmark`";
                Err(ConfigProblem::key(&format!("postmark.{key}"), reason))
            }
            None => Ok(()),
        }
    }

    #[cfg(feature = "postmark")]
    pub(super) fn check(
        self,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
        mail_timeout: std::time::Duration,
    ) -> Result<Postmark, ConfigProblem> {
        use std::time::Duration;

        use dripr_adapters::{
            http::HttpOptions,
            postmark::{PostmarkOptions, TrackLinks as Links},
        };

        use super::{secret, url};

        let token =
            secret::required(environment, TOKEN_VARIABLE, "postmark.token_file", self.token_file, &absolute)?;
        let stream = self.message_stream.unwrap_or_else(|| "broadcast".to_owned());
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if stream.is_empty() || !stream.chars().all(plain) {
            let reason = format!("must be the id of a message stream, such as broadcast, not {stream:?}");
            return Err(ConfigProblem::key("postmark.message_stream", reason));
        }
        let usual = PostmarkOptions::default();
        let http = HttpOptions {
            base_url: url::checked("postmark.url", self.url)?,
            // Less than the engine waits: only the mailer can tell whether an email may have arrived.
            timeout: mail_timeout - mail_timeout / 10,
            ..usual.http
        };
        let settling_time =
            self.settling_seconds.map_or(usual.settling_time, |seconds| Duration::from_secs(seconds.into()));
        let track_links = match self.track_links.unwrap_or_default() {
            TrackLinks::None => Links::None,
            TrackLinks::HtmlAndText => Links::HtmlAndText,
            TrackLinks::Html => Links::HtmlOnly,
            TrackLinks::Text => Links::TextOnly,
        };
        let track_opens = self.track_opens.unwrap_or(usual.track_opens);
        let options = PostmarkOptions {
            http,
            message_stream: stream,
            track_opens,
            track_links,
            settling_time,
            allowance: usual.allowance,
        };
        let silence =
            Duration::from_secs(3600 * u64::from(self.silence_hours.unwrap_or(SILENCE_HOURS).max(1)));
        Ok(Postmark { token, options, silence })
    }
}
