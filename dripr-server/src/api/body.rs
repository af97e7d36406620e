//! What a request brings: JSON in its body, parameters in its address.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{StatusCode, header, request::Parts},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, error::Category};

use super::problem::Problem;

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            let detail = "the body must be application/json";
            return Err(Problem::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| Problem::of_status(rejection.status(), rejection.body_text()))?;
        let json = &mut serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut *json).map_err(|error| {
            let pointer = pointer(error.path());
            let inner = error.into_inner();
            match inner.classify() {
                Category::Data => {
                    let message = inner.to_string();
                    let message = without_place(&message);
                    let pointer = match missing(message) {
                        Some(field) => format!("{pointer}/{field}"),
                        None => pointer,
                    };
                    Problem::invalid(pointer, message)
                }
                // So is a value of which there is no such kind, an enum's that is null, called by the parser.
                Category::Syntax if serde_json::from_slice::<Value>(&bytes).is_ok() => {
                    Problem::invalid(pointer, "is no value that can be taken here")
                }
                Category::Syntax | Category::Eof | Category::Io => {
                    Problem::unreadable(format!("the body is no JSON: {inner}"))
                }
            }
        })?;
        json.end().map_err(|error| Problem::unreadable(format!("the body is no JSON: {error}")))?;
        Ok(Self(value))
    }
}

/// RFC 6901.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => String::new(),
        })
        .collect()
}

/// The field that is not there: serde tells of it at what it is missing from.
fn missing(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.strip_suffix('`')
}

/// Line and column say less than the pointer.
fn without_place(message: &str) -> &str {
    message.rsplit_once(" at line ").map_or(message, |(message, _)| message)
}

/// The parameters of the address.
pub(super) struct Parameters<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
        let value = serde_path_to_error::deserialize(pairs).map_err(|error| {
            let path = error.path().to_string();
            let message = error.into_inner().to_string();
            let name = missing(&message).map_or(path, str::to_owned);
            Problem::invalid(name, message)
        })?;
        Ok(Self(value))
    }
}

/// For whole numbers: JSON knows one kind of number, and `5.0` is 5.
pub(super) fn whole<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: TryFrom<u32>,
    D: serde::Deserializer<'de>,
{
    use serde::de::Error;

    let Some(number) = Option::<serde_json::Number>::deserialize(deserializer)? else { return Ok(None) };
    let all = 0.0..=f64::from(u32::MAX);
    let whole = number.as_f64().filter(|known| known.fract() == 0.0 && all.contains(known));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is whole, and no less than 0 nor more than all 32 bits"
    )]
    let whole = whole.map(|known| known as u32).and_then(|known| T::try_from(known).ok());
    let whole =
        whole.ok_or_else(|| D::Error::custom(format!("{number} is no whole number, or out of range")))?;
    Ok(Some(whole))
}

/// For fields of a change: absent leaves as it is, `null` takes away.
pub(super) fn given<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}
