//! `/webhooks/postmark`: what Postmark tells of emails.
//!
//! Answers as Postmark takes them: 401 where the credentials are wrong (a 403 would end all tries), 400 for what nobody
//! can read, 503 where the database fails, so that it is told again, and 200 otherwise.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    routing::post,
};
use dripr_adapters::postmark::webhook::{self, Credentials, Told};
use dripr_core::{
    feedback::{self, Refusal},
    safeguards,
};

use super::Site;
use crate::compose::POSTMARK_WEBHOOKS as CHANNEL;

pub(super) fn routes(credentials: Credentials) -> Router<Arc<Site>> {
    let credentials = Arc::new(credentials);
    let take = move |State(site): State<Arc<Site>>, headers: HeaderMap, body: Bytes| async move {
        let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if !credentials.admit(authorization) {
            tracing::warn!("a webhook with wrong credentials was turned away");
            if let Err(error) = safeguards::refused(&*site.store, CHANNEL).await {
                tracing::error!(%error, "it could not be noted that a webhook was turned away");
            }
            return StatusCode::UNAUTHORIZED;
        }
        take(&site, &body).await
    };
    Router::new().route("/webhooks/postmark", post(take))
}

async fn take(site: &Site, body: &[u8]) -> StatusCode {
    let now = site.bench.clock.now();
    let read = webhook::read(body, now);
    if read.is_ok()
        && let Err(error) = safeguards::heard(&*site.store, CHANNEL, now).await
    {
        tracing::error!(%error, "it could not be noted that webhooks come");
        return StatusCode::SERVICE_UNAVAILABLE;
    }
    let feedback = match read {
        Ok(Some(Told::Email(feedback))) => feedback,
        Ok(Some(Told::Address(refusal))) => return refuse(site, &refusal).await,
        Ok(None) => return StatusCode::OK,
        Err(unreadable) => {
            tracing::warn!(%unreadable, "a webhook of Postmark's cannot be read");
            return StatusCode::BAD_REQUEST;
        }
    };
    let (id, email_id) = (feedback.id.clone(), feedback.email_id.clone());
    match feedback::take(&*site.store, &site.bench, feedback).await {
        Ok(taken) => {
            tracing::debug!(%id, %email_id, ?taken, "something came back");
            StatusCode::OK
        }
        Err(error) => {
            tracing::error!(%error, %id, "what came back could not be kept; Postmark will tell it again");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

async fn refuse(site: &Site, refusal: &Refusal) -> StatusCode {
    match feedback::refuse(&*site.store, refusal).await {
        Ok(agents) => {
            tracing::info!(
                agents,
                cause = refusal.cause.as_str(),
                "Postmark delivers nothing to an address any more"
            );
            StatusCode::OK
        }
        Err(error) => {
            tracing::error!(%error, "an opt-out could not be kept; Postmark will tell it again");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}
