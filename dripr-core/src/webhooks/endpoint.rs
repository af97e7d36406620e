//! An address that gets messages.

use std::{fmt, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::{Kind, Kinds, Outcome, PAUSES};
use crate::{
    access::{Caller, Deed, Reach, Retreat},
    agent::Agent,
    campaign::Actor,
    ids::WebhookId,
    policy::after,
    schedule::Instant,
};

/// For how long a secret that was exchanged for another still signs.
pub const SIGNS_FOR: Duration = Duration::from_secs(24 * 3600);

/// For how long nothing may reach an endpoint before it is switched off.
pub const FAILING_FOR: Duration = Duration::from_secs(5 * 24 * 3600);

/// How many endpoints may have the same reach. Each costs something in every transaction in which something happens that it is
/// to be told.
pub const MOST_OF_A_REACH: usize = 50;

/// How often it is noted that tries go on failing.
const NOTED_EVERY: Duration = Duration::from_secs(3600);

/// The longest address, in bytes.
pub const LONGEST_URL: usize = 2_000;

/// An address that gets messages.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Its id.
    pub id: WebhookId,
    /// Whose it is: what happens to these agents is told.
    pub reach: Reach,
    /// What it is for, in its owner's words; may be empty.
    pub description: String,
    /// Where messages go. Who knows it may write to it: it belongs into no log.
    pub url: String,
    /// What is told.
    pub kinds: Kinds,
    /// What signs.
    pub secret: KeptSecret,
    /// What signed before, and signs beside it for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<FormerSecret>,
    /// Since when and why nothing is sent, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off: Option<Off>,
    /// When it was made.
    pub created_at: Instant,
    /// Who made it, if that was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<Actor>,
    /// How far who made it reached, if that was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Reach>,
    /// When the first of the tries failed that failed since the last success, with no long time without tries among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Instant>,
    /// When the last of them failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<Instant>,
    /// Grows with every stored change.
    #[serde(default)]
    pub version: u64,
}

/// What an endpoint is to be.
#[derive(Debug, Clone)]
pub struct NewEndpoint {
    /// Its id.
    pub id: WebhookId,
    /// Whose it is.
    pub reach: Reach,
    /// What it is for.
    pub description: String,
    /// Where messages go; [`check_url`] has let it pass.
    pub url: String,
    /// What is told.
    pub kinds: Kinds,
    /// What signs.
    pub secret: KeptSecret,
}

/// A secret as it is stored: sealed where the deployment has a key for that.
#[derive(Clone)]
pub enum KeptSecret {
    /// As it is, `whsec_…`.
    Plain(SecretString),
    /// Encrypted. Only the key of the deployment opens it.
    Sealed(Vec<u8>),
}

/// A secret that was exchanged for another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerSecret {
    /// The secret.
    pub secret: KeptSecret,
    /// Until when it signs.
    pub until: Instant,
}

/// That nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Off {
    /// Since when.
    pub since: Instant,
    /// Why.
    pub because: OffBecause,
}

/// Why nothing is sent to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OffBecause {
    /// Somebody switched it off.
    Asked,
    /// It answered that it is there no more (410).
    Gone,
    /// Nothing reached it for [`FAILING_FOR`].
    Failing,
    /// The agent of whom it was told went to another brokerage or team, beyond who made it.
    Moved,
    /// The agent of whom it was told was removed.
    Removed,
    /// The agent who made it reaches less now, or the key that made it was taken back.
    Maker,
    /// The agent who made it was banned.
    Banned,
}

impl OffBecause {
    /// Every reason.
    pub const ALL: [Self; 7] =
        [Self::Asked, Self::Gone, Self::Failing, Self::Moved, Self::Removed, Self::Maker, Self::Banned];

    /// A word for counting.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Gone => "gone",
            Self::Failing => "failing",
            Self::Moved => "moved",
            Self::Removed => "removed",
            Self::Maker => "maker",
            Self::Banned => "banned",
        }
    }

    /// For people.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Asked => "somebody switched it off",
            Self::Gone => "it answered 410 Gone",
            Self::Failing => "nothing reached it for five days",
            Self::Moved => "its agent belongs to another brokerage or team now",
            Self::Removed => "its agent was removed",
            Self::Maker => "who made it reaches less far now, or is gone",
            Self::Banned => "the account of who made it was banned",
        }
    }
}

impl Endpoint {
    /// A new endpoint, made by somebody and switched on.
    #[must_use]
    pub fn new(new: NewEndpoint, by: &Caller, now: Instant) -> Self {
        let NewEndpoint { id, reach, description, url, kinds, secret } = new;
        Self {
            id,
            reach,
            description,
            url,
            kinds,
            secret,
            former: None,
            off: None,
            created_at: now,
            created_by: Some(by.actor.clone()),
            owner: Some(by.reach.clone()),
            failing_since: None,
            failed_at: None,
            version: 0,
        }
    }

    /// Whether it is to be told something of this kind that happened to an agent.
    #[must_use]
    pub fn wants(&self, kind: Kind, agent: &Agent) -> bool {
        self.off.is_none() && self.kinds.has(kind) && self.reach.covers(agent)
    }

    /// Exchanges the secret. The one before signs as well for [`SIGNS_FOR`], and one before that no more.
    pub fn rotate(&mut self, secret: KeptSecret, now: Instant) {
        let former = std::mem::replace(&mut self.secret, secret);
        self.former = Some(FormerSecret { secret: former, until: after(now, SIGNS_FOR) });
    }

    /// Each secret that signs at an instant, the newest first.
    pub fn signing(&self, now: Instant) -> impl Iterator<Item = &KeptSecret> {
        let former = self.former.as_ref().filter(|former| now < former.until);
        std::iter::once(&self.secret).chain(former.map(|former| &former.secret))
    }

    /// Sends what comes to another address. What is known of the one before says nothing of it.
    pub fn redirect(&mut self, url: String) {
        if self.url != url {
            self.url = url;
            (self.failing_since, self.failed_at) = (None, None);
        }
    }

    /// What somebody did about it, as history has it.
    #[must_use]
    pub fn deed(&self, what: &str, actor: Actor, at: Instant, cause: Option<String>) -> Deed {
        let (about, reach) = (self.id.to_string(), self.reach.clone());
        Deed { at, actor, what: what.to_owned(), about, reach, cause }
    }

    /// That it was switched off by what came of tries, as history has it.
    #[must_use]
    pub fn went_off(&self) -> Option<Deed> {
        let off = self.off.as_ref()?;
        Some(self.deed("webhook_off", Actor::System, off.since, Some(off.because.sentence().to_owned())))
    }

    /// Switches it off for something that was done elsewhere. `false`, and nothing changed, if it is off already.
    pub fn end(&mut self, because: OffBecause, at: Instant) -> bool {
        if self.off.is_some() {
            return false;
        }
        self.off = Some(Off { since: at, because });
        true
    }

    /// Switches it off, which is told of one agent alone, because that agent was removed, or [left](Retreat::leaves) those who made
    /// it. `false`, and nothing changed, if it stays, or is off already.
    pub fn left_behind(&mut self, retreat: &Retreat, at: Instant) -> bool {
        if retreat.agent.deleted_at.is_some() {
            return self.end(OffBecause::Removed, at);
        }
        retreat.leaves(self.owner.as_ref()) && self.end(OffBecause::Moved, at)
    }

    /// Switches it off, which an agent made, if it reaches farther than they do now, or they are banned. `lies_within` says whether it
    /// [lies within](Reach::contains) what they reach. `false`, and nothing changed, if it stays, or is off already.
    pub fn outlived(&mut self, retreat: &Retreat, lies_within: bool, at: Instant) -> bool {
        let stays = lies_within && retreat.left.is_some();
        let because = if retreat.is_by_ban() { OffBecause::Banned } else { OffBecause::Maker };
        !stays && self.end(because, at)
    }

    /// Switches it on or off. What is waiting goes on once it is on again.
    pub fn switch(&mut self, on: bool, now: Instant) {
        if on {
            self.off = None;
            (self.failing_since, self.failed_at) = (None, None);
        } else {
            self.off.get_or_insert(Off { since: now, because: OffBecause::Asked });
        }
    }

    /// What follows for the endpoint from what came of a try. `true` if it is to be stored.
    pub fn hear(&mut self, outcome: Outcome, at: Instant) -> bool {
        if outcome.is_taken() {
            self.failed_at = None;
            return self.failing_since.take().is_some();
        }
        // Days on which nothing was tried say nothing.
        let longest = PAUSES.last().copied().unwrap_or_default() * 2;
        if self.failed_at.is_some_and(|last| at > after(last, longest)) {
            self.failing_since = None;
        }
        let begins = self.failing_since.is_none();
        let since = *self.failing_since.get_or_insert(at);
        // To the hour: no more is asked of it, and each hour costs one write and not each try.
        let noted = self.off.is_none() && self.failed_at.is_none_or(|last| at >= after(last, NOTED_EVERY));
        if noted {
            self.failed_at = Some(at);
        }
        let begins = begins || noted;
        let because = if outcome.is_gone() {
            OffBecause::Gone
        } else if at >= after(since, FAILING_FOR) {
            OffBecause::Failing
        } else {
            return begins;
        };
        if self.off.is_none() {
            self.off = Some(Off { since: at, because });
            return true;
        }
        begins
    }

    /// A short text that changes whenever something changes that people choose. What the courier finds leaves it as it is,
    /// but that it was switched off.
    #[must_use]
    pub fn choices_mark(&self) -> String {
        let Self { reach, description, url, kinds, former, off, .. } = self;
        let exchanged = former.as_ref().map(|former| former.until);
        let choices = serde_json::json!([reach, description, url, kinds, exchanged, off]);
        hex::encode(Sha256::digest(choices.to_string()).get(..16).unwrap_or_default())
    }
}

/// Whether an address may get messages: `https://`, or also `http://` where that is allowed; without a user and a password in
/// it, which would be sent along.
///
/// # Errors
/// What is wrong with it, for people.
pub fn check_url(url: &str, http: bool) -> Result<(), &'static str> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://").filter(|_| http));
    let rest = rest.ok_or("must begin with https://")?;
    if url.len() > LONGEST_URL {
        return Err("is longer than 2000 bytes");
    }
    if url.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err("has a space, a backslash or a control character in it");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() {
        return Err("has no host");
    }
    if authority.contains('@') {
        return Err("has a user in it: put what proves that it is us into the path, or check the signature");
    }
    if url.contains('#') {
        return Err("has a fragment, which is never sent");
    }
    Ok(())
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("id", &self.id)
            .field("reach", &self.reach)
            .field("kinds", &self.kinds)
            .field("off", &self.off)
            .field("failing_since", &self.failing_since)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for KeptSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "KeptSecret::Plain(…)",
            Self::Sealed(_) => "KeptSecret::Sealed(…)",
        })
    }
}

impl PartialEq for KeptSecret {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Plain(one), Self::Plain(other)) => one.expose_secret() == other.expose_secret(),
            (Self::Sealed(one), Self::Sealed(other)) => one == other,
            (Self::Plain(_), Self::Sealed(_)) | (Self::Sealed(_), Self::Plain(_)) => false,
        }
    }
}

impl Eq for KeptSecret {}

/// How a secret is written into a store.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Written {
    Plain(String),
    Sealed(String),
}

impl Serialize for KeptSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = match self {
            Self::Plain(secret) => Written::Plain(secret.expose_secret().to_owned()),
            Self::Sealed(bytes) => Written::Sealed(hex::encode(bytes)),
        };
        written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for KeptSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Written::deserialize(deserializer)? {
            Written::Plain(secret) => Ok(Self::Plain(secret.into())),
            Written::Sealed(text) => hex::decode(text)
                .map(Self::Sealed)
                .map_err(|_| serde::de::Error::custom("a sealed secret is not hexadecimal")),
        }
    }
}
