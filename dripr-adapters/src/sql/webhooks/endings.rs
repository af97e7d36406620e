//! Webhooks that end with the rights of who made them.

use dripr_core::{
    access::{Reach, Retreat},
    errors::PortResult,
    schedule::Instant,
    webhooks::{Endpoint, OffBecause},
};

use super::{
    super::{
        connection::{Connection, query},
        deeds,
        error::While,
        reach::{column, lies_within_row, made_by},
    },
    STORING,
    rows::{endpoint, put},
};

/// What some keys made: a look into an index for each.
const MADE: &str = "SELECT e.id, e.version, e.state FROM @list(?1: maker text) AS v \
     CROSS JOIN webhook_endpoints AS e ON e.made_by = v.maker ORDER BY e.id@locked(e)";

/// Switches webhooks off that an agent made or that are told of them alone, as far as they have to end.
pub(in crate::sql) async fn end(
    connection: &mut Connection,
    retreat: &Retreat,
    at: Instant,
) -> PortResult<()> {
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
pub(in crate::sql) async fn end_made_by(
    connection: &mut Connection,
    makers: &str,
    at: Instant,
) -> PortResult<()> {
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
