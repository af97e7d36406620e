//! Secrets of outgoing webhooks: made, sealed before they are stored where the deployment has a key for that, and opened.
//!
//! The endpoint's id is sealed along with its secret: one that was moved to another endpoint's row does not open. What was
//! stored as it is before there was a key still signs. The newest key seals, and all open.
//!
//! ```
//! use std::sync::Arc;
//! use dripr_adapters::webhook_vault::WebhookVault;
//! use dripr_core::{ids::WebhookId, testkit::SeededEntropy};
//! use secrecy::ExposeSecret;
//!
//! let key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff".into();
//! let vault = WebhookVault::new(Arc::new(SeededEntropy::new(1))).sealing(&key, &[])?;
//! let (crm, other) = (WebhookId::new("crm")?, WebhookId::new("other")?);
//! let secret = vault.make();
//! assert!(secret.expose_secret().starts_with("whsec_"));
//! let kept = vault.keep(&crm, &secret)?;
//! assert_eq!(vault.open(&crm, &kept)?.expose_secret(), secret.expose_secret());
//! assert!(vault.open(&other, &kept).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::{fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use dripr_core::{ids::WebhookId, ports::Entropy, webhooks::KeptSecret};
use secrecy::{SecretString, zeroize::Zeroizing};

use crate::{sealing::Keys, standard_webhooks::Secret};

/// What is sealed is for this, so that nothing else that is ever sealed by the same key passes for it.
const PURPOSE: &[u8] = b"dripr webhook secret\0";

/// Makes, seals and opens secrets of webhooks.
#[derive(Clone)]
pub struct WebhookVault {
    keys: Option<Keys>,
    entropy: Arc<dyn Entropy>,
}

/// Why a vault cannot be made, or does not keep or open a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookVaultError {
    /// The key is none.
    #[error(
        "the key for webhooks' secrets must be 64 hexadecimal digits, such as `openssl rand -hex 32` gives"
    )]
    Key,
    /// The secret is none.
    #[error("must be whsec_ and 24 to 64 bytes in Base64")]
    Secret,
    /// The secret cannot be sealed.
    #[error("the secret cannot be sealed")]
    NotSealed,
    /// No key opens the secret: it was sealed by another deployment's key or for another endpoint, or was damaged.
    #[error("none of the deployment's keys opens this endpoint's secret")]
    NotOpened,
}

/// The longest secret, in bytes: the specification's most.
const LONGEST: usize = 64;

impl WebhookVault {
    /// One without a key: secrets are stored as they are.
    #[must_use]
    pub fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self { keys: None, entropy }
    }

    /// Seals with a key of 32 bytes, written as 64 hexadecimal digits, and opens also what older ones sealed.
    ///
    /// # Errors
    /// [`WebhookVaultError::Key`] if one of them is none. The error does not repeat it.
    pub fn sealing(self, key: &SecretString, older: &[SecretString]) -> Result<Self, WebhookVaultError> {
        let keys = Keys::new(key, self.entropy.clone());
        let keys = older.iter().fold(keys, |keys, older| keys?.opening_also(older));
        Ok(Self { keys: Some(keys.ok_or(WebhookVaultError::Key)?), ..self })
    }

    /// A new secret of 32 random bytes, as it is shown.
    #[must_use]
    pub fn make(&self) -> SecretString {
        let bytes = Zeroizing::new([self.entropy.bytes(), self.entropy.bytes()].concat());
        format!("whsec_{}", STANDARD.encode(&*bytes)).into()
    }

    /// An endpoint's secret as it is stored.
    ///
    /// # Errors
    /// [`WebhookVaultError::Secret`] if it is none.
    pub fn keep(&self, endpoint: &WebhookId, secret: &SecretString) -> Result<KeptSecret, WebhookVaultError> {
        let read = Secret::new(secret).map_err(|_| WebhookVaultError::Secret)?;
        if read.len() > LONGEST {
            return Err(WebhookVaultError::Secret);
        }
        let Some(keys) = &self.keys else { return Ok(KeptSecret::Plain(secret.clone())) };
        let sealed = keys.seal(&associated(endpoint), secret).ok_or(WebhookVaultError::NotSealed)?;
        Ok(KeptSecret::Sealed(sealed))
    }

    /// An endpoint's secret as it was given.
    ///
    /// # Errors
    /// [`WebhookVaultError::NotOpened`] if no key opens it, or not for this endpoint.
    pub fn open(&self, endpoint: &WebhookId, kept: &KeptSecret) -> Result<SecretString, WebhookVaultError> {
        match kept {
            KeptSecret::Plain(secret) => Ok(secret.clone()),
            KeptSecret::Sealed(sealed) => {
                let keys = self.keys.as_ref().ok_or(WebhookVaultError::NotOpened)?;
                keys.open(&associated(endpoint), sealed).ok_or(WebhookVaultError::NotOpened)
            }
        }
    }
}

fn associated(endpoint: &WebhookId) -> Vec<u8> {
    [PURPOSE, endpoint.as_str().as_bytes()].concat()
}

impl fmt::Debug for WebhookVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookVault({} keys)", self.keys.as_ref().map_or(0, Keys::len))
    }
}

#[cfg(test)]
mod tests {
    use dripr_core::testkit::SeededEntropy;
    use secrecy::ExposeSecret;

    use super::*;

    const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";
    const NEWER: &str = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";

    fn plain() -> WebhookVault {
        WebhookVault::new(Arc::new(SeededEntropy::new(7)))
    }

    fn opened(vault: &WebhookVault, kept: &KeptSecret) -> Option<String> {
        let crm = WebhookId::new("crm").unwrap();
        vault.open(&crm, kept).ok().map(|secret| secret.expose_secret().to_owned())
    }

    #[test]
    fn what_was_kept_opens_whatever_key_there_was() {
        let crm = WebhookId::new("crm").unwrap();
        let old = plain().sealing(&KEY.into(), &[]).unwrap();
        let both = plain().sealing(&NEWER.into(), &[KEY.into()]).unwrap();
        let secret = plain().make();
        let given = Some(secret.expose_secret().to_owned());
        let as_it_is = plain().keep(&crm, &secret).unwrap();
        assert!(matches!(as_it_is, KeptSecret::Plain(_)));
        assert_eq!(opened(&old, &as_it_is), given, "what was stored before there was a key");
        let sealed = old.keep(&crm, &secret).unwrap();
        let KeptSecret::Sealed(bytes) = &sealed else { panic!("{sealed:?}") };
        assert!(!bytes.windows(6).any(|part| part == b"whsec_"));
        assert_eq!(opened(&both, &sealed), given);
        assert_eq!(opened(&old, &both.keep(&crm, &secret).unwrap()), None, "the newest seals");
        assert_eq!(opened(&plain(), &sealed), None, "without a key");
        let mut damaged = bytes.clone();
        damaged[30] ^= 1;
        assert_eq!(opened(&old, &KeptSecret::Sealed(damaged)), None);
    }

    #[test]
    fn a_secret_is_one_that_nobody_guesses() {
        let crm = WebhookId::new("crm").unwrap();
        let long = format!("whsec_{}", STANDARD.encode([7; 65]));
        for bad in ["", "whsec_", "whsec_c2hvcnQ=", "whsec_%%%", &long] {
            let error = plain().keep(&crm, &bad.into()).unwrap_err();
            assert_eq!(error, WebhookVaultError::Secret, "{bad}");
        }
        let vault = plain();
        assert_ne!(vault.make().expose_secret(), vault.make().expose_secret());
        assert!(vault.keep(&crm, &vault.make()).is_ok());
        for bad in ["", "00", &KEY[1..]] {
            assert_eq!(plain().sealing(&bad.into(), &[]).unwrap_err(), WebhookVaultError::Key);
            assert_eq!(plain().sealing(&KEY.into(), &[bad.into()]).unwrap_err(), WebhookVaultError::Key);
        }
    }
}
