//! Exchanging the secret of an endpoint.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, header},
    response::IntoResponse,
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    changed, find, kept_secret,
    view::{ShownWebhook, WebhookView},
};
use crate::api::{
    Api,
    body::Body,
    caller::Asking,
    idempotency,
    path::Path,
    problem::Problem,
    version::{IfMatch, tag},
};

/// The secret that takes the place of the present one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSecret {
    /// `whsec_` and 24 to 64 bytes in Base64. One is made if none is given.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    secret: Option<SecretString>,
}

/// Exchanges the secret. For 24 hours messages are signed with the one before as well. A secret that was made is in the answer, and
/// nowhere else ever.
#[utoipa::path(
    post, path = "/webhooks/{webhook}/rotate", tag = "webhooks", request_body = NewSecret,
    params(("webhook" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = ShownWebhook, headers(("ETag" = String))))
)]
pub(super) async fn rotate_webhook_secret(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(webhook): Path<String>,
    seen: IfMatch,
    headers: HeaderMap,
    Body(new): Body<NewSecret>,
) -> Result<impl IntoResponse, Problem> {
    let id = find(&api, &asking, &webhook).await?.id;
    if headers.contains_key(idempotency::HEADER) {
        // Answers under such keys are kept, and this one has a secret in it.
        return Err(Problem::invalid("Idempotency-Key", "is not taken here: the secret is kept nowhere"));
    }
    let now = api.bench.clock.now();
    let (secret, made) = kept_secret(&api, &id, new.secret)?;
    let endpoint = changed(&api, &asking, &webhook, "webhook_secret_exchanged", |endpoint| {
        seen.admit(&endpoint.choices_mark())?;
        endpoint.rotate(secret.clone(), now);
        Ok(())
    });
    let endpoint = endpoint.await?;
    let tag = tag(&endpoint.choices_mark());
    let secret = made.map(|secret| secret.expose_secret().to_owned());
    Ok(([(header::ETAG, tag)], Json(ShownWebhook { webhook: WebhookView::of(endpoint), secret })))
}
