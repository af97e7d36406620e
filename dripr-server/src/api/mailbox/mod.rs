//! `/agents/{agent}/mailbox`: the agent's own mail account, by which their emails go once they have agreed to it.

mod change;
mod link;
mod read;
mod remove;
mod view;

use std::sync::Arc;

use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Api, conflict::Conflict, problem::Problem};

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(read::read_mailbox, change::change_mailbox, remove::remove_mailbox))
        .routes(routes!(link::make_mailbox_link))
}

/// There is none that could be changed.
fn none() -> Problem {
    Problem::conflict(Conflict::NoMailbox, "the agent has connected no mailbox")
}
