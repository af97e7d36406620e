//! Refresh tokens, sealed before they are stored: whoever has the database alone has access to nobody's mailbox.
//!
//! The agent's id is sealed along with a token: one that was moved to another agent's row does not open.
//!
//! # Another key
//!
//! The newest key seals, and all open. To change it: give the new one and, with [`TokenVault::opening_also`], the old one;
//! what is stored afterwards is sealed by the new one. Agents whose token was sealed by a key that is gone connect their
//! account again.

use std::{fmt, sync::Arc};

use dripr_core::{ids::UserId, mail_account::SealedToken, ports::Entropy};
use secrecy::SecretString;

use crate::sealing::Keys;

/// What a sealed token is for, so that nothing else that is ever sealed by the same key passes for one.
const PURPOSE: &[u8] = b"dripr refresh token\0";

/// Seals and opens refresh tokens.
///
/// ```
/// use std::sync::Arc;
/// use dripr_adapters::token_vault::TokenVault;
/// use dripr_core::{ids::UserId, testkit::SeededEntropy};
/// use secrecy::ExposeSecret;
///
/// let key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff".into();
/// let vault = TokenVault::new(&key, Arc::new(SeededEntropy::new(1)))?;
/// let (ana, ben) = (UserId::new("ana")?, UserId::new("ben")?);
/// let sealed = vault.seal(&ana, &"1//refresh".into())?;
/// assert_eq!(vault.open(&ana, &sealed)?.expose_secret(), "1//refresh");
/// assert!(vault.open(&ben, &sealed).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct TokenVault(Keys);

/// Why a vault cannot be made, or does not seal or open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenVaultError {
    /// The key is none.
    #[error("the key for tokens must be 64 hexadecimal digits, such as `openssl rand -hex 32` gives")]
    Key,
    /// The token cannot be sealed.
    #[error("the token cannot be sealed")]
    NotSealed,
    /// No key opens the token: it was sealed by another deployment's key or for another agent, or was damaged.
    #[error("none of the deployment's keys opens this agent's token")]
    NotOpened,
}

impl TokenVault {
    /// A vault with a key of 32 bytes, written as 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`TokenVaultError::Key`] if it is none. The error does not repeat it.
    pub fn new(key: &SecretString, entropy: Arc<dyn Entropy>) -> Result<Self, TokenVaultError> {
        Keys::new(key, entropy).map(Self).ok_or(TokenVaultError::Key)
    }

    /// Opens also what an older key sealed.
    ///
    /// # Errors
    /// [`TokenVaultError::Key`] if it is none.
    pub fn opening_also(self, older: &SecretString) -> Result<Self, TokenVaultError> {
        self.0.opening_also(older).map(Self).ok_or(TokenVaultError::Key)
    }

    /// Seals an agent's token.
    ///
    /// # Errors
    /// [`TokenVaultError::NotSealed`] if it is longer than any token.
    pub fn seal(&self, user: &UserId, token: &SecretString) -> Result<SealedToken, TokenVaultError> {
        self.0.seal(&associated(user), token).map(SealedToken).ok_or(TokenVaultError::NotSealed)
    }

    /// Opens an agent's token by whichever key sealed it.
    ///
    /// # Errors
    /// [`TokenVaultError::NotOpened`] if none did, or not for this agent.
    pub fn open(&self, user: &UserId, sealed: &SealedToken) -> Result<SecretString, TokenVaultError> {
        self.0.open(&associated(user), &sealed.0).ok_or(TokenVaultError::NotOpened)
    }
}

fn associated(user: &UserId) -> Vec<u8> {
    [PURPOSE, user.as_str().as_bytes()].concat()
}

impl fmt::Debug for TokenVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenVault({} keys)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use dripr_core::testkit::SeededEntropy;
    use secrecy::ExposeSecret;

    use super::*;
    use crate::sealing::NONCE;

    const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";
    const NEWER: &str = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";

    fn vault(key: &str) -> TokenVault {
        TokenVault::new(&key.into(), Arc::new(SeededEntropy::new(7))).unwrap()
    }

    fn user(id: &str) -> UserId {
        UserId::new(id).unwrap()
    }

    fn opened(vault: &TokenVault, id: &str, sealed: &SealedToken) -> Option<String> {
        vault.open(&user(id), sealed).ok().map(|token| token.expose_secret().to_owned())
    }

    #[test]
    fn what_is_sealed_opens_by_the_same_key_for_the_same_agent_only() {
        for token in ["1//0g-refresh", "", "é\u{0}", &"x".repeat(5_000)] {
            let sealed = vault(KEY).seal(&user("ana"), &token.into()).unwrap();
            assert_eq!(opened(&vault(KEY), "ana", &sealed).as_deref(), Some(token));
            assert_eq!(opened(&vault(KEY), "anb", &sealed), None, "another agent");
            assert_eq!(opened(&vault(KEY), "an", &sealed), None, "another agent");
            assert_eq!(opened(&vault(NEWER), "ana", &sealed), None, "another key");
        }
    }

    #[test]
    fn what_was_changed_in_any_byte_or_cut_does_not_open() {
        let vault = vault(KEY);
        let sealed = vault.seal(&user("ana"), &"1//0g-refresh".into()).unwrap();
        for n in 0..sealed.0.len() {
            let mut changed = sealed.clone();
            changed.0[n] ^= 1;
            assert_eq!(opened(&vault, "ana", &changed), None, "byte {n}");
            assert_eq!(opened(&vault, "ana", &SealedToken(sealed.0[..n].to_vec())), None, "cut at {n}");
        }
        let longer = SealedToken([&sealed.0[..], &[0]].concat());
        assert_eq!(opened(&vault, "ana", &longer), None);
    }

    #[test]
    fn no_two_are_sealed_alike_and_none_shows_the_token() {
        let vault = vault(KEY);
        let sealed: Vec<_> =
            (0..50).map(|_| vault.seal(&user("ana"), &"1//0g-refresh".into()).unwrap().0).collect();
        for (n, one) in sealed.iter().enumerate() {
            assert!(sealed[..n].iter().all(|other| other[..1 + NONCE] != one[..1 + NONCE]));
            assert!(!one.windows(7).any(|part| part == b"refresh"));
        }
    }

    #[test]
    fn an_older_key_opens_and_the_newest_seals() {
        let old = vault(KEY).seal(&user("ana"), &"old".into()).unwrap();
        let both = vault(NEWER).opening_also(&KEY.into()).unwrap();
        assert_eq!(opened(&both, "ana", &old).as_deref(), Some("old"));
        let new = both.seal(&user("ana"), &"new".into()).unwrap();
        assert_eq!(opened(&vault(NEWER), "ana", &new).as_deref(), Some("new"));
        assert_eq!(opened(&vault(KEY), "ana", &new), None);
    }

    #[test]
    fn a_key_is_64_digits_and_appears_nowhere() {
        let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(1));
        for bad in ["", "00", &KEY[1..], &format!("{KEY}0"), &format!("{}g", &KEY[1..])] {
            let error = TokenVault::new(&bad.into(), entropy.clone()).unwrap_err();
            assert_eq!(error, TokenVaultError::Key);
            assert!(bad.is_empty() || !error.to_string().contains(bad));
            assert_eq!(vault(KEY).opening_also(&bad.into()).unwrap_err(), TokenVaultError::Key);
        }
        assert!(
            TokenVault::new(&format!("{KEY}\n").into(), entropy).is_ok(),
            "a file ends with a line break"
        );
        assert_eq!(format!("{:?}", vault(KEY)), "TokenVault(1 keys)");
    }
}
