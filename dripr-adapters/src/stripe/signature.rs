//! Whether an event is Stripe's, and of now (`docs.stripe.com/webhooks/signature`).

use std::fmt;

use dripr_core::schedule::Instant;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// How far an event's time may be from the present, in seconds. Stripe's own libraries take events from the future; dripr does
/// not.
pub const TOLERANCE_SECONDS: i64 = 300;

/// What endpoint secrets begin with.
const PREFIX: &str = "whsec_";
/// Nobody's timestamp has more digits.
const MOST_DIGITS: usize = 12;

/// A text that is no secret of an endpoint. It quotes nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret of a Stripe webhook begins with {PREFIX}, and more follows")]
pub struct UnusableSecret;

/// Why an event is not believed. It quotes nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There is no `Stripe-Signature` header, or it is no text.
    #[error("the webhook has no Stripe-Signature header")]
    Missing,
    /// Its timestamp is missing, or no number of seconds.
    #[error("the webhook's signature has no timestamp")]
    Timestamp,
    /// It was sent too long ago: it may be a copy.
    #[error("the webhook was sent too long ago")]
    TooOld,
    /// It says that it will be sent later.
    #[error("the webhook comes from the future")]
    TooNew,
    /// No signature is by a secret that is known.
    #[error("the webhook is not signed with a secret that is known here")]
    Signature,
}

/// Tells Stripe's events from others.
#[derive(Clone)]
pub struct Verifier {
    secrets: Vec<SecretString>,
}

impl Verifier {
    /// Believes what is signed with any of these endpoint secrets, as Stripe shows them (`whsec_…`; that is part of the key).
    /// There are several while one is rolled.
    ///
    /// # Errors
    /// [`UnusableSecret`] if one is none.
    pub fn new(secrets: Vec<SecretString>) -> Result<Self, UnusableSecret> {
        let usable = |secret: &SecretString| {
            secret.expose_secret().strip_prefix(PREFIX).is_some_and(|rest| !rest.is_empty())
        };
        if secrets.iter().all(usable) { Ok(Self { secrets }) } else { Err(UnusableSecret) }
    }

    /// Whether an event is genuine and of now. `header` is that called `Stripe-Signature`, `body` the bytes as they came. One
    /// that is told again within the tolerance is as genuine as before: what it says must do no harm twice.
    ///
    /// # Errors
    /// [`Rejection`]: do nothing of what it says, and answer 400. The comparison takes the same time wherever it differs.
    pub fn verify(&self, header: Option<&str>, body: &[u8], now: Instant) -> Result<(), Rejection> {
        let header = header.filter(|header| !header.is_empty()).ok_or(Rejection::Missing)?;
        let items = || header.split(',').filter_map(|item| item.split_once('='));
        let (_, digits) = items().find(|(name, _)| *name == "t").ok_or(Rejection::Timestamp)?;
        if digits.is_empty() || digits.len() > MOST_DIGITS || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Rejection::Timestamp);
        }
        let sent: i64 = digits.parse().map_err(|_| Rejection::Timestamp)?;
        let age = now.timestamp().saturating_sub(sent);
        if age > TOLERANCE_SECONDS {
            return Err(Rejection::TooOld);
        }
        if age < -TOLERANCE_SECONDS {
            return Err(Rejection::TooNew);
        }
        let mut genuine = Choice::from(0);
        for secret in &self.secrets {
            let expected = signature(secret, digits, body);
            for (_, given) in items().filter(|(name, _)| *name == "v1") {
                genuine |= given.as_bytes().ct_eq(expected.as_bytes());
            }
        }
        if genuine.into() { Ok(()) } else { Err(Rejection::Signature) }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(…)")
    }
}

/// What Stripe signs an event with, in hexadecimal digits.
#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
fn signature(secret: &SecretString, timestamp: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
        .expect("HMAC takes keys of every length");
    for part in [timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    hex::encode(mac.finalize().into_bytes())
}
