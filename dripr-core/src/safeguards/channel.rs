//! Whether it can still be told what becomes of emails.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{errors::PortResult, policy::after, ports::ChannelStore, schedule::Instant};

/// A word that came so soon after the last one is not worth a write.
const WORTH_A_WRITE: Duration = Duration::from_secs(600);
/// How often a channel that was changed meanwhile is read again.
const TRIES: u8 = 5;

/// A way by which a provider tells what became of emails, such as its webhooks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// When something genuine came last, to within ten minutes.
    #[serde(default)]
    pub last_heard: Option<Instant>,
    /// Since when emails have been sent of which nothing came back: the first one's moment.
    #[serde(default)]
    pub unanswered_since: Option<Instant>,
    /// How many messages could not be verified since something genuine came.
    #[serde(default)]
    pub refused: u64,
    /// Grows with every change.
    #[serde(default)]
    pub version: u64,
}

impl Channel {
    /// One that nothing was heard of yet.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Why nothing may be sent for now: emails went out for longer than `limit` and nothing came back, on a channel that
    /// used to speak, or on which only messages come that cannot be verified. While nothing is sent, silence says
    /// nothing.
    #[must_use]
    pub fn is_broken(&self, now: Instant, limit: Duration) -> Option<String> {
        let since = self.unanswered_since.filter(|since| after(*since, limit) <= now)?;
        let name = &self.name;
        let since = since.format("%-d %B %Y, %H:%M UTC");
        if self.refused > 0 {
            let refused = self.refused;
            return Some(format!(
                "{name}: {refused} messages could not be verified, and nothing else came back of the emails sent since {since}"
            ));
        }
        self.last_heard?;
        Some(format!("{name}: nothing came back of the emails sent since {since}"))
    }
}

/// Something genuine came by a channel.
///
/// # Errors
/// The store failed.
pub async fn heard<S: ChannelStore + ?Sized>(store: &S, name: &str, now: Instant) -> PortResult<()> {
    change(store, name, |channel| {
        let fresh = channel.last_heard.is_some_and(|last| now < after(last, WORTH_A_WRITE) && last <= now);
        if fresh && channel.unanswered_since.is_none() && channel.refused == 0 {
            return false;
        }
        (channel.last_heard, channel.unanswered_since, channel.refused) = (Some(now), None, 0);
        true
    })
    .await
}

/// An operator knows why nothing came by a channel: what was sent so far is not waited for any more.
///
/// # Errors
/// The store failed.
pub async fn excused<S: ChannelStore + ?Sized>(store: &S, name: &str, now: Instant) -> PortResult<()> {
    change(store, name, |channel| {
        (channel.last_heard, channel.unanswered_since, channel.refused) = (Some(now), None, 0);
        true
    })
    .await
}

/// So many messages came by a channel that could not be verified.
///
/// # Errors
/// The store failed.
pub(super) async fn refused<S: ChannelStore + ?Sized>(store: &S, name: &str, count: u64) -> PortResult<()> {
    change(store, name, |channel| {
        let before = channel.refused;
        channel.refused = before.saturating_add(count);
        // Anybody may send such messages: an alarm at 1, 10, 100 and so on is enough.
        if channel.refused.checked_ilog10() > before.checked_ilog10() {
            let refused = channel.refused;
            tracing::error!(channel = name, refused, "messages about emails cannot be verified");
        }
        true
    })
    .await
}

/// An email was sent whose fate the channel tells.
///
/// # Errors
/// The store failed.
pub(super) async fn sent<S: ChannelStore + ?Sized>(store: &S, name: &str, now: Instant) -> PortResult<()> {
    change(store, name, |channel| {
        let first = channel.unanswered_since.is_none();
        channel.unanswered_since.get_or_insert(now);
        first
    })
    .await
}

/// Changes a channel, if there is something to change.
async fn change<S: ChannelStore + ?Sized>(
    store: &S,
    name: &str,
    change: impl Fn(&mut Channel) -> bool,
) -> PortResult<()> {
    for _ in 0..TRIES {
        let mut channel = store.channel(name).await?.unwrap_or_else(|| Channel::new(name));
        if !change(&mut channel) || store.put_channel(channel).await? {
            return Ok(());
        }
    }
    Ok(())
}
