//! The statuses of a campaign and of its operations, and the only spelling of their stored names.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A stored status that nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{column} {value:?} is not a status; known are {known}")]
pub struct UnknownStatus {
    /// The kind of status, such as `campaign_status`.
    pub column: &'static str,
    /// What was read.
    pub value: String,
    /// The names that would have been understood.
    pub known: &'static str,
}

/// Where a campaign stands in its month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum CampaignStatus {
    /// Waits for the preparation of its next slot.
    Dormant,
    /// Five operations gather data, side by side.
    WaitingForData,
    /// The home report is being written.
    WaitingForHomeAnalysis,
    /// The email is made, then waits for approval, delay and slot.
    ReadyToCreateEmail,
    /// The email is on its way out.
    ReadyToSendEmail,
    /// The recipient wants no more mail, or cannot get any.
    Unsubscribed,
    /// Somebody has to look.
    Error,
}

impl CampaignStatus {
    /// Every status, in the order of a campaign's month.
    pub const ALL: [Self; 7] = [
        Self::Dormant,
        Self::WaitingForData,
        Self::WaitingForHomeAnalysis,
        Self::ReadyToCreateEmail,
        Self::ReadyToSendEmail,
        Self::Unsubscribed,
        Self::Error,
    ];

    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dormant => "DORMANT",
            Self::WaitingForData => "WAITING_FOR_DATA",
            Self::WaitingForHomeAnalysis => "WAITING_FOR_HOME_ANALYSIS",
            Self::ReadyToCreateEmail => "READY_TO_CREATE_EMAIL",
            Self::ReadyToSendEmail => "READY_TO_SEND_EMAIL",
            Self::Unsubscribed => "UNSUBSCRIBED",
            Self::Error => "ERROR",
        }
    }

    /// The names under which older services store and announce it; they are still read.
    #[must_use]
    pub const fn old_names(self) -> &'static [&'static str] {
        match self {
            Self::Dormant => &["SENT"],
            Self::WaitingForData => &["FETCHING"],
            Self::ReadyToCreateEmail => &["WAITING_FOR_MANUAL_APPROVAL"],
            Self::WaitingForHomeAnalysis | Self::ReadyToSendEmail | Self::Unsubscribed | Self::Error => &[],
        }
    }

    /// Whether an email is being prepared or sent.
    #[must_use]
    pub const fn is_working(self) -> bool {
        match self {
            Self::WaitingForData
            | Self::WaitingForHomeAnalysis
            | Self::ReadyToCreateEmail
            | Self::ReadyToSendEmail => true,
            Self::Dormant | Self::Unsubscribed | Self::Error => false,
        }
    }
}

impl FromStr for CampaignStatus {
    type Err = UnknownStatus;

    /// Reads today's names and the old ones that existing rows still hold: `FETCHING` was in the middle of gathering
    /// data, `SENT` had nothing left to do, `WAITING_FOR_MANUAL_APPROVAL` had its email made.
    fn from_str(value: &str) -> Result<Self, UnknownStatus> {
        Ok(match value {
            "DORMANT" | "SENT" => Self::Dormant,
            "WAITING_FOR_DATA" | "FETCHING" => Self::WaitingForData,
            "WAITING_FOR_HOME_ANALYSIS" => Self::WaitingForHomeAnalysis,
            "READY_TO_CREATE_EMAIL" | "WAITING_FOR_MANUAL_APPROVAL" => Self::ReadyToCreateEmail,
            "READY_TO_SEND_EMAIL" => Self::ReadyToSendEmail,
            "UNSUBSCRIBED" => Self::Unsubscribed,
            "ERROR" => Self::Error,
            _ => {
                return Err(UnknownStatus {
                    column: "campaign_status",
                    value: value.chars().take(60).collect(),
                    known: "DORMANT, WAITING_FOR_DATA, WAITING_FOR_HOME_ANALYSIS, READY_TO_CREATE_EMAIL, \
                            READY_TO_SEND_EMAIL, UNSUBSCRIBED, ERROR and the old FETCHING, SENT, \
                            WAITING_FOR_MANUAL_APPROVAL",
                });
            }
        })
    }
}

/// Where one operation of a campaign stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum SubStatus {
    /// Not its turn.
    #[default]
    Dormant,
    /// To be done, or in hand. Work in hand is a lease, not a status.
    WaitingForData,
    /// Done for this cycle.
    Ready,
    /// Given up; only email creation ends here.
    Error,
}

impl SubStatus {
    /// Every sub-status.
    pub const ALL: [Self; 4] = [Self::Dormant, Self::WaitingForData, Self::Ready, Self::Error];

    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dormant => "DORMANT",
            Self::WaitingForData => "WAITING_FOR_DATA",
            Self::Ready => "READY",
            Self::Error => "ERROR",
        }
    }
}

impl FromStr for SubStatus {
    type Err = UnknownStatus;

    /// Reads today's names and the old `FETCHING` (still to be done) and `READY_TO_CREATE_EMAIL` (done).
    fn from_str(value: &str) -> Result<Self, UnknownStatus> {
        Ok(match value {
            "DORMANT" => Self::Dormant,
            "WAITING_FOR_DATA" | "FETCHING" => Self::WaitingForData,
            "READY" | "READY_TO_CREATE_EMAIL" => Self::Ready,
            "ERROR" => Self::Error,
            _ => {
                return Err(UnknownStatus {
                    column: "sub-status",
                    value: value.chars().take(60).collect(),
                    known: "DORMANT, WAITING_FOR_DATA, READY, ERROR and the old FETCHING, READY_TO_CREATE_EMAIL",
                });
            }
        })
    }
}

macro_rules! stored_by_name {
    ($($status:ty),*) => {$(
        impl fmt::Display for $status {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl From<$status> for &'static str {
            fn from(status: $status) -> &'static str {
                status.as_str()
            }
        }
        impl TryFrom<String> for $status {
            type Error = UnknownStatus;
            fn try_from(value: String) -> Result<Self, UnknownStatus> {
                value.parse()
            }
        }
    )*};
}
stored_by_name!(CampaignStatus, SubStatus);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_names_are_read_back_as_the_same_status() {
        for status in CampaignStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
            assert!(status.old_names().iter().all(|name| name.parse() == Ok(status)));
        }
        for status in SubStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(status));
        }
    }

    #[test]
    fn names_of_older_deployments_are_still_read() {
        assert_eq!("FETCHING".parse(), Ok(CampaignStatus::WaitingForData));
        assert_eq!("SENT".parse(), Ok(CampaignStatus::Dormant));
        assert_eq!("WAITING_FOR_MANUAL_APPROVAL".parse(), Ok(CampaignStatus::ReadyToCreateEmail));
        assert_eq!("FETCHING".parse(), Ok(SubStatus::WaitingForData));
        assert_eq!("READY_TO_CREATE_EMAIL".parse(), Ok(SubStatus::Ready));
        assert!("ready".parse::<SubStatus>().is_err());
    }
}
