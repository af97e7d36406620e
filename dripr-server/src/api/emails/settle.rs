//! Saying what became of a held email.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{access::Scope, email::DeliveryStatus, ports::EmailStore};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{find, view::EmailView};
use crate::api::{
    Api, body::Body, caller::Asking, conflict::Conflict, path::Path, problem::Problem, text::some_line,
};

/// What became of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Settlement {
    /// Whether the provider took it.
    sent: bool,
    /// Why you know; kept in the history.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// Says what became of an email of which nobody could tell whether it arrived. Nothing is sent: the month is over.
#[utoipa::path(
    post, path = "/agents/{agent}/emails/{email}/settle", tag = "emails", request_body = Settlement,
    params(("agent" = String, Path), ("email" = String, Path)), responses((status = 200, body = EmailView))
)]
pub(super) async fn settle_email(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, email)): Path<(String, String)>,
    Body(settlement): Body<Settlement>,
) -> Result<Json<EmailView>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Approve).await?;
    let email = find(&api, &agent.id, &email).await?;
    let reason = some_line("/reason", &settlement.reason)?;
    let (to, what) = if settlement.sent {
        (DeliveryStatus::Complete, "marked_sent")
    } else {
        (DeliveryStatus::Skipped, "marked_not_sent")
    };
    let mut audit = asking.audit(&api, what, Some(reason));
    audit.cycle = Some(email.cycle);
    audit.email_id = Some(email.id.clone());
    if !api.store.resolve_held(&email.id, to, audit).await? {
        let status = email.delivery_status;
        return Err(Problem::conflict(
            Conflict::EmailState,
            format!("the email is {status}; only one that is HELD can be settled"),
        ));
    }
    Ok(Json(EmailView::of(find(&api, &agent.id, email.id.as_str()).await?)))
}
