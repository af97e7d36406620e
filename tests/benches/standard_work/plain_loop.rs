//! What the machine allows: one thread that does the standard work's writes and the rendering on a SQLite file, each
//! step committed for 100 campaigns at once, without an engine, rules, queues that others could read, or recovery.

use std::fmt::Write as _;
use std::io::Write as _;

use dripr_adapters::templates::samples;
use dripr_core::{
    ids::ContactId,
    ports::EmailRenderer,
    schedule::{SendDay, SendingRules},
};
use dripr_tests::Failure;
use serde_json::{Value, json};
use sqlx::{
    AssertSqlSafe, ConnectOptions, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use crate::{clock::real, process, providers::full_size_templates};

/// Campaigns whose step shares a commit.
const GROUP: usize = 100;
/// What five operations store, in bytes of JSON, and home analysis.
const RESULTS: [usize; 6] = [2_000, 6_000, 4_000, 700, 400, 500];
/// A campaign's own state.
const STATE: usize = 800;

const TABLES: &str = "
    CREATE TABLE campaigns (id INTEGER PRIMARY KEY, status TEXT, sub_statuses INTEGER, due_at INTEGER, state TEXT);
    CREATE INDEX campaigns_due ON campaigns (due_at, id);
    CREATE INDEX campaigns_by_status ON campaigns (status, id);
    CREATE TABLE content (campaign INTEGER, operation INTEGER, state TEXT, PRIMARY KEY (campaign, operation));
    CREATE TABLE emails (id INTEGER PRIMARY KEY, status TEXT, subject TEXT, html TEXT, text TEXT);
    CREATE TABLE events (id INTEGER PRIMARY KEY, campaign INTEGER, payload TEXT);
    CREATE TABLE deliveries (id INTEGER PRIMARY KEY, queue INTEGER, event INTEGER, visible_at INTEGER);
    CREATE INDEX deliveries_visible ON deliveries (queue, visible_at, id);
";

/// Does it, and gives the campaigns of a second.
pub(crate) async fn run(campaigns: usize) -> Result<Value, Failure> {
    let folder = tempfile::tempdir()?;
    let mut connection = SqliteConnectOptions::new()
        .filename(folder.path().join("plain.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .statement_cache_capacity(256)
        .pragma("wal_autocheckpoint", "4000")
        .connect()
        .await?;
    sqlx::raw_sql(TABLES).execute(&mut connection).await?;
    let templates = full_size_templates(&folder.path().join("templates"))?;
    let mut sent = std::fs::File::create(folder.path().join("sent"))?;
    let state = "x".repeat(STATE);
    for first in (0..campaigns).step_by(1_000) {
        let rows =
            (first..campaigns.min(first + 1_000)).map(|n| format!("({n}, 'DORMANT', 0, 1, '{state}')"));
        let sql = format!("INSERT INTO campaigns VALUES {}", rows.collect::<Vec<_>>().join(", "));
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
    }
    let sample = samples::full()?;
    let rules = SendingRules::default();
    let day = SendDay::new(12)?;
    let slot = rules.first_slot("2026-02-01T15:00:00Z".parse()?, day);

    let (began, used) = (real(), process::processor()?);
    let mut group = Group { connection: &mut connection, first: 0, many: 0 };
    for first in (0..campaigns).step_by(GROUP) {
        group.first = first;
        group.many = GROUP.min(campaigns - first);
        group.begin().await?;
        group.change("WAITING_FOR_DATA", 0, &state).await?;
        group.announce(5).await?;
        group.commit().await?;
        for (operation, bytes) in RESULTS.iter().enumerate() {
            group.begin().await?;
            group.store(operation, &"r".repeat(*bytes)).await?;
            group.change("WAITING_FOR_DATA", operation, &state).await?;
            if operation + 2 >= RESULTS.len() {
                group.announce(1).await?;
            }
            group.settle().await?;
            group.commit().await?;
        }
        let mut emails = Vec::with_capacity(group.many);
        for n in first..first + group.many {
            let mut context = sample.clone();
            context.contact.id = ContactId::new(format!("contact-{n}"))?;
            context.contact.first_name = format!("Kim{n}");
            emails.push(templates.report(&context).await?);
        }
        group.begin().await?;
        group
            .insert(
                "INSERT INTO emails VALUES",
                emails.into_iter().map(|email| (email.subject, email.html, email.text)),
            )
            .await?;
        group.change("READY_TO_SEND_EMAIL", 6, &state).await?;
        group.announce(1).await?;
        group.settle().await?;
        group.commit().await?;
        for n in first..first + group.many {
            writeln!(sent, "<message-{n}@example> owner{n}@home.example")?;
        }
        group.begin().await?;
        group.say("UPDATE emails SET status = 'COMPLETE' WHERE id BETWEEN ?1 AND ?2").await?;
        group.change("EMAIL_SENT", 7, &state).await?;
        group.commit().await?;
        let next = rules.next_slot(slot, Some(slot.at()), day);
        group.begin().await?;
        group.change("DORMANT", usize::try_from(next.at().timestamp())?, &state).await?;
        group.settle().await?;
        group.commit().await?;
    }
    let seconds = began.elapsed().as_secs_f64();
    let used = (process::processor()? - used) * 1e6 / campaigns as f64;
    Ok(json!({ "rate": campaigns as f64 / seconds, "processor": used }))
}

/// Campaigns that go through a step together.
struct Group<'c> {
    connection: &'c mut SqliteConnection,
    first: usize,
    many: usize,
}

impl Group<'_> {
    fn range(&self) -> Result<(i64, i64), Failure> {
        Ok((i64::try_from(self.first)?, i64::try_from(self.first + self.many - 1)?))
    }

    async fn begin(&mut self) -> Result<(), Failure> {
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *self.connection).await?;
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), Failure> {
        sqlx::query("COMMIT").execute(&mut *self.connection).await?;
        Ok(())
    }

    async fn say(&mut self, sql: &'static str) -> Result<(), Failure> {
        let (first, last) = self.range()?;
        sqlx::query(sql).bind(first).bind(last).execute(&mut *self.connection).await?;
        Ok(())
    }

    async fn change(&mut self, status: &str, what: usize, state: &str) -> Result<(), Failure> {
        let (first, last) = self.range()?;
        let sql = "UPDATE campaigns SET status = ?3, sub_statuses = ?4, due_at = ?4, state = ?5 WHERE id BETWEEN ?1 AND ?2";
        let query =
            sqlx::query(sql).bind(first).bind(last).bind(status).bind(i64::try_from(what)?).bind(state);
        query.execute(&mut *self.connection).await?;
        Ok(())
    }

    async fn store(&mut self, operation: usize, result: &str) -> Result<(), Failure> {
        let (first, last) = self.range()?;
        let sql = "INSERT INTO content SELECT id, ?3, ?4 FROM campaigns WHERE id BETWEEN ?1 AND ?2";
        let query = sqlx::query(sql).bind(first).bind(last).bind(i64::try_from(operation)?).bind(result);
        query.execute(&mut *self.connection).await?;
        Ok(())
    }

    /// An event for each campaign, and a delivery of it for so many queues.
    async fn announce(&mut self, queues: i64) -> Result<(), Failure> {
        let (first, last) = self.range()?;
        let payload = "e".repeat(400);
        let sql =
            "INSERT INTO events (campaign, payload) SELECT id, ?3 FROM campaigns WHERE id BETWEEN ?1 AND ?2";
        sqlx::query(sql).bind(first).bind(last).bind(payload).execute(&mut *self.connection).await?;
        for queue in 0..queues {
            let sql = "INSERT INTO deliveries (queue, event, visible_at) SELECT ?3, id, 0 FROM campaigns \
                       WHERE id BETWEEN ?1 AND ?2";
            sqlx::query(sql).bind(first).bind(last).bind(queue).execute(&mut *self.connection).await?;
        }
        Ok(())
    }

    /// What was delivered to one queue is done.
    async fn settle(&mut self) -> Result<(), Failure> {
        self.say("DELETE FROM deliveries WHERE event BETWEEN ?1 AND ?2 AND queue = (SELECT min(queue) FROM deliveries)").await
    }

    async fn insert(
        &mut self,
        into: &str,
        emails: impl Iterator<Item = (String, String, String)>,
    ) -> Result<(), Failure> {
        let mut sql = String::from(into);
        let mut values = Vec::new();
        for (at, email) in emails.enumerate() {
            let comma = if at == 0 { "" } else { "," };
            write!(sql, "{comma} ({}, 'PENDING', ?, ?, ?)", self.first + at)?;
            values.extend([email.0, email.1, email.2]);
        }
        let mut query = sqlx::query(AssertSqlSafe(sql)).persistent(false);
        for value in values {
            query = query.bind(value);
        }
        query.execute(&mut *self.connection).await?;
        Ok(())
    }
}
