//! The port for outgoing webhooks. What happens is written with what it tells of, in `tell`.

pub(super) mod persons;
pub(super) mod tell;

use std::collections::HashMap;

use async_trait::async_trait;
use dripr_core::{
    access::{Deed, Reach, Retreat},
    errors::PortResult,
    ids::{WebhookId, WebhookMessageId},
    policy::{FARTHEST, after},
    ports::WebhookStore,
    schedule::Instant,
    webhooks::{Delivery, Due, Endpoint, Message, OffBecause, Report, Standing},
};

use self::tell::{Told, delivery_id};
use super::{
    SqlStore,
    arrivals::WEBHOOKS,
    connection::{Connection, Row, query},
    deeds,
    dossier::{id_list, json, to_json},
    error::While,
    instant::{AT_ONCE, instant, micros, micros_reached},
    maker,
    reach::{column, lies_within, lies_within_row, made_by},
    values::Change,
    writer::Transaction,
};

const LOOKING: &str = "looking for webhooks that are due";
const READING: &str = "reading webhooks";
const STORING: &str = "storing webhooks";

/// How many failed messages are begun anew in one transaction.
const REPLAYED_AT_ONCE: i64 = 500;

/// Endpoints that can be taken in hand, those first that were longest in no hand: a look at two ends of an index for each.
const FREE: &str = "SELECT e.id FROM webhook_endpoints AS e WHERE @true(e.enabled) \
     AND (e.in_hand_until <= ?1 OR e.in_hand_until > ?2) \
     AND ((SELECT d.due_at FROM webhook_deliveries AS d WHERE d.endpoint_id = e.id AND d.standing = 'waiting' \
     AND d.due_at IS NOT NULL ORDER BY d.due_at LIMIT 1) <= ?1 \
     OR (SELECT d.due_at FROM webhook_deliveries AS d WHERE d.endpoint_id = e.id AND d.standing = 'waiting' \
     AND d.due_at IS NOT NULL ORDER BY d.due_at DESC LIMIT 1) > ?3) \
     ORDER BY e.in_hand_until, e.id LIMIT ?4";

const TAKE: &str = "UPDATE webhook_endpoints SET in_hand_until = ?2 FROM @list(?1: taken text) AS v \
     WHERE webhook_endpoints.id = v.taken";

const TAKEN: &str = "SELECT e.id, e.version, e.state FROM @list(?1: taken text) AS v \
     CROSS JOIN webhook_endpoints AS e ON e.id = v.taken ORDER BY v.nr";

/// What is due for an endpoint: two ranges of an index.
const DUE: &str = "SELECT d.message_id, d.state, m.state FROM \
     (SELECT * FROM (SELECT id, message_id, due_at, state FROM webhook_deliveries@by(webhook_deliveries_due) \
     WHERE endpoint_id = ?1 AND standing = 'waiting' AND due_at <= ?2 ORDER BY due_at, id LIMIT ?4) AS reached \
     UNION ALL SELECT * FROM (SELECT id, message_id, due_at, state FROM webhook_deliveries@by(webhook_deliveries_due) \
     WHERE endpoint_id = ?1 AND standing = 'waiting' AND due_at > ?3 ORDER BY due_at, id LIMIT ?4) AS far) AS d \
     CROSS JOIN webhook_messages AS m ON m.id = d.message_id ORDER BY d.due_at, d.id LIMIT ?4";

/// The end of an index for each endpoint.
const NEXT: &str = "SELECT min(CASE WHEN n.due_at < n.in_hand_until THEN n.in_hand_until ELSE n.due_at END) FROM \
     (SELECT e.in_hand_until AS in_hand_until, (SELECT d.due_at FROM webhook_deliveries AS d WHERE d.endpoint_id = e.id \
     AND d.standing = 'waiting' AND d.due_at IS NOT NULL ORDER BY d.due_at LIMIT 1) AS due_at FROM webhook_endpoints AS e WHERE @true(e.enabled)) AS n";

const WAITING: &str = "SELECT count(*), min(d.at) FROM webhook_endpoints AS e \
     CROSS JOIN webhook_deliveries AS d ON d.endpoint_id = e.id AND d.standing = 'waiting' AND d.due_at IS NOT NULL \
     WHERE @true(e.enabled)";

/// What some keys made: a look into an index for each.
const MADE: &str = "SELECT e.id, e.version, e.state FROM @list(?1: maker text) AS v \
     CROSS JOIN webhook_endpoints AS e ON e.made_by = v.maker ORDER BY e.id@locked(e)";

const CHANGED: Change =
    Change { table: "webhook_deliveries", key: "id", columns: &[&["standing", "due_at", "state"]] };

#[async_trait]
impl WebhookStore for SqlStore {
    async fn put_webhook(&self, endpoint: Endpoint, deed: Deed) -> PortResult<bool> {
        self.shared
            .writer
            .call(move |transaction| {
                let (endpoint, deed) = (endpoint.clone(), deed.clone());
                Box::pin(async move {
                    transaction.wake_courier();
                    let (by, owner) = (endpoint.created_by.as_ref(), endpoint.owner.as_ref());
                    if endpoint.version == 0
                        && !maker::may_still_make(transaction.connection, by, owner, &endpoint.reach).await?
                    {
                        return Ok(false);
                    }
                    let stored = put(transaction.connection, endpoint).await?;
                    if stored {
                        deeds::write(transaction.connection, &deed).await?;
                    }
                    Ok(stored)
                })
            })
            .await
    }

    async fn webhook(&self, id: &WebhookId) -> PortResult<Option<Endpoint>> {
        let sql = "SELECT id, version, state FROM webhook_endpoints WHERE id = ?1";
        let row = query(sql).bind(id.as_str()).fetch_optional(&self.shared.reads).await.doing(READING)?;
        row.as_ref().map(endpoint).transpose()
    }

    async fn webhooks(
        &self,
        within: &Reach,
        after: Option<WebhookId>,
        limit: usize,
    ) -> PortResult<Vec<Endpoint>> {
        let (condition, values) = lies_within("reach", within, 3)?;
        let sql = format!(
            "SELECT id, version, state FROM webhook_endpoints WHERE id > ?1 AND {condition} ORDER BY id LIMIT ?2"
        );
        // No id is empty, so that all are greater than that.
        let mut query = query(sql)
            .bind(after.as_ref().map_or("", WebhookId::as_str))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX));
        for value in values {
            query = query.bind(value);
        }
        let rows = query.fetch_all(&self.shared.reads).await.doing(READING)?;
        Ok(readable(&rows))
    }

    async fn count_webhooks(&self, of: &Reach) -> PortResult<usize> {
        let sql = "SELECT count(*) FROM webhook_endpoints WHERE reach = ?1";
        let row = query(sql).bind(column(of)?).fetch_one(&self.shared.reads).await.doing(READING)?;
        Ok(usize::try_from(row.try_get::<i64>(0).doing(READING)?).unwrap_or_default())
    }

    async fn remove_webhook(&self, id: &WebhookId, deed: Deed) -> PortResult<bool> {
        let id = id.clone();
        self.shared
            .writer
            .call(move |transaction| {
                let (id, deed) = (id.clone(), deed.clone());
                Box::pin(async move {
                    let connection = &mut *transaction.connection;
                    let sql = "DELETE FROM webhook_endpoints WHERE id = ?1";
                    let removed =
                        query(sql).bind(id.as_str()).execute(&mut *connection).await.doing(STORING)?;
                    let sql = "DELETE FROM webhook_deliveries WHERE endpoint_id = ?1";
                    query(sql).bind(id.as_str()).execute(&mut *connection).await.doing(STORING)?;
                    if removed > 0 {
                        deeds::write(connection, &deed).await?;
                    }
                    Ok(removed > 0)
                })
            })
            .await
    }

    async fn put_message(&self, id: &WebhookId, message: Message, deed: Deed) -> PortResult<bool> {
        let id = id.clone();
        self.shared
            .writer
            .call(move |transaction| {
                let (id, message, deed) = (id.clone(), message.clone(), deed.clone());
                Box::pin(async move {
                    if locked(transaction.connection, &id).await?.is_none() {
                        return Ok(false);
                    }
                    let mut told = Told::default();
                    told.add_for(&id, message);
                    told.write(transaction).await?;
                    deeds::write(transaction.connection, &deed).await?;
                    Ok(true)
                })
            })
            .await
    }

    async fn claim_webhooks(&self, now: Instant, until: Instant, limit: usize) -> PortResult<Vec<Endpoint>> {
        let too_long =
            micros_reached(until).saturating_add(micros_reached(until).saturating_sub(micros(now)));
        let free = Free {
            now: micros(now),
            too_long,
            far: micros_reached(after(now, FARTHEST)),
            limit: i64::try_from(limit).unwrap_or(i64::MAX),
            until: micros_reached(until),
        };
        // Looking does not write where there is nothing: a courier at rest costs no transaction.
        if free.bound(FREE).fetch_optional(&self.shared.reads).await.doing(LOOKING)?.is_none() {
            return Ok(Vec::new());
        }
        self.shared
            .writer
            .call_repeatable(move |transaction| Box::pin(claim(transaction.connection, free)))
            .await
    }

    async fn due_messages(&self, id: &WebhookId, now: Instant, limit: usize) -> PortResult<Vec<Due>> {
        let rows = query(DUE)
            .bind(id.as_str())
            .bind(micros(now))
            .bind(micros_reached(after(now, FARTHEST)))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.shared.reads)
            .await
            .doing(LOOKING)?;
        rows.iter().map(due).collect()
    }

    async fn end_turn(
        &self,
        id: &WebhookId,
        until: Instant,
        mut reports: Vec<Report>,
        rests_until: Instant,
    ) -> PortResult<Option<OffBecause>> {
        // One success counts, whatever else failed in the same turn.
        reports.sort_by_key(|report| report.answer.outcome.is_taken());
        let id = id.clone();
        self.shared
            .writer
            .call(move |transaction| {
                let (id, reports) = (id.clone(), reports.clone());
                Box::pin(async move { end_turn(transaction, &id, until, &reports, rests_until).await })
            })
            .await
    }

    async fn next_webhook_due(&self) -> PortResult<Option<Instant>> {
        let row = query(NEXT).fetch_one(&self.shared.reads).await.doing(LOOKING)?;
        let next: Option<i64> = row.try_get(0).doing(LOOKING)?;
        next.map(|next| instant(next, "webhook_deliveries", "due_at", "")).transpose()
    }

    async fn deliveries(
        &self,
        id: &WebhookId,
        standing: Option<Standing>,
        before: Option<(Instant, WebhookMessageId)>,
        limit: usize,
    ) -> PortResult<Vec<Delivery>> {
        let mut sql = String::from("SELECT message_id, state FROM webhook_deliveries WHERE endpoint_id = ?1");
        if standing.is_some() {
            sql.push_str(" AND standing = ?2");
        }
        if before.is_some() {
            sql.push_str(" AND at <= ?3 AND (at < ?3 OR message_id < ?4)");
        }
        sql.push_str(" ORDER BY at DESC, message_id DESC LIMIT ?5");
        let (at, message) = before.map_or((0, String::new()), |(at, id)| (micros(at), id.to_string()));
        let rows = query(sql)
            .bind(id.as_str())
            .bind(standing.map(Standing::as_str))
            .bind(at)
            .bind(message)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.shared.reads)
            .await
            .doing(READING)?;
        rows.iter().map(delivery).collect()
    }

    async fn delivery(&self, id: &WebhookId, message: &WebhookMessageId) -> PortResult<Option<Due>> {
        let sql = "SELECT d.message_id, d.state, m.state FROM webhook_deliveries AS d \
                   JOIN webhook_messages AS m ON m.id = d.message_id WHERE d.id = ?1";
        let query = query(sql).bind(format!("{message}:{id}"));
        let row = query.fetch_optional(&self.shared.reads).await.doing(READING)?;
        row.as_ref().map(due).transpose()
    }

    async fn replay(&self, id: &WebhookId, message: &WebhookMessageId, deed: Deed) -> PortResult<bool> {
        let row_id = format!("{message}:{id}");
        self.shared
            .writer
            .call(move |transaction| {
                let (row_id, deed) = (row_id.clone(), deed.clone());
                Box::pin(async move {
                    let sql = "SELECT message_id, state FROM webhook_deliveries WHERE id = ?1@locked";
                    let query = query(sql).bind(row_id);
                    let row = query.fetch_optional(&mut *transaction.connection).await.doing(STORING)?;
                    let Some(row) = row else { return Ok(false) };
                    if replay(transaction, &[row], deed.at).await? > 0 {
                        deeds::write(transaction.connection, &deed).await?;
                    }
                    Ok(true)
                })
            })
            .await
    }

    async fn replay_failed(&self, id: &WebhookId, since: Instant, deed: Deed) -> PortResult<u64> {
        let mut replayed = 0;
        // Noted with the first part: what of the others a crash keeps from being done is asked for again.
        let mut unnoted = Some(deed.clone());
        loop {
            let id = id.clone();
            let (now, noted) = (deed.at, unnoted.take());
            let some = self
                .shared
                .writer
                .call(move |transaction| {
                    let (id, noted) = (id.clone(), noted.clone());
                    Box::pin(async move {
                        if let Some(deed) = &noted {
                            deeds::write(transaction.connection, deed).await?;
                        }
                        let sql = "SELECT message_id, state FROM webhook_deliveries WHERE endpoint_id = ?1 \
                                   AND standing = ?2 AND at >= ?3 ORDER BY at, message_id LIMIT ?4@locked";
                        let rows = query(sql)
                            .bind(id.as_str())
                            .bind(Standing::Failed.as_str())
                            .bind(micros(since))
                            .bind(REPLAYED_AT_ONCE)
                            .fetch_all(&mut *transaction.connection)
                            .await
                            .doing(STORING)?;
                        replay(transaction, &rows, now).await
                    })
                })
                .await?;
            if some == 0 {
                return Ok(replayed);
            }
            replayed += some;
        }
    }

    async fn webhooks_off(&self) -> PortResult<Vec<(OffBecause, u64)>> {
        let sql = "SELECT id, version, state FROM webhook_endpoints WHERE NOT @true(enabled)";
        let rows = query(sql).fetch_all(&self.shared.reads).await.doing(READING)?;
        let mut counts: Vec<(OffBecause, u64)> = Vec::new();
        for off in readable(&rows).into_iter().filter_map(|endpoint| endpoint.off) {
            match counts.iter_mut().find(|(because, _)| *because == off.because) {
                Some((_, count)) => *count += 1,
                None => counts.push((off.because, 1)),
            }
        }
        Ok(counts)
    }

    async fn forget_messages(&self, before: Instant) -> PortResult<u64> {
        let sql = "SELECT 1 FROM webhook_messages WHERE at < ?1 LIMIT 1";
        let old = query(sql).bind(micros(before)).fetch_optional(&self.shared.reads).await.doing(STORING)?;
        if old.is_none() {
            return Ok(0);
        }
        self.shared
            .writer
            .call_repeatable(move |transaction| {
                Box::pin(async move {
                    let connection = &mut *transaction.connection;
                    let sql = "DELETE FROM webhook_deliveries WHERE at < ?1";
                    query(sql).bind(micros(before)).execute(&mut *connection).await.doing(STORING)?;
                    let sql = "DELETE FROM webhook_messages WHERE at < ?1";
                    query(sql).bind(micros(before)).execute(connection).await.doing(STORING)
                })
            })
            .await
    }

    async fn waiting_messages(&self) -> PortResult<(u64, Option<Instant>)> {
        let row = query(WAITING).fetch_one(&self.shared.reads).await.doing(READING)?;
        let (count, since): (i64, Option<i64>) =
            (row.try_get(0).doing(READING)?, row.try_get(1).doing(READING)?);
        let since = since.map(|since| instant(since, "webhook_deliveries", "at", "")).transpose()?;
        Ok((u64::try_from(count).unwrap_or_default(), since))
    }

    async fn message_added(&self) {
        self.shared.arrivals.wait(WEBHOOKS).await;
    }
}

/// What is asked for when endpoints are taken in hand, in microseconds.
#[derive(Clone, Copy)]
struct Free {
    now: i64,
    too_long: i64,
    far: i64,
    limit: i64,
    until: i64,
}

impl Free {
    fn bound(self, sql: &str) -> super::connection::Query<'_> {
        query(sql).bind(self.now).bind(self.too_long).bind(self.far).bind(self.limit)
    }
}

async fn claim(connection: &mut Connection, free: Free) -> PortResult<Vec<Endpoint>> {
    // What somebody else is taking at this moment is passed over.
    let sql = format!("{FREE}@passing");
    let rows = free.bound(&sql).fetch_all(&mut *connection).await.doing(LOOKING)?;
    let ids =
        rows.iter().map(|row| row.try_get::<String>(0).doing(LOOKING)).collect::<PortResult<Vec<_>>>()?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids = id_list(ids.iter().map(String::as_str));
    query(TAKE).bind(ids.as_str()).bind(free.until).execute(&mut *connection).await.doing(LOOKING)?;
    let rows = query(TAKEN).bind(ids).fetch_all(connection).await.doing(LOOKING)?;
    Ok(readable(&rows))
}

/// Switches webhooks off that an agent made or that are told of them alone, as far as they have to end.
pub(super) async fn end(connection: &mut Connection, retreat: &Retreat, at: Instant) -> PortResult<()> {
    let sql = "SELECT id, version, state FROM webhook_endpoints WHERE reach = ?1 ORDER BY id@locked";
    let alone = column(&Reach::Agent(retreat.agent.id.clone()))?;
    let rows = query(sql).bind(alone).fetch_all(&mut *connection).await.doing(STORING)?;
    for row in &rows {
        let mut endpoint = endpoint(row)?;
        if endpoint.left_behind(retreat, at) {
            switched_off(&mut *connection, endpoint).await?;
        }
    }
    let (sql, values) = made_by("id, version, state", "webhook_endpoints", retreat)?;
    let rows = query(sql).with(values).fetch_all(&mut *connection).await.doing(STORING)?;
    for row in &rows {
        let mut endpoint = endpoint(row)?;
        if endpoint.outlived(retreat, lies_within_row(row, 3)?, at) {
            switched_off(&mut *connection, endpoint).await?;
        }
    }
    Ok(())
}

/// Switches webhooks off that some of [`maker::keys`](super::maker::keys) made.
pub(super) async fn end_made_by(connection: &mut Connection, makers: &str, at: Instant) -> PortResult<()> {
    let rows = query(MADE).bind(makers).fetch_all(&mut *connection).await.doing(STORING)?;
    for row in &rows {
        let mut endpoint = endpoint(row)?;
        if endpoint.end(OffBecause::Maker, at) {
            switched_off(&mut *connection, endpoint).await?;
        }
    }
    Ok(())
}

/// Stores that an endpoint was switched off.
async fn switched_off(connection: &mut Connection, endpoint: Endpoint) -> PortResult<()> {
    let deed = endpoint.went_off();
    put(&mut *connection, endpoint).await?;
    match deed {
        Some(deed) => deeds::write(connection, &deed).await,
        None => Ok(()),
    }
}

async fn put(connection: &mut Connection, mut endpoint: Endpoint) -> PortResult<bool> {
    let known = endpoint.version;
    endpoint.version += 1;
    let sql = if known == 0 {
        "INSERT INTO webhook_endpoints (id, reach, enabled, kinds, version, state, in_hand_until, made_by) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO NOTHING"
    } else {
        "UPDATE webhook_endpoints SET reach = ?2, enabled = ?3, kinds = ?4, version = ?5, state = ?6 \
         WHERE id = ?1 AND version = ?7"
    };
    let mut query = query(sql)
        .bind(endpoint.id.as_str())
        .bind(column(&endpoint.reach)?)
        .bind(endpoint.off.is_none())
        .bind(i64::from(endpoint.kinds.bits()))
        .bind(i64::try_from(endpoint.version).unwrap_or(i64::MAX))
        .bind(to_json(&endpoint)?)
        .bind(if known == 0 { AT_ONCE } else { i64::try_from(known).unwrap_or(i64::MAX) });
    if known == 0 {
        query = query.bind(maker::column(endpoint.created_by.as_ref()));
    }
    Ok(query.execute(connection).await.doing(STORING)? > 0)
}

/// An endpoint, and until when it is in somebody's hand.
async fn locked(connection: &mut Connection, id: &WebhookId) -> PortResult<Option<(Endpoint, i64)>> {
    let sql = "SELECT id, version, state, in_hand_until FROM webhook_endpoints WHERE id = ?1@locked";
    let row = query(sql).bind(id.as_str()).fetch_optional(connection).await.doing(STORING)?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some((endpoint(&row)?, row.try_get(3).doing(STORING)?)))
}

async fn end_turn(
    transaction: &mut Transaction<'_>,
    id: &WebhookId,
    until: Instant,
    reports: &[Report],
    rests_until: Instant,
) -> PortResult<Option<OffBecause>> {
    transaction.wake_courier();
    let connection = &mut *transaction.connection;
    let Some((mut endpoint, in_hand_until)) = locked(connection, id).await? else { return Ok(None) };
    let was_on = endpoint.off.is_none();
    let mut known = deliveries(connection, id, reports).await?;
    let (mut changed, mut heard) = (Vec::new(), false);
    for report in reports {
        let Some(mut delivery) = known.remove(&report.message_id) else { continue };
        if delivery.record(report) {
            heard |= endpoint.hear(report.answer.outcome, report.at);
            changed.push(delivery);
        }
    }
    write(connection, &changed).await?;
    if in_hand_until == micros_reached(until) {
        let sql = "UPDATE webhook_endpoints SET in_hand_until = ?2 WHERE id = ?1";
        let resting = query(sql).bind(id.as_str()).bind(micros_reached(rests_until));
        resting.execute(&mut *connection).await.doing(STORING)?;
    }
    if !heard {
        return Ok(None);
    }
    let off = endpoint.off.as_ref().filter(|_| was_on).map(|off| off.because);
    let deed = endpoint.went_off().filter(|_| was_on);
    put(&mut *connection, endpoint).await?;
    if let Some(deed) = deed {
        deeds::write(connection, &deed).await?;
    }
    Ok(off)
}

/// What reports are about, in hand.
async fn deliveries(
    connection: &mut Connection,
    id: &WebhookId,
    reports: &[Report],
) -> PortResult<HashMap<WebhookMessageId, Delivery>> {
    let mut ids: Vec<String> = reports.iter().map(|report| format!("{}:{id}", report.message_id)).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    ids.sort_unstable();
    let sql = "SELECT d.message_id, d.state FROM @list(?1: id text) AS wanted \
               CROSS JOIN webhook_deliveries AS d ON d.id = wanted.id ORDER BY d.id@locked(d)";
    let list = id_list(ids.iter().map(String::as_str));
    let rows = query(sql).bind(list).fetch_all(connection).await.doing(STORING)?;
    let known = rows.iter().map(|row| delivery(row).map(|known| (known.message_id.clone(), known)));
    known.collect()
}

async fn replay(transaction: &mut Transaction<'_>, rows: &[Row], now: Instant) -> PortResult<u64> {
    let mut begun = rows.iter().map(delivery).collect::<PortResult<Vec<_>>>()?;
    begun.retain_mut(|delivery| delivery.replay(now));
    write(transaction.connection, &begun).await?;
    transaction.wake_courier();
    Ok(u64::try_from(begun.len()).unwrap_or(u64::MAX))
}

async fn write(connection: &mut Connection, changed: &[Delivery]) -> PortResult<()> {
    let rows = changed
        .iter()
        .map(|delivery| Ok((delivery_id(delivery), delivery, to_json(delivery)?)))
        .collect::<PortResult<Vec<_>>>()?;
    CHANGED
        .execute(connection, &rows, |row, (id, delivery, state)| {
            row.bind(id.as_str())
                .bind(delivery.standing.as_str())
                .bind(delivery.due_at.map(micros_reached))
                .bind(state.as_str());
        })
        .await
        .doing(STORING)
}

/// The endpoints of these rows that this version can read. One that it cannot must not keep all others from being served.
fn readable(rows: &[Row]) -> Vec<Endpoint> {
    let read = rows.iter().map(endpoint);
    let told = read.inspect(|read| {
        if let Err(error) = read {
            tracing::error!(%error, "a webhook cannot be read");
        }
    });
    told.filter_map(Result::ok).collect()
}

/// The first three columns.
fn endpoint(row: &Row) -> PortResult<Endpoint> {
    let id: &str = row.try_get(0).doing(READING)?;
    let version: i64 = row.try_get(1).doing(READING)?;
    let stored: Endpoint = json(row.try_get(2).doing(READING)?, "webhook_endpoints", "state", id)?;
    Ok(Endpoint { version: u64::try_from(version).unwrap_or_default(), ..stored })
}

fn delivery(row: &Row) -> PortResult<Delivery> {
    let id: &str = row.try_get(0).doing(READING)?;
    json(row.try_get(1).doing(READING)?, "webhook_deliveries", "state", id)
}

fn due(row: &Row) -> PortResult<Due> {
    let id: &str = row.try_get(0).doing(READING)?;
    let message = json(row.try_get(2).doing(READING)?, "webhook_messages", "state", id)?;
    Ok(Due { delivery: delivery(row)?, message })
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use crate::sql::SqliteOptions;

    #[tokio::test]
    async fn what_is_due_is_an_end_of_an_index_for_each_endpoint() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
        let due = "INDEX webhook_deliveries_due (endpoint_id=? AND standing=?";
        for (sql, count) in [(FREE, 2), (DUE, 2), (NEXT, 1), (WAITING, 1)] {
            let rows = query(format!("EXPLAIN QUERY PLAN {sql}")).fetch_all(&store.shared.reads).await;
            let plan: Vec<String> = rows.unwrap().iter().map(|row| row.try_get(3).unwrap()).collect();
            let plan = plan.join("; ");
            assert!(plan.matches(due).count() >= count, "{sql}: {plan}");
            assert!(!plan.contains("SCAN webhook_deliveries"), "{sql}: {plan}");
            assert_eq!(
                plan.matches("TEMP B-TREE").count(),
                usize::from(sql != NEXT && sql != WAITING),
                "{sql}: {plan}"
            );
        }
    }
}
