//! An agent's mailbox as the API shows it: never what it is used with.

use chrono::{DateTime, Utc};
use dripr_core::mail_account::{Grant, MailAccount};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::{Api, version::Versioned};

/// The agent's own mailbox, by which their emails go once they have agreed to it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MailboxView {
    state: MailboxState,
    /// Whether one can be connected: the deployment has Gmail. Where it has not, one that is connected is not used.
    can_be_connected: bool,
    /// Where emails come from; null if none is connected.
    address: Option<String>,
    /// When the agent agreed last.
    connected_at: Option<DateTime<Utc>>,
    /// Since when and why it cannot be used, until the agent agrees again.
    lost: Option<LostView>,
    /// Whether the agent allowed looking for emails in it: what was sent of which nobody knows, and what mail systems answered.
    may_look_up: bool,
    /// Whether an email that it certainly did not send may go by the deployment's own mailer.
    may_fall_back: bool,
    /// Until when that was allowed before, if it is not any more. What was tried by then may have gone that way.
    fell_back_until: Option<DateTime<Utc>>,
}

/// How a mailbox stands.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum MailboxState {
    /// Emails go by the deployment's own mailer.
    NotConnected,
    /// Emails go by it; by the deployment's own mailer where `can_be_connected` is false.
    Connected,
    /// The consent was taken back or ran out: emails wait until the agent connects it again, or fall back.
    ConsentLost,
}

/// That a mailbox cannot be used.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct LostView {
    /// Since when that is known.
    since: DateTime<Utc>,
    /// What Google said, for people.
    because: String,
}

impl MailboxView {
    /// What is stored of an agent's account, with the version that a change of it names.
    pub(super) fn versioned(api: &Api, account: Option<MailAccount>) -> Versioned<Self> {
        let version = account.as_ref().map_or(0, |account| account.version).to_string();
        let can_be_connected = api.connect.is_some();
        let shown = match account.filter(MailAccount::is_connected) {
            Some(account) => Self::of(account, can_be_connected),
            None => Self::none(can_be_connected),
        };
        Versioned { version, shown }
    }

    fn of(account: MailAccount, can_be_connected: bool) -> Self {
        let lost = match account.grant {
            Grant::Revoked { since, reason } => Some(LostView { since, because: reason }),
            Grant::Given | Grant::Forgotten { .. } => None,
        };
        let state = if lost.is_some() { MailboxState::ConsentLost } else { MailboxState::Connected };
        Self {
            state,
            can_be_connected,
            address: Some(account.address.as_str().to_owned()),
            connected_at: Some(account.connected_at),
            lost,
            may_look_up: may_look_up(&account.scopes),
            may_fall_back: account.may_fall_back,
            fell_back_until: account.fell_back_until.filter(|_| !account.may_fall_back),
        }
    }

    fn none(can_be_connected: bool) -> Self {
        Self {
            state: MailboxState::NotConnected,
            can_be_connected,
            address: None,
            connected_at: None,
            lost: None,
            may_look_up: false,
            may_fall_back: false,
            fell_back_until: None,
        }
    }
}

#[cfg(feature = "gmail")]
fn may_look_up(scopes: &[String]) -> bool {
    dripr_adapters::gmail::can_search(scopes)
}

/// Nobody who is built without Gmail looks into a mailbox, or could tell what is allowed there.
#[cfg(not(feature = "gmail"))]
const fn may_look_up(_: &[String]) -> bool {
    false
}
