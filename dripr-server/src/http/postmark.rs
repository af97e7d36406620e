//! `/webhooks/postmark`: what Postmark tells of emails.
//!
//! Answers as Postmark takes them: 401 where the credentials are wrong (a 403 would end all tries), and 429 where an address has
//! sent too many of those, 400 for what nobody can read, 503 where the database fails, so that it is told again, and 200 otherwise.
//!
//! Anybody may send wrong credentials, as many as they like: they are counted in memory, and a minute of them is one write.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{Extensions, HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use dripr_adapters::postmark::webhook::{self, Credentials, Told};
use dripr_core::{
    feedback::{self, Refusal},
    safeguards::{self, Refusals},
    schedule::Instant,
};

use super::Site;
use crate::{api::Guesses, compose::POSTMARK_WEBHOOKS as CHANNEL};

/// Whose webhooks they are, as metrics have it.
const FROM: &str = "postmark";

/// Who is let in, and what is known of those who are not.
struct Door {
    credentials: Credentials,
    guesses: Option<Guesses>,
    refusals: Refusals,
}

/// `guesses` counts the wrong credentials of each address, if anybody does.
pub(super) fn routes(credentials: Credentials, guesses: Option<Guesses>) -> Router<Arc<Site>> {
    let door = Arc::new(Door { credentials, guesses, refusals: Refusals::new(CHANNEL) });
    let take = move |State(site): State<Arc<Site>>,
                     extensions: Extensions,
                     headers: HeaderMap,
                     body: Bytes| async move {
        let now = site.bench.clock.now();
        let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if !door.credentials.admit(authorization) {
            return door.turn_away(&site, &extensions, now).await;
        }
        site.incoming.genuine(FROM);
        take(&site, &door, &body, now).await.into_response()
    };
    Router::new().route("/webhooks/postmark", post(take))
}

impl Door {
    async fn turn_away(&self, site: &Site, extensions: &Extensions, now: Instant) -> Response {
        site.incoming.rejected(FROM, now);
        if let Err(error) = self.refusals.refused(&*site.store, now).await {
            tracing::error!(%error, "it could not be noted that webhooks were turned away");
        }
        if let Some(guesses) = &self.guesses
            && let Some(next) = guesses.one_too_many(extensions, now).await
        {
            return (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, next)]).into_response();
        }
        tracing::warn!("a webhook with wrong credentials was turned away");
        StatusCode::UNAUTHORIZED.into_response()
    }
}

async fn take(site: &Site, door: &Door, body: &[u8], now: Instant) -> StatusCode {
    let read = webhook::read(body, now);
    if read.is_ok() {
        if let Err(error) = safeguards::heard(&*site.store, CHANNEL, now).await {
            tracing::error!(%error, "it could not be noted that webhooks come");
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        door.refusals.heard();
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
        Ok(refused) => {
            tracing::info!(
                contacts = refused.contacts,
                new = refused.new,
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
