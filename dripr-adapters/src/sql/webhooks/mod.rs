//! The port for outgoing webhooks. What happens is written with what it tells of, in `tell` and `tell_contact`.

mod endings;
mod forgetting;
pub(super) mod persons;
mod rows;
pub(super) mod tell;
pub(super) mod tell_contact;
mod turns;

pub(super) use endings::{end, end_made_by};

use async_trait::async_trait;
use dripr_core::{
    access::{Deed, Reach},
    errors::PortResult,
    ids::{WebhookId, WebhookMessageId},
    policy::{FARTHEST, after},
    ports::WebhookStore,
    schedule::Instant,
    webhooks::{Delivery, Due, Endpoint, Message, OffBecause, Report, Standing},
};

use self::{
    rows::{delivery, due, endpoint, locked, put, readable, write},
    tell::Told,
    turns::{DUE, FREE, Free, NEXT, claim, end_turn},
};
use super::{
    SqlStore,
    arrivals::WEBHOOKS,
    connection::{Row, query},
    deeds,
    error::While,
    instant::{instant, micros, micros_reached},
    maker,
    reach::{column, lies_within},
    writer::Transaction,
};

const LOOKING: &str = "looking for webhooks that are due";
const READING: &str = "reading webhooks";
const STORING: &str = "storing webhooks";

/// How many failed messages are begun anew in one transaction.
const REPLAYED_AT_ONCE: i64 = 500;

const WAITING: &str = "SELECT count(*), min(d.at) FROM webhook_endpoints AS e \
     CROSS JOIN webhook_deliveries AS d ON d.endpoint_id = e.id AND d.standing = 'waiting' AND d.due_at IS NOT NULL \
     WHERE @true(e.enabled)";

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
        let mut after = after.map_or_else(String::new, |after| after.to_string());
        let mut found = Vec::new();
        loop {
            let wanted = limit.saturating_sub(found.len());
            let mut query =
                query(sql.as_str()).bind(after.as_str()).bind(i64::try_from(wanted).unwrap_or(i64::MAX));
            for value in &values {
                query = query.bind(value.as_str());
            }
            let rows = query.fetch_all(&self.shared.reads).await.doing(READING)?;
            found.extend(readable(&rows));
            // A short page says that nothing follows: what cannot be read makes none shorter.
            match rows.last() {
                Some(last) if rows.len() == wanted && found.len() < limit => {
                    last.try_get::<&str>(0).doing(READING)?.clone_into(&mut after);
                }
                _ => return Ok(found),
            }
        }
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
        // Looking does not write where there is nothing.
        let sql = "SELECT 1 FROM webhook_messages WHERE at < ?1 LIMIT 1";
        let old = query(sql).bind(micros(before)).fetch_optional(&self.shared.reads).await.doing(STORING)?;
        if old.is_none() {
            return Ok(0);
        }
        self.forget_older(before).await
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

async fn replay(transaction: &mut Transaction<'_>, rows: &[Row], now: Instant) -> PortResult<u64> {
    let mut begun = rows.iter().map(delivery).collect::<PortResult<Vec<_>>>()?;
    begun.retain_mut(|delivery| delivery.replay(now));
    write(transaction.connection, &begun).await?;
    transaction.wake_courier();
    Ok(u64::try_from(begun.len()).unwrap_or(u64::MAX))
}
