//! The port for what alerts have come to.

use async_trait::async_trait;
use dripr_core::{
    alerts::{Alarm, Alert},
    errors::PortResult,
    ports::AlertStore,
};

use super::{
    SqlStore,
    connection::query,
    dossier::{json, to_json},
    error::While,
};

#[async_trait]
impl AlertStore for SqlStore {
    async fn alarm(&self, alert: Alert) -> PortResult<Option<Alarm>> {
        let (doing, name) = ("reading what an alert has come to", alert.as_str());
        let sql = "SELECT state FROM alarms WHERE name = ?1";
        let row = query(sql).bind(name).fetch_optional(&self.shared.reads).await.doing(doing)?;
        row.map(|row| json(row.try_get(0).doing(doing)?, "alarms", "state", name)).transpose()
    }

    async fn put_alarm(&self, mut alarm: Alarm) -> PortResult<bool> {
        let known = i64::try_from(alarm.version).unwrap_or(i64::MAX);
        alarm.version += 1;
        self.shared
            .writer
            .call(move |transaction| {
                let alarm = alarm.clone();
                Box::pin(async move {
                    let sql = if known == 0 {
                        "INSERT INTO alarms (name, version, state) VALUES (?1, ?2, ?3) \
                         ON CONFLICT (name) DO NOTHING"
                    } else {
                        "UPDATE alarms SET version = ?2, state = ?3 WHERE name = ?1 AND version = ?4"
                    };
                    let stored = query(sql)
                        .bind(alarm.alert.as_str())
                        .bind(i64::try_from(alarm.version).unwrap_or(i64::MAX))
                        .bind(to_json(&alarm)?)
                        .bind(known)
                        .execute(&mut *transaction.connection)
                        .await
                        .doing("storing what an alert has come to")?;
                    Ok(stored > 0)
                })
            })
            .await
    }
}
