//! The port for what campaigns of one area share for a day.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use dripr_core::{
    content::{AreaContent, AreaKey},
    errors::PortResult,
    ids::UserId,
    policy::{FARTHEST, after},
    ports::{AreaStore, Begun},
    schedule::Instant,
};

use super::{
    SqlStore,
    connection::{Connection, query},
    dossier::{json, parse, to_json},
    error::While,
    instant::{instant, micros, micros_reached},
};

/// Parsed content kept at hand. What is stored never changes, so that it cannot be stale.
const AT_HAND: usize = 512;

#[derive(Default)]
pub(super) struct AreaCache(Mutex<HashMap<AreaKey, Arc<AreaContent>>>);

impl AreaCache {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<AreaKey, Arc<AreaContent>>> {
        // A panic elsewhere leaves the map whole: each change is one insert.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, key: &AreaKey) -> Option<Arc<AreaContent>> {
        self.lock().get(key).cloned()
    }

    fn keep(&self, key: &AreaKey, content: &Arc<AreaContent>) {
        let mut at_hand = self.lock();
        if at_hand.len() >= AT_HAND {
            at_hand.clear();
        }
        at_hand.insert(key.clone(), content.clone());
    }
}

/// The agent of a key, as it is stored: a key has no NULL in it.
fn agent(key: &AreaKey) -> &str {
    key.user_id.as_ref().map_or("", UserId::as_str)
}

#[async_trait]
impl AreaStore for SqlStore {
    async fn begin(&self, key: &AreaKey, now: Instant, until: Instant) -> PortResult<Begun> {
        if let Some(content) = self.shared.areas.get(key) {
            return Ok(Begun::Stored(content));
        }
        let wanted = key.clone();
        // A lease that a failure took back is taken again: what calls for it may cost is counted elsewhere.
        let begun = self
            .shared
            .writer
            .call_repeatable(move |transaction| {
                let wanted = wanted.clone();
                Box::pin(async move { begin(transaction.connection, &wanted, now, until).await })
            })
            .await?;
        if let Begun::Stored(content) = &begun {
            self.shared.areas.keep(key, content);
        }
        Ok(begun)
    }

    async fn finish(&self, key: &AreaKey, fence: u64, content: Arc<AreaContent>) -> PortResult<bool> {
        let state: Arc<str> = to_json(&*content)?.into();
        let wanted = key.clone();
        // What a power failure takes back from a file, nobody on the same machine has at hand any more, and it is fetched again. A
        // server may fail by itself: then campaigns would still be given what is not stored any more.
        let repeatable = self.shared.reads.dialect().locks_whole();
        let stored = self
            .shared
            .writer
            .enqueue(repeatable, move |transaction| {
                let (wanted, state) = (wanted.clone(), state.clone());
                Box::pin(async move {
                    let stored = query(
                        "UPDATE area_content SET state = ?1, leased_until = NULL WHERE kind = ?2 AND user_id = ?3 \
                         AND zip_code = ?4 AND day = ?5 AND fence = ?6 AND state IS NULL",
                    )
                    .bind(&*state)
                    .bind(wanted.kind.as_str())
                    .bind(agent(&wanted))
                    .bind(wanted.zip_code.as_str())
                    .bind(wanted.day.to_string())
                    .bind(i64::try_from(fence).unwrap_or(i64::MAX))
                    .execute(&mut *transaction.connection)
                    .await
                    .doing("storing shared content")?;
                    Ok(stored > 0)
                })
            })
            .await?;
        if stored {
            self.shared.areas.keep(key, &content);
        }
        Ok(stored)
    }

    async fn abandon(&self, key: &AreaKey, fence: u64) -> PortResult<()> {
        let key = key.clone();
        self.shared
            .writer
            .call_repeatable(move |transaction| {
                let key = key.clone();
                Box::pin(async move {
                    query(
                        "UPDATE area_content SET leased_until = NULL WHERE kind = ?1 AND user_id = ?2 \
                         AND zip_code = ?3 AND day = ?4 AND fence = ?5",
                    )
                    .bind(key.kind.as_str())
                    .bind(agent(&key))
                    .bind(key.zip_code.as_str())
                    .bind(key.day.to_string())
                    .bind(i64::try_from(fence).unwrap_or(i64::MAX))
                    .execute(&mut *transaction.connection)
                    .await
                    .doing("giving a lease back")?;
                    Ok(())
                })
            })
            .await
    }

    async fn content(&self, keys: &[AreaKey]) -> PortResult<Vec<Option<Arc<AreaContent>>>> {
        let mut contents: Vec<_> = keys.iter().map(|key| self.shared.areas.get(key)).collect();
        let missing: Vec<(usize, &str, &str, &str, String)> = keys
            .iter()
            .enumerate()
            .filter(|(at, _)| contents[*at].is_none())
            .map(|(at, key)| (at, key.kind.as_str(), agent(key), key.zip_code.as_str(), key.day.to_string()))
            .collect();
        if missing.is_empty() {
            return Ok(contents);
        }
        let doing = "reading shared content";
        let sql = "SELECT wanted.place, a.state \
                   FROM @rows(?1: place int, kind text, user_id text, zip_code text, day text) AS wanted \
                   CROSS JOIN area_content AS a ON a.kind = wanted.kind AND a.user_id = wanted.user_id \
                   AND a.zip_code = wanted.zip_code AND a.day = wanted.day WHERE a.state IS NOT NULL";
        let query = query(sql).bind(to_json(&missing)?);
        for row in &query.fetch_all(&self.shared.reads).await.doing(doing)? {
            let at: i64 = row.try_get(0).doing(doing)?;
            let Some((at, key)) = usize::try_from(at).ok().and_then(|at| Some((at, keys.get(at)?))) else {
                continue;
            };
            // The same key may be asked for twice; it is parsed once.
            let content = match self.shared.areas.get(key) {
                Some(content) => content,
                None => {
                    let content =
                        Arc::new(json(row.try_get(1).doing(doing)?, "area_content", "state", &name(key))?);
                    self.shared.areas.keep(key, &content);
                    content
                }
            };
            contents[at] = Some(content);
        }
        Ok(contents)
    }

    async fn latest_before(&self, key: &AreaKey) -> PortResult<Option<(AreaKey, Arc<AreaContent>)>> {
        let doing = "reading earlier shared content";
        let row = query(
            "SELECT day, state FROM area_content WHERE kind = ?1 AND user_id = ?2 AND zip_code = ?3 AND day < ?4 \
             AND state IS NOT NULL ORDER BY day DESC LIMIT 1",
        )
        .bind(key.kind.as_str())
        .bind(agent(key))
        .bind(key.zip_code.as_str())
        .bind(key.day.to_string())
        .fetch_optional(&self.shared.reads)
        .await
        .doing(doing)?;
        let Some(row) = row else { return Ok(None) };
        let day = parse(row.try_get(0).doing(doing)?, "area_content", "day", &name(key))?;
        let earlier = AreaKey { day, ..key.clone() };
        let content = Arc::new(json(row.try_get(1).doing(doing)?, "area_content", "state", &name(&earlier))?);
        Ok(Some((earlier, content)))
    }
}

/// A key for people.
fn name(key: &AreaKey) -> String {
    [key.kind.as_str(), agent(key), key.zip_code.as_str(), &key.day.to_string()].join(" ")
}

async fn begin(
    connection: &mut Connection,
    key: &AreaKey,
    now: Instant,
    until: Instant,
) -> PortResult<Begun> {
    let doing = "leasing shared content";
    let day = key.day.to_string();
    let named = |sql| {
        query(sql).bind(key.kind.as_str()).bind(agent(key)).bind(key.zip_code.as_str()).bind(day.as_str())
    };
    named(
        "INSERT INTO area_content (kind, user_id, zip_code, day, fence) VALUES (?1, ?2, ?3, ?4, 0) \
         ON CONFLICT (kind, user_id, zip_code, day) DO NOTHING",
    )
    .execute(&mut *connection)
    .await
    .doing(doing)?;
    let leased = named(
        "UPDATE area_content SET fence = fence + 1, leased_until = ?5 WHERE kind = ?1 AND user_id = ?2 AND zip_code = ?3 \
         AND day = ?4 AND state IS NULL AND (leased_until IS NULL OR leased_until <= ?6 OR leased_until > ?7)",
    )
    .bind(micros_reached(until))
    .bind(micros(now))
    .bind(micros_reached(after(now, FARTHEST)))
    .execute(&mut *connection)
    .await
    .doing(doing)?;
    let row = named(
        "SELECT state, leased_until, fence FROM area_content WHERE kind = ?1 AND user_id = ?2 AND zip_code = ?3 AND day = ?4",
    )
    .fetch_one(connection)
    .await
    .doing(doing)?;
    if leased > 0 {
        let fence: i64 = row.try_get(2).doing(doing)?;
        return Ok(Begun::Yours { fence: u64::try_from(fence).unwrap_or_default() });
    }
    match row.try_get::<Option<&str>>(0).doing(doing)? {
        Some(state) => Ok(Begun::Stored(Arc::new(json(state, "area_content", "state", &name(key))?))),
        None => {
            let until = row.try_get(1).doing(doing)?;
            Ok(Begun::Busy { until: instant(until, "area_content", "leased_until", &name(key))? })
        }
    }
}
