//! Schemas are made and brought up to date, whoever interrupts that and whoever does it at the same time.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use dripr_adapters::sql::{ServerOptions, SqlStore};
use dripr_core::{access::Reach, errors::PortResult, ports::AgentStore};
use secrecy::ExposeSecret;
use sqlx::{AssertSqlSafe, Connection, MySqlConnection, Row};

use crate::place::{Place, Server};

async fn migrate(place: &Place) -> PortResult<()> {
    match place.server {
        Server::Postgres => SqlStore::migrate_postgres(&place.url()).await,
        Server::MySql => SqlStore::migrate_mysql(&place.url()).await,
    }
}

/// What the tables of a database are now, in the server's words.
async fn schema(connection: &mut MySqlConnection, tables: &[&str]) -> Vec<String> {
    let mut schema = Vec::new();
    for table in tables {
        let sql = AssertSqlSafe(format!("SHOW CREATE TABLE {table}"));
        let row = sqlx::raw_sql(sql).fetch_one(&mut *connection).await.unwrap();
        schema.push(row.get::<String, _>(1));
    }
    schema
}

/// What each migration of MySQL's is, in order.
const MYSQL: [(u64, &str); 18] = [
    (20_261_129_000_001, include_str!("../../src/sql/migrations/mysql/20261129000001_campaigns.sql")),
    (20_261_130_000_001, include_str!("../../src/sql/migrations/mysql/20261130000001_access.sql")),
    (20_261_130_000_101, include_str!("../../src/sql/migrations/mysql/20261130000101_accounts.sql")),
    (20_261_130_000_201, include_str!("../../src/sql/migrations/mysql/20261130000201_watching.sql")),
    (20_261_130_000_202, include_str!("../../src/sql/migrations/mysql/20261130000202_alerts.sql")),
    (20_261_130_000_301, include_str!("../../src/sql/migrations/mysql/20261130000301_webhooks.sql")),
    (20_261_130_000_401, include_str!("../../src/sql/migrations/mysql/20261130000401_imports.sql")),
    (20_261_130_000_402, include_str!("../../src/sql/migrations/mysql/20261130000402_statistics.sql")),
    (20_261_130_000_501, include_str!("../../src/sql/migrations/mysql/20261130000501_deeds.sql")),
    (20_261_130_000_601, include_str!("../../src/sql/migrations/mysql/20261130000601_addresses.sql")),
    (20_261_130_000_701, include_str!("../../src/sql/migrations/mysql/20261130000701_makers.sql")),
    (20_261_130_001_001, include_str!("../../src/sql/migrations/mysql/20261130001001_emails.sql")),
    (20_261_130_001_201, include_str!("../../src/sql/migrations/mysql/20261130001201_import_lines.sql")),
    (20_261_130_001_301, include_str!("../../src/sql/migrations/mysql/20261130001301_blocked_addresses.sql")),
    (20_261_130_001_501, include_str!("../../src/sql/migrations/mysql/20261130001501_told_contacts.sql")),
    (20_261_130_001_801, include_str!("../../src/sql/migrations/mysql/20261130001801_external_ids.sql")),
    (20_261_130_002_201, include_str!("../../src/sql/migrations/mysql/20261130002201_left_to_reader.sql")),
    (20_261_130_002_401, include_str!("../../src/sql/migrations/mysql/20261130002401_left_external_ids.sql")),
];

/// MySQL keeps each table that a migration made before it was interrupted, and the mark that it had begun.
#[tokio::test]
async fn a_migration_that_was_interrupted_anywhere_goes_on_in_mysql() {
    // Every table, with the migration that makes it.
    let tables: Vec<(u64, &str)> = MYSQL
        .iter()
        .flat_map(|(version, file)| {
            let made = file.lines().filter_map(|line| line.strip_prefix("CREATE TABLE IF NOT EXISTS "));
            made.filter_map(|rest| Some((*version, rest.split_whitespace().next()?)))
        })
        .collect();
    let names: Vec<&str> = tables.iter().map(|(_, name)| *name).collect();
    assert_eq!(tables.len(), 33);

    let place = Place::new(Server::MySql).await;
    migrate(&place).await.unwrap();
    let mut connection = MySqlConnection::connect(place.url().expose_secret()).await.unwrap();
    let whole = schema(&mut connection, &names).await;
    for (done, (version, _)) in tables.iter().enumerate() {
        // Before the next table, in the migration that makes it.
        let missing: String = names[done..].iter().map(|table| format!("DROP TABLE {table};")).collect();
        let interrupted = format!(
            "SET foreign_key_checks = 0; {missing} SET foreign_key_checks = 1;
             DELETE FROM _sqlx_migrations WHERE version > {version};
             UPDATE _sqlx_migrations SET success = FALSE WHERE version = {version}"
        );
        sqlx::raw_sql(AssertSqlSafe(interrupted)).execute(&mut connection).await.unwrap();
        migrate(&place).await.unwrap_or_else(|error| panic!("after {done} tables: {error}"));
        assert_eq!(schema(&mut connection, &names).await, whole, "after {done} tables");
    }
    let store = place.open(ServerOptions::default()).await;
    assert_eq!(store.agents(&Reach::Deployment, None, 1).await.unwrap(), []);
}

/// A column and its index are two statements, since MySQL adds a virtual column without copying the table by itself alone.
#[tokio::test]
async fn a_migration_that_was_interrupted_between_a_column_and_its_index_makes_the_index_in_mysql() {
    let place = Place::new(Server::MySql).await;
    migrate(&place).await.unwrap();
    let mut connection = MySqlConnection::connect(place.url().expose_secret()).await.unwrap();
    let whole = schema(&mut connection, &["contacts"]).await;
    let interrupted = "DROP INDEX contacts_with_left_external_id ON contacts;
         DELETE FROM _sqlx_migrations WHERE version > 20261130002401;
         UPDATE _sqlx_migrations SET success = FALSE WHERE version = 20261130002401";
    sqlx::raw_sql(interrupted).execute(&mut connection).await.unwrap();
    migrate(&place).await.unwrap();
    assert_eq!(schema(&mut connection, &["contacts"]).await, whole);
}

async fn processes_that_begin_at_once_make_one_schema(server: Server) {
    let place = Place::new(server).await;
    let (a, b, c) = tokio::join!(migrate(&place), migrate(&place), migrate(&place));
    a.and(b).and(c).unwrap();
    let store = place.open(ServerOptions::default()).await;
    assert_eq!(store.agents(&Reach::Deployment, None, 1).await.unwrap(), []);
}

#[tokio::test]
async fn processes_that_begin_at_once_make_one_schema_in_postgres() {
    processes_that_begin_at_once_make_one_schema(Server::Postgres).await;
}

#[tokio::test]
async fn processes_that_begin_at_once_make_one_schema_in_mysql() {
    processes_that_begin_at_once_make_one_schema(Server::MySql).await;
}

async fn a_newer_schema_is_left_alone(server: Server) {
    let place = Place::new(server).await;
    migrate(&place).await.unwrap();
    let checksum = if server == Server::Postgres { "''::bytea" } else { "''" };
    let newer = format!(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (99991231000001, 'of the future', TRUE, {checksum}, 1)"
    );
    place.say(newer).await;
    let refused = migrate(&place).await.unwrap_err();
    assert!(format!("{refused:?}").contains("use the newer one"), "{refused:?}");
}

#[tokio::test]
async fn a_newer_schema_is_left_alone_in_postgres() {
    a_newer_schema_is_left_alone(Server::Postgres).await;
}

#[tokio::test]
async fn a_newer_schema_is_left_alone_in_mysql() {
    a_newer_schema_is_left_alone(Server::MySql).await;
}
