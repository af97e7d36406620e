//! How an agent's mail account stands, in short.

use std::{fmt, str::FromStr};

use super::{Grant, MailAccount};
use crate::schedule::Instant;

/// How an agent's mail account stands, as far as what was begun for it has to end when it stands otherwise: a link by which it is
/// connected, and a consent that is under way. It is written in a few characters, which say nothing of the agent. Instants are
/// in microseconds of Unix time.
///
/// ```
/// use dripr_core::{mail_account::{AccountMark, MailAccount}, testkit::samples};
/// let ana = samples::agent("ana", "2026-03-01T12:00:00Z".parse()?)?;
/// let account = samples::mail_account(&ana, ana.created_at);
/// let mark = AccountMark::of(Some(&account));
/// assert_eq!(mark.to_string().parse(), Ok(mark));
/// let changed = MailAccount { may_fall_back: true, version: 7, ..account };
/// assert!(mark.still_holds(Some(&changed)) && !mark.still_holds(None));
/// # Ok::<(), samples::Unusable>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountMark {
    /// There is none.
    Nothing,
    /// It is the one that was connected then, whether its consent still stands or not.
    Connected(i64),
    /// The one that was connected then is forgotten.
    Forgotten(i64),
    /// Its consent is lost since then.
    Lost(i64),
}

/// A text that is no mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this says nothing of a mail account")]
pub struct InvalidMark;

impl AccountMark {
    /// How an account stands, or that there is none.
    #[must_use]
    pub fn of(account: Option<&MailAccount>) -> Self {
        let Some(account) = account else { return Self::Nothing };
        let connected_at = account.connected_at.timestamp_micros();
        if account.is_connected() { Self::Connected(connected_at) } else { Self::Forgotten(connected_at) }
    }

    /// That the consent is lost since an instant.
    #[must_use]
    pub fn lost(since: Instant) -> Self {
        Self::Lost(since.timestamp_micros())
    }

    /// Whether an account stands like this.
    #[must_use]
    pub fn still_holds(self, account: Option<&MailAccount>) -> bool {
        let Self::Lost(since) = self else { return self == Self::of(account) };
        match account.map(|account| &account.grant) {
            Some(Grant::Revoked { since: known, .. }) => known.timestamp_micros() == since,
            Some(Grant::Given | Grant::Forgotten { .. }) | None => false,
        }
    }
}

impl fmt::Display for AccountMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("n"),
            Self::Connected(at) => write!(f, "c{at}"),
            Self::Forgotten(at) => write!(f, "f{at}"),
            Self::Lost(since) => write!(f, "l{since}"),
        }
    }
}

impl FromStr for AccountMark {
    type Err = InvalidMark;
    fn from_str(text: &str) -> Result<Self, InvalidMark> {
        if text == "n" {
            return Ok(Self::Nothing);
        }
        let micros = |kind: char| text.strip_prefix(kind)?.parse::<i64>().ok();
        let connected = micros('c').map(Self::Connected);
        let forgotten = micros('f').map(Self::Forgotten);
        connected.or(forgotten).or(micros('l').map(Self::Lost)).ok_or(InvalidMark)
    }
}
