//! What a process with the role `cron` does for imports: once an hour it forgets those that are too old, with what is told of
//! their rows. A portion at a time, so that nobody waits long for the database.

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use dripr_core::{
    errors::PortResult,
    imports::KEPT_DAYS,
    policy::after,
    ports::{Clock, ImportStore},
    schedule::Instant,
};
use tokio::sync::watch;

use crate::compose::Deployment;

/// How often is looked.
const EVERY: Duration = Duration::from_secs(3600);

/// Forgets old imports again and again, until told to stop.
pub async fn forget_imports(deployment: Arc<Deployment>, mut stopping: watch::Receiver<()>) {
    let clock = deployment.clock.clone();
    loop {
        tokio::select! {
            done = sweep(&*deployment.store, &*clock) => match done {
                Ok(0) => {}
                Ok(forgotten) => tracing::info!(forgotten, "old imports and their lines were forgotten"),
                Err(error) => tracing::warn!(%error, "old imports could not be forgotten"),
            },
            _ = stopping.changed() => return,
        }
        tokio::select! {
            () = clock.sleep_until(after(clock.now(), EVERY)) => {}
            // The other end is dropped, which says the same.
            _ = stopping.changed() => return,
        }
    }
}

/// Forgets all imports that are too old, portion by portion; how many rows that were.
async fn sweep(store: &dyn ImportStore, clock: &dyn Clock) -> PortResult<u64> {
    let before = clock.now().checked_sub_signed(TimeDelta::days(KEPT_DAYS)).unwrap_or(Instant::MIN_UTC);
    let mut all = 0;
    loop {
        match store.forget_imports(before).await? {
            0 => return Ok(all),
            some => all += some,
        }
    }
}

#[cfg(test)]
mod tests {
    use dripr_core::{
        ids::{ImportId, UserId},
        imports::{Import, ImportOptions},
        testkit::{ManualClock, MemoryStore},
    };

    use super::*;

    #[tokio::test]
    async fn imports_are_forgotten_after_a_month() {
        let store = MemoryStore::new();
        let start: Instant = "2026-03-01T12:00:00Z".parse().unwrap();
        let clock = ManualClock::at(start);
        for (id, day) in [("a", 0), ("b", 1), ("c", 2)] {
            let made = start + TimeDelta::days(day);
            let (id, user) = (ImportId::new(id).unwrap(), UserId::new("ana").unwrap());
            store.add_import(Import::new(id, user, ImportOptions::default(), made)).await.unwrap();
        }
        assert_eq!(sweep(&store, &clock).await.unwrap(), 0);
        clock.set(start + TimeDelta::days(KEPT_DAYS + 1));
        assert_eq!(sweep(&store, &clock).await.unwrap(), 2);
        assert!(store.import(&ImportId::new("c").unwrap()).await.unwrap().is_some());
    }
}
