//! How an email's delivery stands, and the only spelling of the stored names.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::campaign::UnknownStatus;

/// How an email's delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum DeliveryStatus {
    /// Made, waits for approval.
    Created,
    /// Approved, waits for its time.
    Approved,
    /// The agent does not want it sent.
    Rejected,
    /// Another email took its place.
    Superseded,
    /// Its cycle ended while it waited for approval.
    Expired,
    /// Its cycle ended without it; the cause is kept.
    Skipped,
    /// Handed to the mailer, no answer stored yet.
    Transmitting,
    /// Nobody knows yet whether the provider took it.
    Unknown,
    /// Nobody could tell for a day; a person decides.
    Held,
    /// The provider took it.
    Complete,
}

impl DeliveryStatus {
    /// Every delivery status.
    pub const ALL: [Self; 10] = [
        Self::Created,
        Self::Approved,
        Self::Rejected,
        Self::Superseded,
        Self::Expired,
        Self::Skipped,
        Self::Transmitting,
        Self::Unknown,
        Self::Held,
        Self::Complete,
    ];

    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Approved => "APPROVED",
            Self::Rejected => "REJECTED",
            Self::Superseded => "SUPERSEDED",
            Self::Expired => "EXPIRED",
            Self::Skipped => "SKIPPED",
            Self::Transmitting => "TRANSMITTING",
            Self::Unknown => "UNKNOWN",
            Self::Held => "HELD",
            Self::Complete => "COMPLETE",
        }
    }

    /// Whether an attempt is live: the provider may be taking it, or may have taken it.
    #[must_use]
    pub const fn is_live(self) -> bool {
        match self {
            Self::Transmitting | Self::Unknown => true,
            Self::Created
            | Self::Approved
            | Self::Rejected
            | Self::Superseded
            | Self::Expired
            | Self::Skipped
            | Self::Held
            | Self::Complete => false,
        }
    }

    /// Whether it may still be changed: made, and never handed to a mailer.
    #[must_use]
    pub const fn is_unsent(self) -> bool {
        match self {
            Self::Created | Self::Approved => true,
            Self::Rejected
            | Self::Superseded
            | Self::Expired
            | Self::Skipped
            | Self::Transmitting
            | Self::Unknown
            | Self::Held
            | Self::Complete => false,
        }
    }
}

impl fmt::Display for DeliveryStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<DeliveryStatus> for &'static str {
    fn from(status: DeliveryStatus) -> Self {
        status.as_str()
    }
}

impl FromStr for DeliveryStatus {
    type Err = UnknownStatus;
    fn from_str(value: &str) -> Result<Self, UnknownStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == value).ok_or_else(|| UnknownStatus {
            column: "delivery_status",
            value: value.chars().take(60).collect(),
            known: "CREATED, APPROVED, REJECTED, SUPERSEDED, EXPIRED, SKIPPED, TRANSMITTING, UNKNOWN, HELD, COMPLETE",
        })
    }
}

impl TryFrom<String> for DeliveryStatus {
    type Error = UnknownStatus;
    fn try_from(value: String) -> Result<Self, UnknownStatus> {
        value.parse()
    }
}
