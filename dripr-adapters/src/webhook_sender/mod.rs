//! Outgoing webhooks over HTTP: a JSON POST in the format of [Standard Webhooks](crate::standard_webhooks), signed by each
//! secret that signs at that moment.
//!
//! - Only `https://`, and only to addresses that everybody can reach, judged when connecting ([`SendOptions::allow_private`]
//!   lets a developer have both otherwise). No proxy is used: it would connect to what is not judged.
//! - Redirects are not followed: they are answers like others, and none of success.
//! - An answer counts with its status. A little of its body is read, so that the connection can be used again, and nothing of
//!   it is kept.
//!
//! ```
//! use std::sync::Arc;
//! use dripr_adapters::{webhook_sender::{SendOptions, Sender}, webhook_vault::WebhookVault};
//! use dripr_core::{ports::Clock, testkit::{ManualClock, SeededEntropy}};
//!
//! let clock: Arc<dyn Clock> = Arc::new(ManualClock::at("2026-03-12T15:00:00Z".parse()?));
//! let vault = WebhookVault::new(Arc::new(SeededEntropy::new(1)));
//! let sender = Sender::new(SendOptions::default(), vault, clock)?;
//! assert!(sender.check("https://crm.example/hooks").is_ok());
//! assert!(sender.check("http://crm.example/hooks").is_err());
//! assert!(sender.check("https://169.254.169.254/latest/meta-data").is_err());
//! assert!(sender.check("https://0x7f.1/").is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod address;
mod resolver;

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use dripr_core::{
    ports::{Clock, WebhookSender},
    webhooks::{Answer, Endpoint, Message, Outcome, Trouble, check_url},
};
use reqwest::{Client, Response, Url, header::CONTENT_TYPE, redirect};
use secrecy::SecretString;

use self::{
    address::is_public,
    resolver::{Private, Resolver},
};
use crate::{
    http::{retry_after, tls},
    standard_webhooks::{Secret, sign},
    webhook_vault::WebhookVault,
};

/// How much of an answer's body is read at most, in bytes. A longer one ends the connection.
const MOST_BYTES: usize = 16 << 10;

/// How messages are sent.
#[derive(Debug, Clone, Copy)]
pub struct SendOptions {
    /// How long an answer may take, connecting included.
    pub timeout: Duration,
    /// Whether `http://` and private addresses may be asked too: for developers, on their own machine.
    pub allow_private: bool,
}

impl Default for SendOptions {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(15), allow_private: false }
    }
}

/// Why messages cannot be sent at all.
#[derive(Debug, thiserror::Error)]
pub enum UnusableSender {
    /// There is no TLS.
    #[error("webhooks cannot be sent over TLS")]
    Tls(#[source] rustls::Error),
    /// The HTTP client cannot be made.
    #[error("the HTTP client of webhooks cannot be made")]
    Client(#[source] reqwest::Error),
}

/// Sends messages to endpoints. Cheap to clone.
#[derive(Clone)]
pub struct Sender {
    client: Client,
    options: SendOptions,
    vault: WebhookVault,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Sender {
    /// One that opens secrets by a vault and stamps messages by a clock.
    ///
    /// # Errors
    /// There is no TLS on this machine.
    pub fn new(
        options: SendOptions,
        vault: WebhookVault,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, UnusableSender> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls().map_err(UnusableSender::Tls)?)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .https_only(!options.allow_private)
            .dns_resolver(Resolver::new(options.allow_private))
            .timeout(options.timeout)
            .user_agent(concat!("dripr/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(UnusableSender::Client)?;
        Ok(Self { client, options, vault, clock })
    }

    /// Whether messages may be sent to an address, as far as that can be told without asking for what its name means.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn check(&self, url: &str) -> Result<(), &'static str> {
        self.url(url).map(drop)
    }

    fn url(&self, url: &str) -> Result<Url, &'static str> {
        check_url(url, self.options.allow_private)?;
        let url = Url::parse(url).map_err(|_| "is no address")?;
        let host = url.host_str().ok_or("has no host")?;
        // Numbers are connected to as they are, without asking for what they mean.
        let number: Option<IpAddr> = host.trim_start_matches('[').trim_end_matches(']').parse().ok();
        if !self.options.allow_private && number.is_some_and(|number| !is_public(number)) {
            return Err("leads to a private network");
        }
        Ok(url)
    }

    /// The signatures of a message, the newest secret's first.
    fn signatures(
        &self,
        endpoint: &Endpoint,
        message: &Message,
        timestamp: i64,
        body: &[u8],
    ) -> Option<String> {
        let mut signatures = Vec::new();
        for kept in endpoint.signing(self.clock.now()) {
            let secret: Result<SecretString, _> = self.vault.open(&endpoint.id, kept);
            match secret.ok().and_then(|secret| Secret::new(&secret).ok()) {
                Some(secret) => signatures.push(sign(&secret, message.id.as_str(), timestamp, body)),
                // One that was exchanged may have been sealed by a key that is gone.
                None if !signatures.is_empty() => {}
                None => return None,
            }
        }
        Some(signatures.join(" "))
    }

    async fn post(&self, url: Url, endpoint: &Endpoint, message: &Message) -> Result<Answer, Trouble> {
        let (body, timestamp) = (message.body(), self.clock.now().timestamp());
        let signatures = self.signatures(endpoint, message, timestamp, &body).ok_or(Trouble::Secret)?;
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", message.id.as_str())
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signatures)
            .body(body);
        let response = request.send().await.map_err(|error| sorted(&error))?;
        let outcome = Outcome::Answered(response.status().as_u16());
        let retry_after = retry_after(response.headers());
        passed_over(response).await;
        Ok(Answer { outcome, retry_after })
    }
}

/// Reads what is left of a short answer, so that the connection can be used again.
async fn passed_over(mut response: Response) {
    let mut read = 0;
    while let Ok(Some(chunk)) = response.chunk().await {
        read += chunk.len();
        if read > MOST_BYTES {
            return;
        }
    }
}

fn sorted(error: &reqwest::Error) -> Trouble {
    if Private::is_behind(error) {
        Trouble::PrivateAddress
    } else if error.is_timeout() {
        Trouble::TimedOut
    } else if error.is_connect() {
        Trouble::Unreachable
    } else if error.is_builder() {
        Trouble::Address
    } else {
        Trouble::BrokenOff
    }
}

#[async_trait]
impl WebhookSender for Sender {
    async fn send(&self, endpoint: &Endpoint, message: &Message) -> Answer {
        let Ok(url) = self.url(&endpoint.url) else {
            let private = check_url(&endpoint.url, self.options.allow_private).is_ok();
            return if private { Trouble::PrivateAddress.into() } else { Trouble::Address.into() };
        };
        self.post(url, endpoint, message).await.unwrap_or_else(Answer::from)
    }
}
