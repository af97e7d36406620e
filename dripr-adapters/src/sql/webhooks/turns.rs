//! Whose turn it is to be told, and what came of it.

use std::collections::HashMap;

use dripr_core::{
    errors::PortResult,
    ids::{WebhookId, WebhookMessageId},
    schedule::Instant,
    webhooks::{Delivery, Endpoint, OffBecause, Report},
};

use super::{
    super::{
        connection::{Connection, Query, query},
        deeds,
        dossier::id_list,
        error::While,
        instant::micros_reached,
        writer::Transaction,
    },
    LOOKING, STORING,
    rows::{delivery, locked, put, readable, write},
};

/// Endpoints that can be taken in hand, those first that were longest in no hand: a look at two ends of an index for each.
pub(super) const FREE: &str = "SELECT e.id FROM webhook_endpoints AS e WHERE @true(e.enabled) \
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
pub(super) const DUE: &str = "SELECT d.message_id, d.state, m.state FROM \
     (SELECT * FROM (SELECT id, message_id, due_at, state FROM webhook_deliveries@by(webhook_deliveries_due) \
     WHERE endpoint_id = ?1 AND standing = 'waiting' AND due_at <= ?2 ORDER BY due_at, id LIMIT ?4) AS reached \
     UNION ALL SELECT * FROM (SELECT id, message_id, due_at, state FROM webhook_deliveries@by(webhook_deliveries_due) \
     WHERE endpoint_id = ?1 AND standing = 'waiting' AND due_at > ?3 ORDER BY due_at, id LIMIT ?4) AS far) AS d \
     CROSS JOIN webhook_messages AS m ON m.id = d.message_id ORDER BY d.due_at, d.id LIMIT ?4";

/// The end of an index for each endpoint.
pub(super) const NEXT: &str = "SELECT min(CASE WHEN n.due_at < n.in_hand_until THEN n.in_hand_until ELSE n.due_at END) FROM \
     (SELECT e.in_hand_until AS in_hand_until, (SELECT d.due_at FROM webhook_deliveries AS d WHERE d.endpoint_id = e.id \
     AND d.standing = 'waiting' AND d.due_at IS NOT NULL ORDER BY d.due_at LIMIT 1) AS due_at FROM webhook_endpoints AS e WHERE @true(e.enabled)) AS n";

/// What is asked for when endpoints are taken in hand, in microseconds.
#[derive(Clone, Copy)]
pub(super) struct Free {
    pub(super) now: i64,
    pub(super) too_long: i64,
    pub(super) far: i64,
    pub(super) limit: i64,
    pub(super) until: i64,
}

impl Free {
    pub(super) fn bound(self, sql: &str) -> Query<'_> {
        query(sql).bind(self.now).bind(self.too_long).bind(self.far).bind(self.limit)
    }
}

pub(super) async fn claim(connection: &mut Connection, free: Free) -> PortResult<Vec<Endpoint>> {
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

pub(super) async fn end_turn(
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

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::{super::WAITING, *};
    use crate::sql::{SqlStore, SqliteOptions};

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
