//! What a statement gave.

/// A row.
pub(in crate::sql) enum Row {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlx::sqlite::SqliteRow),
    #[cfg(feature = "postgres")]
    Postgres(sqlx::postgres::PgRow),
    #[cfg(feature = "mysql")]
    MySql(sqlx::mysql::MySqlRow),
}

impl Row {
    /// The value of a column, counted from 0.
    pub(in crate::sql) fn try_get<'r, T: Column<'r>>(&'r self, at: usize) -> Result<T, sqlx::Error> {
        T::of(self, at)
    }
}

/// A value that every database can give.
pub(in crate::sql) trait Column<'r>: Sized {
    fn of(row: &'r Row, at: usize) -> Result<Self, sqlx::Error>;
}

macro_rules! columns {
    ($($value:ty),*) => {$(
        impl<'r> Column<'r> for $value {
            fn of(row: &'r Row, at: usize) -> Result<Self, sqlx::Error> {
                match row {
                    #[cfg(feature = "sqlite")]
                    Row::Sqlite(row) => sqlx::Row::try_get(row, at),
                    #[cfg(feature = "postgres")]
                    Row::Postgres(row) => sqlx::Row::try_get(row, at),
                    #[cfg(feature = "mysql")]
                    Row::MySql(row) => sqlx::Row::try_get(row, at),
                }
            }
        }
    )*};
}

columns!(
    &'r str,
    Option<&'r str>,
    String,
    Option<String>,
    i64,
    Option<i64>,
    bool,
    &'r [u8],
    Vec<u8>,
    Option<Vec<u8>>
);
