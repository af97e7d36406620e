//! The key that sender and receiver share.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::Sha256;

/// What secrets begin with where they are shown.
const PREFIX: &str = "whsec_";
/// The shortest key that is taken, in bytes: the specification's least.
const SHORTEST: usize = 24;

/// A key that sender and receiver share. It is never shown.
#[derive(Clone)]
pub struct Secret(SecretSlice<u8>);

/// A text that is no secret. It quotes nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSecret {
    /// What follows the prefix is not Base64.
    #[error("the webhook secret is not whsec_ and Base64")]
    Base64,
    /// It could be guessed.
    #[error("the webhook secret has less than {SHORTEST} bytes")]
    Short,
}

impl Secret {
    /// Takes a secret as providers show it: Base64, with `whsec_` before it or without.
    ///
    /// # Errors
    /// [`InvalidSecret`].
    pub fn new(shown: &SecretString) -> Result<Self, InvalidSecret> {
        shown.expose_secret().parse()
    }

    /// How many bytes it has.
    #[cfg(feature = "webhooks")]
    pub(crate) fn len(&self) -> usize {
        self.0.expose_secret().len()
    }

    /// The signature of a message, in Base64.
    pub(super) fn signature(&self, id: &str, timestamp: &str, body: &[u8]) -> String {
        let mut mac = self.mac();
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        STANDARD.encode(mac.finalize().into_bytes())
    }

    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    fn mac(&self) -> Hmac<Sha256> {
        Hmac::<Sha256>::new_from_slice(self.0.expose_secret()).expect("HMAC takes keys of every length")
    }
}

impl FromStr for Secret {
    type Err = InvalidSecret;

    fn from_str(shown: &str) -> Result<Self, InvalidSecret> {
        let shown = shown.trim();
        let key = STANDARD
            .decode(shown.strip_prefix(PREFIX).unwrap_or(shown))
            .map_err(|_| InvalidSecret::Base64)?;
        if key.len() < SHORTEST { Err(InvalidSecret::Short) } else { Ok(Self(key.into())) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
