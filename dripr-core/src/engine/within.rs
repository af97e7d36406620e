//! A limit on how long a call may take, by the engine's clock.

use std::{pin::pin, time::Duration};

use futures_util::future::{Either, select};

use crate::{
    errors::{Fault, PortError, PortResult},
    policy::after,
    ports::Clock,
};

/// Awaits a call for at most `limit`.
///
/// # Errors
/// The call's own, or [`Fault::Unavailable`] if it took too long; `what` names it for people.
pub(super) async fn within<T>(
    clock: &dyn Clock,
    limit: Duration,
    what: &str,
    call: impl Future<Output = PortResult<T>>,
) -> PortResult<T> {
    match answer_within(clock, limit, call).await {
        Some(answer) => answer,
        None => {
            let message = format!("{what} did not answer within {} s", limit.as_secs());
            Err(PortError::new(Fault::Unavailable, message))
        }
    }
}

/// Awaits a call for at most `limit`; `None` if it took longer.
pub(super) async fn answer_within<T>(
    clock: &dyn Clock,
    limit: Duration,
    call: impl Future<Output = T>,
) -> Option<T> {
    let call = pin!(call);
    let late = clock.sleep_until(after(clock.now(), limit));
    match select(call, late).await {
        Either::Left((answer, _)) => Some(answer),
        Either::Right(((), _)) => None,
    }
}
