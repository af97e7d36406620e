//! What the API offers, as OpenAPI 3.1 has it, made from the operations themselves; and a page to look at it.

use std::sync::Arc;

use axum::{Json, Router, http::header, response::Html, routing::get};
use dripr_core::contact::MAX_EXTERNAL_ID_LENGTH;
use utoipa::{
    OpenApi, ToSchema,
    openapi::{
        AllOfBuilder, ContentBuilder, ObjectBuilder, OneOfBuilder, Ref, RefOr, Response, ResponseBuilder,
        Schema, Type,
        path::Operation,
        schema::AdditionalProperties,
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;

use super::{
    Api, agents, blocked_addresses, campaigns,
    conflict::Conflict,
    contacts, deeds, emails, idempotency, imports, keys, mailbox, markets, me,
    problem::{FieldProblem, Problem},
    reach::ReachView,
    settings, statistics, suppressions, text,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "dripr",
        description = "The engine that sends every homeowner a personal, truthful home report once a month.\n\n\
                       A change may carry an `Idempotency-Key`, such as a UUID: the same call under the same key is done once, \
                       and answered alike for a day. It is not taken where a secret is answered.",
        license(name = "MIT OR Apache-2.0")
    ),
    servers((url = "/api/v1")),
    components(schemas(Problem, FieldProblem, Conflict))
)]
struct Described;

/// All operations, with their description.
pub(super) fn operations() -> OpenApiRouter<Arc<Api>> {
    let operations = OpenApiRouter::with_openapi(Described::openapi())
        .merge(agents::routes())
        .merge(mailbox::routes())
        .merge(contacts::routes())
        .merge(campaigns::routes())
        .merge(emails::routes())
        .merge(imports::routes())
        .merge(suppressions::routes())
        .merge(blocked_addresses::routes())
        .merge(statistics::routes())
        .merge(markets::routes())
        .merge(settings::routes())
        .merge(me::routes())
        .merge(keys::routes())
        .merge(deeds::routes());
    #[cfg(feature = "webhooks")]
    let operations = operations.merge(super::webhooks::routes());
    operations
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
    ("409", "Things stand otherwise; `code` says how."),
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
    about_a_home_or_a_zip_code(&mut description);
    let schemas = description.components.iter_mut().flat_map(|known| known.schemas.iter_mut());
    schemas.for_each(|(name, schema)| strictly(name, schema));
    for item in description.paths.paths.values_mut() {
        let changes = [&mut item.put, &mut item.post, &mut item.delete, &mut item.patch];
        for change in changes.into_iter().flatten() {
            idempotency::describe(change);
            complete(change);
        }
        item.get.iter_mut().for_each(complete);
    }
    description
}

/// A campaign is about a home or a ZIP code alone, which no attribute of a field can say.
fn about_a_home_or_a_zip_code(description: &mut utoipa::openapi::OpenApi) {
    let name = campaigns::NewCampaign::name();
    let Some(schema) = description.components.as_mut().and_then(|known| known.schemas.get_mut(&*name)) else {
        return;
    };
    let alone = |one: &str, other: &str, given: RefOr<Schema>| {
        let none = ObjectBuilder::new().schema_type(Type::Null).build();
        ObjectBuilder::new().property(one, given).required(one).property(other, none).build()
    };
    let home = Ref::from_schema_name(campaigns::GivenHome::name()).into();
    let zip_code = ObjectBuilder::new().schema_type(Type::String).build().into();
    let either = OneOfBuilder::new()
        .item(alone("home", "zip_code", home))
        .item(alone("zip_code", "home", zip_code))
        .build();
    let both = AllOfBuilder::new().item(schema.clone()).item(Schema::from(either)).build();
    *schema = RefOr::T(both.into());
}

/// Says what no attribute of a field can: texts are of one line, and alternatives know no other fields.
fn strictly(name: &str, schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            for (name, property) in &mut object.properties {
                of_one_line(property);
                #[cfg(feature = "webhooks")]
                of_kinds(name, property);
                #[cfg(not(feature = "webhooks"))]
                let _ = name;
            }
        }
        RefOr::T(Schema::AllOf(all)) => all.items.iter_mut().for_each(|one| strictly(name, one)),
        RefOr::T(Schema::OneOf(one)) if name == ReachView::name() || name == emails::Decision::name() => {
            for alternative in &mut one.items {
                if let RefOr::T(Schema::Object(object)) = alternative {
                    object.properties.values_mut().for_each(of_one_line);
                    object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
                }
            }
        }
        _ => {}
    }
}

fn of_one_line(property: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Object(text)) = property
        && [Some(text::LONGEST), Some(MAX_EXTERNAL_ID_LENGTH)].contains(&text.max_length)
        && text.pattern.is_none()
    {
        let pattern = if text.min_length.is_some() { text::SOME_LINE } else { text::LINE };
        text.pattern = Some(pattern.to_owned());
    }
}

/// What webhooks are told is one of what they can be told.
#[cfg(feature = "webhooks")]
fn of_kinds(name: &str, property: &mut RefOr<Schema>) {
    use dripr_core::webhooks::Kind;
    use utoipa::openapi::schema::ArrayItems;

    if let RefOr::T(Schema::Array(list)) = property
        && name == "kinds"
    {
        let kind =
            ObjectBuilder::new().schema_type(Type::String).enum_values(Some(Kind::ALL.map(Kind::as_str)));
        list.items = ArrayItems::RefOrSchema(Box::new(RefOr::T(kind.build().into())));
    }
}

/// What changes name as the version that they are changes of.
const IF_MATCH: &str = "The `ETag` of what was read, or the `etag` of an item of a list: 412 if it was changed since. `*` changes it as \
                        it stands, whoever changed it.";

/// Adds what all operations have in common.
fn complete(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        if parameter.name == "If-Match" {
            parameter.description = Some(IF_MATCH.to_owned());
        }
        parameter.schema.iter_mut().for_each(of_one_line);
    }
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
