//! The port for whether the database can be worked with.

use async_trait::async_trait;
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    ports::StoreCheck,
    schedule::Instant,
};

use super::{SqlStore, connection::query, error::While, instant::micros, migrations};

#[async_trait]
impl StoreCheck for SqlStore {
    async fn check_reading(&self) -> PortResult<()> {
        let sql = "SELECT EXISTS (SELECT 1 FROM users)";
        query(sql).fetch_one(&self.shared.reads).await.doing("reading anything")?;
        Ok(())
    }

    async fn check_writing(&self, now: Instant) -> PortResult<()> {
        self.shared
            .writer
            .call(move |transaction| {
                Box::pin(async move {
                    let sql = "INSERT INTO store_checks (name, checked_at) VALUES (?1, ?2) \
                               ON CONFLICT (name) DO UPDATE SET checked_at = excluded.checked_at";
                    let written = query(sql).bind("writing").bind(micros(now));
                    written.execute(&mut *transaction.connection).await.doing("writing anything")?;
                    Ok(())
                })
            })
            .await
    }

    async fn check_layout(&self) -> PortResult<()> {
        let doing = "reading which version its schema is of";
        let sql = "SELECT version FROM _sqlx_migrations WHERE @true(success)";
        let rows = query(sql).fetch_all(&self.shared.reads).await.doing(doing)?;
        let applied: Vec<i64> =
            rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().doing(doing)?;
        match migrations::missing(self.shared.reads.dialect(), &applied) {
            None => Ok(()),
            Some(missing) => {
                let message = format!("its schema lacks migration {missing}: it is older than this program");
                Err(PortError::new(Fault::Corrupt, message))
            }
        }
    }
}
