//! What there is to tell.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What a message tells. The names are those of `type` in what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum Kind {
    /// An email waits for approval.
    EmailReady,
    /// An email was sent.
    EmailSent,
    /// Nobody can tell whether an email was sent; a person decides.
    EmailHeld,
    /// An email that was made is not sent.
    EmailDropped,
    /// The recipient's mail server took an email.
    EmailDelivered,
    /// An email came back, or an automatic answer did.
    EmailBounced,
    /// The recipient reported an email as spam.
    EmailComplained,
    /// The pictures of an email were loaded.
    EmailOpened,
    /// A link in an email was followed.
    EmailClicked,
    /// An address is not written to any more.
    ContactOptedOut,
    /// The agent has something to mend about a campaign.
    CampaignNeedsAttention,
    /// A campaign stands elsewhere.
    CampaignStatus,
    /// A trial. It is sent when somebody asks for it, and cannot be chosen.
    Test,
    // Those that came later stand below: stores keep which are chosen by their places.
    /// An address is written to again.
    ContactOptedIn,
    /// A contact has another name or address.
    ContactChanged,
    /// A contact was removed.
    ContactRemoved,
    /// A campaign was made by itself. Those of an import are told by [`Self::ImportDone`] together.
    CampaignCreated,
    /// A campaign was removed.
    CampaignRemoved,
    /// An import has ended for good.
    ImportDone,
    /// An agent's own mailbox does not let anything be sent any more.
    MailboxLost,
}

impl Kind {
    /// Those that an endpoint may want.
    pub const ALL: [Self; 19] = [
        Self::EmailReady,
        Self::EmailSent,
        Self::EmailHeld,
        Self::EmailDropped,
        Self::EmailDelivered,
        Self::EmailBounced,
        Self::EmailComplained,
        Self::EmailOpened,
        Self::EmailClicked,
        Self::ContactOptedOut,
        Self::ContactOptedIn,
        Self::ContactChanged,
        Self::ContactRemoved,
        Self::CampaignCreated,
        Self::CampaignNeedsAttention,
        Self::CampaignStatus,
        Self::CampaignRemoved,
        Self::ImportDone,
        Self::MailboxLost,
    ];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EmailReady => "email.ready",
            Self::EmailSent => "email.sent",
            Self::EmailHeld => "email.held",
            Self::EmailDropped => "email.dropped",
            Self::EmailDelivered => "email.delivered",
            Self::EmailBounced => "email.bounced",
            Self::EmailComplained => "email.complained",
            Self::EmailOpened => "email.opened",
            Self::EmailClicked => "email.clicked",
            Self::ContactOptedOut => "contact.opted_out",
            Self::CampaignNeedsAttention => "campaign.needs_attention",
            Self::CampaignStatus => "campaign.status",
            Self::Test => "webhook.test",
            Self::ContactOptedIn => "contact.opted_in",
            Self::ContactChanged => "contact.changed",
            Self::ContactRemoved => "contact.removed",
            Self::CampaignCreated => "campaign.created",
            Self::CampaignRemoved => "campaign.removed",
            Self::ImportDone => "import.done",
            Self::MailboxLost => "mailbox.lost",
        }
    }

    /// As what it is told that somebody settled a held email as sent (`COMPLETE`) or not.
    #[must_use]
    pub const fn of_settled(to: crate::email::DeliveryStatus) -> Self {
        if matches!(to, crate::email::DeliveryStatus::Complete) {
            Self::EmailSent
        } else {
            Self::EmailDropped
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is nothing that webhooks tell")]
pub struct UnknownKind(pub String);

impl FromStr for Kind {
    type Err = UnknownKind;
    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        let unknown = || UnknownKind(name.chars().take(60).collect());
        let all = Self::ALL.into_iter().chain([Self::Test]);
        all.into_iter().find(|kind| kind.as_str() == name).ok_or_else(unknown)
    }
}

impl From<Kind> for &'static str {
    fn from(kind: Kind) -> Self {
        kind.as_str()
    }
}

impl TryFrom<String> for Kind {
    type Error = UnknownKind;
    fn try_from(name: String) -> Result<Self, UnknownKind> {
        name.parse()
    }
}

/// A set of kinds. Names that mean nothing are left out when it is read: a later version knew more.
///
/// ```
/// use dripr_core::webhooks::{Kind, Kinds};
/// let kinds: Kinds = [Kind::EmailSent, Kind::EmailHeld].into_iter().collect();
/// assert!(kinds.has(Kind::EmailSent) && !kinds.has(Kind::EmailReady));
/// assert_eq!(serde_json::to_string(&kinds).unwrap(), r#"["email.sent","email.held"]"#);
/// assert_eq!(Kinds::from_bits(kinds.bits()), kinds);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<Kind>")]
pub struct Kinds(u32);

impl Kinds {
    /// Whether a kind is among them.
    #[must_use]
    pub const fn has(self, kind: Kind) -> bool {
        self.0 & kind.bit() != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// A bit for each, as stores keep them.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// The kinds of these bits; bits that mean nothing are left out.
    #[must_use]
    pub fn from_bits(bits: u32) -> Self {
        Kind::ALL.into_iter().filter(|kind| bits & kind.bit() != 0).collect()
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Kind> {
        Kind::ALL.into_iter().filter(move |kind| self.has(*kind))
    }
}

impl FromIterator<Kind> for Kinds {
    fn from_iter<I: IntoIterator<Item = Kind>>(kinds: I) -> Self {
        Self(kinds.into_iter().fold(0, |bits, kind| bits | kind.bit()))
    }
}

impl From<Vec<String>> for Kinds {
    fn from(names: Vec<String>) -> Self {
        names.iter().filter_map(|name| name.parse::<Kind>().ok()).collect()
    }
}

impl From<Kinds> for Vec<Kind> {
    fn from(kinds: Kinds) -> Self {
        kinds.iter().collect()
    }
}
