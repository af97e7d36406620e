//! Who asks Google, and how.

use std::{fmt, time::Duration};

use secrecy::SecretString;

use crate::http::{HttpApi, HttpOptions, UnusableApi};

const TOKENS: &str = "https://oauth2.googleapis.com";
const CONSENT: &str = "https://accounts.google.com/o/oauth2/v2/auth";
const GMAIL: &str = "https://gmail.googleapis.com";

/// The longest answer that is read: a page of a search has a few kilobytes.
const MOST_BYTES: usize = 1 << 20;

/// Who asks Google, and how. The defaults suit the real services.
#[derive(Clone)]
pub struct GmailOptions {
    /// The OAuth client of the deployment, of the type "Web application", from Google's console.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
    /// Whether agents are asked to let their mail be searched too, so that an email of unknown outcome can be looked for. It
    /// takes a scope that Google restricts, [`READ`](super::READ).
    pub look_ups: bool,
    /// Whether an email may name another sender than the account, which must be one of its send-as addresses: Gmail puts
    /// the account's own in the place of any other.
    pub aliases: bool,
    /// How long one call may take, with everything that belongs to it. Shorter than the policy's mail timeout: the mailer
    /// can tell whether Gmail may have the email, a timeout around it cannot.
    pub timeout: Duration,
    /// How many emails an agent's account sends in a minute at the most. Gmail would take 150.
    pub sends_per_minute: u32,
    /// How many emails an agent's account sends in any 24 hours at the most. Gmail counts them together with the agent's
    /// own mail, 500 for an account of gmail.com and 2,000 for most others.
    pub sends_per_day: u32,
    /// How long Gmail may take to find an email that it took.
    pub settling: Duration,
    /// How far before the start of a try an email is looked for, in case clocks differ.
    pub look_back: Duration,
    /// Where tokens are given, if not at `https://oauth2.googleapis.com`; `/token` is added.
    pub tokens_url: Option<String>,
    /// Where agents agree, if not at `https://accounts.google.com/o/oauth2/v2/auth`.
    pub consent_url: Option<String>,
    /// Where the Gmail API is, if not at `https://gmail.googleapis.com`; its paths are added.
    pub gmail_url: Option<String>,
}

impl GmailOptions {
    /// An OAuth client, asking for no more than to send.
    pub fn new(client_id: impl Into<String>, client_secret: SecretString) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret,
            look_ups: false,
            aliases: false,
            timeout: Duration::from_secs(18),
            sends_per_minute: 60,
            sends_per_day: 400,
            settling: Duration::from_secs(600),
            look_back: Duration::from_secs(3_600),
            tokens_url: None,
            consent_url: None,
            gmail_url: None,
        }
    }

    fn api(
        &self,
        provider: &'static str,
        usual: &str,
        given: &Option<String>,
    ) -> Result<HttpApi, UnusableApi> {
        let http = HttpOptions { base_url: given.clone(), timeout: self.timeout, most_bytes: MOST_BYTES };
        HttpApi::new(provider, usual, &http)
    }

    pub(super) fn tokens(&self) -> Result<HttpApi, UnusableApi> {
        self.api("Google's token service", TOKENS, &self.tokens_url)
    }

    pub(super) fn gmail(&self) -> Result<HttpApi, UnusableApi> {
        self.api("Gmail", GMAIL, &self.gmail_url)
    }

    pub(super) fn consent(&self) -> &str {
        self.consent_url.as_deref().unwrap_or(CONSENT)
    }
}

impl fmt::Debug for GmailOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GmailOptions")
            .field("client_id", &self.client_id)
            .field("look_ups", &self.look_ups)
            .field("timeout", &self.timeout)
            .field("sends_per_minute", &self.sends_per_minute)
            .field("sends_per_day", &self.sends_per_day)
            .finish_non_exhaustive()
    }
}
