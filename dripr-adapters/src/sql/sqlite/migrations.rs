//! The schema's history, built in. A migration that was released is never changed; another is added.

use std::borrow::Cow;

use sqlx::{
    SqlStr,
    migrate::{Migration, MigrationType, Migrator},
};

/// The schema this program knows.
pub(super) fn migrator() -> Migrator {
    let all = [
        (20_261_122_000_001, "campaigns", include_str!("migrations/20261122000001_campaigns.sql")),
        (20_261_128_000_001, "mail", include_str!("migrations/20261128000001_mail.sql")),
        (20_261_128_000_002, "notices", include_str!("migrations/20261128000002_notices.sql")),
    ];
    let migrations = all.map(|(version, name, sql)| {
        Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, SqlStr::from_static(sql), false)
    });
    Migrator::with_migrations(migrations.to_vec())
}
