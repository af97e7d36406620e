//! The port for what came back of emails.

use async_trait::async_trait;
use dripr_core::{
    errors::PortResult,
    feedback::Feedback,
    ids::{CampaignId, EmailId, FeedbackId, UserId},
    ports::FeedbackStore,
    safeguards::Complaints,
    schedule::Instant,
};

use super::{
    SqlStore,
    connection::{Row, query},
    dossier::{json, to_json},
    error::While,
    instant::{AT_ONCE, micros},
    webhooks::tell::tell_feedback,
};

#[async_trait]
impl FeedbackStore for SqlStore {
    async fn knows_feedback(&self, id: &FeedbackId) -> PortResult<bool> {
        let doing = READING;
        let sql = "SELECT EXISTS (SELECT 1 FROM feedback WHERE id = ?1)";
        let row = query(sql).bind(id.as_str()).fetch_one(&self.shared.reads).await.doing(doing)?;
        row.try_get(0).doing(doing)
    }

    async fn keep_feedback(&self, feedback: Feedback) -> PortResult<bool> {
        self.shared
            .writer
            .call(move |transaction| {
                let feedback = feedback.clone();
                Box::pin(async move {
                    let sql = "INSERT INTO feedback (id, email_id, campaign_id, user_id, what, at, state) \
                               SELECT ?1, id, campaign_id, user_id, ?5, ?3, ?4 FROM emails WHERE id = ?2 \
                               ON CONFLICT (id) DO NOTHING";
                    let kept = query(sql)
                        .bind(feedback.id.as_str())
                        .bind(feedback.email_id.as_str())
                        .bind(micros(feedback.at))
                        .bind(to_json(&feedback)?)
                        .bind(feedback.what.name())
                        .execute(&mut *transaction.connection)
                        .await
                        .doing("keeping what came back")?;
                    if kept == 1 {
                        tell_feedback(transaction, &feedback).await?;
                    }
                    Ok(kept == 1)
                })
            })
            .await
    }

    async fn complaints(&self, user: &UserId, since: Instant) -> PortResult<Complaints> {
        let doing = "counting complaints";
        let sql = "SELECT (SELECT count(*) FROM emails WHERE user_id = ?1 AND scheduled_send_datetime >= ?2 \
                   AND delivery_status = 'COMPLETE'), (SELECT count(DISTINCT email_id) FROM feedback \
                   WHERE user_id = ?1 AND at >= ?2 AND what = 'complained')";
        let query = query(sql).bind(user.as_str()).bind(micros(since));
        let row = query.fetch_one(&self.shared.reads).await.doing(doing)?;
        let (sent, complained): (i64, i64) = (row.try_get(0).doing(doing)?, row.try_get(1).doing(doing)?);
        let count = |n: i64| u64::try_from(n).unwrap_or_default();
        Ok(Complaints { sent: count(sent), complained: count(complained) })
    }

    async fn feedback(&self, campaign: &CampaignId) -> PortResult<Vec<Feedback>> {
        let sql = "SELECT id, state FROM feedback WHERE campaign_id = ?1 ORDER BY at, id";
        let rows = query(sql).bind(campaign.as_str()).fetch_all(&self.shared.reads).await.doing(READING)?;
        rows.iter().map(read).collect()
    }

    async fn feedback_of(
        &self,
        email: &EmailId,
        after: Option<(Instant, FeedbackId)>,
        limit: usize,
    ) -> PortResult<Vec<Feedback>> {
        let rows = query(OF_EMAIL)
            .bind(email.as_str())
            .bind(after.as_ref().map_or(AT_ONCE, |(at, _)| micros(*at)))
            // No id is empty, so that all are greater than that.
            .bind(after.as_ref().map_or("", |(_, id)| id.as_str()))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.shared.reads)
            .await
            .doing(READING)?;
        rows.iter().map(read).collect()
    }
}

const READING: &str = "reading what came back";

/// What came back of an email after a place in the list. By its campaign, whose index has it in order.
const OF_EMAIL: &str = "SELECT id, state FROM feedback WHERE campaign_id = (SELECT campaign_id FROM emails WHERE id = ?1) \
                        AND email_id = ?1 AND at >= ?2 AND (at > ?2 OR id > ?3) ORDER BY at, id LIMIT ?4";

/// A row of an id and a state.
fn read(row: &Row) -> PortResult<Feedback> {
    let (id, state) = (row.try_get(0).doing(READING)?, row.try_get(1).doing(READING)?);
    json(state, "feedback", "state", id)
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use crate::sql::SqliteOptions;

    #[tokio::test]
    async fn what_came_back_of_an_email_is_a_range_of_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
        let explained = query(format!("EXPLAIN QUERY PLAN {OF_EMAIL}"));
        let rows = explained.bind("e").bind(0_i64).bind("").bind(5_i64).fetch_all(&store.shared.reads).await;
        let plan: Vec<String> = rows.unwrap().iter().map(|row| row.try_get(3).unwrap()).collect();
        assert!(
            plan.iter().any(|line| line.contains("feedback_by_campaign (campaign_id=? AND at>?)")),
            "{plan:?}"
        );
    }
}
