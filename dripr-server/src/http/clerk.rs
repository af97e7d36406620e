//! `/webhooks/clerk`: what Clerk tells of accounts.
//!
//! Answers as Svix, which delivers them, takes them: 401 for what is not signed as it should be, 400 for what nobody can read,
//! 503 where the database fails, so that it is told again, and 200 otherwise.

use std::sync::Arc;

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use dripr_adapters::{clerk::webhook, standard_webhooks::Headers};
use dripr_core::accounts::{self, News, Taken};

use super::Site;
use crate::config::clerk::Clerk;

/// Whose webhooks they are, as metrics have it.
const FROM: &str = "clerk";

pub(super) fn routes(clerk: Clerk) -> Router<Arc<Site>> {
    let clerk = Arc::new(clerk);
    let take = move |State(site): State<Arc<Site>>, headers: HeaderMap, body: Bytes| async move {
        let now = site.bench.clock.now();
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let genuine = Headers::find(header).and_then(|headers| clerk.webhook.verify(headers, &body, now));
        if let Err(rejection) = genuine {
            site.incoming.rejected(FROM, now);
            tracing::warn!(%rejection, "a webhook that is not Clerk's was turned away");
            return StatusCode::UNAUTHORIZED;
        }
        site.incoming.genuine(FROM);
        match webhook::read(&body, now) {
            Ok(Some(news)) => follow(&site, &clerk, news).await,
            Ok(None) => StatusCode::OK,
            Err(unreadable) => {
                tracing::warn!(%unreadable, "a webhook of Clerk's cannot be read");
                StatusCode::BAD_REQUEST
            }
        }
    };
    Router::new().route("/webhooks/clerk", post(take))
}

async fn follow(site: &Site, clerk: &Clerk, news: News) -> StatusCode {
    let user_id = match &news {
        News::Changed(account) => account.user_id.clone(),
        News::Removed { user_id, .. } => user_id.clone(),
    };
    match accounts::take(&*site.store, news, clerk.new_agents, site.bench.clock.now()).await {
        Ok(Taken::WithoutAddress) => {
            tracing::warn!(%user_id, "an account has no verified address yet; it becomes an agent when it has");
            StatusCode::OK
        }
        Ok(taken) => {
            tracing::info!(%user_id, ?taken, "Clerk told of an account");
            StatusCode::OK
        }
        Err(error) => {
            tracing::error!(%error, %user_id, "what Clerk told could not be kept; it will be told again");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}
