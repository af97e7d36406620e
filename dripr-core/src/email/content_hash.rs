//! A fingerprint of what an email says, to whom and from whom.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Message;

/// SHA-256 over recipient, sender, subject, both bodies and the ways to opt out, each preceded by its length.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// The fingerprint of a message.
    #[must_use]
    pub fn of(message: &Message) -> Self {
        let mut hasher = Sha256::new();
        for part in [
            message.to.address.as_str(),
            message.to.name.as_str(),
            message.from.address.as_str(),
            message.from.name.as_str(),
            message.subject.as_str(),
            message.html.as_str(),
            message.text.as_str(),
            message.opt_out_link.as_deref().unwrap_or_default(),
        ] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part.as_bytes());
        }
        // Messages that were stored before there was one keep their fingerprint.
        if let Some(mailto) = &message.opt_out_mailto {
            hasher.update((mailto.len() as u64).to_be_bytes());
            hasher.update(mailto.as_bytes());
        }
        Self(hasher.finalize().into())
    }
}

/// A text that is no content hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("content_hash {0:?} is not 64 hexadecimal digits")]
pub struct InvalidContentHash(String);

impl FromStr for ContentHash {
    type Err = InvalidContentHash;
    fn from_str(text: &str) -> Result<Self, InvalidContentHash> {
        let mut bytes = [0; 32];
        match hex::decode_to_slice(text, &mut bytes) {
            Ok(()) => Ok(Self(bytes)),
            Err(_) => Err(InvalidContentHash(text.chars().take(80).collect())),
        }
    }
}

impl TryFrom<String> for ContentHash {
    type Error = InvalidContentHash;
    fn try_from(text: String) -> Result<Self, InvalidContentHash> {
        text.parse()
    }
}

impl From<ContentHash> for String {
    fn from(hash: ContentHash) -> Self {
        hash.to_string()
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({self})")
    }
}
