//! What the API offers, as OpenAPI 3.1 has it, made from the operations themselves; and a page to look at it.

use std::sync::Arc;

use axum::{Json, Router, http::header, response::Html, routing::get};
use utoipa::{
    OpenApi, ToSchema,
    openapi::{
        ContentBuilder, Ref, RefOr, Response, ResponseBuilder,
        path::Operation,
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;

use super::{
    Api, agents, campaigns, contacts, emails, keys,
    problem::{FieldProblem, Problem},
    suppressions,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "dripr",
        description = "The engine that sends every homeowner a personal, truthful home report once a month.",
        license(name = "MIT OR Apache-2.0")
    ),
    servers((url = "/api/v1")),
    components(schemas(Problem, FieldProblem))
)]
struct Described;

/// All operations, with their description.
pub(super) fn operations() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::with_openapi(Described::openapi())
        .merge(agents::routes())
        .merge(contacts::routes())
        .merge(campaigns::routes())
        .merge(emails::routes())
        .merge(suppressions::routes())
        .merge(keys::routes())
}

/// What can come of every operation besides what it says itself.
const PROBLEMS: [(&str, &str); 7] = [
    ("400", "The request cannot be read."),
    ("401", "Who asks is not known."),
    ("403", "Who asks may not do this."),
    ("422", "A value cannot be taken."),
    ("429", "Too many requests; `Retry-After` says when to come back."),
    ("500", "Something failed here."),
    ("503", "Something that this needs does not answer."),
];

/// The same, for operations on something that a path names, or that bring something.
const MORE_PROBLEMS: [(&str, &str); 6] = [
    ("404", "There is no such thing, or none in reach."),
    ("409", "Things stand otherwise."),
    ("412", "It was changed meanwhile."),
    ("413", "The body is too large."),
    ("415", "The body is no JSON."),
    ("428", "If-Match is missing."),
];

/// The description of the whole API.
#[must_use]
pub fn description() -> utoipa::openapi::OpenApi {
    let (_, mut description) = operations().split_for_parts();
    if let Some(components) = &mut description.components {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
    for item in description.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        for operation in operations.into_iter().flatten() {
            complete(operation);
        }
    }
    description
}

/// Adds what all operations have in common.
fn complete(operation: &mut Operation) {
    operation.security = Some(vec![SecurityRequirement::new("bearer", [""; 0])]);
    for (status, what) in PROBLEMS.into_iter().chain(MORE_PROBLEMS) {
        let responses = &mut operation.responses.responses;
        responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(problem(what)));
    }
}

fn problem(what: &str) -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(Problem::name()))).build();
    ResponseBuilder::new().description(what).content("application/problem+json", content).build()
}

/// The description and its page.
pub(super) fn pages() -> Router {
    let described = Arc::new(description());
    let json = move || async move { Json(described.as_ref().clone()) };
    let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'";
    Router::new()
        .route("/api/openapi.json", get(json))
        .route(
            "/api",
            get(move || async move {
                ([(header::CONTENT_SECURITY_POLICY, policy)], Html(include_str!("description/page.html")))
            }),
        )
        .route(
            "/api/page.js",
            get(|| async {
                (
                    [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")],
                    include_str!("description/page.js"),
                )
            }),
        )
}
