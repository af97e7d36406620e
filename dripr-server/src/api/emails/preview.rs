//! What an email says, as it is sent but for the opt-out link: that is its recipient's alone.

use std::sync::Arc;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use dripr_core::{access::Scope, email::Message};

use super::{find, message::message_of};
use crate::api::{Api, caller::Asking, path::Path, problem::Problem};

/// The HTML of an email, with an opt-out link that opts nobody out. It is to be shown in a frame of its own: the answer forbids scripts and everything else that a mail
/// program would not do either.
#[utoipa::path(
    get, path = "/agents/{agent}/emails/{email}/html", tag = "emails",
    params(("agent" = String, Path), ("email" = String, Path)),
    responses((status = 200, body = String, content_type = "text/html"))
)]
pub(super) async fn read_email_html(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(named): Path<(String, String)>,
) -> Result<Response, Problem> {
    let message = message(&api, &asking, &named).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            header::CONTENT_SECURITY_POLICY,
            "sandbox; default-src 'none'; img-src https: data:; style-src 'unsafe-inline'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, message.for_others(&message.html, &api.opt_out)).into_response())
}

/// The plain text of an email, with an opt-out link that opts nobody out.
#[utoipa::path(
    get, path = "/agents/{agent}/emails/{email}/text", tag = "emails",
    params(("agent" = String, Path), ("email" = String, Path)),
    responses((status = 200, body = String, content_type = "text/plain"))
)]
pub(super) async fn read_email_text(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(named): Path<(String, String)>,
) -> Result<Response, Problem> {
    let message = message(&api, &asking, &named).await?;
    let headers =
        [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    Ok((headers, message.for_others(&message.text, &api.opt_out)).into_response())
}

async fn message(
    api: &Api,
    asking: &Asking,
    (agent, email): &(String, String),
) -> Result<Arc<Message>, Problem> {
    let agent = asking.agent(api, agent, Scope::Read).await?;
    let email = find(api, &agent.id, email).await?;
    message_of(api, &email).await
}
