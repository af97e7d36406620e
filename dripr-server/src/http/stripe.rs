//! `/webhooks/stripe`: what Stripe tells of subscriptions.
//!
//! Answers as Stripe takes them: 400 for what is not signed as it should be or cannot be read, 503 where the database fails or
//! the agent is not known yet, so that it is told again, and 200 otherwise.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use dripr_adapters::stripe::{self, FailedPayment, Told, Verifier};
use dripr_core::billing::{self, Change, Taken};

use super::Site;

/// Whose webhooks they are, as metrics have it.
const FROM: &str = "stripe";

pub(super) fn routes(verifier: Verifier) -> Router<Arc<Site>> {
    let verifier = Arc::new(verifier);
    let take = move |State(site): State<Arc<Site>>, headers: HeaderMap, body: Bytes| async move {
        let header = headers.get("stripe-signature").and_then(|value| value.to_str().ok());
        let now = site.bench.clock.now();
        if let Err(rejection) = verifier.verify(header, &body, now) {
            site.incoming.rejected(FROM, now);
            tracing::warn!(%rejection, "a webhook that is not Stripe's was turned away");
            return StatusCode::BAD_REQUEST;
        }
        site.incoming.genuine(FROM);
        match stripe::read(&body) {
            Ok(Some(Told::Subscription(change))) => follow(&site, &change).await,
            Ok(Some(Told::PaymentFailed(payment))) => note(&payment),
            Ok(None) => StatusCode::OK,
            Err(unreadable) => {
                tracing::warn!(%unreadable, "a webhook of Stripe's cannot be read");
                StatusCode::BAD_REQUEST
            }
        }
    };
    Router::new().route("/webhooks/stripe", post(take))
}

async fn follow(site: &Site, change: &Change) -> StatusCode {
    let (subscription, customer) = (&change.subscription, &change.customer);
    match billing::take(&*site.store, change).await {
        Ok(Taken::Stranger) => {
            tracing::warn!(%subscription, %customer, "a subscription is nobody's: its metadata names no user_id");
            StatusCode::OK
        }
        Ok(Taken::Removed) => {
            tracing::info!(%subscription, user_id = ?change.user_id, "a subscription is of an account that was removed");
            StatusCode::OK
        }
        Ok(Taken::TooEarly) => {
            tracing::warn!(%subscription, user_id = ?change.user_id, "a subscription is of an agent who is not known yet");
            StatusCode::SERVICE_UNAVAILABLE
        }
        Ok(taken) => {
            tracing::debug!(%subscription, ?taken, "Stripe told of a subscription");
            StatusCode::OK
        }
        Err(error) => {
            tracing::error!(%error, %subscription, "what Stripe told could not be kept; it will be told again");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

/// What it does to the subscription is told by itself, and Stripe writes to the customer.
fn note(payment: &FailedPayment) -> StatusCode {
    let FailedPayment { customer, subscription, attempts, next_attempt_at } = payment;
    tracing::info!(%customer, ?subscription, ?attempts, ?next_attempt_at, "a payment failed");
    StatusCode::OK
}
