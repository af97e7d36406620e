//! `/keys`: keys by which programs come. A key reaches no farther than who made it, and may do no more; what
//! agents make who are no admins reaches them alone.

mod create;
mod list;
mod revoke;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use dripr_core::access::{ApiKey, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Api, reach::ReachView};

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list::list_keys, create::create_key))
        .routes(routes!(revoke::revoke_key))
}

/// A key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
struct KeyView {
    id: String,
    name: String,
    reach: ReachView,
    scopes: Vec<ScopeView>,
    created_at: DateTime<Utc>,
    /// Who made it, if that was noted.
    #[schema(value_type = Option<String>)]
    created_by: Option<String>,
    expires_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    /// Who took it back.
    revoked_by: Option<String>,
}

/// What a key may do.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ScopeView {
    /// Look.
    Read,
    /// Make and change contacts, campaigns, opt-outs and settings.
    Write,
    /// Decide what becomes of emails.
    Approve,
    /// Keep agents and keys.
    Admin,
}

impl From<ScopeView> for Scope {
    fn from(view: ScopeView) -> Self {
        match view {
            ScopeView::Read => Self::Read,
            ScopeView::Write => Self::Write,
            ScopeView::Approve => Self::Approve,
            ScopeView::Admin => Self::Admin,
        }
    }
}

impl From<Scope> for ScopeView {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Read => Self::Read,
            Scope::Write => Self::Write,
            Scope::Approve => Self::Approve,
            Scope::Admin => Self::Admin,
        }
    }
}

impl KeyView {
    fn of(key: ApiKey) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name,
            reach: key.reach.into(),
            scopes: key.scopes.iter().map(Into::into).collect(),
            created_at: key.created_at,
            created_by: key.created_by.as_ref().map(super::history::actor),
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            revoked_by: key.revoked_by.as_ref().map(super::history::actor),
        }
    }
}
