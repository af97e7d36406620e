//! Until when emails may have been tried before a change of the way they go.

use std::time::Duration;

use crate::{
    email::DeliveryStatus,
    errors::PortResult,
    ids::UserId,
    policy::after,
    ports::{EmailFilter, EmailStore},
    schedule::Instant,
};

/// The clocks of processes differ by less.
const SKEW: Duration = Duration::from_secs(10);

/// After every try that can be under way or of unknown outcome now. A clock that was set back shows less than the start of
/// such a try, so they are looked at one by one.
pub(super) async fn tried_until<S>(store: &S, user: &UserId, now: Instant) -> PortResult<Instant>
where
    S: EmailStore + ?Sized,
{
    let mut latest = now;
    for status in [DeliveryStatus::Transmitting, DeliveryStatus::Unknown] {
        let filter = EmailFilter {
            user_id: Some(user.clone()),
            delivery_status: Some(status),
            ..EmailFilter::default()
        };
        let open = store.emails(&filter, None, usize::MAX).await?;
        let started = open.iter().filter_map(|email| Some(email.attempt.as_ref()?.started_at));
        latest = started.fold(latest, Instant::max);
    }
    Ok(after(latest, SKEW))
}
