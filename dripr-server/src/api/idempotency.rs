//! `Idempotency-Key`: a call that comes again under the same key is done once, and answered alike.
//!
//! By the three rules of Stripe's API (docs.stripe.com/api/idempotent_requests): the first call's answer is kept for a day and
//! given again, failures included; the same key with another call is refused; and nothing is kept of a call that never began,
//! because it could not be read or taken, or because the same was being done.
//!
//! A call that began is done to its end, and its answer kept, although whoever asked is gone: that is when they ask again.
//!
//! An answer about an agent is given again only to who reaches that agent still: it may tell of homeowners.

use std::{collections::HashMap, sync::Arc};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use dripr_core::{
    access::{KeptReply, Repetition},
    ports::ReplyStore,
};
use sha2::{Digest, Sha256};
use tracing::Instrument;
use utoipa::openapi::{
    ObjectBuilder, Required, Type,
    path::{Operation, Parameter, ParameterBuilder, ParameterIn},
};

use super::{Api, caller::Asking, path::Path, problem::Problem};
use crate::http::MOST_BYTES;

/// The header.
pub(super) const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// The same as people write it.
const NAME: &str = "Idempotency-Key";
/// That an answer is one that was given before.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// The longest key.
const LONGEST: usize = 255;
/// What a key is made of (ECMA 262): visible characters of ASCII.
const VISIBLE: &str = "^[!-~]+$";
/// Changes that take no key: an answer with a secret in it is kept nowhere, and a file is too large to be compared with one before.
const WITHOUT: [&str; 5] =
    ["create_key", "create_webhook", "rotate_webhook_secret", "make_mailbox_link", "send_import_file"];
/// The largest answer that is kept, in bytes; no change is answered with more. A hundred campaigns that were switched are the most, each
/// of less than 20 KB, however long its names are.
const LARGEST: usize = 4 << 20;
/// Headers that belong to an answer.
const KEPT: [HeaderName; 3] = [header::CONTENT_TYPE, header::ETAG, header::LOCATION];

/// Says of an operation that changes something that it takes a key, if it does.
pub(super) fn describe(operation: &mut Operation) {
    let id = operation.operation_id.as_deref().unwrap_or_default();
    if !WITHOUT.contains(&id) {
        operation.parameters.get_or_insert_default().push(described().into());
    }
}

/// The header as the description has it.
fn described() -> Parameter {
    let what = "A call that comes again under the same key is done once, and answered alike for a day. Another call under it is \
                refused.";
    let key = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(LONGEST))
        .pattern(Some(VISIBLE));
    ParameterBuilder::new()
        .name(NAME)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(what))
        .schema(Some(key))
        .build()
}

/// Does a call once for each key.
pub(super) async fn once(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    match first_or_again(&api, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

async fn first_or_again(api: &Arc<Api>, request: Request, next: Next) -> Result<Response, Problem> {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    // A file is too large to be compared with one before. Sending it again is the same as sending it once, by its import.
    let is_file = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/csv"));
    let Some(key) = key(request.headers())?.filter(|_| !safe && !is_file) else {
        return Ok(next.run(request).await);
    };
    let (mut parts, body) = request.into_parts();
    let asking = Asking::from_request_parts(&mut parts, api).await?;
    let body = to_bytes(body, MOST_BYTES)
        .await
        .map_err(|_| Problem::of_status(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"))?;
    let path = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let call = digest(&[parts.method.as_str().as_bytes(), path.as_bytes(), &body]);
    let caller = caller(&asking);
    let begun_at = api.bench.clock.now();
    match api.store.begin_call(&caller, &key, &call, begun_at).await? {
        Repetition::First => {}
        Repetition::Answered(reply) => {
            if !reply.body.is_empty() {
                still_reached(api, &asking, &mut parts, &reply).await?;
            }
            return Ok(again(reply));
        }
        Repetition::UnderWay => {
            return Err(Problem::in_progress("the same call is being done; wait for its answer"));
        }
        Repetition::OtherCall => {
            return Err(Problem::invalid(NAME, "was used for another call; choose a new one"));
        }
    }
    let api = api.clone();
    // Whoever asks may hang up; a task of its own goes on.
    let doing = async move {
        let response = next.run(Request::from_parts(parts, Body::from(body))).await;
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, LARGEST).await.unwrap_or_default();
        let begun = began(parts.status) && !parts.headers.contains_key(header::RETRY_AFTER);
        let reply = begun.then(|| kept(parts.status, &parts.headers, &body));
        if let Err(error) = api.store.end_call(&caller, &key, begun_at, reply).await {
            // It was done. Who asks again within a minute is told to wait, and then it is done again, by its own rules.
            tracing::warn!(%error, "an answer could not be kept");
        }
        Response::from_parts(parts, Body::from(body))
    };
    tokio::spawn(doing.in_current_span()).await.map_err(|_| Problem::lost())
}

/// Refuses a caller who does not reach the agent any more whom the path names, or the answer if the call added them. What says nothing
/// needs no such look: that an agent was removed is told again to who removed them.
async fn still_reached(
    api: &Arc<Api>,
    asking: &Asking,
    parts: &mut Parts,
    reply: &KeptReply,
) -> Result<(), Problem> {
    // A path without such parts names nobody.
    let named = Path::<HashMap<String, String>>::from_request_parts(parts, api).await;
    let named = named.ok().and_then(|Path(mut named)| named.remove("agent"));
    match named.as_deref().or_else(|| added(reply)) {
        Some(agent) => asking.reached(api, agent).await.map(drop),
        None => Ok(()),
    }
}

/// The agent whom an answer says to be where it is.
fn added(reply: &KeptReply) -> Option<&str> {
    let (_, location) = reply.headers.iter().find(|(name, _)| *name == header::LOCATION.as_str())?;
    location.strip_prefix("/api/v1/agents/")?.split('/').next()
}

/// The key of a call, if it has one.
fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(HEADER) else { return Ok(None) };
    let key = value.to_str().unwrap_or_default();
    let plain = !key.is_empty() && key.len() <= LONGEST && key.bytes().all(|byte| byte.is_ascii_graphic());
    if plain {
        return Ok(Some(key.to_owned()));
    }
    let detail = format!("must be 1 to {LONGEST} visible characters of ASCII");
    Err(Problem::invalid(NAME, detail))
}

/// Whose keys these are: a program's by its key, so that two of one owner do not meet. Who was let in as somebody else, and may only
/// look, has none of what that one changed.
fn caller(asking: &Asking) -> String {
    let actor = super::history::actor(&asking.0.actor);
    if asking.read_only_because().is_some() { format!("as {actor}") } else { actor }
}

/// Whether a call with this answer was begun.
fn began(status: StatusCode) -> bool {
    !matches!(
        status,
        StatusCode::BAD_REQUEST
            | StatusCode::UNAUTHORIZED
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::PRECONDITION_FAILED
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNSUPPORTED_MEDIA_TYPE
            | StatusCode::UNPROCESSABLE_ENTITY
            | StatusCode::PRECONDITION_REQUIRED
            | StatusCode::TOO_MANY_REQUESTS
            | StatusCode::SERVICE_UNAVAILABLE
    )
}

fn kept(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> KeptReply {
    let header = |name: HeaderName| {
        let value = headers.get(&name)?.to_str().ok()?;
        Some((name.as_str().to_owned(), value.to_owned()))
    };
    KeptReply {
        status: status.as_u16(),
        headers: KEPT.into_iter().filter_map(header).collect(),
        body: String::from_utf8_lossy(body).into_owned(),
    }
}

fn again(reply: KeptReply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, reply.body).into_response();
    for (name, value) in reply.headers {
        let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) else {
            continue;
        };
        response.headers_mut().insert(name, value);
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
