//! Making an endpoint.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
};
use dripr_core::{
    ids::WebhookId,
    ports::{EntropyExt, WebhookStore},
    webhooks::{Endpoint, Kind, MOST_OF_A_REACH, NewEndpoint},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    checked_kinds, checked_url, deed, kept_secret,
    view::{ShownWebhook, WebhookView},
};
use crate::api::{
    Api,
    body::Body,
    caller::Asking,
    conflict::Conflict,
    idempotency,
    problem::Problem,
    problems::Problems,
    reach::{ReachView, wanted},
    text::line,
    version::tag,
};

/// An address to be told what happens.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewWebhook {
    /// `https://`; it must not lead to a private network.
    #[schema(format = "uri", max_length = 2000)]
    url: String,
    /// What is told: `email.ready` (waits for approval), `email.sent`, `email.held`, `email.dropped`, `email.delivered`,
    /// `email.bounced`, `email.complained`, `email.opened`, `email.clicked`, `contact.opted_out`, `contact.opted_in`, `contact.changed`,
    /// `contact.removed`, `campaign.created` (not those of an import, which `import.done` counts), `campaign.needs_attention`,
    /// `campaign.status`, `campaign.removed`, `import.done` (also of one that was cancelled), `mailbox.lost` (an agent's mailbox does not let
    /// anything be sent any more).
    #[schema(value_type = Vec<String>, min_items = 1, example = json!(["email.sent", "contact.opted_out"]))]
    kinds: Vec<Kind>,
    /// What it is for.
    #[serde(default)]
    #[schema(max_length = 200)]
    description: String,
    /// Whose agents it is told of; as far as `keeps` of `/me` says if it is not given.
    #[serde(default)]
    reach: Option<ReachView>,
    /// What messages are signed with: `whsec_` and 24 to 64 bytes in Base64. One is made if none is given.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    secret: Option<SecretString>,
}

/// Makes a webhook. A secret that was made for it is in the answer, and nowhere else ever. It needs the scope `admin`; agents who are
/// signed in make webhooks that are told of them alone without it.
#[utoipa::path(
    post, path = "/webhooks", tag = "webhooks", request_body = NewWebhook,
    responses((status = 201, body = ShownWebhook))
)]
pub(super) async fn create_webhook(
    State(api): State<Arc<Api>>,
    asking: Asking,
    headers: HeaderMap,
    Body(new): Body<NewWebhook>,
) -> Result<impl IntoResponse, Problem> {
    let keeper = asking.keeper()?;
    if headers.contains_key(idempotency::HEADER) {
        // Answers under such keys are kept, and this one has a secret in it.
        return Err(Problem::invalid("Idempotency-Key", "is not taken here: the secret is kept nowhere"));
    }
    let reach = wanted(&api, &keeper.reach, new.reach, "webhook").await?;
    // Looked at before it is stored: of several that are made at the same moment each may be the last that there is room for.
    if api.store.count_webhooks(&reach).await? >= MOST_OF_A_REACH {
        let detail = format!("there are {MOST_OF_A_REACH} webhooks of this reach already, which is the most");
        return Err(Problem::conflict(Conflict::LimitReached, detail));
    }
    let now = api.bench.clock.now();
    let id = WebhookId::from(api.entropy.id(now));
    let mut problems = Problems::default();
    let url = problems.take(checked_url(&api, &new.url));
    let kinds = problems.take(checked_kinds(new.kinds));
    let description = problems.take(line("/description", &new.description));
    let secret = problems.take(kept_secret(&api, &id, new.secret));
    let (url, kinds, description, (secret, made)) =
        problems.unless_any(|| Some((url?, kinds?, description?, secret?)))?;
    let new = NewEndpoint { id, reach, description, url, kinds, secret };
    let mut endpoint = Endpoint::new(new, &keeper, now);
    let deed = deed(&api, &asking, &endpoint, "webhook_made", None);
    if !api.store.put_webhook(endpoint.clone(), deed).await? {
        // No id is made twice: who asks was let in a moment before they lost what it takes.
        return Err(Problem::forbidden(
            "what let you in does not reach as far any more, or the agent was removed",
        ));
    }
    endpoint.version += 1;
    let tag = tag(&endpoint.choices_mark());
    let secret = made.map(|secret| secret.expose_secret().to_owned());
    let shown = ShownWebhook { webhook: WebhookView::of(endpoint), secret };
    Ok((StatusCode::CREATED, [(header::ETAG, tag)], Json(shown)))
}
