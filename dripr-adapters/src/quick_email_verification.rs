//! Whether an address takes mail, from QuickEmailVerification.
//!
//! Rules are those of its documentation (<https://docs.quickemailverification.com>, "Verify an email address" and "Sandbox
//! mode") and of its own Python client:
//!
//! - `GET /v1/verify?email=…`, with the key in the header `Authorization: token …`, as that client does, and not in the
//!   address.
//! - All flags are the texts `"true"` and `"false"`; real booleans are taken too.
//! - What counts is `safe_to_send`: a `result` of `"valid"` comes with `"false"` too, for servers that take mail for any
//!   mailbox and for addresses that are thrown away.
//!
//! | `safe_to_send` | `result` | | the answer |
//! |---|---|---|---|
//! | true | | | [`Verification::Deliverable`] |
//! | otherwise | `invalid` | | [`Verification::Undeliverable`], with `did_you_mean` |
//! | | | `accept_all` is true | [`Verification::Unproven`] |
//! | | `valid` | | [`Verification::Unproven`] |
//! | | `unknown` | | [`Verification::Unknown`] |
//! | | anything else | `success` is false | [`Verification::Unknown`] |
//! | | anything else | | [`Fault::Garbled`] |
//!
//! - HTTP 402 says that no credit is left: [`Fault::Misconfigured`].
//! - A mail server is asked while one waits, so an answer takes many seconds:
//!   [`QuickEmailVerificationOptions::default`] gives it 45.
//! - Each question may cost a credit. Nothing is kept here.
//! - In the sandbox questions are free, and answered by the part before the `@` alone. It wants the account's key, so a
//!   probe asks there and takes no credit; that none is left it finds out where the answer has the header
//!   `X-QEV-Remaining-Credits`.
//!
//! Unverified: whether the sandbox has that header and refuses a key as the other does, how many questions a second are
//! allowed, whether a refusal tells a pause (a `Retry-After` is obeyed where there is one), and what a refusal's body
//! looks like (only its status counts).
//!
//! ```no_run
//! use dripr_adapters::quick_email_verification::{QuickEmailVerification, QuickEmailVerificationOptions};
//! use dripr_core::ports::{Allowance, EmailVerifier, Verification};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let key = std::env::var("QUICK_EMAIL_VERIFICATION_KEY")?.into();
//! let verifier = QuickEmailVerification::new(&key, &QuickEmailVerificationOptions::default())?;
//! let found = verifier.verify(&"kim@home.example".parse()?, &Allowance::unlimited()).await?;
//! assert_eq!(found, Verification::Deliverable);
//! # Ok(())
//! # }
//! ```

use std::time::Duration;

use async_trait::async_trait;
use dripr_core::{
    email::EmailAddress,
    errors::{Fault, PortError, PortResult},
    ports::{Allowance, EmailVerifier, Probe, Verification},
};
use secrecy::SecretString;
use serde::Deserialize;

use crate::http::{Answer, HttpApi, HttpOptions, UnusableApi, json};

const USUAL_BASE: &str = "https://api.quickemailverification.com/v1";
const SANDBOX: &str = "verify/sandbox";
/// The header that tells how many credits the account has left.
const CREDITS_LEFT: &str = "x-qev-remaining-credits";
/// A probe asks about it: an example of the sandbox's documentation.
const PROBED: &str = "valid@example.com";

/// How QuickEmailVerification is asked.
#[derive(Debug, Clone)]
pub struct QuickEmailVerificationOptions {
    /// How long an answer may take and be.
    pub http: HttpOptions,
    /// Whether the sandbox is asked: no credits, and invented answers.
    pub sandbox: bool,
}

impl Default for QuickEmailVerificationOptions {
    fn default() -> Self {
        let http = HttpOptions { timeout: Duration::from_secs(45), ..HttpOptions::default() };
        Self { http, sandbox: false }
    }
}

/// QuickEmailVerification.
#[derive(Debug, Clone)]
pub struct QuickEmailVerification {
    api: HttpApi,
    sandbox: bool,
}

impl QuickEmailVerification {
    /// With an API key. Nothing is asked yet.
    ///
    /// # Errors
    /// [`UnusableApi`] if the options name no address, or the key is none.
    pub fn new(key: &SecretString, options: &QuickEmailVerificationOptions) -> Result<Self, UnusableApi> {
        let api = HttpApi::new("QuickEmailVerification", USUAL_BASE, &options.http)?;
        Ok(Self { api: api.keyed("authorization", "token ", key)?, sandbox: options.sandbox })
    }

    fn understood(&self, answer: &Answer, address: &EmailAddress) -> PortResult<Verification> {
        let said: Said = answer.json(&self.api)?;
        let other = said.email.as_deref().and_then(|email| email.parse::<EmailAddress>().ok());
        if other.is_some_and(|other| other.key() != address.key()) {
            let message = "QuickEmailVerification answered about another address".to_owned();
            return Err(PortError::new(Fault::Garbled, message));
        }
        said.means(address).ok_or_else(|| {
            let message = "QuickEmailVerification answered with a result that it does not have".to_owned();
            PortError::new(Fault::Garbled, message)
        })
    }
}

#[async_trait]
impl EmailVerifier for QuickEmailVerification {
    async fn verify(&self, address: &EmailAddress, allowance: &Allowance) -> PortResult<Verification> {
        let path = if self.sandbox { SANDBOX } else { "verify" };
        let answer = self.api.get(path, &[("email", address.as_str())], allowance).await?;
        self.understood(&answer, address)
    }
}

#[async_trait]
impl Probe for QuickEmailVerification {
    /// Asks the sandbox, which wants the key too and takes no credit.
    async fn probe(&self) -> PortResult<()> {
        let address: EmailAddress = PROBED.parse().map_err(|error| {
            PortError::new(Fault::Invalid, "QuickEmailVerification cannot be probed").caused_by(error)
        })?;
        let answer = self.api.get(SANDBOX, &[("email", PROBED)], &Allowance::unlimited()).await?;
        self.understood(&answer, &address)?;
        let left =
            answer.headers.get(CREDITS_LEFT).and_then(|left| left.to_str().ok()?.trim().parse::<u64>().ok());
        if !self.sandbox && left == Some(0) {
            let message = "QuickEmailVerification has no credit left for this key";
            return Err(PortError::new(Fault::Misconfigured, message));
        }
        Ok(())
    }
}

/// An answer.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Said {
    #[serde(deserialize_with = "json::text")]
    result: Option<String>,
    #[serde(deserialize_with = "json::text")]
    reason: Option<String>,
    #[serde(deserialize_with = "json::flag")]
    disposable: Option<bool>,
    #[serde(deserialize_with = "json::flag")]
    accept_all: Option<bool>,
    #[serde(deserialize_with = "json::text")]
    email: Option<String>,
    #[serde(deserialize_with = "json::flag")]
    safe_to_send: Option<bool>,
    #[serde(deserialize_with = "json::text")]
    did_you_mean: Option<String>,
    #[serde(deserialize_with = "json::flag")]
    success: Option<bool>,
}

impl Said {
    fn means(&self, address: &EmailAddress) -> Option<Verification> {
        let result = self.result.as_deref().map(str::to_ascii_lowercase);
        let reason = self.reason().to_owned();
        match result.as_deref() {
            Some(_) if self.safe_to_send == Some(true) => Some(Verification::Deliverable),
            Some("invalid") => {
                let meant = self.did_you_mean.as_deref().and_then(|meant| meant.parse().ok());
                let did_you_mean = meant.filter(|meant: &EmailAddress| meant.key() != address.key());
                Some(Verification::Undeliverable { reason, did_you_mean })
            }
            Some("valid" | "unknown") if self.accept_all == Some(true) => {
                Some(Verification::Unproven { reason: "its server takes mail for any mailbox".to_owned() })
            }
            Some("valid") => {
                let thrown_away = self.disposable == Some(true);
                let reason =
                    if thrown_away { "it is one to be thrown away" } else { "mail to it may not be safe" };
                Some(Verification::Unproven { reason: reason.to_owned() })
            }
            Some("unknown") => Some(Verification::Unknown { reason }),
            _ if self.success == Some(false) => {
                Some(Verification::Unknown { reason: "the verification failed".to_owned() })
            }
            _ => None,
        }
    }

    /// In words for people. The provider's own are not repeated: they may hold anything.
    fn reason(&self) -> &'static str {
        match self.reason.as_deref().unwrap_or_default() {
            "invalid_email" => "it is not written as an address",
            "invalid_domain" => "there is no such domain",
            "no_mx_record" => "its domain takes no mail",
            "rejected_email" => "its server knows no such mailbox",
            "exceeded_storage" => "its mailbox is full",
            "no_connect" => "its server cannot be reached",
            "timeout" => "its server did not answer in time",
            "unavailable_smtp" => "its server takes no mail at present",
            "temporarily_blocked" => "its server asks to come back later",
            "unexpected_error" => "its server broke down",
            _ => "the verifier tells no reason",
        }
    }
}
