//! What stands against a call, in names that stay.

use serde::Serialize;
use utoipa::ToSchema;

/// What stands against a call that could be read and might be done at another time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Conflict {
    /// The agent's account is kept where they sign in.
    AccountKeptElsewhere,
    /// Another contact of the agent has that address.
    AddressTaken,
    /// Nothing is written to that address.
    AddressSuppressed,
    /// There is an agent with that id, or was one.
    AgentExists,
    /// Nothing of the agent is sent now.
    AgentState,
    /// A campaign of the agent is for that address and home.
    CampaignExists,
    /// The campaign's status does not allow it.
    CampaignState,
    /// A contact of the agent has that address.
    ContactExists,
    /// The email says something else than what was seen.
    ContentChanged,
    /// The email is not its campaign's present one.
    EmailReplaced,
    /// How the email's delivery stands does not allow it.
    EmailState,
    /// Another contact of the agent has that external id.
    ExternalIdTaken,
    /// Somebody cancelled the import.
    ImportCancelled,
    /// The file of the import was read to its end.
    ImportDone,
    /// The same is being done now; `Retry-After` says when to come back.
    InProgress,
    /// There are as many as there may be.
    LimitReached,
    /// The deployment has no Gmail, by whose accounts agents would send.
    NoGmail,
    /// The agent has connected no mailbox.
    NoMailbox,
    /// The deployment has nobody who verifies addresses.
    NoVerifier,
    /// The mail provider did not take it.
    NotSent,
    /// Whose address it is opted out or complained, and only they take that back.
    RecipientOptedOut,
    /// The webhook is switched off.
    #[cfg_attr(
        not(feature = "webhooks"),
        allow(dead_code, reason = "the list is the same whatever a program is built with")
    )]
    WebhookOff,
}
