//! Cancelling an import.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use dripr_core::{
    access::Scope,
    imports::{ReadWhole, Stage},
    ports::ImportStore,
};

use super::{find, view::ImportView};
use crate::{
    api::{Api, caller::Asking, conflict::Conflict, path::Path, problem::Problem},
    orphans,
};

/// How often a change is tried that the reader of the file was faster than. A reader stores no more than a few times a second.
const TRIES: u8 = 20;

/// Cancels an import: what of its file was stored stays, the rest is not read, and it is not sent again. While the file is being read,
/// whoever reads it stops after the rows in hand, or within 20 seconds where none come (202, `cancelling`); otherwise it is
/// done at once (200). One that was cancelled before is answered alike; one whose file was read to its end is a conflict.
#[utoipa::path(
    post, path = "/agents/{agent}/imports/{import}/cancel", tag = "imports",
    params(("agent" = String, Path), ("import" = String, Path)),
    responses(
        (status = 200, body = ImportView, description = "It is cancelled."),
        (status = 202, body = ImportView, description = "It is, as soon as the rows in hand are stored."),
    )
)]
pub(super) async fn cancel_import(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, named)): Path<(String, String)>,
) -> Result<(StatusCode, Json<ImportView>), Problem> {
    let agent = asking.agent(&api, &agent, Scope::Write).await?;
    for _ in 0..TRIES {
        let mut import = find(&api, &agent.id, &named).await?;
        let now = api.bench.clock.now();
        let was_read = import.stage == Stage::Running;
        let was_cancelled = import.cancelled_at.is_some();
        let done = |why: ReadWhole| Problem::conflict(Conflict::ImportDone, why.to_string());
        if import.cancel(now).map_err(done)? {
            // Nobody else tells of the counts if whoever read it is dead.
            let has_ended = was_read && import.stage == Stage::Cancelled;
            let audit = if was_cancelled {
                // That it was cancelled, and by whom, stands in the history already.
                orphans::told_outcome(&import, now)
            } else {
                let cause = if has_ended { import.outcome() } else { format!("import {}", import.id) };
                asking.audit(&api, "import_cancelled", Some(cause))
            };
            if !api.store.put_import(&import, Vec::new(), Some(audit)).await? {
                continue;
            }
        }
        let status = if import.stage == Stage::Cancelled { StatusCode::OK } else { StatusCode::ACCEPTED };
        return Ok((status, Json(ImportView::of(import, now))));
    }
    Err(Problem::in_progress("the file of this import is being read; cancel it again"))
}
