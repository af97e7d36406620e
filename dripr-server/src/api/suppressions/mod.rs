//! `/agents/{agent}/suppressions`: addresses that an agent must not write to.

mod add;
mod lift;
mod list;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use dripr_core::email::{Suppression, SuppressionCause};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Api;

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list::list_suppressions, add::add_suppression))
        .routes(routes!(lift::lift_suppression))
}

/// An address that an agent must not write to.
#[derive(Debug, Serialize, ToSchema)]
struct SuppressionView {
    address: String,
    cause: CauseView,
    since: DateTime<Utc>,
}

/// Why somebody gets no mail from an agent, and since when.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NoMailView {
    cause: CauseView,
    since: DateTime<Utc>,
}

/// Why.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum CauseView {
    /// Mail came back for good.
    HardBounce,
    /// The recipient opted out.
    OptOut,
    /// The recipient reported the mail as spam.
    Complaint,
}

impl SuppressionView {
    fn of(suppression: Suppression) -> Self {
        Self {
            address: suppression.address.as_str().to_owned(),
            cause: suppression.cause.into(),
            since: suppression.since,
        }
    }
}

impl NoMailView {
    pub(super) fn of(suppression: &Suppression) -> Self {
        Self { cause: suppression.cause.into(), since: suppression.since }
    }
}

impl From<SuppressionCause> for CauseView {
    fn from(cause: SuppressionCause) -> Self {
        match cause {
            SuppressionCause::HardBounce => Self::HardBounce,
            SuppressionCause::OptOut => Self::OptOut,
            SuppressionCause::Complaint => Self::Complaint,
        }
    }
}
