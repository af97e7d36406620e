//! The port for statistics: for each agent in reach, ranges of indexes that begin with the agent.
//!
//! Each statement is written once. `{agents}` are whose things are counted, a table `a` of their ids; `{id}` and `{each}` are empty
//! where they are counted together, and ask for each agent's own where not.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use async_trait::async_trait;
use dripr_core::{
    access::Reach,
    errors::PortResult,
    ids::UserId,
    ports::StatisticsStore,
    statistics::{Achieved, Period, Pieces, Statistics},
};

use super::{
    SqlStore,
    connection::{Row, query},
    dossier::{id_list, parse},
    error::While,
    instant::micros,
    tally_store::cause,
};

const DOING: &str = "counting for statistics";

/// Which of some agents are not removed.
const LIVING: &str = "SELECT u.id FROM @list(?1: id text) AS w CROSS JOIN users AS u ON u.id = w.id WHERE u.deleted_at IS NULL";

/// What is counted as it stands now. Each row is a name, a number and whose it is.
const COUNTS: [&str; 3] = [
    "SELECT 'contacts', count(*){id} FROM {agents} CROSS JOIN contacts AS k ON k.user_id = a.id AND k.deleted_at IS NULL{each}",
    "SELECT 'needing_agent', count(*){id} FROM {agents} CROSS JOIN campaigns AS c ON c.user_id = a.id \
     AND @true(c.needs_agent) AND c.deleted_at IS NULL{each}",
    "SELECT 'awaiting_approval', count(*){id} FROM {agents} CROSS JOIN emails AS e ON e.user_id = a.id \
     AND e.delivery_status = 'CREATED'{each}",
];

const CAMPAIGNS: &str = "SELECT c.campaign_status, count(*){id} FROM {agents} CROSS JOIN campaigns AS c ON c.user_id = a.id \
     AND c.deleted_at IS NULL GROUP BY c.campaign_status{id}";

const SUPPRESSIONS: &str = "SELECT s.cause, count(*){id} FROM {agents} CROSS JOIN suppressions AS s ON s.user_id = a.id \
     GROUP BY s.cause{id}";

/// What is counted of a period, from `{from}` on and before `{until}`.
static DATED: [Dated; 4] = [
    Dated::Rows {
        name: "sent",
        at: "e.scheduled_send_datetime",
        rows: "emails AS e ON e.user_id = a.id AND e.delivery_status = 'COMPLETE' \
               AND e.scheduled_send_datetime >= {from} AND e.scheduled_send_datetime < {until}",
    },
    Dated::Rows {
        name: "opted_out",
        at: "s.since",
        rows: "suppressions AS s ON s.user_id = a.id AND s.cause = 'opt_out' AND s.since >= {from} AND s.since < {until}",
    },
    Dated::CameBack(
        "feedback AS f ON f.user_id = a.id AND f.what IN ('delivered', 'opened', 'clicked', 'complained') \
         AND f.at >= {from} AND f.at < {until}",
    ),
    // What a bounce's detail says stands in JSON, so that a quotation mark in it has a backslash before it.
    Dated::CameBack(
        "feedback AS f ON f.user_id = a.id AND f.what = 'bounced' AND f.at >= {from} AND f.at < {until} \
         AND f.state NOT LIKE '%\"kind\":\"auto_reply\"%'",
    ),
];

/// Something that is counted of a period.
enum Dated {
    /// Rows, each of which is counted, and when that was of which they tell.
    Rows { name: &'static str, at: &'static str, rows: &'static str },
    /// What came back of emails, each of which is counted once for each `f.what`.
    CameBack(&'static str),
}

impl Dated {
    /// How many there are. Each row is a name, a number and whose it is.
    fn counted(&self) -> String {
        match self {
            Self::Rows { name, rows, .. } => {
                format!("SELECT '{name}', count(*){{id}} FROM {{agents}} CROSS JOIN {rows}{{each}}")
            }
            Self::CameBack(rows) => format!(
                "SELECT f.what, count(DISTINCT f.email_id){{id}} FROM {{agents}} CROSS JOIN {rows} GROUP BY f.what{{id}}"
            ),
        }
    }

    /// How many there are in each piece of the period, by when each was first. Each row is a name, a piece and a number. Pieces are
    /// texts, as which every database gives what stands in a statement.
    fn in_pieces(&self) -> String {
        let dated = match self {
            Self::Rows { name, at, rows } => {
                format!("SELECT '{name}' AS what, {at} AS at FROM {{agents}} CROSS JOIN {rows}")
            }
            Self::CameBack(rows) => format!(
                "SELECT f.what, min(f.at) AS at FROM {{agents}} CROSS JOIN {rows} GROUP BY f.what, f.email_id"
            ),
        };
        format!(
            "SELECT x.what, x.piece, count(*) FROM (SELECT d.what, {{piece}} AS piece FROM ({dated}) AS d) AS x \
             GROUP BY x.what, x.piece"
        )
    }
}

/// In which of some pieces `d.at` lies: a tree, so that each row is compared with few of their starts. The start of piece 1 is the
/// value `first`, and the others follow it.
fn piece(from: usize, until: usize, first: usize, out: &mut String) {
    // Writing to a string cannot fail.
    if until - from <= 1 {
        let _ = write!(out, "'{from}'");
        return;
    }
    let middle = from + (until - from) / 2;
    let _ = write!(out, "CASE WHEN d.at < ?{} THEN ", first + middle - 1);
    piece(from, middle, first, out);
    out.push_str(" ELSE ");
    piece(middle, until, first, out);
    out.push_str(" END");
}

/// Whose things are counted.
#[derive(Clone, Copy)]
enum Whose<'a> {
    /// Those of all in reach, together.
    All(&'a Reach),
    /// Those of each of some agents who are not removed, a JSON array of ids.
    Each(&'a str),
}

impl<'a> Whose<'a> {
    /// The agents who are not removed, as a table with their ids; and what it binds.
    fn agents(self) -> (&'static str, Vec<&'a str>) {
        match self {
            Self::Each(ids) => ("@list(?1: id text) AS a", vec![ids]),
            Self::All(Reach::Deployment) => {
                ("(SELECT id FROM users WHERE deleted_at IS NULL) AS a", Vec::new())
            }
            Self::All(Reach::Agent(id)) => {
                ("(SELECT id FROM users WHERE id = ?1 AND deleted_at IS NULL) AS a", vec![id.as_str()])
            }
            Self::All(Reach::Brokerage(brokerage)) => (
                "(SELECT u.id FROM memberships AS m CROSS JOIN users AS u ON u.id = m.user_id \
                 WHERE m.brokerage_id = ?1 AND u.deleted_at IS NULL) AS a",
                vec![brokerage.as_str()],
            ),
            Self::All(Reach::Team(brokerage, team)) => (
                "(SELECT u.id FROM memberships AS m CROSS JOIN users AS u ON u.id = m.user_id \
                 WHERE m.brokerage_id = ?1 AND m.team_id = ?2 AND u.deleted_at IS NULL) AS a",
                vec![brokerage.as_str(), team.as_str()],
            ),
        }
    }

    /// What stands for `{id}` and `{each}`.
    fn grouped(self) -> (&'static str, &'static str) {
        match self {
            Self::All(_) => ("", ""),
            Self::Each(_) => (", user_id", " GROUP BY user_id"),
        }
    }

    /// Whose a row of a name and a number is; nobody's by name where all are counted together.
    fn of(self, row: &Row) -> PortResult<&str> {
        match self {
            Self::All(_) => Ok(""),
            Self::Each(_) => row.try_get(2).doing(DOING),
        }
    }
}

impl SqlStore {
    /// Runs one of the statements. `starts` are those of all pieces but the first.
    async fn count(
        &self,
        sql: &str,
        whose: Whose<'_>,
        period: Period,
        starts: &[i64],
    ) -> PortResult<Vec<Row>> {
        let (agents, values) = whose.agents();
        let (id, each) = whose.grouped();
        let next = values.len() + 1;
        let mut tree = String::new();
        piece(0, starts.len() + 1, next + 2, &mut tree);
        let numbered = sql
            .replace("{agents}", agents)
            .replace("{id}", id)
            .replace("{each}", each)
            .replace("{piece}", &tree)
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
        for start in starts {
            query = query.bind(*start);
        }
        query.fetch_all(&self.shared.reads).await.doing(DOING)
    }

    /// All that is counted, by whose it is.
    async fn counted(&self, whose: Whose<'_>, period: Period) -> PortResult<BTreeMap<String, Statistics>> {
        let mut found: BTreeMap<String, Statistics> = BTreeMap::new();
        let mut statements: Vec<String> = COUNTS.map(str::to_owned).into();
        statements.extend(DATED.iter().map(Dated::counted));
        for sql in &statements {
            for row in &self.count(sql, whose, period, &[]).await? {
                let of = found.entry(whose.of(row)?.to_owned()).or_default();
                put(of, row.try_get(0).doing(DOING)?, number(row, 1)?);
            }
        }
        for row in &self.count(CAMPAIGNS, whose, period, &[]).await? {
            let of = found.entry(whose.of(row)?.to_owned()).or_default();
            let status = parse(row.try_get(0).doing(DOING)?, "campaigns", "campaign_status", "")?;
            // Old names stand for today's, so that two rows may be one status.
            *of.campaigns.entry(status).or_default() += number(row, 1)?;
        }
        for row in &self.count(SUPPRESSIONS, whose, period, &[]).await? {
            let of = found.entry(whose.of(row)?.to_owned()).or_default();
            of.suppressed.insert(cause(row.try_get(0).doing(DOING)?)?, number(row, 1)?);
        }
        Ok(found)
    }
}

#[async_trait]
impl StatisticsStore for SqlStore {
    async fn statistics(&self, of: &Reach, period: Period) -> PortResult<Statistics> {
        let mut found = self.counted(Whose::All(of), period).await?;
        Ok(found.remove("").unwrap_or_default())
    }

    async fn statistics_of_each(
        &self,
        agents: &BTreeSet<UserId>,
        period: Period,
    ) -> PortResult<BTreeMap<UserId, Statistics>> {
        let ids = id_list(agents.iter().map(UserId::as_str));
        let rows = query(LIVING).bind(ids).fetch_all(&self.shared.reads).await.doing(DOING)?;
        let mut living: Vec<&str> = Vec::with_capacity(rows.len());
        for row in &rows {
            living.push(row.try_get(0).doing(DOING)?);
        }
        let living = id_list(living);
        let mut found = if rows.is_empty() {
            BTreeMap::new()
        } else {
            self.counted(Whose::Each(&living), period).await?
        };
        Ok(agents.iter().map(|id| (id.clone(), found.remove(id.as_str()).unwrap_or_default())).collect())
    }

    async fn series(&self, of: &Reach, pieces: &Pieces) -> PortResult<Vec<Achieved>> {
        let all = pieces.as_slice();
        let starts: Vec<i64> = all.iter().skip(1).map(|piece| micros(piece.period.from)).collect();
        let mut series = vec![Achieved::default(); all.len()];
        for dated in &DATED {
            let sql = dated.in_pieces();
            for row in &self.count(&sql, Whose::All(of), pieces.period(), &starts).await? {
                let piece: &str = row.try_get(1).doing(DOING)?;
                if let Some(achieved) = piece.parse::<usize>().ok().and_then(|at| series.get_mut(at)) {
                    put_achieved(achieved, row.try_get(0).doing(DOING)?, number(row, 2)?);
                }
            }
        }
        Ok(series)
    }
}

/// Puts a number where its name says.
fn put(found: &mut Statistics, name: &str, count: u64) {
    match name {
        "contacts" => found.contacts = count,
        "needing_agent" => found.needing_agent = count,
        "awaiting_approval" => found.awaiting_approval = count,
        _ => put_achieved(&mut found.achieved, name, count),
    }
}

fn put_achieved(achieved: &mut Achieved, name: &str, count: u64) {
    match name {
        "sent" => achieved.sent = count,
        "opted_out" => achieved.opted_out = count,
        "delivered" => achieved.came_back.delivered = count,
        "opened" => achieved.came_back.opened = count,
        "clicked" => achieved.came_back.clicked = count,
        "bounced" => achieved.came_back.bounced = count,
        "complained" => achieved.came_back.complained = count,
        // No statement names anything else.
        _ => {}
    }
}

fn number(row: &Row, at: usize) -> PortResult<u64> {
    Ok(u64::try_from(row.try_get::<i64>(at).doing(DOING)?).unwrap_or_default())
}

#[cfg(all(test, feature = "sqlite"))]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::sql::SqliteOptions;

    async fn empty() -> (tempfile::TempDir, SqlStore) {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
        (folder, store)
    }

    #[tokio::test]
    async fn each_count_is_a_range_of_an_index_that_begins_with_the_agent() {
        let (_folder, store) = empty().await;
        let north = || "north".parse().unwrap();
        let reaches = [
            Reach::Agent("ana".parse().unwrap()),
            Reach::Brokerage(north()),
            Reach::Team(north(), "blue".parse().unwrap()),
        ];
        let period = Period { from: chrono::DateTime::UNIX_EPOCH, until: chrono::DateTime::UNIX_EPOCH };
        let starts: Vec<i64> = (1..400).collect();
        let explained = async |sql: &str, whose: Whose<'_>, starts: &[i64]| {
            let rows =
                store.count(&format!("EXPLAIN QUERY PLAN {sql}"), whose, period, starts).await.unwrap();
            let plan: Vec<String> = rows.iter().map(|row| row.try_get(3).unwrap()).collect();
            let scanned = plan.iter().filter_map(|line| line.strip_prefix("SCAN ")?.split(' ').next());
            let tables = ["a", "c", "e", "f", "k", "m", "s", "u", "users"];
            assert_eq!(scanned.filter(|name| tables.contains(name)).count(), 0, "{sql}: {plan:?}");
            assert!(plan.iter().any(|line| line.contains("user_id=?")), "{sql}: {plan:?}");
        };
        let dated: Vec<String> = DATED.iter().map(Dated::counted).collect();
        let together = reaches.iter().map(Whose::All);
        for whose in together.clone().chain([Whose::Each(r#"["ana","ben"]"#)]) {
            for sql in COUNTS.into_iter().chain([CAMPAIGNS, SUPPRESSIONS]) {
                explained(sql, whose, &[]).await;
            }
            for sql in &dated {
                explained(sql, whose, &[]).await;
            }
        }
        for whose in together {
            for dated in &DATED {
                explained(&dated.in_pieces(), whose, &starts).await;
                explained(&dated.in_pieces(), whose, &[]).await;
            }
        }
    }

    #[tokio::test]
    async fn an_instant_is_found_in_its_piece() {
        let (_folder, store) = empty().await;
        // Some are empty: what is at the start of such a one lies in the next.
        let starts: Vec<i64> = (1..400).map(|n| n / 3 * 3 * 10).collect();
        for pieces in [1, 2, 3, 7, 400] {
            let starts = &starts[..pieces - 1];
            let mut tree = String::new();
            piece(0, pieces, 2, &mut tree);
            for at in (-1..=4_000).step_by(7).chain([0, 30, 60, 2_999, 3_000]) {
                let sql = format!("SELECT d.what, {tree} FROM (SELECT 'x' AS what, ?1 AS at) AS d");
                let query = starts.iter().fold(query(sql).bind(at), |query, start| query.bind(*start));
                let row = query.fetch_one(&store.shared.reads).await.unwrap();
                let expected = starts.partition_point(|start| *start <= at);
                assert_eq!(row.try_get::<&str>(1).unwrap(), expected.to_string(), "{at} of {pieces}");
            }
        }
    }
}
