//! Looking at an email.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::access::Scope;

use super::{find, view::EmailView};
use crate::api::{Api, caller::Asking, path::Path, problem::Problem};

/// An email, without its text.
#[utoipa::path(
    get, path = "/agents/{agent}/emails/{email}", tag = "emails",
    params(("agent" = String, Path), ("email" = String, Path)), responses((status = 200, body = EmailView))
)]
pub(super) async fn read_email(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, email)): Path<(String, String)>,
) -> Result<Json<EmailView>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    Ok(Json(EmailView::of(find(&api, &agent.id, &email).await?)))
}
