//! Alerts to a program, as a JSON POST in the format of Standard Webhooks
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>): `webhook-id`,
//! `webhook-timestamp` and, where there is a secret, `webhook-signature`. Whoever gets an id twice got the same word twice.
//!
//! Redirects are not followed, and nothing of an answer is kept but its status. Any status of success takes the word.
//!
//! ```
//! use std::sync::Arc;
//! use dripr_adapters::{alert_webhook::AlertWebhook, http::HttpOptions};
//! use dripr_core::{ports::Clock, testkit::ManualClock};
//!
//! let clock: Arc<dyn Clock> = Arc::new(ManualClock::at("2026-03-12T15:00:00Z".parse()?));
//! let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into();
//! AlertWebhook::new("https://hooks.example/dripr?to=ops", Some(&secret), HttpOptions::default(), clock)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use dripr_core::{
    alerts::Word,
    errors::{Fault, PortError, PortResult},
    ports::{AlertRoute, Allowance, Clock},
};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sha2::Sha256;

use crate::http::{HttpApi, HttpOptions, Refusal, UnusableApi};

const PROVIDER: &str = "the alerts' webhook";
/// What a secret begins with; the rest is base64.
const PREFIX: &str = "whsec_";
/// The shortest secret, in bytes. The format asks for 24 to 64.
const SHORTEST: usize = 24;

/// Why alerts cannot be sent to a webhook.
#[derive(Debug, thiserror::Error)]
pub enum UnusableWebhook {
    /// It cannot be asked at all.
    #[error(transparent)]
    Api(#[from] UnusableApi),
    /// The secret is none.
    #[error("the secret of the webhook must be {PREFIX} and at least {SHORTEST} bytes in base64")]
    Secret,
}

/// A program that is told of alerts.
pub struct AlertWebhook {
    api: HttpApi,
    /// The last part of its path, with the query.
    path: String,
    key: Option<Hmac<Sha256>>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for AlertWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Who knows a webhook's address may write to it.
        f.debug_struct("AlertWebhook").field("signed", &self.key.is_some()).finish_non_exhaustive()
    }
}

impl AlertWebhook {
    /// The one at an address. `options` say how long it may take; they have no address of their own.
    ///
    /// # Errors
    /// The address or the secret is none.
    pub fn new(
        url: &str,
        secret: Option<&SecretString>,
        options: HttpOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, UnusableWebhook> {
        let (path, query) = url.split_at(url.find('?').unwrap_or(url.len()));
        // An address without a path has slashes in front of its host only.
        let host = path.find("://").map_or(0, |at| at + 3);
        let (base, last) = match path.rfind('/').filter(|at| *at >= host) {
            Some(at) => (&path[..at], &path[at + 1..]),
            None => (path, ""),
        };
        let api = HttpApi::new(PROVIDER, base, &HttpOptions { base_url: None, ..options })?;
        let key = secret.map(key).transpose()?;
        Ok(Self { api, path: format!("{last}{query}"), key, clock })
    }
}

fn key(secret: &SecretString) -> Result<Hmac<Sha256>, UnusableWebhook> {
    let bytes = secret.expose_secret().strip_prefix(PREFIX).and_then(|text| STANDARD.decode(text).ok());
    let bytes = bytes.filter(|bytes| bytes.len() >= SHORTEST).ok_or(UnusableWebhook::Secret)?;
    Hmac::new_from_slice(&bytes).map_err(|_| UnusableWebhook::Secret)
}

/// `v1,` and the signature of what the format says is signed, in base64.
fn signature(key: &Hmac<Sha256>, id: &str, timestamp: i64, body: &[u8]) -> String {
    let mut mac = key.clone();
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[async_trait]
impl AlertRoute for AlertWebhook {
    async fn tell(&self, word: &Word) -> PortResult<()> {
        let body = json!({
            "type": format!("alert.{}", word.what.as_str()),
            "timestamp": word.at.to_rfc3339(),
            "data": {
                "alert": word.alert.as_str(),
                "title": word.alert.title(),
                "since": word.since.to_rfc3339(),
                "detail": word.detail,
            },
        });
        let body = body.to_string().into_bytes();
        let timestamp = self.clock.now().timestamp();
        let mut api =
            self.api.clone().with("webhook-id", &word.id).with("webhook-timestamp", &timestamp.to_string());
        if let Some(key) = &self.key {
            api = api.with("webhook-signature", &signature(key, &word.id, timestamp, &body));
        }
        let allowance = Allowance::unlimited();
        let answer = api.hand_over(&self.path, &[], "application/json", body, None, &allowance).await;
        let answer = answer.map_err(PortError::from)?;
        if answer.status.is_success() {
            return Ok(());
        }
        if answer.status.is_redirection() {
            let message = format!(
                "{PROVIDER} leads elsewhere, which is not followed (HTTP {})",
                answer.status.as_u16()
            );
            return Err(PortError::new(Fault::Misconfigured, message));
        }
        Err(Refusal::of(&answer).sorted(&api))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the format's own libraries
    /// (<https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/python/tests/test_webhooks.py>).
    #[test]
    fn it_signs_as_the_format_says() {
        let key = key(&"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()).unwrap();
        let signed =
            signature(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_that_is_none_is_refused() {
        for none in ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2hvcnQ=", "whsec_%%%"] {
            assert!(key(&none.into()).is_err(), "{none}");
        }
    }
}
