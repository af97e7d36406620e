//! The keys that an instance publishes (RFC 7517), kept.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    ports::Allowance,
    schedule::Instant,
};
use futures_util::lock::{Mutex as Turn, OwnedMutexGuard};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde::Deserialize;
use serde_json::Value;
use tracing::Instrument;

use super::SessionProblem;
use crate::http::{HttpApi, json};

pub(super) const PROVIDER: &str = "Clerk's list of keys";

/// For how long keys count without another look, in seconds.
const FRESH: i64 = 3_600;
/// How long after one look no other follows, in seconds: anybody can bring a token that names a key of their own.
const PAUSE: i64 = 30;
/// So many keys of a list are read.
const MOST: usize = 50;

/// An RSA key.
pub(super) struct Key {
    n: Vec<u8>,
    e: Vec<u8>,
}

impl Key {
    /// Whether it signed something by RSASSA-PKCS1-v1_5 with SHA-256. A key of less than 2048 bits signed nothing.
    pub(super) fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = RsaPublicKeyComponents { n: &self.n, e: &self.e };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
    }
}

/// The keys of an instance.
pub(super) struct Keys {
    api: HttpApi,
    path: String,
    known: Mutex<Known>,
    /// Who looks has it.
    turn: Arc<Turn<Look>>,
}

/// The last look at what keys there are.
#[derive(Default)]
struct Look {
    at: Option<Instant>,
    failed: bool,
}

#[derive(Default, Clone)]
struct Known {
    keys: Arc<HashMap<String, Arc<Key>>>,
    since: Option<Instant>,
}

impl Keys {
    pub(super) fn new(api: HttpApi, path: String) -> Self {
        Self { api, path, known: Mutex::default(), turn: Arc::default() }
    }

    /// A key by its id.
    pub(super) async fn key(self: &Arc<Self>, id: &str, now: Instant) -> Result<Arc<Key>, SessionProblem> {
        let known = self.known();
        match known.keys.get(id) {
            Some(key) if is_within(known.since, now, FRESH) => return Ok(key.clone()),
            // Nobody waits for a look that somebody else takes already, or that fails.
            Some(key) => {
                let Some(last) = self.turn.try_lock_owned() else { return Ok(key.clone()) };
                if self.look(last, now).await.is_err() {
                    return Ok(key.clone());
                }
            }
            None => {
                let last = self.turn.clone().lock_owned().await;
                // Whoever had the turn may have found it.
                if !self.known().keys.contains_key(id) {
                    self.look(last, now).await.map_err(SessionProblem::KeysUnavailable)?;
                }
            }
        }
        self.known().keys.get(id).cloned().ok_or(SessionProblem::UnknownKey)
    }

    fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks what keys there are, if none did a moment ago. A look that was begun is finished, whether anybody waits for it or not:
    /// all others count on it.
    async fn look(self: &Arc<Self>, mut last: OwnedMutexGuard<Look>, now: Instant) -> PortResult<()> {
        if is_within(last.at, now, PAUSE) {
            let failed =
                || PortError::new(Fault::Unavailable, format!("{PROVIDER} could not be had a moment ago"));
            return if last.failed { Err(failed()) } else { Ok(()) };
        }
        let keys = self.clone();
        let looking = async move {
            *last = Look { at: Some(now), failed: true };
            let found = keys.fetch().await.inspect_err(|error| {
                tracing::warn!(%error, "Clerk's keys could not be looked at; those that are known count on");
            })?;
            *keys.known.lock().unwrap_or_else(PoisonError::into_inner) =
                Known { keys: Arc::new(found), since: Some(now) };
            last.failed = false;
            Ok(())
        };
        tokio::spawn(looking.in_current_span()).await.unwrap_or_else(|error| {
            Err(PortError::new(Fault::Unavailable, format!("looking at {PROVIDER} broke off"))
                .caused_by(error))
        })
    }

    async fn fetch(&self) -> PortResult<HashMap<String, Arc<Key>>> {
        let answer = self.api.get(&self.path, &[], &Allowance::unlimited()).await?;
        let list: List = answer.json(&self.api)?;
        let keys: HashMap<_, _> = list.keys.iter().take(MOST).filter_map(Written::key).collect();
        if keys.is_empty() {
            return Err(PortError::new(Fault::Garbled, format!("{PROVIDER} has no key for RS256")));
        }
        Ok(keys)
    }
}

/// Whether something happened less than so many seconds ago. By a clock that was set back, it did not.
fn is_within(then: Option<Instant>, now: Instant, seconds: i64) -> bool {
    then.is_some_and(|then| then <= now && now - then < TimeDelta::seconds(seconds))
}

#[derive(Deserialize)]
struct List {
    #[serde(default, deserialize_with = "json::records")]
    keys: Vec<Written>,
}

#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    kid: Value,
    #[serde(default)]
    kty: Value,
    #[serde(default)]
    alg: Value,
    #[serde(rename = "use", default)]
    purpose: Value,
    #[serde(default)]
    n: Value,
    #[serde(default)]
    e: Value,
}

impl Written {
    /// The key, if it is one for RS256 that signs.
    fn key(&self) -> Option<(String, Arc<Key>)> {
        let is = |value: &Value, wanted: &str| value.is_null() || value.as_str() == Some(wanted);
        if self.kty.as_str() != Some("RSA") || !is(&self.alg, "RS256") || !is(&self.purpose, "sig") {
            return None;
        }
        let number = |value: &Value| URL_SAFE_NO_PAD.decode(value.as_str()?).ok();
        Some((self.kid.as_str()?.to_owned(), Arc::new(Key { n: number(&self.n)?, e: number(&self.e)? })))
    }
}
