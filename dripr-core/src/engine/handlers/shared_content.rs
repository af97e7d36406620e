//! What the four handlers of shared content have in common: obtain, else the latest there is, else leave it out.

use std::sync::Arc;

use chrono::TimeDelta;

use super::{Engine, Outcome, Work};
use crate::{
    campaign::{Action, Provision},
    content::AreaKey,
    engine::{
        areas::{Fetching, Obtained},
        spending::{Callee, Spending},
    },
    errors::{Fault, PortError},
    policy::after,
};

/// How soon a campaign looks again for what another process is fetching.
const LOOK_AGAIN: std::time::Duration = std::time::Duration::from_secs(1);

/// Makes the campaign refer to today's shared content.
pub(super) async fn provide<F>(
    engine: &Arc<Engine>,
    work: &Work,
    key: AreaKey,
    callee: Callee,
    fetch: F,
) -> Outcome
where
    F: FnOnce(Arc<Spending>) -> Fetching,
{
    match engine.obtain(work, work.operation, callee, key.clone(), fetch).await {
        Obtained::Content(_) => finish(work, Provision::Shared(key)),
        Obtained::Busy(until) => {
            let now = engine.ports.clock.now();
            Outcome::DeferUntil(until.clamp(now, after(now, LOOK_AGAIN)).max(after(now, LOOK_AGAIN)))
        }
        Obtained::Failed(error) if work.may_try_again(engine, &error) => {
            // The one error is shared by all who waited for the fetch.
            let again = PortError::new(error.fault(), error.to_string());
            work.again(
                engine,
                match error.pause() {
                    Some(pause) => again.retry_after(pause),
                    None => again,
                },
            )
        }
        Obtained::Failed(error) => stand_in(engine, work, &key, error.to_string()).await,
    }
}

/// Older content of the same kind that says its date, or nothing and the reason.
async fn stand_in(engine: &Arc<Engine>, work: &Work, key: &AreaKey, reason: String) -> Outcome {
    let oldest = key
        .day
        .checked_sub_signed(TimeDelta::days(i64::from(engine.policy().stale_after_days)))
        .unwrap_or(chrono::NaiveDate::MIN);
    match engine.ports.areas.latest_before(key).await {
        Ok(Some((older, _))) if older.day >= oldest => finish(work, Provision::Stale(older)),
        Ok(_) => finish(work, Provision::Omitted(reason)),
        Err(error) if error.fault() == Fault::Corrupt => finish(work, Provision::Omitted(reason)),
        Err(error) => Outcome::Retry(error),
    }
}

pub(super) fn finish(work: &Work, provision: Provision) -> Outcome {
    Outcome::Done(Action::Finish {
        operation: work.operation,
        cycle: work.cycle,
        fence: None,
        provision,
        content: None,
    })
}
