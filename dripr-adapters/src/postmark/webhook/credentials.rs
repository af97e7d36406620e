//! Whether a webhook comes from who was given the password.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A user name and a password that nobody can be told by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnusableCredentials {
    /// There would be two ways to read it.
    #[error("the user name of the webhook has a colon")]
    Username,
    /// Anybody would be let in.
    #[error("the password of the webhook is empty")]
    Password,
}

/// What Postmark was given to authenticate with by HTTP Basic (RFC 7617). It signs nothing, so this is all there is:
/// choose a long random password, and have it sent over TLS only.
///
/// Answer 401 to whom it does not admit. After a 403 Postmark never tries that delivery again.
///
/// ```
/// use dripr_adapters::postmark::webhook::Credentials;
///
/// let credentials = Credentials::new("Aladdin", &"open sesame".into())?;
/// assert!(credentials.admit(Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")));
/// assert!(!credentials.admit(None));
/// # Ok::<(), dripr_adapters::postmark::webhook::UnusableCredentials>(())
/// ```
#[derive(Clone)]
pub struct Credentials {
    /// Of both, as they are sent. Fingerprints are of one length, so comparing them does not tell the password's.
    fingerprint: [u8; 32],
}

impl Credentials {
    /// A user name, which has no colon, and a password, which is not empty.
    ///
    /// # Errors
    /// [`UnusableCredentials`] saying which of them is wrong.
    pub fn new(username: &str, password: &SecretString) -> Result<Self, UnusableCredentials> {
        if username.contains(':') {
            return Err(UnusableCredentials::Username);
        }
        if password.expose_secret().is_empty() {
            return Err(UnusableCredentials::Password);
        }
        let sent = STANDARD.encode(format!("{username}:{}", password.expose_secret()));
        Ok(Self { fingerprint: Sha256::digest(sent).into() })
    }

    /// Whether an `Authorization` header holds them. It takes as long for a wrong password as for another.
    #[must_use]
    pub fn admit(&self, authorization_header: Option<&str>) -> bool {
        let Some((scheme, sent)) = authorization_header.and_then(|header| header.trim().split_once(' '))
        else {
            return false;
        };
        let given: [u8; 32] = Sha256::digest(sent.trim_start()).into();
        scheme.eq_ignore_ascii_case("basic") && bool::from(given.ct_eq(&self.fingerprint))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(…)")
    }
}
