//! Adding an address that an agent must not write to. Only the recipient takes an opt-out or a complaint back.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use dripr_core::{
    access::Scope,
    campaign::AuditEntry,
    email::{EmailAddress, Suppression},
    ports::{AddressSuppression, AgentStore, ContactStore},
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{CauseView, SuppressionView};
use crate::api::{Api, body::Body, caller::Asking, path::Path, problem::Problem, text::some_line};

/// An address, and why it is not to be written to.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSuppression {
    #[schema(value_type = String, format = "email")]
    address: EmailAddress,
    /// `opt_out` if it is left out.
    #[serde(default)]
    cause: CauseView,
    /// What is known of it, for people; the history shows it, of an address that is known already too. Leave names and addresses out.
    #[schema(min_length = 1, max_length = 200)]
    reason: Option<String>,
}

/// From the answer on nothing is sent to the address for this agent. Of an address that is known already the more final cause
/// stays: a complaint over an opt-out, and that over mail that came back.
#[utoipa::path(
    post, path = "/agents/{agent}/suppressions", tag = "suppressions", request_body = NewSuppression,
    params(("agent" = String, Path)),
    responses(
        (status = 201, body = SuppressionView, description = "It is not written to any more."),
        (status = 200, body = SuppressionView, description = "It was not written to before."),
    )
)]
pub(super) async fn add_suppression(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
    Body(new): Body<NewSuppression>,
) -> Result<(StatusCode, Json<SuppressionView>), Problem> {
    let agent = asking.agent(&api, &agent, Scope::Write).await?;
    let cause = new.cause.cause();
    let why = match &new.reason {
        Some(reason) => format!("{}: {}", cause.sentence(), some_line("/reason", reason)?),
        None => cause.sentence().to_owned(),
    };
    let (user_id, address, since) = (agent.id.clone(), new.address.clone(), api.bench.clock.now());
    let suppression = Suppression { user_id, address, cause, since, carried_from: None };
    let actor = asking.0.actor.clone();
    let became = api.store.suppress_because(suppression.clone(), actor.clone(), why.clone()).await?;
    // The cause that was known may be the more final one.
    let stored = api.store.suppression(&agent.id, &new.address).await?.unwrap_or(suppression);
    let contact = api.store.contact_at(&agent.id, &new.address).await?;
    let contact_id = contact.map(|contact| contact.id);
    if became == AddressSuppression::Known && new.reason.is_some() {
        // Nothing was stored, and somebody knows more of it now.
        let noted = AuditEntry::of("suppression_repeated", actor, since, Some(why));
        api.store.note(&agent.id, AuditEntry { contact_id: contact_id.clone(), ..noted }).await?;
    }
    let status = match became {
        AddressSuppression::Anew => StatusCode::CREATED,
        AddressSuppression::MoreFinal | AddressSuppression::Known => StatusCode::OK,
    };
    Ok((status, Json(SuppressionView::of(stored, contact_id))))
}
