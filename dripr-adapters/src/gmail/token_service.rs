//! Google's token service (RFC 6749): a code for tokens, and a refresh token for an access token.

use chrono::TimeDelta;
use dripr_core::errors::{Fault, PortError, PortResult};
use dripr_core::ports::Allowance;
use reqwest::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{options::GmailOptions, scope};
use crate::http::{Answer, HttpApi, Refusal, UnusableApi, json};

/// How long an access token is kept whose expiry is not told, in seconds.
const UNTOLD: f64 = 600.0;
/// No access token lasts longer, in seconds.
const LONGEST: f64 = 86_400.0;
/// The longest text that is kept of what Google says, in characters.
const LONGEST_TEXT: usize = 200;

/// The token service, with the client that asks.
#[derive(Clone)]
pub(super) struct TokenService {
    api: HttpApi,
    client_id: String,
    client_secret: SecretString,
}

/// What was given.
pub(super) struct Tokens {
    pub(super) access: SecretString,
    /// For how long.
    pub(super) lasts: TimeDelta,
    pub(super) refresh: Option<SecretString>,
    /// What the agent allows, if it is told.
    pub(super) scopes: Option<Vec<String>>,
}

/// Why nothing was given.
#[derive(Debug)]
pub(super) enum NoTokens {
    /// The grant is none any more, or the code never was one: `invalid_grant`, with what Google says of it.
    InvalidGrant(String),
    /// Something else.
    Other(PortError),
}

impl TokenService {
    pub(super) fn new(options: &GmailOptions) -> Result<Self, UnusableApi> {
        let (client_id, client_secret) = (options.client_id.clone(), options.client_secret.clone());
        Ok(Self { api: options.tokens()?, client_id, client_secret })
    }

    /// A new access token.
    pub(super) async fn refresh(&self, token: &SecretString) -> Result<Tokens, NoTokens> {
        self.ask(&[("grant_type", "refresh_token"), ("refresh_token", token.expose_secret())]).await
    }

    /// The tokens that a code stands for. It works once.
    pub(super) async fn exchange(
        &self,
        code: &SecretString,
        verifier: &SecretString,
        redirect_uri: &str,
    ) -> Result<Tokens, NoTokens> {
        self.ask(&[
            ("grant_type", "authorization_code"),
            ("code", code.expose_secret()),
            ("code_verifier", verifier.expose_secret()),
            ("redirect_uri", redirect_uri),
        ])
        .await
    }

    /// Whether the client is known. Google looks at the client before it looks at a token, so that a token that is none
    /// finds it out.
    pub(super) async fn knows_the_client(&self) -> PortResult<()> {
        match self.refresh(&"1//none".into()).await {
            Err(NoTokens::InvalidGrant(_)) => Ok(()),
            Err(NoTokens::Other(error)) => Err(error),
            Ok(_) => {
                let message = format!("{} takes a token that is none", self.api.provider());
                Err(PortError::new(Fault::Garbled, message))
            }
        }
    }

    async fn ask(&self, question: &[(&str, &str)]) -> Result<Tokens, NoTokens> {
        let client =
            [("client_id", self.client_id.as_str()), ("client_secret", self.client_secret.expose_secret())];
        let form = [&client, question].concat();
        let answer =
            self.api.post_form("token", &form, &Allowance::unlimited()).await.map_err(NoTokens::Other)?;
        if !answer.status.is_success() {
            return Err(self.refusal(&answer));
        }
        let given: Given = answer.parsed(&self.api).map_err(NoTokens::Other)?;
        let Some(access) = given.access_token.filter(|token| !token.is_empty()) else {
            let message = format!("{} gave no token", self.api.provider());
            return Err(NoTokens::Other(PortError::new(Fault::Garbled, message)));
        };
        let seconds = given.expires_in.unwrap_or(UNTOLD).clamp(0.0, LONGEST) as i64;
        Ok(Tokens {
            access: access.into(),
            lasts: TimeDelta::seconds(seconds),
            refresh: given.refresh_token.filter(|token| !token.is_empty()).map(Into::into),
            scopes: given.scope.as_deref().map(scope::parted),
        })
    }

    /// Which of the errors of RFC 6749, section 5.2, a refusal is.
    fn refusal(&self, answer: &Answer) -> NoTokens {
        let provider = self.api.provider();
        let asked = matches!(answer.status, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED);
        let complaint = answer.parsed::<Complaint>(&self.api).ok().filter(|_| asked);
        let Some((error, described)) = complaint.and_then(|said| Some((said.error?, said.error_description)))
        else {
            return NoTokens::Other(Refusal::of(answer).sorted(&self.api));
        };
        if error == "invalid_grant" {
            return NoTokens::InvalidGrant(shown(described.as_deref().unwrap_or(&error)));
        }
        let message = match error.as_str() {
            "invalid_client" | "unauthorized_client" | "deleted_client" => {
                format!("{provider} does not know the deployment's OAuth client ({error})")
            }
            _ => format!("{provider} refuses ({})", shown(&error)),
        };
        NoTokens::Other(PortError::new(Fault::Misconfigured, message))
    }
}

/// What Google says, for people: one short line. Addresses and links do not belong into logs.
fn shown(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let private = |word: &str| word.contains('@') || word.contains("//");
    let plain: Vec<&str> = words.map(|word| if private(word) { "…" } else { word }).collect();
    plain.join(" ").chars().take(LONGEST_TEXT).collect()
}

#[derive(Deserialize)]
struct Given {
    #[serde(default, deserialize_with = "json::text")]
    access_token: Option<String>,
    #[serde(default, deserialize_with = "json::number")]
    expires_in: Option<f64>,
    #[serde(default, deserialize_with = "json::text")]
    refresh_token: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    scope: Option<String>,
}

#[derive(Deserialize)]
struct Complaint {
    #[serde(default, deserialize_with = "json::text")]
    error: Option<String>,
    #[serde(default, deserialize_with = "json::text")]
    error_description: Option<String>,
}
