//! The API under `/api/v1`: agents, contacts, campaigns, emails, opt-outs and keys, for frontends and other programs.
//!
//! | file | what is in it |
//! |---|---|
//! | `agents`, `contacts`, `campaigns`, `emails`, `suppressions`, `keys` | what there is, a folder each, an operation a file |
//! | `caller` | who asks, and whom they reach |
//! | `body`, `text` | what requests bring |
//! | `page` | lists, a page at a time |
//! | `version` | ETags against lost updates |
//! | `idempotency` | calls that come again |
//! | `history` | lines of histories |
//! | `problem` | why something was not done (RFC 9457) |
//! | `description` | the OpenAPI description, and its page |
//!
//! Everything of an agent lies under the agent, so that each path says whose things it is about. What a caller does not reach is
//! answered as what does not exist. Rules are the core's; here they are asked for and answers are put into words.

mod agents;
mod body;
mod caller;
mod campaigns;
mod contacts;
mod description;
mod emails;
mod history;
mod idempotency;
mod keys;
mod page;
mod problem;
mod suppressions;
mod text;
mod version;

use std::sync::Arc;

use axum::{Router, http::StatusCode, middleware};
use dripr_core::{campaign::command::Bench, ports::Entropy, schedule::SendDay};

use self::problem::Problem;
use crate::compose::{Deployment, Store};

pub use description::description;

/// What all operations stand on.
struct Api {
    store: Arc<Store>,
    bench: Arc<Bench>,
    entropy: Arc<dyn Entropy>,
    default_send_day: Option<SendDay>,
}

/// The API of a deployment, its description and its page.
pub fn router(deployment: &Deployment) -> Router {
    let api = Arc::new(Api {
        store: deployment.store.clone(),
        bench: deployment.desk(),
        entropy: deployment.entropy.clone(),
        default_send_day: deployment.config.default_send_day,
    });
    let (operations, _) = description::operations().split_for_parts();
    let operations = operations
        .method_not_allowed_fallback(async || {
            Problem::of_status(StatusCode::METHOD_NOT_ALLOWED, "this is not done with that method")
        })
        .fallback(async || Problem::not_found("address"))
        .layer(middleware::from_fn_with_state(api.clone(), idempotency::once))
        .with_state(api);
    Router::new().nest("/api/v1", operations).merge(description::pages())
}
