//! What makes a link unguessable: HMAC-SHA-256 over what it says.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The signature of some parts, as hexadecimal digits. The first part says what it is for.
pub(crate) fn sign(key: &SecretString, parts: &[&str]) -> String {
    hex::encode(mac(key, parts).finalize().into_bytes())
}

/// Whether a signature is of these parts. It takes the same time wherever it differs.
pub(crate) fn is_of(signature: &str, key: &SecretString, parts: &[&str]) -> bool {
    hex::decode(signature).is_ok_and(|given| mac(key, parts).verify_slice(&given).is_ok())
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
fn mac(key: &SecretString, parts: &[&str]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes())
        .expect("HMAC takes keys of every length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac
}
