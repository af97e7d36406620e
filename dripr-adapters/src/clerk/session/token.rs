//! A token's parts: JWS in its compact form (RFC 7515).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::Value;

use super::{SessionProblem, claims::Claims, keys::Key};

/// The longest token that is read, in bytes: a cookie has four thousand.
const LONGEST: usize = 16_384;

/// A token that nobody looked at yet.
pub(super) struct Token<'a> {
    head: Head,
    /// What is signed.
    signed: &'a str,
    body: &'a str,
    signature: Vec<u8>,
}

#[derive(Deserialize)]
struct Head {
    alg: String,
    kid: String,
    /// Parameters that whoever reads it has to understand.
    #[serde(default)]
    crit: Option<Value>,
}

impl<'a> Token<'a> {
    /// Its parts, as far as they can be known before its key is.
    pub(super) fn read(token: &'a str) -> Result<Self, SessionProblem> {
        use SessionProblem::Malformed;
        if token.len() > LONGEST {
            return Err(Malformed("it is too long"));
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Malformed("it has not three parts"))?;
        let (head, body) = signed.split_once('.').ok_or(Malformed("it has not three parts"))?;
        if body.contains('.') {
            return Err(Malformed("it has not three parts"));
        }
        let head = decoded(head).ok_or(Malformed("its head is not Base64"))?;
        let head: Head = serde_json::from_slice(&head).map_err(|_| Malformed("its head names no key"))?;
        if head.alg != "RS256" {
            return Err(SessionProblem::Algorithm);
        }
        if head.crit.is_some() {
            return Err(Malformed("its head has critical parameters"));
        }
        let signature = decoded(signature).ok_or(Malformed("its signature is not Base64"))?;
        Ok(Self { head, signed, body, signature })
    }

    /// The key that it names.
    pub(super) fn key_id(&self) -> &str {
        &self.head.kid
    }

    /// What it says, if a key signed it.
    pub(super) fn claims(&self, key: &Key) -> Result<Claims, SessionProblem> {
        use SessionProblem::Malformed;
        if !key.signed(self.signed.as_bytes(), &self.signature) {
            return Err(SessionProblem::Signature);
        }
        let body = decoded(self.body).ok_or(Malformed("its claims are not Base64"))?;
        serde_json::from_slice(&body).map_err(|_| Malformed("its claims are not those of a session"))
    }
}

fn decoded(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}
