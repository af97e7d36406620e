//! The port for what those who watch want counted: ranges of indexes.

use std::collections::BTreeMap;

use async_trait::async_trait;
use dripr_core::{
    email::SuppressionCause,
    errors::PortResult,
    ids::CampaignId,
    ports::{AtOnce, CameBack, TallyStore},
    safeguards::Complaints,
    schedule::Instant,
};

use super::{
    SqlStore,
    connection::{Dialect, Row, query},
    error::{While, corrupt},
    instant::{AT_ONCE, micros},
};

const OVERDUE: &str = "SELECT count(*) FROM \
     (SELECT id FROM campaigns WHERE due_at < ?1 AND due_at > ?2 ORDER BY due_at, id LIMIT ?3) AS late";

const WAITING: &str = "SELECT count(*), min(id) FROM \
     (SELECT id FROM campaigns WHERE due_at = ?1 ORDER BY id LIMIT ?2) AS waiting";

/// What a bounce's detail says stands in JSON, so that a quotation mark in it has a backslash before it.
const CAME_BACK: &str = "SELECT (SELECT count(*) FROM feedback WHERE what = 'bounced' \
     AND state NOT LIKE '%\"kind\":\"auto_reply\"%'), (SELECT count(*) FROM feedback WHERE what = 'complained')";

/// SQLite would rather look at every email that was ever sent than at those of some days.
fn complaints(dialect: Dialect) -> String {
    let index = match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => "INDEXED BY emails_complete",
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        _ => "",
    };
    format!(
        "SELECT (SELECT count(*) FROM emails {index} WHERE delivery_status = 'COMPLETE' \
         AND scheduled_send_datetime >= ?1), \
         (SELECT count(DISTINCT email_id) FROM feedback WHERE what = 'complained' AND at >= ?1)"
    )
}

const SUPPRESSIONS: &str = "SELECT cause, count(*) FROM suppressions GROUP BY cause";

#[async_trait]
impl TallyStore for SqlStore {
    async fn overdue(&self, before: Instant, most: u64) -> PortResult<u64> {
        let doing = "counting late campaigns";
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let late = query(OVERDUE).bind(micros(before)).bind(AT_ONCE).bind(most);
        count(&late.fetch_one(&self.shared.reads).await.doing(doing)?, 0, doing)
    }

    async fn at_once(&self, most: u64) -> PortResult<AtOnce> {
        let doing = "counting campaigns that are to be looked at";
        let waiting = query(WAITING).bind(AT_ONCE).bind(i64::try_from(most).unwrap_or(i64::MAX));
        let row = waiting.fetch_one(&self.shared.reads).await.doing(doing)?;
        let first: Option<&str> = row.try_get(1).doing(doing)?;
        let first =
            first.map(|id| CampaignId::new(id).map_err(|error| corrupt("campaigns", "id", id, error)));
        Ok(AtOnce { first: first.transpose()?, count: count(&row, 0, doing)? })
    }

    async fn came_back(&self) -> PortResult<CameBack> {
        let doing = "counting what came back";
        let row = query(CAME_BACK).fetch_one(&self.shared.reads).await.doing(doing)?;
        Ok(CameBack { bounced: count(&row, 0, doing)?, complained: count(&row, 1, doing)? })
    }

    async fn all_complaints(&self, since: Instant) -> PortResult<Complaints> {
        let doing = "counting complaints";
        let query = query(complaints(self.shared.reads.dialect())).bind(micros(since));
        let row = query.fetch_one(&self.shared.reads).await.doing(doing)?;
        Ok(Complaints { sent: count(&row, 0, doing)?, complained: count(&row, 1, doing)? })
    }

    async fn count_suppressions(&self) -> PortResult<Vec<(SuppressionCause, u64)>> {
        let doing = "counting addresses that are not written to";
        let mut counts = BTreeMap::new();
        for row in &query(SUPPRESSIONS).fetch_all(&self.shared.reads).await.doing(doing)? {
            let cause = cause(row.try_get(0).doing(doing)?)?;
            counts.insert(cause, count(row, 1, doing)?);
        }
        Ok(counts.into_iter().collect())
    }
}

fn count(row: &Row, at: usize, doing: &'static str) -> PortResult<u64> {
    Ok(u64::try_from(row.try_get::<i64>(at).doing(doing)?).unwrap_or_default())
}

pub(super) fn cause(stored: &str) -> PortResult<SuppressionCause> {
    let all = [SuppressionCause::HardBounce, SuppressionCause::OptOut, SuppressionCause::Complaint];
    all.into_iter()
        .find(|cause| cause.as_str() == stored)
        .ok_or_else(|| corrupt("suppressions", "cause", "", format!("{stored:?} is none")))
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use crate::sql::SqliteOptions;

    #[tokio::test]
    async fn each_count_is_a_range_of_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
        for (sql, indexes) in [
            (OVERDUE, &["campaigns_due (due_at>? AND due_at<?)"][..]),
            (WAITING, &["campaigns_due (due_at=?)"]),
            (CAME_BACK, &["feedback_bounced", "feedback_complained"]),
            (
                &complaints(Dialect::Sqlite),
                &["emails_complete (scheduled_send_datetime>?)", "feedback_complained (at>?)"],
            ),
            (SUPPRESSIONS, &["suppressions_by_cause"]),
        ] {
            let rows = query(format!("EXPLAIN QUERY PLAN {sql}")).fetch_all(&store.shared.reads).await;
            let plan: Vec<String> = rows.unwrap().iter().map(|row| row.try_get(3).unwrap()).collect();
            let plan = plan.join("; ");
            for index in indexes {
                assert!(plan.contains(&format!("INDEX {index}")), "{sql}: {plan}");
            }
        }
    }
}
