//! What the world reaches by HTTP: opt-out and approval pages, consent, webhooks.
//!
//! | path | what is there |
//! |---|---|
//! | `/o/…` | `opt_out`: opting out and in |
//! | `/a/…`, `/again/…` | `approval`: looking at an email and approving it, declining it or writing its opening words |
//! | `/connect/gmail/…` | `gmail`: an agent's consent to send by their own account |
//! | `/webhooks/postmark` | `postmark`: what came back of emails |
//! | `/api/…` | [`api`](crate::api), for frontends and other programs |
//! | `/webhooks/clerk` | `clerk`: what became of accounts |
//! | `/webhooks/stripe` | `stripe`: what became of subscriptions |
//! | `/health` | whether the database answers |
//! | `/livez`, `/readyz` | [`operations`](crate::operations): whether the process turns, and can do its work |
//!
//! Each request has a name, see `request_id`. TLS is ended before it, by a proxy or a load balancer. Nothing but the API needs a key: each link is signed, and is for one
//! person and one purpose.

mod approval;
#[cfg(feature = "clerk")]
mod clerk;
#[cfg(feature = "gmail")]
mod gmail;
mod opt_out;
mod page;
#[cfg(feature = "postmark")]
mod postmark;
pub(crate) mod request_id;
mod serving;
#[cfg(feature = "stripe")]
mod stripe;

pub use serving::serve;

use std::{io::ErrorKind, net::SocketAddr, sync::Arc};

use axum::{Router, extract::DefaultBodyLimit, extract::State, http::StatusCode, routing::get};
use dripr_adapters::layers::Incoming;
use dripr_core::{
    campaign::command::Bench,
    email::{ApprovalLinks, OptOutLinks},
    mail_account::ConnectLinks,
    ports::CampaignStore,
};
use tokio::net::TcpListener;

use crate::{
    compose::{Deployment, Store},
    failure::Failure,
    operations::Operations,
};

/// The most that a request may bring: a webhook has some kilobytes.
pub(crate) const MOST_BYTES: usize = 1 << 20;

/// What all pages stand on.
pub struct Site {
    store: Arc<Store>,
    bench: Arc<Bench>,
    opt_out: OptOutLinks,
    approval: ApprovalLinks,
    #[cfg_attr(not(feature = "gmail"), expect(dead_code, reason = "only Gmail is connected"))]
    connect: ConnectLinks,
    /// How the webhooks were found that came in.
    #[cfg_attr(
        not(any(feature = "clerk", feature = "stripe", feature = "postmark")),
        expect(dead_code, reason = "no webhooks come in")
    )]
    incoming: Incoming,
    /// What the world's addresses have before each path.
    path: String,
    /// Whether the world comes by https, so that cookies may be kept to it.
    #[cfg_attr(not(feature = "gmail"), expect(dead_code, reason = "only connecting sets a cookie"))]
    is_secure: bool,
}

/// What a deployment shows to the world.
///
/// # Errors
/// A key or an address of the configuration cannot be used.
pub fn router(deployment: &Deployment, operations: &Arc<Operations>) -> Result<Router, Failure> {
    let public = &deployment.config.public;
    let site = Arc::new(Site {
        store: deployment.store.clone(),
        bench: deployment.desk(),
        opt_out: public.opt_out.clone(),
        approval: public.approval.clone(),
        connect: public.connect.clone(),
        incoming: deployment.metrics.incoming().clone(),
        path: public.path.clone(),
        is_secure: public.is_secure,
    });
    let mut router =
        Router::new().merge(opt_out::routes()).merge(approval::routes()).route("/health", get(health));
    #[cfg(feature = "postmark")]
    if let Some(credentials) = deployment.config.mail.postmark_webhook.clone() {
        let guesses = crate::api::Guesses::new(deployment.config.http.requests_per_minute);
        router = router.merge(postmark::routes(credentials, guesses));
    }
    #[cfg(feature = "gmail")]
    if let Some(consent) = crate::compose::gmail_consent(deployment)? {
        router = router.merge(gmail::routes(Arc::new(consent)));
    }
    #[cfg(feature = "clerk")]
    if let Some(clerk) = deployment.config.clerk.clone() {
        router = router.merge(clerk::routes(clerk));
    }
    #[cfg(feature = "stripe")]
    if let Some(verifier) = deployment.config.stripe.clone() {
        router = router.merge(stripe::routes(verifier));
    }
    router = router.layer(DefaultBodyLimit::max(MOST_BYTES));
    let router = router
        .with_state(site)
        .merge(operations.checks())
        .merge(crate::api::router(deployment, operations.draining())?);
    Ok(request_id::named(router, deployment.entropy.clone()))
}

async fn health(State(site): State<Arc<Site>>) -> StatusCode {
    match site.store.next_due().await {
        Ok(_) => StatusCode::OK,
        Err(error) => {
            tracing::error!(%error, "the database does not answer");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

/// Listens at an address.
///
/// # Errors
/// The address is taken, or not this machine's.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        let what = match error.kind() {
            ErrorKind::AddrInUse => {
                "another program listens there already; give another address, or \"off\"".to_owned()
            }
            _ => error.to_string(),
        };
        Failure::new(format!("http.listen: cannot listen at {address}: {what}"))
    })
}
