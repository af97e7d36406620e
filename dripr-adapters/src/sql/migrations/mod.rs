//! The schemas' histories, built in. A migration that was released is never changed; another is added. Each leaves a program
//! of the version before it able to go on: tables and columns come, with defaults, and nothing goes.

use std::borrow::Cow;

use dripr_core::errors::{Fault, PortError, PortResult};
use sqlx::{
    SqlStr,
    migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator},
};

use super::connection::Dialect;

/// The schema this program knows.
fn migrator(dialect: Dialect) -> Migrator {
    let all: &[(i64, &'static str, &'static str)] = match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => &[
            (20_261_122_000_001, "campaigns", include_str!("sqlite/20261122000001_campaigns.sql")),
            (20_261_128_000_001, "mail", include_str!("sqlite/20261128000001_mail.sql")),
            (20_261_128_000_002, "notices", include_str!("sqlite/20261128000002_notices.sql")),
            (20_261_129_000_001, "outbox", include_str!("sqlite/20261129000001_outbox.sql")),
            (20_261_130_000_001, "access", include_str!("sqlite/20261130000001_access.sql")),
            (20_261_130_000_101, "accounts", include_str!("sqlite/20261130000101_accounts.sql")),
            (20_261_130_000_201, "watching", include_str!("sqlite/20261130000201_watching.sql")),
            (20_261_130_000_202, "alerts", include_str!("sqlite/20261130000202_alerts.sql")),
            (20_261_130_000_301, "webhooks", include_str!("sqlite/20261130000301_webhooks.sql")),
            (20_261_130_000_401, "imports", include_str!("sqlite/20261130000401_imports.sql")),
            (20_261_130_000_402, "statistics", include_str!("sqlite/20261130000402_statistics.sql")),
            (20_261_130_000_501, "deeds", include_str!("sqlite/20261130000501_deeds.sql")),
            (20_261_130_000_601, "addresses", include_str!("sqlite/20261130000601_addresses.sql")),
            (20_261_130_000_701, "makers", include_str!("sqlite/20261130000701_makers.sql")),
            (20_261_130_001_001, "emails", include_str!("sqlite/20261130001001_emails.sql")),
            (20_261_130_001_201, "import_lines", include_str!("sqlite/20261130001201_import_lines.sql")),
            (
                20_261_130_001_301,
                "blocked_addresses",
                include_str!("sqlite/20261130001301_blocked_addresses.sql"),
            ),
            (20_261_130_001_501, "told_contacts", include_str!("sqlite/20261130001501_told_contacts.sql")),
            (20_261_130_001_801, "external_ids", include_str!("sqlite/20261130001801_external_ids.sql")),
            (20_261_130_002_201, "left_to_reader", include_str!("sqlite/20261130002201_left_to_reader.sql")),
            (
                20_261_130_002_401,
                "left_external_ids",
                include_str!("sqlite/20261130002401_left_external_ids.sql"),
            ),
        ],
        #[cfg(feature = "postgres")]
        Dialect::Postgres => &[
            (20_261_129_000_001, "campaigns", include_str!("postgres/20261129000001_campaigns.sql")),
            (20_261_130_000_001, "access", include_str!("postgres/20261130000001_access.sql")),
            (20_261_130_000_101, "accounts", include_str!("postgres/20261130000101_accounts.sql")),
            (20_261_130_000_201, "watching", include_str!("postgres/20261130000201_watching.sql")),
            (20_261_130_000_202, "alerts", include_str!("postgres/20261130000202_alerts.sql")),
            (20_261_130_000_301, "webhooks", include_str!("postgres/20261130000301_webhooks.sql")),
            (20_261_130_000_401, "imports", include_str!("postgres/20261130000401_imports.sql")),
            (20_261_130_000_402, "statistics", include_str!("postgres/20261130000402_statistics.sql")),
            (20_261_130_000_501, "deeds", include_str!("postgres/20261130000501_deeds.sql")),
            (20_261_130_000_601, "addresses", include_str!("postgres/20261130000601_addresses.sql")),
            (20_261_130_000_701, "makers", include_str!("postgres/20261130000701_makers.sql")),
            (20_261_130_001_001, "emails", include_str!("postgres/20261130001001_emails.sql")),
            (20_261_130_001_201, "import_lines", include_str!("postgres/20261130001201_import_lines.sql")),
            (
                20_261_130_001_301,
                "blocked_addresses",
                include_str!("postgres/20261130001301_blocked_addresses.sql"),
            ),
            (20_261_130_001_501, "told_contacts", include_str!("postgres/20261130001501_told_contacts.sql")),
            (20_261_130_001_801, "external_ids", include_str!("postgres/20261130001801_external_ids.sql")),
            (
                20_261_130_002_201,
                "left_to_reader",
                include_str!("postgres/20261130002201_left_to_reader.sql"),
            ),
            (
                20_261_130_002_401,
                "left_external_ids",
                include_str!("postgres/20261130002401_left_external_ids.sql"),
            ),
        ],
        #[cfg(feature = "mysql")]
        Dialect::MySql => &[
            (20_261_129_000_001, "campaigns", include_str!("mysql/20261129000001_campaigns.sql")),
            (20_261_130_000_001, "access", include_str!("mysql/20261130000001_access.sql")),
            (20_261_130_000_101, "accounts", include_str!("mysql/20261130000101_accounts.sql")),
            (20_261_130_000_201, "watching", include_str!("mysql/20261130000201_watching.sql")),
            (20_261_130_000_202, "alerts", include_str!("mysql/20261130000202_alerts.sql")),
            (20_261_130_000_301, "webhooks", include_str!("mysql/20261130000301_webhooks.sql")),
            (20_261_130_000_401, "imports", include_str!("mysql/20261130000401_imports.sql")),
            (20_261_130_000_402, "statistics", include_str!("mysql/20261130000402_statistics.sql")),
            (20_261_130_000_501, "deeds", include_str!("mysql/20261130000501_deeds.sql")),
            (20_261_130_000_601, "addresses", include_str!("mysql/20261130000601_addresses.sql")),
            (20_261_130_000_701, "makers", include_str!("mysql/20261130000701_makers.sql")),
            (20_261_130_001_001, "emails", include_str!("mysql/20261130001001_emails.sql")),
            (20_261_130_001_201, "import_lines", include_str!("mysql/20261130001201_import_lines.sql")),
            (
                20_261_130_001_301,
                "blocked_addresses",
                include_str!("mysql/20261130001301_blocked_addresses.sql"),
            ),
            (20_261_130_001_501, "told_contacts", include_str!("mysql/20261130001501_told_contacts.sql")),
            (20_261_130_001_801, "external_ids", include_str!("mysql/20261130001801_external_ids.sql")),
            (20_261_130_002_201, "left_to_reader", include_str!("mysql/20261130002201_left_to_reader.sql")),
            (
                20_261_130_002_401,
                "left_external_ids",
                include_str!("mysql/20261130002401_left_external_ids.sql"),
            ),
        ],
    };
    let migrations = all.iter().map(|(version, name, sql)| {
        let sql = SqlStr::from_static(sql);
        Migration::new(*version, Cow::Borrowed(*name), MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(migrations.collect())
}

/// The first migration of this program that is not among those which were applied.
pub(super) fn missing(dialect: Dialect, applied: &[i64]) -> Option<i64> {
    migrator(dialect).iter().map(|migration| migration.version).find(|version| !applied.contains(version))
}

/// What keeps a schema from being brought up to date.
pub(super) enum Hindrance {
    /// The database's own error, perhaps because another process does the same.
    Database(sqlx::Error),
    /// A migration was interrupted, in a database that cannot take back half of one.
    #[cfg(feature = "mysql")]
    Interrupted,
    /// Something that no second try changes.
    Final(PortError),
}

/// Brings a schema up to date.
pub(super) async fn bring_up_to_date<C: Migrate>(
    connection: &mut C,
    dialect: Dialect,
) -> Result<(), Hindrance> {
    let Err(error) = migrator(dialect).run_direct(None, connection, false).await else { return Ok(()) };
    let refused = |message: String| Hindrance::Final(PortError::new(Fault::Corrupt, message));
    Err(match error {
        MigrateError::VersionMissing(version) | MigrateError::VersionTooNew(version, _) => refused(format!(
            "its schema has migration {version}, which this version of dripr does not know: use the newer one"
        )),
        MigrateError::VersionMismatch(version) => refused(format!(
            "its schema was made by another migration {version} than this version of dripr has"
        )),
        #[cfg(feature = "mysql")]
        MigrateError::Dirty(_) => Hindrance::Interrupted,
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => Hindrance::Database(error),
        other => {
            let message = "its schema cannot be brought up to date";
            Hindrance::Final(PortError::new(Fault::Corrupt, message).caused_by(other))
        }
    })
}

/// Names the database that something failed with.
pub(super) fn located<T>(outcome: PortResult<T>, shown: &str) -> PortResult<T> {
    outcome.map_err(|error| PortError::new(error.fault(), format!("database {shown}")).caused_by(error))
}
