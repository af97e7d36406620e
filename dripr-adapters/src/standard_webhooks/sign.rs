//! Signing what a deployment sends.

use super::{Secret, verify::VERSION};

/// The `webhook-signature` header of a message: `id` is its `webhook-id`, which has no dot in it and stays the same each time
/// the message is told, `timestamp` its `webhook-timestamp` in Unix seconds.
///
/// While a secret is exchanged, join the signatures by both with a space.
#[must_use]
pub fn sign(secret: &Secret, id: &str, timestamp: i64, body: &[u8]) -> String {
    format!("{VERSION},{}", secret.signature(id, &timestamp.to_string(), body))
}
