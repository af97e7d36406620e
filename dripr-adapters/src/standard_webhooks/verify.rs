//! Whether a message is by whom it says, and of now.

use dripr_core::schedule::Instant;
use subtle::{Choice, ConstantTimeEq};

use super::{Rejection, Secret};

/// How far a message's time may be from the present, in seconds.
pub const TOLERANCE_SECONDS: i64 = 300;

/// The only version of signatures that receivers can check without a public key.
pub(super) const VERSION: &str = "v1";

/// Nobody's timestamp has more digits.
const MOST_DIGITS: usize = 12;

/// What a message says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Headers<'a> {
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`.
    pub timestamp: &'a str,
    /// `webhook-signature`.
    pub signature: &'a str,
}

impl<'a> Headers<'a> {
    /// Looks the headers up by name: all three as `svix-…`, or all three as `webhook-…`.
    ///
    /// # Errors
    /// [`Rejection::Missing`], naming the first that neither spelling has.
    pub fn find(header: impl Fn(&str) -> Option<&'a str>) -> Result<Self, Rejection> {
        let some = |name: &str| header(name).filter(|value| !value.is_empty());
        let spelled = |[id, timestamp, signature]: [&'static str; 3]| {
            let missing = Rejection::Missing;
            Ok(Self {
                id: some(id).ok_or(missing(id))?,
                timestamp: some(timestamp).ok_or(missing(timestamp))?,
                signature: some(signature).ok_or(missing(signature))?,
            })
        };
        spelled(["svix-id", "svix-timestamp", "svix-signature"])
            .or_else(|_: Rejection| spelled(["webhook-id", "webhook-timestamp", "webhook-signature"]))
    }
}

/// Tells genuine messages from others.
#[derive(Debug, Clone)]
pub struct Verifier {
    secrets: Vec<Secret>,
}

impl Verifier {
    /// Believes what is signed with any of these secrets; with none of them nothing is. There are several while one is
    /// exchanged for another.
    #[must_use]
    pub fn new(secrets: Vec<Secret>) -> Self {
        Self { secrets }
    }

    /// Whether a message is genuine and of now. One that is told again within the tolerance is as genuine as before: what it
    /// says must do no harm twice.
    ///
    /// # Errors
    /// [`Rejection`]: do nothing of what it says. The comparison takes the same time wherever it differs.
    pub fn verify(&self, headers: Headers<'_>, body: &[u8], now: Instant) -> Result<(), Rejection> {
        let digits = headers.timestamp;
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
            let expected = secret.signature(headers.id, digits, body);
            for given in signatures(headers.signature) {
                genuine |= given.as_bytes().ct_eq(expected.as_bytes());
            }
        }
        if genuine.into() { Ok(()) } else { Err(Rejection::Signature) }
    }
}

/// The signatures of a list that are of [`VERSION`].
fn signatures(list: &str) -> impl Iterator<Item = &str> {
    list.split(' ')
        .filter_map(|item| item.split_once(','))
        .filter_map(|(version, signature)| (version == VERSION && !signature.is_empty()).then_some(signature))
}
