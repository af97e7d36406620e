//! `/agents/{agent}/imports`: contacts that come as CSV files.
//!
//! An import is made first, and its file sent to it after that: so everybody who may can look how far it is while the file comes.
//! The file is read as it comes, by a thread of its own, and never kept: it may have any length.

mod cancel;
mod create;
mod file;
mod list;
mod pieces;
mod places;
mod read;
mod rows;
mod view;

pub(super) use places::Places;

use std::sync::Arc;

use dripr_core::{
    ids::{ImportId, UserId},
    imports::Import,
    ports::ImportStore,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Api, problem::Problem};

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list::list_imports, create::create_import))
        .routes(routes!(read::read_import))
        .routes(routes!(file::send_import_file))
        .routes(routes!(cancel::cancel_import))
        .routes(routes!(rows::list_import_rows))
}

/// The import of an agent that a path names.
async fn find(api: &Api, user: &UserId, named: &str) -> Result<Import, Problem> {
    let none = || Problem::not_found("import");
    let id = ImportId::new(named).map_err(|_| none())?;
    let import = api.store.import(&id).await?.ok_or_else(none)?;
    if import.user_id == *user { Ok(import) } else { Err(none()) }
}
