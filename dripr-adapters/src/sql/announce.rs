//! Events, stored with the change that they announce: each in every queue it wakes, or in the outbox.

use dripr_core::{
    errors::PortResult,
    events::{Event, Queue},
    ids::EventId,
};

use super::{
    connection::{Connection, Dialect, query},
    dossier::to_json,
    error::While,
    instant::AT_ONCE,
    values::Many,
    writer::Transaction,
};

const DOING: &str = "storing events";

/// Events with numbers that are known beforehand.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
const EVENTS: Many =
    Many { before: "INSERT INTO campaign_events (seq, event_id, payload)", after: "", columns: 3 };

/// Events that are given their numbers.
#[cfg(feature = "mysql")]
const UNNUMBERED_EVENTS: Many =
    Many { before: "INSERT INTO campaign_events (event_id, payload)", after: "", columns: 2 };

#[cfg(feature = "mysql")]
const NUMBERS: &str = "SELECT e.seq FROM @list(?1: id text) AS wanted \
     CROSS JOIN campaign_events AS e ON e.event_id = wanted.id ORDER BY wanted.nr";

const DELIVERIES: Many =
    Many { before: "INSERT INTO queue_deliveries (queue, event, visible_at)", after: "", columns: 3 };

const OUTBOX: Many = Many { before: "INSERT INTO outbox (event, visible_at)", after: "", columns: 2 };

/// Stores events, and a delivery of each in every queue it wakes, or one in the outbox if queues are elsewhere.
pub(super) async fn announce(
    transaction: &mut Transaction<'_>,
    events: &[(EventId, Event)],
) -> PortResult<()> {
    if events.is_empty() {
        return Ok(());
    }
    let rows = events.iter().map(|(id, event)| Ok((id, to_json(event)?))).collect::<PortResult<Vec<_>>>()?;
    let numbers = store(transaction.connection, &rows).await?;
    if transaction.relayed {
        OUTBOX
            .execute(transaction.connection, &numbers, |row, number| {
                row.bind(*number).bind(AT_ONCE);
            })
            .await
            .doing(DOING)?;
        transaction.wake_relay();
        return Ok(());
    }
    let mut deliveries = Vec::with_capacity(events.len() * 5);
    for ((_, event), number) in events.iter().zip(numbers) {
        deliveries.extend(Queue::woken_by(event).into_iter().map(|queue| (queue, number)));
    }
    DELIVERIES
        .execute(transaction.connection, &deliveries, |row, (queue, number)| {
            row.bind(queue.as_str()).bind(*number).bind(AT_ONCE);
        })
        .await
        .doing(DOING)?;
    for (queue, _) in deliveries {
        transaction.wake(queue);
    }
    Ok(())
}

/// Stores events, and gives their numbers in the same order.
async fn store(connection: &mut Connection, rows: &[(&EventId, String)]) -> PortResult<Vec<i64>> {
    let numbers: Vec<i64> = match connection.dialect() {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => {
            // Nobody else writes meanwhile.
            let last = query("SELECT coalesce(max(seq), 0) FROM campaign_events");
            let last: i64 = last.fetch_one(&mut *connection).await.doing(DOING)?.try_get(0).doing(DOING)?;
            (1..).take(rows.len()).map(|n| last + n).collect::<Vec<_>>()
        }
        #[cfg(feature = "postgres")]
        Dialect::Postgres => {
            let wanted = i64::try_from(rows.len()).unwrap_or(i64::MAX);
            let sql = "SELECT nextval(pg_get_serial_sequence('campaign_events', 'seq')) FROM generate_series(1, ?1)";
            let given = query(sql).bind(wanted).fetch_all(&mut *connection).await.doing(DOING)?;
            given.iter().map(|row| row.try_get(0).doing(DOING)).collect::<PortResult<Vec<_>>>()?
        }
        #[cfg(feature = "mysql")]
        Dialect::MySql => return store_unnumbered(connection, rows).await,
    };
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    {
        let numbered: Vec<_> = numbers.iter().zip(rows).collect();
        EVENTS
            .execute(connection, &numbered, |row, (number, (id, payload))| {
                row.bind(**number).bind(id.as_str()).bind(payload.as_str());
            })
            .await
            .doing(DOING)?;
    }
    Ok(numbers)
}

/// Where numbers are only given with the rows: they are asked for afterwards.
#[cfg(feature = "mysql")]
async fn store_unnumbered(connection: &mut Connection, rows: &[(&EventId, String)]) -> PortResult<Vec<i64>> {
    UNNUMBERED_EVENTS
        .execute(connection, rows, |row, (id, payload)| {
            row.bind(id.as_str()).bind(payload.as_str());
        })
        .await
        .doing(DOING)?;
    let ids: Vec<&str> = rows.iter().map(|(id, _)| id.as_str()).collect();
    let given = query(NUMBERS).bind(to_json(&ids)?).fetch_all(connection).await.doing(DOING)?;
    given.iter().map(|row| row.try_get(0).doing(DOING)).collect()
}
