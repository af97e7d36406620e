//! Keys by which programs come.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Caller, Deed, Reach, Retreat, Scopes};
use crate::{
    campaign::Actor,
    ids::ApiKeyId,
    ports::{Entropy, EntropyExt},
    schedule::Instant,
};

/// What every key begins with, so that people and scanners of leaked secrets know it.
const MARK: &str = "dripr_";
/// Characters of a digest.
const DIGEST_LENGTH: usize = 64;

/// What a key is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApiKey {
    /// What it is for, in its owner's words.
    pub name: String,
    /// Whose things it may reach.
    pub reach: Reach,
    /// What it may do there.
    pub scopes: Scopes,
    /// Until when it works.
    pub expires_at: Option<Instant>,
}

/// A key as it is stored: without its secret, of which only a digest is kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its id, which is no secret.
    pub id: ApiKeyId,
    /// What it is for, in its owner's words.
    pub name: String,
    /// Whose things it may reach.
    pub reach: Reach,
    /// What it may do there.
    pub scopes: Scopes,
    /// SHA-256 of the secret, in hexadecimal. The secret is 256 random bits, so that nothing slower is needed.
    pub digest: String,
    /// When it was made.
    pub created_at: Instant,
    /// Who made it, if that was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<Actor>,
    /// How far who made it reached, if that was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Reach>,
    /// Until when it works.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Instant>,
    /// When it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Instant>,
    /// Who took it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_by: Option<Actor>,
    /// Why it was taken back, if nobody named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_because: Option<RevokedBecause>,
}

/// Why a key was taken back that nobody named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokedBecause {
    /// The agent whom it reaches went to another brokerage or team, beyond who made it.
    Moved,
    /// The agent whom it reaches was removed.
    Removed,
    /// The agent who made it reaches less now.
    Retreat,
    /// The agent who made it was banned.
    Banned,
    /// The key that made it was taken back.
    Maker,
}

impl RevokedBecause {
    /// For people.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Moved => "its agent belongs to another brokerage or team now",
            Self::Removed => "its agent was removed",
            Self::Retreat => "who made it reaches less far now",
            Self::Banned => "the account of who made it was banned",
            Self::Maker => "the key that made it was taken back",
        }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey").field("id", &self.id).field("reach", &self.reach).finish_non_exhaustive()
    }
}

/// A key that was just made, and what its owner has to present, which is shown once.
pub struct MintedKey {
    /// What is to be stored.
    pub key: ApiKey,
    /// What is to be shown.
    pub shown: SecretString,
}

/// Why a key does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnusableKey {
    /// It is not this key's secret.
    #[error("the key is not known")]
    Unknown,
    /// Its time is over.
    #[error("the key has expired")]
    Expired,
    /// It was taken back.
    #[error("the key was revoked")]
    Revoked,
}

impl ApiKey {
    /// Makes a key, for somebody.
    ///
    /// ```
    /// use dripr_core::{access::{ApiKey, Caller, NewApiKey, Reach, Scopes}, testkit::SeededEntropy};
    /// use secrecy::ExposeSecret;
    /// let now = "2026-03-01T12:00:00Z".parse()?;
    /// let new = NewApiKey { name: "CRM".into(), reach: Reach::Deployment, scopes: Scopes::all(), expires_at: None };
    /// let minted = ApiKey::mint(new, &Caller::operator(), &SeededEntropy::new(7), now);
    /// let (id, secret) = ApiKey::parts(minted.shown.expose_secret()).unwrap();
    /// assert_eq!(id, minted.key.id);
    /// assert!(minted.key.admit(secret, now).is_ok());
    /// # Ok::<(), chrono::ParseError>(())
    /// ```
    #[must_use]
    pub fn mint(new: NewApiKey, by: &Caller, entropy: &dyn Entropy, now: Instant) -> MintedKey {
        let NewApiKey { name, reach, scopes, expires_at } = new;
        let id = ApiKeyId::from(entropy.id(now));
        let secret = hex::encode([entropy.bytes(), entropy.bytes()].concat());
        let shown = format!("{MARK}{id}_{secret}").into();
        let digest = digest(&secret);
        let key = Self {
            id,
            name,
            reach,
            scopes,
            digest,
            created_at: now,
            created_by: Some(by.actor.clone()),
            owner: Some(by.reach.clone()),
            expires_at,
            revoked_at: None,
            revoked_by: None,
            revoked_because: None,
        };
        MintedKey { key, shown }
    }

    /// Takes the key back; one that was taken back before stays as it is.
    pub fn revoke(&mut self, by: Actor, at: Instant) {
        if self.revoked_at.is_none() {
            (self.revoked_at, self.revoked_by) = (Some(at), Some(by));
        }
    }

    /// That it was made, as history has it; `None` if it was not noted who did it.
    #[must_use]
    pub fn making(&self) -> Option<Deed> {
        Some(self.deed("key_made", self.created_by.clone()?, self.created_at, Some(self.name.clone())))
    }

    /// That it was taken back, as history has it; `None` if it was not, or it was not noted by whom.
    #[must_use]
    pub fn revoking(&self) -> Option<Deed> {
        let because = self.revoked_because.map(|because| because.sentence().to_owned());
        Some(self.deed("key_revoked", self.revoked_by.clone()?, self.revoked_at?, because))
    }

    fn deed(&self, what: &str, actor: Actor, at: Instant, cause: Option<String>) -> Deed {
        let (about, reach) = (self.id.to_string(), self.reach.clone());
        Deed { at, actor, what: what.to_owned(), about, reach, cause }
    }

    /// Takes the key back for something that was done elsewhere. `false`, and nothing changed, if it was taken back before.
    pub fn end(&mut self, by: Actor, because: RevokedBecause, at: Instant) -> bool {
        if self.revoked_at.is_some() {
            return false;
        }
        self.revoke(by, at);
        self.revoked_because = Some(because);
        true
    }

    /// Takes the key back, which reaches one agent alone, because that agent was removed, or [left](Retreat::leaves) those who
    /// made it. `false`, and nothing changed, if it stays, or was taken back before.
    pub fn left_behind(&mut self, retreat: &Retreat, at: Instant) -> bool {
        if retreat.agent.deleted_at.is_some() {
            return self.end(Actor::System, RevokedBecause::Removed, at);
        }
        retreat.leaves(self.owner.as_ref()) && self.end(Actor::System, RevokedBecause::Moved, at)
    }

    /// Takes the key back, which an agent made, if it reaches farther than they do now, or may do more, as whatever a banned one made. `lies_within` says whether it
    /// [lies within](Reach::contains) what they reach. `false`, and nothing changed, if it stays, or was taken back before.
    pub fn outlived(&mut self, retreat: &Retreat, lies_within: bool, at: Instant) -> bool {
        let left = retreat.left.as_ref().filter(|_| lies_within);
        let stays = left.is_some_and(|left| left.scopes.cover(self.scopes));
        let because = if retreat.is_by_ban() { RevokedBecause::Banned } else { RevokedBecause::Retreat };
        !stays && self.end(Actor::System, because, at)
    }

    /// The id and the secret in what somebody presents; `None` if it is written like no key.
    #[must_use]
    pub fn parts(presented: &str) -> Option<(ApiKeyId, &str)> {
        let (id, secret) = presented.strip_prefix(MARK)?.rsplit_once('_')?;
        Some((ApiKeyId::new(id).ok()?, secret))
    }

    /// Whether it admits whoever has its secret.
    #[must_use]
    pub fn works(&self, now: Instant) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }

    /// Who comes with this key, given the secret that was presented with its id.
    ///
    /// # Errors
    /// Why it does not work. Whether it was revoked or expired is told only to who knows the secret.
    pub fn admit(&self, secret: &str, now: Instant) -> Result<Caller, UnusableKey> {
        // Of digests, so that neither length nor content of the secret shows in how long this takes.
        let same = digest(secret).bytes().zip(self.digest.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b));
        if same != 0 || self.digest.len() != DIGEST_LENGTH {
            return Err(UnusableKey::Unknown);
        }
        if self.revoked_at.is_some() {
            return Err(UnusableKey::Revoked);
        }
        if self.expires_at.is_some_and(|end| end <= now) {
            return Err(UnusableKey::Expired);
        }
        Ok(self.caller())
    }

    /// Who comes by it, whether it [works](Self::works) or not.
    #[must_use]
    pub fn caller(&self) -> Caller {
        let actor = Actor::ApiKey(self.id.clone());
        Caller { actor, reach: self.reach.clone(), scopes: self.scopes }
    }
}

impl MintedKey {
    /// What the owner has to present.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.shown.expose_secret()
    }
}

impl fmt::Debug for MintedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MintedKey").field("key", &self.key).finish_non_exhaustive()
    }
}

fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}
