//! Endpoints and deliveries as rows.

use dripr_core::{
    errors::PortResult,
    ids::WebhookId,
    webhooks::{Delivery, Due, Endpoint},
};

use super::{
    super::{
        connection::{Connection, Row, query},
        dossier::{json, to_json},
        error::While,
        instant::{AT_ONCE, micros_reached},
        maker,
        reach::column,
        values::Change,
    },
    STORING,
    tell::delivery_id,
};

const READING: &str = "reading webhooks";

const CHANGED: Change =
    Change { table: "webhook_deliveries", key: "id", columns: &[&["standing", "due_at", "state"]] };

pub(super) async fn put(connection: &mut Connection, mut endpoint: Endpoint) -> PortResult<bool> {
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
pub(super) async fn locked(
    connection: &mut Connection,
    id: &WebhookId,
) -> PortResult<Option<(Endpoint, i64)>> {
    let sql = "SELECT id, version, state, in_hand_until FROM webhook_endpoints WHERE id = ?1@locked";
    let row = query(sql).bind(id.as_str()).fetch_optional(connection).await.doing(STORING)?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some((endpoint(&row)?, row.try_get(3).doing(STORING)?)))
}

pub(super) async fn write(connection: &mut Connection, changed: &[Delivery]) -> PortResult<()> {
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
pub(super) fn readable(rows: &[Row]) -> Vec<Endpoint> {
    let read = rows.iter().map(endpoint);
    let told = read.inspect(|read| {
        if let Err(error) = read {
            tracing::error!(%error, "a webhook cannot be read");
        }
    });
    told.filter_map(Result::ok).collect()
}

/// The first three columns.
pub(super) fn endpoint(row: &Row) -> PortResult<Endpoint> {
    let id: &str = row.try_get(0).doing(READING)?;
    let version: i64 = row.try_get(1).doing(READING)?;
    let stored: Endpoint = json(row.try_get(2).doing(READING)?, "webhook_endpoints", "state", id)?;
    Ok(Endpoint { version: u64::try_from(version).unwrap_or_default(), ..stored })
}

pub(super) fn delivery(row: &Row) -> PortResult<Delivery> {
    let id: &str = row.try_get(0).doing(READING)?;
    json(row.try_get(1).doing(READING)?, "webhook_deliveries", "state", id)
}

pub(super) fn due(row: &Row) -> PortResult<Due> {
    let id: &str = row.try_get(0).doing(READING)?;
    let message = json(row.try_get(2).doing(READING)?, "webhook_messages", "state", id)?;
    Ok(Due { delivery: delivery(row)?, message })
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use dripr_core::{
        access::{Caller, Reach},
        campaign::Actor,
        ports::WebhookStore,
        schedule::Instant,
        webhooks::{KeptSecret, Kinds, NewEndpoint},
    };

    use super::*;
    use crate::sql::{SqlStore, SqliteOptions};

    #[tokio::test]
    async fn what_cannot_be_read_makes_no_page_shorter() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
        let now: Instant = "2026-04-01T12:00:00Z".parse().unwrap();
        for nr in 0..8 {
            let new = NewEndpoint {
                id: format!("endpoint-{nr}").parse().unwrap(),
                reach: Reach::Deployment,
                description: String::new(),
                url: "https://crm.example".to_owned(),
                kinds: Kinds::default(),
                secret: KeptSecret::Plain("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()),
            };
            let endpoint = Endpoint::new(new, &Caller::operator(), now);
            let deed = endpoint.deed("webhook_made", Actor::Operator, now, None);
            assert!(store.put_webhook(endpoint, deed).await.unwrap());
        }
        let spoiling = store.shared.writer.call(|transaction| {
            Box::pin(async move {
                let sql = "UPDATE webhook_endpoints SET state = '{}' WHERE id IN ('endpoint-0', 'endpoint-1', 'endpoint-3', 'endpoint-7')";
                query(sql).execute(&mut *transaction.connection).await.doing(STORING)
            })
        });
        assert_eq!(spoiling.await.unwrap(), 4);
        let list = async |after: Option<&str>, limit| -> Vec<String> {
            let after = after.map(|after| after.parse::<WebhookId>().unwrap());
            let listed = store.webhooks(&Reach::Deployment, after, limit).await.unwrap();
            listed.iter().map(|endpoint| endpoint.id.to_string()).collect()
        };
        assert_eq!(list(None, 2).await, ["endpoint-2", "endpoint-4"]);
        assert_eq!(list(Some("endpoint-4"), 2).await, ["endpoint-5", "endpoint-6"]);
        assert_eq!(list(Some("endpoint-6"), 2).await, [""; 0], "the last cannot be read");
        assert_eq!(list(None, 9).await, ["endpoint-2", "endpoint-4", "endpoint-5", "endpoint-6"]);
        assert_eq!(list(None, 0).await, [""; 0]);
    }
}
