//! What a request names by its path.

use axum::{
    extract::{FromRequestParts, Path as Named},
    http::{StatusCode, request::Parts},
};
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// The parts of a path that an operation leaves open.
///
/// Like axum's own, but what is no text is told as every other problem is.
pub(super) struct Path<T>(pub(super) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Named::<T>::from_request_parts(parts, state).await {
            Ok(Named(named)) => Ok(Self(named)),
            Err(rejection) if rejection.status() == StatusCode::BAD_REQUEST => {
                Err(Problem::unreadable(rejection.body_text()))
            }
            Err(rejection) => Err(Problem::of_status(rejection.status(), rejection.body_text())),
        }
    }
}
