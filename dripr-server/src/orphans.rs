//! What a process with the role `cron` does for imports that somebody cancelled and whose reader died before it heeded that: nobody
//! else would end them. A minute after its last sign of life a reader counts as dead, and once a minute is looked.

use std::{sync::Arc, time::Duration};

use dripr_core::{
    campaign::{Actor, AuditEntry},
    errors::PortResult,
    ids::ImportId,
    imports::Import,
    policy::after,
    ports::{Clock, ImportStore},
    schedule::Instant,
};
use tokio::sync::watch;

use crate::compose::Deployment;

/// How often is looked.
const EVERY: Duration = Duration::from_secs(60);
/// How many are read at a time. There are hardly ever any.
const PAGE: usize = 100;

/// Ends such imports again and again, until told to stop.
pub async fn end_imports(deployment: Arc<Deployment>, mut stopping: watch::Receiver<()>) {
    let clock = deployment.clock.clone();
    loop {
        tokio::select! {
            done = sweep(&*deployment.store, &*clock) => match done {
                Ok(0) => {}
                Ok(ended) => tracing::info!(ended, "cancelled imports whose reader died were ended"),
                Err(error) => tracing::warn!(%error, "cancelled imports could not be looked for"),
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

/// Ends all such imports, and tells of each in the history, with what was stored; how many they were.
async fn sweep(store: &dyn ImportStore, clock: &dyn Clock) -> PortResult<u64> {
    let (mut ended, mut last) = (0, None);
    loop {
        let page = store.imports_left_to_readers(last, PAGE).await?;
        let is_full = page.len() == PAGE;
        last = page.last().cloned();
        for id in page {
            match end(store, clock, &id).await {
                Ok(was_ended) => ended += u64::from(was_ended),
                // One that is damaged keeps no other from its end.
                Err(error) => tracing::warn!(import = %id, %error, "a cancelled import could not be ended"),
            }
        }
        if !is_full {
            return Ok(ended);
        }
    }
}

/// Ends one, if its reader died, and tells of it; whether that was so.
async fn end(store: &dyn ImportStore, clock: &dyn Clock, id: &ImportId) -> PortResult<bool> {
    let Some(mut import) = store.import(id).await? else { return Ok(false) };
    let now = clock.now();
    if !import.end_for_dead_reader(now) {
        return Ok(false);
    }
    let audit = told_outcome(&import, now);
    // If it changed meanwhile, another has ended it, or its reader lives after all.
    store.put_import(&import, Vec::new(), Some(audit)).await
}

/// What the history says of an import that was ended in the place of its reader: with which counts. Nobody else tells it; one who
/// wakes after all does not tell it again.
pub(crate) fn told_outcome(import: &Import, now: Instant) -> AuditEntry {
    AuditEntry::of("imported", Actor::System, now, Some(import.outcome()))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use dripr_core::{
        access::{Caller, Reach},
        ids::{UserId, WebhookId},
        imports::{ALIVE_SECONDS, ImportOptions, Stage, Tally},
        ports::{AgentStore, WebhookStore},
        testkit::{ManualClock, MemoryStore, samples},
        webhooks::{Endpoint, KeptSecret, Kind, Kinds, NewEndpoint},
    };

    use super::*;

    fn id(text: &str) -> ImportId {
        ImportId::new(text).unwrap()
    }

    /// An import whose file was being read when somebody cancelled it, with seven rows.
    async fn cancelled(store: &MemoryStore, name: &str, now: Instant) -> Import {
        let user = UserId::new("agent").unwrap();
        let mut import = Import::new(id(name), user, ImportOptions::default(), now);
        store.add_import(import.clone()).await.unwrap();
        import.begin(now).unwrap();
        import.advance(&Tally { rows: 7, enrolled: 7, ..Tally::default() }, now);
        assert!(store.put_import(&import, Vec::new(), None).await.unwrap());
        import.version += 1;
        assert_eq!(import.cancel(now), Ok(true));
        assert!(store.put_import(&import, Vec::new(), None).await.unwrap());
        import.version += 1;
        import
    }

    #[tokio::test]
    async fn a_cancelled_import_whose_reader_died_is_ended_and_told_once() {
        let store = MemoryStore::new();
        let start: Instant = "2026-03-01T12:00:00Z".parse().unwrap();
        samples::fill(&store, 0, "98103", 1, start).await.unwrap();
        let webhook = WebhookId::new("crm").unwrap();
        let new = NewEndpoint {
            id: webhook.clone(),
            reach: Reach::Deployment,
            description: String::new(),
            url: "https://crm.example/".to_owned(),
            kinds: Kinds::from_iter([Kind::ImportDone]),
            secret: KeptSecret::Plain("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()),
        };
        let endpoint = Endpoint::new(new, &Caller::operator(), start);
        let deed = endpoint.deed("made", Actor::Operator, start, None);
        assert!(store.put_webhook(endpoint, deed).await.unwrap());
        let clock = ManualClock::at(start);
        for n in 0..=PAGE {
            cancelled(&store, &format!("dead-{n:03}"), start).await;
        }
        let mut lives = cancelled(&store, "lives", start).await;
        clock.set(start + TimeDelta::seconds(ALIVE_SECONDS - 1));
        assert_eq!(sweep(&store, &clock).await.unwrap(), 0, "they may live");
        lives.beat(clock.now());
        assert!(store.put_import(&lives, Vec::new(), None).await.unwrap());

        clock.set(start + TimeDelta::seconds(ALIVE_SECONDS));
        let dead = PAGE as u64 + 1;
        assert_eq!(sweep(&store, &clock).await.unwrap(), dead);
        assert_eq!(sweep(&store, &clock).await.unwrap(), 0, "once");
        let ended = store.import(&id("dead-000")).await.unwrap().unwrap();
        assert_eq!((&ended.stage, ended.tally.rows), (&Stage::Cancelled, 7), "what was stored stays");
        let lives = store.import(&id("lives")).await.unwrap().unwrap();
        assert_eq!(lives.stage, Stage::Running, "whose reader lives is ended by them");

        let history = store.agent_history(&UserId::new("agent").unwrap(), None, None, 1_000).await.unwrap();
        let imported: Vec<_> =
            history.iter().map(|line| &line.entry).filter(|entry| entry.what == "imported").collect();
        assert_eq!(imported.len() as u64, dead);
        let first =
            imported.iter().find(|entry| entry.cause.as_deref().unwrap().starts_with("import dead-000:"));
        let first = first.unwrap();
        assert!(first.cause.as_deref().unwrap().contains("of 7 rows 7 enrolled"), "{first:?}");
        assert_eq!(first.actor, Actor::System);
        let told = store.deliveries(&webhook, None, None, 1_000).await.unwrap();
        assert_eq!(told.len() as u64, dead, "others are told of each, once");
    }
}
