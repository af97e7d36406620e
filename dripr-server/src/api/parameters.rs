//! Parameters of the address that an operation does not know are refused: a filter with a wrong name would list everything.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use utoipa::openapi::{OpenApi, RefOr, path::ParameterIn};

use super::problem::Problem;

/// The parameters of each operation, by its path.
pub(super) type Known = Arc<HashMap<String, HashSet<String>>>;

/// Those that a description has. Paths begin with `prefix`.
pub(super) fn known(description: &OpenApi, prefix: &str) -> Known {
    let paths = description.paths.paths.iter().map(|(path, item)| {
        let operations = [&item.get, &item.put, &item.post, &item.delete, &item.patch];
        let parameters =
            operations.into_iter().flatten().flat_map(|operation| operation.parameters.iter().flatten());
        let in_query = parameters.filter_map(|parameter| match parameter {
            RefOr::T(known) if known.parameter_in == ParameterIn::Query => Some(known.name.clone()),
            _ => None,
        });
        (format!("{prefix}{path}"), in_query.collect())
    });
    Arc::new(paths.collect())
}

/// Refuses what nobody reads.
pub(super) async fn refuse_unknown(
    State(known): State<Known>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let of_path = path.and_then(|path| known.get(path.as_str()));
    if let (Some(known), Some(query)) = (of_path, request.uri().query()) {
        for (name, _) in form_urlencoded::parse(query.as_bytes()) {
            if !known.contains(name.as_ref()) {
                let name: String = name.chars().take(60).collect();
                return Problem::invalid(name, "is no parameter of this address").into_response();
            }
        }
    }
    next.run(request).await
}
