//! Whose tokens are read.

use std::time::Duration;

use crate::http::HttpOptions;

/// Where an instance publishes its keys, below its Frontend API.
const JWKS_PATH: &str = ".well-known/jwks.json";

/// The most that a list of keys may have, in bytes.
const MOST_BYTES: usize = 1 << 18;

/// Whose tokens are read.
#[derive(Debug, Clone)]
pub struct SessionOptions {
    /// The instance's Frontend API, which is the `iss` of its tokens: `https://clerk.brokerage.example` or
    /// `https://….clerk.accounts.dev`.
    pub issuer: String,
    /// Origins whose pages may bring tokens (`azp`), such as `https://app.brokerage.example`. A token that names none is taken.
    pub authorized_parties: Vec<String>,
    /// Where the keys are, if not at `/.well-known/jwks.json` of the issuer.
    pub jwks_url: Option<String>,
    /// How long an answer may take.
    pub timeout: Duration,
}

impl SessionOptions {
    /// The tokens of an instance, brought by pages of these origins.
    #[must_use]
    pub fn new(issuer: impl Into<String>, authorized_parties: impl IntoIterator<Item = String>) -> Self {
        Self {
            issuer: issuer.into(),
            authorized_parties: authorized_parties.into_iter().collect(),
            jwks_url: None,
            timeout: Duration::from_secs(5),
        }
    }

    /// The address of the keys: a folder, and a path in it.
    pub(super) fn jwks(&self) -> (String, String) {
        match self.jwks_url.as_deref().map(|url| url.rsplit_once('/').unwrap_or((url, ""))) {
            Some((folder, path)) => (folder.to_owned(), path.to_owned()),
            None => (self.issuer.clone(), JWKS_PATH.to_owned()),
        }
    }

    pub(super) fn http(&self) -> HttpOptions {
        HttpOptions { base_url: None, timeout: self.timeout, most_bytes: MOST_BYTES }
    }
}
