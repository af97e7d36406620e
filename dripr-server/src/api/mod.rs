//! The API under `/api/v1`: agents, contacts, campaigns, emails, imports, opt-outs and keys, for frontends and other programs.
//!
//! | file | what is in it |
//! |---|---|
//! | `agents`, `mailbox`, `contacts`, `campaigns`, `emails`, `imports`, `suppressions`, `blocked_addresses`, `keys`, `webhooks` | what there is, a folder each, an operation a file |
//! | `statistics`, `markets`, `settings`, `me` | what is only looked at |
//! | `caller`, `reach` | who asks, and whom they reach |
//! | `body`, `path`, `parameters`, `text` | what requests bring |
//! | `page` | lists, a page at a time |
//! | `many` | many at once, each in its own right |
//! | `version` | ETags against lost updates |
//! | `idempotency` | calls that come again |
//! | `limits` | how many calls there may be |
//! | `history`, `deeds` | lines of histories; that of keys, webhooks and blocked addresses |
//! | `problem`, `problems`, `conflict` | why something was not done (RFC 9457) |
//! | `description` | the OpenAPI description, and its page |
//!
//! Everything of an agent lies under the agent, so that each path says whose things it is about. What a caller does not reach is
//! answered as what does not exist. Rules are the core's; here they are asked for and answers are put into words.

mod agents;
mod blocked_addresses;
mod body;
mod caller;
mod campaigns;
mod conflict;
mod contacts;
mod deeds;
mod description;
mod emails;
mod history;
mod idempotency;
mod imports;
mod keys;
mod limits;
mod mailbox;
mod many;
mod markets;
mod me;
mod page;
mod parameters;
mod path;
mod problem;
mod problems;
mod reach;
mod settings;
mod statistics;
mod suppressions;
mod text;
mod version;
#[cfg(feature = "webhooks")]
mod webhooks;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, Method, StatusCode, header},
    middleware,
    response::Response,
};
use dripr_core::{
    agent::Subscription,
    campaign::command::Bench,
    email::OptOutLinks,
    mail_account::ConnectLinks,
    ports::{EmailVerifier, Entropy, Mailer},
    schedule::SendDay,
};
use tokio::sync::watch;
use tower_http::cors::CorsLayer;

use self::{limits::Limits, problem::Problem};
use crate::{
    compose::{self, Deployment, Store},
    config::{http::Origin, shown::Shown},
    failure::Failure,
    http::MOST_BYTES,
};

pub use description::description;
#[cfg(feature = "postmark")]
pub(crate) use limits::Guesses;

/// What all operations stand on.
struct Api {
    store: Arc<Store>,
    bench: Arc<Bench>,
    entropy: Arc<dyn Entropy>,
    default_send_day: Option<SendDay>,
    /// How the subscription of a new agent stands whom no operator brings.
    new_agents: Subscription,
    /// Who looks whether imported addresses take mail, if anybody does.
    verifier: Option<Arc<dyn EmailVerifier>>,
    /// Who takes test copies to agents, by the way of reports.
    mailer: Arc<dyn Mailer>,
    opt_out: OptOutLinks,
    /// How agents connect mailboxes of their own, if the deployment sends by any.
    connect: Option<ConnectLinks>,
    /// What the deployment is set to.
    settings: Vec<Shown>,
    /// Places for files that are being read.
    reading: imports::Places,
    /// Tells when this program is to stop.
    stopping: watch::Receiver<bool>,
    limits: Limits,
    /// Whose session tokens sign in, if anybody's.
    #[cfg(feature = "clerk")]
    sessions: Option<dripr_adapters::clerk::session::Sessions>,
    /// Who says which addresses may get webhooks.
    #[cfg(feature = "webhooks")]
    sender: dripr_adapters::webhook_sender::Sender,
    /// What keeps their secrets.
    #[cfg(feature = "webhooks")]
    vault: dripr_adapters::webhook_vault::WebhookVault,
}

/// The API of a deployment, its description and its page. `stopping` tells when the program is to stop.
///
/// # Errors
/// Who signs in, who verifies addresses or who takes mail cannot be asked as it is configured.
pub fn router(deployment: &Deployment, stopping: watch::Receiver<bool>) -> Result<Router, Failure> {
    let api = Arc::new(Api {
        store: deployment.store.clone(),
        bench: deployment.desk(),
        entropy: deployment.entropy.clone(),
        default_send_day: deployment.config.default_send_day,
        new_agents: deployment.config.new_agents,
        verifier: compose::email_verifier(deployment)?,
        mailer: compose::mailer_for_reports(deployment)?,
        opt_out: deployment.config.public.opt_out.clone(),
        connect: compose::connect_links(&deployment.config),
        settings: deployment.config.shown.clone(),
        reading: imports::Places::default(),
        stopping,
        limits: Limits::new(deployment.config.http.requests_per_minute),
        #[cfg(feature = "clerk")]
        sessions: sessions(deployment)?,
        #[cfg(feature = "webhooks")]
        sender: crate::compose::webhook_sender(deployment)?,
        #[cfg(feature = "webhooks")]
        vault: crate::compose::webhook_vault(deployment)?,
    });
    let (operations, described) = description::operations().split_for_parts();
    let known = parameters::known(&described, "/api/v1");
    let operations = operations
        .method_not_allowed_fallback(async || {
            Problem::of_status(StatusCode::METHOD_NOT_ALLOWED, "this is not done with that method")
        })
        .fallback(async || Problem::not_found("address"))
        .layer(middleware::from_fn_with_state(known, parameters::refuse_unknown))
        .layer(middleware::from_fn_with_state(api.clone(), idempotency::once))
        .layer(middleware::from_fn_with_state(api.clone(), limits::within))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(middleware::map_response(for_the_caller_alone))
        .with_state(api);
    let router = Router::new().nest("/api/v1", operations).merge(description::pages());
    Ok(router.layer(from_browsers(&deployment.config.http.allowed_origins)))
}

/// Answers are about people, some have secrets in them, and none is a page: nobody keeps them or takes them for something else.
async fn for_the_caller_alone(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// What pages of other origins may do.
fn from_browsers(origins: &[Origin]) -> CorsLayer {
    let origins = origins.iter().filter_map(|origin| HeaderValue::from_str(origin.as_str()).ok());
    CorsLayer::new()
        .allow_origin(origins.collect::<Vec<_>>())
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::IF_MATCH, idempotency::HEADER])
        .expose_headers([
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            limits::LEFT,
            limits::POLICY,
            idempotency::REPLAYED,
            crate::http::request_id::HEADER,
        ])
        .max_age(std::time::Duration::from_secs(3600))
}

#[cfg(feature = "clerk")]
fn sessions(deployment: &Deployment) -> Result<Option<dripr_adapters::clerk::session::Sessions>, Failure> {
    let options = deployment.config.sessions.clone();
    let sessions = options
        .map(|options| dripr_adapters::clerk::session::Sessions::new(options, deployment.clock.clone()));
    sessions.transpose().map_err(|error| Failure::new(format!("clerk.issuer: {error}")))
}
