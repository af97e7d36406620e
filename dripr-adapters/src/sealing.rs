//! Sealing what is stored, by XChaCha20-Poly1305, whose nonce is long enough to be drawn at random. What is sealed is
//!
//! | bytes | |
//! |---|---|
//! | 1 | the version of this form, 1 |
//! | 24 | the nonce |
//! | rest | the cipher text and its tag |
//!
//! What it is for and whose it is goes with it as associated data: what was moved elsewhere does not open.

use std::sync::Arc;

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use dripr_core::ports::Entropy;
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};

/// The form of what is sealed.
const FORM: u8 = 1;
/// The length of a nonce.
pub(crate) const NONCE: usize = 24;

/// Keys that seal and open.
#[derive(Clone)]
pub(crate) struct Keys {
    /// The first seals.
    ciphers: Vec<XChaCha20Poly1305>,
    entropy: Arc<dyn Entropy>,
}

impl Keys {
    /// A key of 32 bytes, written as 64 hexadecimal digits; `None` if it is none.
    pub(crate) fn new(key: &SecretString, entropy: Arc<dyn Entropy>) -> Option<Self> {
        Some(Self { ciphers: vec![cipher(key)?], entropy })
    }

    /// Opens also what an older key sealed; `None` if it is none.
    pub(crate) fn opening_also(mut self, older: &SecretString) -> Option<Self> {
        self.ciphers.push(cipher(older)?);
        Some(self)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ciphers.len()
    }

    /// Seals a text; `None` if it is longer than any.
    pub(crate) fn seal(&self, associated: &[u8], text: &SecretString) -> Option<Vec<u8>> {
        let cipher = self.ciphers.first()?;
        let random = [self.entropy.bytes(), self.entropy.bytes()].concat();
        let nonce: [u8; NONCE] = random.get(..NONCE)?.try_into().ok()?;
        let payload = Payload { msg: text.expose_secret().as_bytes(), aad: associated };
        let text = cipher.encrypt(&XNonce::from(nonce), payload).ok()?;
        Some([&[FORM], &nonce[..], &text].concat())
    }

    /// Opens a text by whichever key sealed it; `None` if none did, or it was for something else.
    pub(crate) fn open(&self, associated: &[u8], sealed: &[u8]) -> Option<SecretString> {
        let (nonce, text) = sealed.strip_prefix(&[FORM])?.split_at_checked(NONCE)?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        let nonce = XNonce::from(nonce);
        let opened = self
            .ciphers
            .iter()
            .find_map(|cipher| cipher.decrypt(&nonce, Payload { msg: text, aad: associated }).ok())
            .map(Zeroizing::new)?;
        std::str::from_utf8(&opened).map(Into::into).ok()
    }
}

fn cipher(key: &SecretString) -> Option<XChaCha20Poly1305> {
    let mut bytes = Zeroizing::new([0; 32]);
    hex::decode_to_slice(key.expose_secret().trim(), &mut *bytes).ok()?;
    XChaCha20Poly1305::new_from_slice(&*bytes).ok()
}
