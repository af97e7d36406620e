//! Getting in: with a fixed token, or with one that is fetched and kept.

use std::{fmt, sync::Arc};

use chrono::TimeDelta;
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    ports::{Allowance, Clock},
    schedule::Instant,
};
use futures_util::lock::Mutex;
use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::options::Access;
use crate::http::{Answer, HttpApi, HttpOptions, Refusal, UnusableApi, json};

/// A token is not used any more so long before it expires, in seconds.
const MARGIN: i64 = 60;
/// How long a token is kept whose expiry is not told, in seconds.
const UNTOLD: i64 = 3_600;
/// Nobody's token lasts longer, in seconds.
const LONGEST: f64 = 30.0 * 86_400.0;

/// The door of an MLS.
#[derive(Clone)]
pub(super) struct Entrance {
    api: HttpApi,
    keys: Option<Arc<Keys>>,
}

/// Where tokens come from.
struct Keys {
    api: HttpApi,
    path: String,
    client_id: String,
    client_secret: SecretString,
    scope: Option<String>,
    clock: Arc<dyn Clock>,
    kept: Mutex<Option<Token>>,
}

#[derive(Clone)]
struct Token {
    secret: SecretString,
    until: Instant,
}

impl Entrance {
    pub(super) fn new(
        api: HttpApi,
        access: Access,
        http: &HttpOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, UnusableApi> {
        match access {
            Access::Token(token) => {
                Ok(Self { api: api.keyed("authorization", "Bearer ", &token)?, keys: None })
            }
            Access::ClientCredentials { token_url, client_id, client_secret, scope } => {
                // The client takes a folder and a path in it.
                let (folder, path) = token_url.rsplit_once('/').unwrap_or((&token_url, ""));
                let (path, http) = (path.to_owned(), HttpOptions { base_url: None, ..http.clone() });
                let given = || UnusableApi::Url { provider: TOKENS, url: token_url.clone() };
                let keys = HttpApi::new(TOKENS, folder, &http).map_err(|error| match error {
                    UnusableApi::Url { .. } => given(),
                    other => other,
                })?;
                let kept = Mutex::new(None);
                let keys = Keys { api: keys, path, client_id, client_secret, scope, clock, kept };
                Ok(Self { api, keys: Some(Arc::new(keys)) })
            }
        }
    }

    pub(super) fn api(&self) -> &HttpApi {
        &self.api
    }

    /// Asks for a page: the first by a link relative to the service root, the others by the links that were given.
    pub(super) async fn get(&self, link: &str, allowance: &Allowance) -> PortResult<Answer> {
        let Some(keys) = &self.keys else { return self.api.get_next(link, allowance).await };
        let token = keys.token(None, allowance).await?;
        let answer = self.with(&token)?.get_next(link, allowance).await?;
        if !matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return Ok(answer);
        }
        let token = keys.token(Some(&token), allowance).await?;
        self.with(&token)?.get_next(link, allowance).await
    }

    /// Asks once, as [`Entrance::get`] does, with a token that is fetched for it and not kept: a kept one would hide that
    /// no other is given any more.
    pub(super) async fn get_afresh(&self, link: &str, allowance: &Allowance) -> PortResult<Answer> {
        let Some(keys) = &self.keys else { return self.api.get_next(link, allowance).await };
        let token = keys.fetch(keys.clock.now(), allowance).await?;
        self.with(&token.secret)?.get_next(link, allowance).await
    }

    fn with(&self, token: &SecretString) -> PortResult<HttpApi> {
        self.api
            .clone()
            .keyed("authorization", "Bearer ", token)
            .map_err(|_| PortError::new(Fault::Garbled, format!("{TOKENS} gave a token that cannot be sent")))
    }
}

impl fmt::Debug for Entrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let access = if self.keys.is_some() { "client credentials" } else { "a token" };
        f.debug_struct("Entrance").field("api", &self.api).field("access", &access).finish()
    }
}

const TOKENS: &str = "the MLS's token service";

impl Keys {
    /// A token other than the one that was refused. Whoever comes while it is being fetched waits for it.
    async fn token(&self, refused: Option<&SecretString>, allowance: &Allowance) -> PortResult<SecretString> {
        let mut kept = self.kept.lock().await;
        let now = self.clock.now();
        let was_refused = |token: &Token| {
            refused.is_some_and(|refused| refused.expose_secret() == token.secret.expose_secret())
        };
        if let Some(token) = kept.as_ref().filter(|token| now < token.until && !was_refused(token)) {
            return Ok(token.secret.clone());
        }
        *kept = None;
        let token = self.fetch(now, allowance).await?;
        Ok(kept.insert(token).secret.clone())
    }

    async fn fetch(&self, now: Instant, allowance: &Allowance) -> PortResult<Token> {
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", self.client_id.as_str()),
            ("client_secret", self.client_secret.expose_secret()),
        ];
        form.extend(self.scope.as_deref().map(|scope| ("scope", scope)));
        let answer = self.api.post_form(&self.path, &form, allowance).await?;
        // RFC 6749, section 5.2: a client that is not known is a 400 with a code, or a 401.
        let names_an_error =
            || answer.parsed::<Complaint>(&self.api).is_ok_and(|complaint| complaint.error.is_some());
        if answer.status == StatusCode::UNAUTHORIZED
            || answer.status == StatusCode::BAD_REQUEST && names_an_error()
        {
            let status = answer.status.as_u16();
            let message = format!("{TOKENS} refuses the client credentials (HTTP {status})");
            return Err(Refusal::of(&answer).as_error(Fault::Misconfigured, message));
        }
        let given: Given = answer.json(&self.api)?;
        let Some(secret) = given.access_token else {
            return Err(PortError::new(Fault::Garbled, format!("{TOKENS} gave no token")));
        };
        let seconds = given.expires_in.map_or(UNTOLD, |seconds| seconds.clamp(0.0, LONGEST) as i64);
        // A token that lasts a minute or two is used for half of that.
        let usable = (seconds - MARGIN).max(seconds / 2);
        let until = now.checked_add_signed(TimeDelta::seconds(usable)).unwrap_or(now);
        Ok(Token { secret: secret.into(), until })
    }
}

#[derive(Deserialize)]
struct Given {
    #[serde(default, deserialize_with = "json::text")]
    access_token: Option<String>,
    #[serde(default, deserialize_with = "json::number")]
    expires_in: Option<f64>,
}

#[derive(Deserialize)]
struct Complaint {
    #[serde(default, deserialize_with = "json::text")]
    error: Option<String>,
}
