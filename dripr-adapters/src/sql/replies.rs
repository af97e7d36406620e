//! The port for answers that are kept.

use async_trait::async_trait;
use chrono::TimeDelta;
use dripr_core::{
    access::{KEPT_HOURS, KeptReply, Repetition, UNDER_WAY_SECONDS},
    errors::PortResult,
    ports::ReplyStore,
    schedule::Instant,
};
use serde::{Deserialize, Serialize};

use super::{
    SqlStore,
    connection::{Connection, query},
    dossier::{json, to_json},
    error::While,
    instant::{instant, micros},
};

/// What a row keeps as JSON.
#[derive(Serialize, Deserialize)]
struct State {
    call: String,
    reply: Option<KeptReply>,
}

#[async_trait]
impl ReplyStore for SqlStore {
    async fn begin_call(&self, caller: &str, key: &str, call: &str, now: Instant) -> PortResult<Repetition> {
        let (caller, key, call) = (caller.to_owned(), key.to_owned(), call.to_owned());
        self.shared
            .writer
            .call(move |transaction| {
                let (caller, key, call) = (caller.clone(), key.clone(), call.clone());
                Box::pin(async move { begin(transaction.connection, &caller, &key, &call, now).await })
            })
            .await
    }

    async fn end_call(
        &self,
        caller: &str,
        key: &str,
        begun_at: Instant,
        reply: Option<KeptReply>,
    ) -> PortResult<()> {
        let (caller, key) = (caller.to_owned(), key.to_owned());
        self.shared
            .writer
            .call(move |transaction| {
                let (caller, key, reply) = (caller.clone(), key.clone(), reply.clone());
                Box::pin(async move { end(transaction.connection, &caller, &key, begun_at, reply).await })
            })
            .await
    }
}

async fn begin(
    connection: &mut Connection,
    caller: &str,
    key: &str,
    call: &str,
    now: Instant,
) -> PortResult<Repetition> {
    let doing = "noting a call";
    let forgotten = now.checked_sub_signed(TimeDelta::hours(KEPT_HOURS)).unwrap_or(Instant::MIN_UTC);
    let state = to_json(&State { call: call.to_owned(), reply: None })?;
    // Of several at once one stores the row, and the others wait for it.
    let first = query(
        "INSERT INTO api_replies (caller, reply_key, begun_at, state) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (caller, reply_key) DO NOTHING",
    )
    .bind(caller)
    .bind(key)
    .bind(micros(now))
    .bind(state.as_str())
    .execute(&mut *connection)
    .await
    .doing(doing)?;
    if first > 0 {
        // So that the table keeps to a day, whoever comes.
        let sql = "DELETE FROM api_replies WHERE begun_at <= ?1";
        query(sql).bind(micros(forgotten)).execute(connection).await.doing(doing)?;
        return Ok(Repetition::First);
    }
    let row = query("SELECT begun_at, state FROM api_replies WHERE caller = ?1 AND reply_key = ?2@locked")
        .bind(caller)
        .bind(key)
        .fetch_optional(&mut *connection)
        .await
        .doing(doing)?;
    let Some(row) = row else { return Ok(Repetition::UnderWay) };
    let begun_at = instant(row.try_get(0).doing(doing)?, "api_replies", "begun_at", key)?;
    let known: State = json(row.try_get(1).doing(doing)?, "api_replies", "state", key)?;
    if begun_at > forgotten {
        if known.call != call {
            return Ok(Repetition::OtherCall);
        }
        match known.reply {
            Some(reply) => return Ok(Repetition::Answered(reply)),
            None if now - begun_at < TimeDelta::seconds(UNDER_WAY_SECONDS) => {
                return Ok(Repetition::UnderWay);
            }
            None => {}
        }
    }
    query("UPDATE api_replies SET begun_at = ?3, state = ?4 WHERE caller = ?1 AND reply_key = ?2")
        .bind(caller)
        .bind(key)
        .bind(micros(now))
        .bind(state)
        .execute(connection)
        .await
        .doing(doing)?;
    Ok(Repetition::First)
}

async fn end(
    connection: &mut Connection,
    caller: &str,
    key: &str,
    begun_at: Instant,
    reply: Option<KeptReply>,
) -> PortResult<()> {
    let doing = "keeping an answer";
    let Some(reply) = reply else {
        let sql = "DELETE FROM api_replies WHERE caller = ?1 AND reply_key = ?2 AND begun_at = ?3";
        let forgetting = query(sql).bind(caller).bind(key).bind(micros(begun_at));
        forgetting.execute(connection).await.doing(doing)?;
        return Ok(());
    };
    let row =
        query("SELECT state FROM api_replies WHERE caller = ?1 AND reply_key = ?2 AND begun_at = ?3@locked")
            .bind(caller)
            .bind(key)
            .bind(micros(begun_at))
            .fetch_optional(&mut *connection)
            .await
            .doing(doing)?;
    let Some(row) = row else { return Ok(()) };
    let known: State = json(row.try_get(0).doing(doing)?, "api_replies", "state", key)?;
    query("UPDATE api_replies SET state = ?3 WHERE caller = ?1 AND reply_key = ?2")
        .bind(caller)
        .bind(key)
        .bind(to_json(&State { reply: Some(reply), ..known })?)
        .execute(connection)
        .await
        .doing(doing)?;
    Ok(())
}
