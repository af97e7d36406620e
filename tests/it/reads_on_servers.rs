//! What a day of campaigns reads does not grow with what else is stored: no statement looks at a whole table.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use dripr_core::schedule::Instant;
use secrecy::ExposeSecret;
use sqlx::{Connection, MySqlConnection, PgConnection, Row};

use crate::{
    place::{Place, Server},
    served::Served,
};

/// Campaigns whose day is looked at.
const MEASURED: usize = 12;
/// Campaigns that have had their month and rest.
const OTHERS: usize = 360;

/// Rows read of each table so far, in the server's own count.
async fn rows_read(place: &Place) -> BTreeMap<String, u64> {
    match place.server {
        Server::Postgres => rows_read_by_postgres(place).await,
        Server::MySql => rows_read_by_mariadb(place).await,
    }
}

async fn rows_read_by_postgres(place: &Place) -> BTreeMap<String, u64> {
    let mut connection = PgConnection::connect(place.url().expose_secret()).await.unwrap();
    // A session counts what it read when it ends.
    let others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
                  AND backend_type = 'client backend'";
    while sqlx::query(others).fetch_one(&mut connection).await.unwrap().get::<i64, _>(0) > 0 {}
    let sql = "SELECT relname::text, (seq_tup_read + coalesce(idx_tup_fetch, 0) + coalesce((SELECT sum(idx_tup_read) \
               FROM pg_stat_user_indexes AS i WHERE i.relid = t.relid), 0))::bigint FROM pg_stat_user_tables AS t";
    let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get::<i64, _>(1).unsigned_abs())).collect()
}

/// Counted only where `userstat` is on, which the user must be allowed to turn on.
async fn rows_read_by_mariadb(place: &Place) -> BTreeMap<String, u64> {
    let mut connection = MySqlConnection::connect(place.url().expose_secret()).await.unwrap();
    sqlx::raw_sql("SET GLOBAL userstat = 1").execute(&mut connection).await.unwrap();
    let sql = "SELECT table_name, CAST(rows_read AS UNSIGNED) FROM information_schema.table_statistics \
               WHERE table_schema = database()";
    let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// What the day of [`MEASURED`] campaigns reads beside so many others.
async fn read_beside(server: Server, others: usize) -> BTreeMap<String, u64> {
    let at = |text: &str| -> Instant { text.parse().unwrap() };
    let served = Served::new(server, &[(others, 20), (MEASURED, 10)], at("2026-03-01T12:00:00Z")).await;
    served.run_until(at("2026-04-05T12:00:00Z")).await;
    assert_eq!(served.mailbox.accepted().len(), others + MEASURED);
    if server == Server::Postgres {
        // What was deleted is otherwise read once more before it is forgotten.
        served.place.say("VACUUM".to_owned()).await;
    }
    let before = rows_read(&served.place).await;
    served.clock.set(at("2026-04-05T12:00:00Z"));
    served.run_until(at("2026-04-12T12:00:00Z")).await;
    assert_eq!(served.mailbox.accepted().len(), others + 2 * MEASURED);
    let after = rows_read(&served.place).await;
    let since = |table: &String, rows: u64| rows - before.get(table).copied().unwrap_or_default();
    after.into_iter().map(|(table, rows)| (table.clone(), since(&table, rows))).collect()
}

async fn a_day_reads_what_belongs_to_it(server: Server) {
    let alone = read_beside(server, 0).await;
    let beside = read_beside(server, OTHERS).await;
    assert!(alone["campaigns"] > 0, "nothing was counted: {alone:?}");
    for (table, rows) in &beside {
        // One look at a table of all campaigns would be more than this.
        let most = alone.get(table).copied().unwrap_or_default() + OTHERS as u64 / 2;
        assert!(*rows < most, "{table}: {rows} rows, without the others\n{alone:#?}\nwith them\n{beside:#?}");
    }
}

#[tokio::test]
async fn a_day_reads_what_belongs_to_it_from_postgres() {
    a_day_reads_what_belongs_to_it(Server::Postgres).await;
}

#[tokio::test]
async fn a_day_reads_what_belongs_to_it_from_mariadb() {
    a_day_reads_what_belongs_to_it(Server::MySql).await;
}
