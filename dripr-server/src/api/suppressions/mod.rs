//! `/agents/{agent}/suppressions`: addresses that an agent must not write to.

mod add;
mod lift;
mod list;
mod read;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use dripr_core::{
    email::{NoMail, NoMailCause, Suppression, SuppressionCause},
    ids::ContactId,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Api;

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list::list_suppressions, add::add_suppression))
        .routes(routes!(read::read_suppression, lift::lift_suppression))
}

/// An address that an agent must not write to.
#[derive(Debug, Serialize, ToSchema)]
struct SuppressionView {
    address: String,
    cause: CauseView,
    since: DateTime<Utc>,
    /// The contact who has that address at present.
    contact_id: Option<String>,
    /// Whether it can be lifted here, once the address works. What the recipient decided is theirs to take back.
    can_be_lifted: bool,
}

/// Why somebody gets no mail from an agent, and since when.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NoMailView {
    cause: NoMailCauseView,
    since: DateTime<Utc>,
}

/// Why.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum NoMailCauseView {
    /// Mail came back for good.
    HardBounce,
    /// The recipient opted out.
    OptOut,
    /// The recipient reported the mail as spam.
    Complaint,
    /// An operator blocked the address, for all agents.
    Blocked,
}

/// Why, where an agent knows it.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum CauseView {
    /// Mail came back for good.
    HardBounce,
    /// The recipient opted out.
    #[default]
    OptOut,
    /// The recipient reported the mail as spam.
    Complaint,
}

impl SuppressionView {
    fn of(suppression: Suppression, contact: Option<ContactId>) -> Self {
        Self {
            address: suppression.address.as_str().to_owned(),
            cause: CauseView::of(suppression.cause),
            since: suppression.since,
            contact_id: contact.map(|id| id.to_string()),
            can_be_lifted: !suppression.cause.is_recipients_own(),
        }
    }
}

impl CauseView {
    const fn of(cause: SuppressionCause) -> Self {
        match cause {
            SuppressionCause::HardBounce => Self::HardBounce,
            SuppressionCause::OptOut => Self::OptOut,
            SuppressionCause::Complaint => Self::Complaint,
        }
    }

    const fn cause(self) -> SuppressionCause {
        match self {
            Self::HardBounce => SuppressionCause::HardBounce,
            Self::OptOut => SuppressionCause::OptOut,
            Self::Complaint => SuppressionCause::Complaint,
        }
    }
}

impl NoMailView {
    pub(super) fn of(no_mail: NoMail) -> Self {
        let cause = match no_mail.cause {
            NoMailCause::Blocked => NoMailCauseView::Blocked,
            NoMailCause::Suppressed(SuppressionCause::HardBounce) => NoMailCauseView::HardBounce,
            NoMailCause::Suppressed(SuppressionCause::OptOut) => NoMailCauseView::OptOut,
            NoMailCause::Suppressed(SuppressionCause::Complaint) => NoMailCauseView::Complaint,
        };
        Self { cause, since: no_mail.since }
    }
}
