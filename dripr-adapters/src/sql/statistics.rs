//! The port for statistics: for each agent in reach, ranges of indexes that begin with the agent.

use std::collections::BTreeMap;

use async_trait::async_trait;
use dripr_core::{
    access::Reach,
    errors::PortResult,
    ports::StatisticsStore,
    statistics::{CameBackEmails, Period, Statistics},
};

use super::{
    SqlStore,
    connection::{Row, query},
    dossier::parse,
    error::While,
    instant::micros,
    tally_store::cause,
};

const DOING: &str = "counting for statistics";

/// What is counted of each agent `a.id`, from `{from}` on and before `{until}`. Each row is a name and a number.
const COUNTS: [&str; 7] = [
    "SELECT 'contacts', count(*) FROM {agents} CROSS JOIN contacts AS k ON k.user_id = a.id AND k.deleted_at IS NULL",
    "SELECT 'needing_agent', count(*) FROM {agents} CROSS JOIN campaigns AS c ON c.user_id = a.id \
     AND @true(c.needs_agent) AND c.deleted_at IS NULL",
    "SELECT 'awaiting_approval', count(*) FROM {agents} CROSS JOIN emails AS e ON e.user_id = a.id \
     AND e.delivery_status = 'CREATED'",
    "SELECT 'sent', count(*) FROM {agents} CROSS JOIN emails AS e ON e.user_id = a.id AND e.delivery_status = 'COMPLETE' \
     AND e.scheduled_send_datetime >= {from} AND e.scheduled_send_datetime < {until}",
    "SELECT 'opted_out', count(*) FROM {agents} CROSS JOIN suppressions AS s ON s.user_id = a.id AND s.cause = 'opt_out' \
     AND s.since >= {from} AND s.since < {until}",
    "SELECT f.what, count(DISTINCT f.email_id) FROM {agents} CROSS JOIN feedback AS f ON f.user_id = a.id \
     AND f.what IN ('delivered', 'opened', 'clicked', 'complained') AND f.at >= {from} AND f.at < {until} GROUP BY f.what",
    // What a bounce's detail says stands in JSON, so that a quotation mark in it has a backslash before it.
    "SELECT 'bounced', count(DISTINCT f.email_id) FROM {agents} CROSS JOIN feedback AS f ON f.user_id = a.id \
     AND f.what = 'bounced' AND f.at >= {from} AND f.at < {until} AND f.state NOT LIKE '%\"kind\":\"auto_reply\"%'",
];

const CAMPAIGNS: &str = "SELECT c.campaign_status, count(*) FROM {agents} CROSS JOIN campaigns AS c ON c.user_id = a.id \
     AND c.deleted_at IS NULL GROUP BY c.campaign_status";

const SUPPRESSIONS: &str = "SELECT s.cause, count(*) FROM {agents} CROSS JOIN suppressions AS s ON s.user_id = a.id GROUP BY s.cause";

/// The agents in reach who are not removed, as a table with one column; and what it binds.
fn agents(of: &Reach) -> (&'static str, Vec<&str>) {
    match of {
        Reach::Deployment => ("(SELECT id FROM users WHERE deleted_at IS NULL) AS a", Vec::new()),
        Reach::Agent(id) => {
            ("(SELECT id FROM users WHERE id = ?1 AND deleted_at IS NULL) AS a", vec![id.as_str()])
        }
        Reach::Brokerage(brokerage) => (
            "(SELECT u.id FROM memberships AS m CROSS JOIN users AS u ON u.id = m.user_id \
             WHERE m.brokerage_id = ?1 AND u.deleted_at IS NULL) AS a",
            vec![brokerage.as_str()],
        ),
        Reach::Team(brokerage, team) => (
            "(SELECT u.id FROM memberships AS m CROSS JOIN users AS u ON u.id = m.user_id \
             WHERE m.brokerage_id = ?1 AND m.team_id = ?2 AND u.deleted_at IS NULL) AS a",
            vec![brokerage.as_str(), team.as_str()],
        ),
    }
}

impl SqlStore {
    async fn count(&self, sql: &str, of: &Reach, period: Period) -> PortResult<Vec<Row>> {
        let (agents, values) = agents(of);
        let next = values.len() + 1;
        let numbered = sql
            .replace("{agents}", agents)
            .replace("{from}", &format!("?{next}"))
            .replace("{until}", &format!("?{}", next + 1));
        let mut query = query(numbered);
        for value in values {
            query = query.bind(value);
        }
        // What is so now has no period, and no server takes a value that it is not asked for.
        if sql.contains("{from}") {
            query = query.bind(micros(period.from)).bind(micros(period.until));
        }
        query.fetch_all(&self.shared.reads).await.doing(DOING)
    }
}

#[async_trait]
impl StatisticsStore for SqlStore {
    async fn statistics(&self, of: &Reach, period: Period) -> PortResult<Statistics> {
        let mut counts = BTreeMap::new();
        for sql in COUNTS {
            for row in &self.count(sql, of, period).await? {
                counts.insert(row.try_get::<&str>(0).doing(DOING)?.to_owned(), number(row)?);
            }
        }
        let mut found = Statistics::default();
        for row in &self.count(CAMPAIGNS, of, period).await? {
            let status = parse(row.try_get(0).doing(DOING)?, "campaigns", "campaign_status", "")?;
            // Old names stand for today's, so that two rows may be one status.
            *found.campaigns.entry(status).or_default() += number(row)?;
        }
        for row in &self.count(SUPPRESSIONS, of, period).await? {
            found.suppressed.insert(cause(row.try_get(0).doing(DOING)?)?, number(row)?);
        }
        let counted = |name: &str| counts.get(name).copied().unwrap_or_default();
        Ok(Statistics {
            contacts: counted("contacts"),
            needing_agent: counted("needing_agent"),
            awaiting_approval: counted("awaiting_approval"),
            sent: counted("sent"),
            opted_out: counted("opted_out"),
            came_back: CameBackEmails {
                delivered: counted("delivered"),
                opened: counted("opened"),
                clicked: counted("clicked"),
                bounced: counted("bounced"),
                complained: counted("complained"),
            },
            ..found
        })
    }
}

fn number(row: &Row) -> PortResult<u64> {
    Ok(u64::try_from(row.try_get::<i64>(1).doing(DOING)?).unwrap_or_default())
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use crate::sql::SqliteOptions;

    #[tokio::test]
    async fn each_count_is_a_range_of_an_index_that_begins_with_the_agent() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
        let reach = Reach::Agent("ana".parse().unwrap());
        let period = Period { from: chrono::DateTime::UNIX_EPOCH, until: chrono::DateTime::UNIX_EPOCH };
        for sql in COUNTS.into_iter().chain([CAMPAIGNS, SUPPRESSIONS]) {
            let rows = store.count(&format!("EXPLAIN QUERY PLAN {sql}"), &reach, period).await.unwrap();
            let plan: Vec<String> = rows.iter().map(|row| row.try_get(3).unwrap()).collect();
            assert!(plan.iter().all(|line| !line.starts_with("SCAN")), "{sql}: {plan:?}");
            assert!(plan.iter().any(|line| line.contains("user_id=?")), "{sql}: {plan:?}");
        }
    }
}
