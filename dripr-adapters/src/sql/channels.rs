//! The port for the ways by which feedback comes.

use async_trait::async_trait;
use dripr_core::{errors::PortResult, ports::ChannelStore, safeguards::Channel};

use super::{
    SqlStore,
    connection::query,
    dossier::{json, to_json},
    error::While,
};

#[async_trait]
impl ChannelStore for SqlStore {
    async fn channel(&self, name: &str) -> PortResult<Option<Channel>> {
        let doing = "reading whether feedback comes";
        let sql = "SELECT state FROM feedback_channels WHERE name = ?1";
        let row = query(sql).bind(name).fetch_optional(&self.shared.reads).await.doing(doing)?;
        row.map(|row| json(row.try_get(0).doing(doing)?, "feedback_channels", "state", name)).transpose()
    }

    async fn put_channel(&self, mut channel: Channel) -> PortResult<bool> {
        let known = i64::try_from(channel.version).unwrap_or(i64::MAX);
        channel.version += 1;
        self.shared
            .writer
            .call(move |transaction| {
                let channel = channel.clone();
                Box::pin(async move {
                    let sql = if known == 0 {
                        "INSERT INTO feedback_channels (name, version, state) VALUES (?1, ?2, ?3) \
                         ON CONFLICT (name) DO NOTHING"
                    } else {
                        "UPDATE feedback_channels SET version = ?2, state = ?3 WHERE name = ?1 AND version = ?4"
                    };
                    let stored = query(sql)
                        .bind(channel.name.as_str())
                        .bind(i64::try_from(channel.version).unwrap_or(i64::MAX))
                        .bind(to_json(&channel)?)
                        .bind(known)
                        .execute(&mut *transaction.connection)
                        .await
                        .doing("storing whether feedback comes")?;
                    Ok(stored > 0)
                })
            })
            .await
    }
}
