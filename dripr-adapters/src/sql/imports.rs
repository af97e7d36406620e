//! The port for imports of contacts.

use async_trait::async_trait;
use dripr_core::{
    campaign::AuditEntry,
    contact::Home,
    email::EmailAddress,
    errors::PortResult,
    ids::{CampaignId, ImportId, UserId},
    imports::{Import, ImportLine},
    ports::{ImportLineFilter, ImportStore},
    schedule::Instant,
    webhooks::{Kind, Message},
};

use super::{
    SqlStore,
    connection::{Connection, Row, query},
    dossier::{json, row_place, to_json},
    error::{While, corrupt},
    execute::write_audit,
    instant::micros,
    values::Many,
    webhooks::tell::tell_one,
    writer::Transaction,
};

const LINES: Many = Many {
    before: "INSERT INTO import_lines (import_id, run, line, fate, state, opted_out, not_verified)",
    after: "",
    columns: 7,
};

/// Imports that were cancelled while they were read, and have not ended.
const LEFT_TO_READERS: &str = "SELECT id FROM imports WHERE @true(left_to_reader)";
const LEFT_AFTER: &str = " AND id > ?2";

const READING: &str = "reading an import";
const FORGETTING: &str = "forgetting imports";
/// How many lines are forgotten in one transaction, so that nobody waits long for the database.
const PORTION: i64 = 5_000;

#[async_trait]
impl ImportStore for SqlStore {
    async fn add_import(&self, import: Import) -> PortResult<()> {
        self.shared
            .writer
            .call(move |transaction| {
                let import = import.clone();
                Box::pin(async move { add(transaction.connection, &import).await })
            })
            .await
    }

    async fn import(&self, id: &ImportId) -> PortResult<Option<Import>> {
        let sql = "SELECT id, version, state FROM imports WHERE id = ?1";
        let row = query(sql).bind(id.as_str()).fetch_optional(&self.shared.reads).await.doing(READING)?;
        row.as_ref().map(read).transpose()
    }

    async fn imports(
        &self,
        user: &UserId,
        before: Option<ImportId>,
        limit: usize,
    ) -> PortResult<Vec<Import>> {
        let condition = if before.is_some() { "AND id < ?3" } else { "" };
        let sql = format!(
            "SELECT id, version, state FROM imports WHERE user_id = ?1 {condition} ORDER BY id DESC LIMIT ?2"
        );
        let mut query = query(sql).bind(user.as_str()).bind(i64::try_from(limit).unwrap_or(i64::MAX));
        if let Some(before) = &before {
            query = query.bind(before.as_str());
        }
        let rows = query.fetch_all(&self.shared.reads).await.doing("reading imports")?;
        rows.iter().map(read).collect()
    }

    async fn imports_left_to_readers(
        &self,
        after: Option<ImportId>,
        limit: usize,
    ) -> PortResult<Vec<ImportId>> {
        let condition = if after.is_some() { LEFT_AFTER } else { "" };
        let sql = format!("{LEFT_TO_READERS}{condition} ORDER BY id LIMIT ?1");
        let mut query = query(sql).bind(i64::try_from(limit).unwrap_or(i64::MAX));
        if let Some(after) = &after {
            query = query.bind(after.as_str());
        }
        let doing = "looking for imports whose reader may be dead";
        let rows = query.fetch_all(&self.shared.reads).await.doing(doing)?;
        let id = |row: &Row| {
            let id: &str = row.try_get(0).doing(doing)?;
            ImportId::new(id).map_err(|error| corrupt("imports", "id", id, error))
        };
        rows.iter().map(id).collect()
    }

    async fn put_import(
        &self,
        import: &Import,
        lines: Vec<ImportLine>,
        audit: Option<AuditEntry>,
    ) -> PortResult<bool> {
        let import = import.clone();
        self.shared
            .writer
            .call(move |transaction| {
                let (import, lines, audit) = (import.clone(), lines.clone(), audit.clone());
                Box::pin(async move { put(transaction, &import, &lines, audit.as_ref()).await })
            })
            .await
    }

    async fn forget_imports(&self, made_by: Instant) -> PortResult<u64> {
        let sql = "SELECT id FROM imports WHERE created_at <= ?1 ORDER BY created_at LIMIT 1";
        let row =
            query(sql).bind(micros(made_by)).fetch_optional(&self.shared.reads).await.doing(FORGETTING)?;
        let Some(row) = row else { return Ok(0) };
        let id: &str = row.try_get(0).doing(FORGETTING)?;
        let id = id.to_owned();
        self.shared
            .writer
            .call(move |transaction| {
                let id = id.clone();
                Box::pin(async move {
                    let connection = &mut *transaction.connection;
                    let (lines, all) = forget_lines(connection, &id, i64::MAX).await?;
                    if !all {
                        return Ok(lines);
                    }
                    let sql = "DELETE FROM imports WHERE id = ?1";
                    let imports = query(sql).bind(id.as_str()).execute(connection).await.doing(FORGETTING)?;
                    Ok(lines + imports)
                })
            })
            .await
    }

    async fn forget_earlier_lines(&self, import: &ImportId) -> PortResult<u64> {
        let Some(known) = self.import(import).await? else { return Ok(0) };
        Ok(self.forget_portion(import.to_string(), i64::from(known.run)).await?.0)
    }

    async fn import_lines(
        &self,
        import: &ImportId,
        filter: ImportLineFilter,
        after: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<ImportLine>> {
        let doing = "reading lines of an import";
        let mut query = query(lines_sql(filter))
            .bind(import.as_str())
            .bind(after.map_or(-1, |after| i64::try_from(after).unwrap_or(i64::MAX)))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX));
        if let Some(fate) = filter.fate {
            query = query.bind(fate);
        }
        let rows = query.fetch_all(&self.shared.reads).await.doing(doing)?;
        let line = |row: &Row| json(row.try_get(0).doing(doing)?, "import_lines", "state", import.as_str());
        rows.iter().map(line).collect()
    }

    async fn campaigns_like(
        &self,
        user: &UserId,
        wanted: &[(String, String)],
    ) -> PortResult<Vec<Option<CampaignId>>> {
        let doing = "looking for campaigns that are there";
        // All homes of each person, who has few: keys that an earlier version stored are of longer words.
        let sql = "SELECT wanted.nr, c.id, c.home_key FROM @rows(?1: address_key text, home_key text) AS wanted \
                   CROSS JOIN campaigns AS c ON c.user_id = ?2 AND c.address_key = wanted.address_key \
                   AND c.deleted_at IS NULL ORDER BY c.id";
        let query = query(sql).bind(to_json(&wanted)?).bind(user.as_str());
        let mut found = vec![None; wanted.len()];
        for row in &query.fetch_all(&self.shared.reads).await.doing(doing)? {
            let Some(at) = row_place(row.try_get(0).doing(doing)?) else { continue };
            let home = Home::renewed_key(row.try_get(2).doing(doing)?);
            let (Some((_, asked)), Some(slot)) = (wanted.get(at), found.get_mut(at)) else { continue };
            if slot.is_none() && home == *asked {
                let id: &str = row.try_get(1).doing(doing)?;
                *slot = Some(CampaignId::new(id).map_err(|error| corrupt("campaigns", "id", id, error))?);
            }
        }
        Ok(found)
    }
}

impl SqlStore {
    /// Forgets the lines of an agent's imports, portion by portion: where every row has one they are many.
    pub(super) async fn forget_lines_of(&self, user: &UserId) -> PortResult<()> {
        let sql = "SELECT i.id FROM imports AS i WHERE i.user_id = ?1 \
                   AND EXISTS (SELECT 1 FROM import_lines AS l WHERE l.import_id = i.id)";
        let rows = query(sql).bind(user.as_str()).fetch_all(&self.shared.reads).await.doing(FORGETTING)?;
        for row in &rows {
            let id: &str = row.try_get(0).doing(FORGETTING)?;
            while !self.forget_portion(id.to_owned(), i64::MAX).await?.1 {}
        }
        Ok(())
    }

    /// Forgets a portion of an import's lines of runs before one: how many, and whether these were the last.
    async fn forget_portion(&self, import: String, before_run: i64) -> PortResult<(u64, bool)> {
        self.shared
            .writer
            .call(move |transaction| {
                let import = import.clone();
                Box::pin(async move { forget_lines(transaction.connection, &import, before_run).await })
            })
            .await
    }

    /// Lines of an agent's imports that repeat an address.
    pub(super) async fn refused_rows_of(
        &self,
        user: &UserId,
        address: &EmailAddress,
    ) -> PortResult<Vec<ImportLine>> {
        let doing = "reading lines of imports that name an address";
        let sql = "SELECT l.state FROM imports AS i JOIN import_lines AS l@through(import_lines_by_fate) \
                   ON l.import_id = i.id WHERE i.user_id = ?1 AND l.fate = 'refused' AND LOWER(l.state) LIKE ?2 ESCAPE '!' \
                   ORDER BY l.import_id, l.run, l.line";
        let mut pattern = String::from("%");
        for c in address.as_str().to_lowercase().chars() {
            pattern.extend(matches!(c, '%' | '_' | '!').then_some('!'));
            pattern.push(c);
        }
        pattern.push('%');
        let query = query(sql).bind(user.as_str()).bind(pattern);
        let rows = query.fetch_all(&self.shared.reads).await.doing(doing)?;
        let line = |row: &Row| json(row.try_get(0).doing(doing)?, "import_lines", "state", user.as_str());
        let lines = rows.iter().map(line).collect::<PortResult<Vec<ImportLine>>>()?;
        Ok(lines.into_iter().filter(|line| line.names(address)).collect())
    }
}

/// Lines of an import that match a filter. Those of a kind may be few among millions, which a database does not know: it would read
/// all in their order. The run is a single value: by a join with the import a server would not know that the lines of an index are in
/// their order, and would sort the rest of the report for each page.
fn lines_sql(filter: ImportLineFilter) -> String {
    let index = match filter {
        ImportLineFilter { opted_out: Some(true), .. } => "@through(import_lines_opted_out)",
        ImportLineFilter { not_verified: Some(true), .. } => "@through(import_lines_not_verified)",
        ImportLineFilter { fate: Some(_), .. } => "@through(import_lines_by_fate)",
        ImportLineFilter { .. } => "",
    };
    let conditions = [
        (filter.fate.is_some(), " AND l.fate = ?4"),
        (filter.opted_out == Some(true), " AND @true(l.opted_out)"),
        (filter.opted_out == Some(false), " AND NOT @true(l.opted_out)"),
        (filter.not_verified == Some(true), " AND @true(l.not_verified)"),
        (filter.not_verified == Some(false), " AND NOT @true(l.not_verified)"),
    ];
    let mut sql = format!(
        "SELECT l.state FROM import_lines AS l{index} WHERE l.import_id = ?1 \
         AND l.run = (SELECT run FROM imports WHERE id = ?1) AND l.line > ?2"
    );
    sql.extend(conditions.into_iter().filter(|(wanted, _)| *wanted).map(|(_, condition)| condition));
    sql.push_str(" ORDER BY l.line LIMIT ?3");
    sql
}

fn read(row: &Row) -> PortResult<Import> {
    let id: &str = row.try_get(0).doing(READING)?;
    let version: i64 = row.try_get(1).doing(READING)?;
    let stored: Import = json(row.try_get(2).doing(READING)?, "imports", "state", id)?;
    Ok(Import { version: u64::try_from(version).unwrap_or_default(), ..stored })
}

async fn add(connection: &mut Connection, import: &Import) -> PortResult<()> {
    let doing = "keeping an import";
    query(
        "INSERT INTO imports (id, user_id, created_at, run, version, state, left_to_reader) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )
    .bind(import.id.as_str())
    .bind(import.user_id.as_str())
    .bind(micros(import.created_at))
    .bind(i64::from(import.run))
    .bind(i64::try_from(import.version).unwrap_or(i64::MAX))
    .bind(to_json(import)?)
    .bind(import.is_left_to_reader())
    .execute(connection)
    .await
    .doing(doing)?;
    Ok(())
}

/// Forgets a portion of an import's lines of runs before one: how many, and whether these were the last.
async fn forget_lines(connection: &mut Connection, id: &str, before_run: i64) -> PortResult<(u64, bool)> {
    let sql = "SELECT run, line FROM import_lines WHERE import_id = ?1 AND run < ?2 ORDER BY run, line \
               LIMIT 1 OFFSET ?3";
    let query_first_kept = query(sql).bind(id).bind(before_run).bind(PORTION);
    let first_kept = query_first_kept.fetch_optional(&mut *connection).await.doing(FORGETTING)?;
    let Some(row) = first_kept else {
        let sql = "DELETE FROM import_lines WHERE import_id = ?1 AND run < ?2";
        let gone = query(sql).bind(id).bind(before_run).execute(connection).await.doing(FORGETTING)?;
        return Ok((gone, true));
    };
    let (run, line): (i64, i64) = (row.try_get(0).doing(FORGETTING)?, row.try_get(1).doing(FORGETTING)?);
    let sql = "DELETE FROM import_lines WHERE import_id = ?1 AND (run < ?2 OR (run = ?2 AND line < ?3))";
    let gone = query(sql).bind(id).bind(run).bind(line).execute(connection).await.doing(FORGETTING)?;
    Ok((gone, false))
}

async fn put(
    transaction: &mut Transaction<'_>,
    import: &Import,
    lines: &[ImportLine],
    audit: Option<&AuditEntry>,
) -> PortResult<bool> {
    let doing = "storing how far an import is";
    let connection = &mut *transaction.connection;
    let changed = query(
        "UPDATE imports SET run = ?3, version = version + 1, state = ?4, left_to_reader = ?5 \
         WHERE id = ?1 AND version = ?2",
    )
    .bind(import.id.as_str())
    .bind(i64::try_from(import.version).unwrap_or(i64::MAX))
    .bind(i64::from(import.run))
    .bind(to_json(import)?)
    .bind(import.is_left_to_reader())
    .execute(&mut *connection)
    .await
    .doing(doing)?;
    if changed == 0 {
        return Ok(false);
    }
    if let Some(entry) = audit {
        write_audit(connection, &[(None, &import.user_id, entry, to_json(entry)?)]).await?;
    }
    let rows = lines.iter().map(|line| Ok((line, to_json(line)?))).collect::<PortResult<Vec<_>>>()?;
    LINES
        .execute(connection, &rows, |row, (line, state)| {
            row.bind(import.id.as_str())
                .bind(i64::from(import.run))
                .bind(i64::try_from(line.row).unwrap_or(i64::MAX))
                .bind(line.fate.name())
                .bind(state.as_str())
                .bind(line.opted_out)
                .bind(line.not_verified);
        })
        .await
        .doing(doing)?;
    if let Some(message) = Message::of_import(import) {
        tell_one(transaction, &import.user_id, Kind::ImportDone, &|| message.clone()).await?;
    }
    Ok(true)
}

#[cfg(all(test, feature = "sqlite"))]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use dripr_core::{campaign::Actor, imports::ImportOptions, ports::AgentStore, testkit::samples};

    use super::*;
    use crate::sql::{SqliteOptions, connection::Query};

    async fn plan(store: &SqlStore, explain: Query<'_>) -> Vec<String> {
        let rows = explain.fetch_all(&store.shared.reads).await.unwrap();
        rows.iter().map(|row| row.try_get(3).unwrap()).collect()
    }

    #[tokio::test]
    async fn few_lines_among_very_many_are_looked_up_in_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
        let all = ImportLineFilter::default();
        let enrolled = ImportLineFilter { fate: Some("enrolled"), ..all };
        let filters = [
            (all, "PRIMARY KEY"),
            (enrolled, "INDEX import_lines_by_fate"),
            (ImportLineFilter { opted_out: Some(true), ..all }, "INDEX import_lines_opted_out"),
            (ImportLineFilter { not_verified: Some(true), ..all }, "INDEX import_lines_not_verified"),
            (ImportLineFilter { opted_out: Some(true), ..enrolled }, "INDEX import_lines_opted_out"),
            (ImportLineFilter { opted_out: Some(false), ..all }, "PRIMARY KEY"),
        ];
        for (filter, index) in filters {
            let sql = format!("EXPLAIN QUERY PLAN {}", lines_sql(filter));
            let mut explain = query(sql).bind("import").bind(1_i64).bind(50_i64);
            if let Some(fate) = filter.fate {
                explain = explain.bind(fate);
            }
            let plan = plan(&store, explain).await;
            let by_index = format!("SEARCH l USING {index} (import_id=? AND run=? AND ");
            // First of all: behind a join with the import, servers would sort the lines.
            assert!(plan[0].starts_with(&by_index), "{filter:?}: {plan:?}");
            assert!(!plan.iter().any(|line| line.contains("TEMP B-TREE")), "{filter:?}: {plan:?}");
        }
    }

    #[tokio::test]
    async fn imports_that_were_left_to_their_readers_are_found_without_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
        for condition in ["", LEFT_AFTER] {
            let sql = format!("EXPLAIN QUERY PLAN {LEFT_TO_READERS}{condition} ORDER BY id LIMIT ?1");
            let mut explain = query(sql).bind(9_i64);
            if !condition.is_empty() {
                explain = explain.bind("import");
            }
            let plan = plan(&store, explain).await;
            assert!(plan.iter().all(|line| line.contains("INDEX imports_left_to_reader")), "{plan:?}");
        }
    }

    #[tokio::test]
    async fn one_that_was_left_to_its_reader_and_is_damaged_hides_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
        let now: Instant = "2026-03-01T12:00:00Z".parse().unwrap();
        let agent = samples::agent("amy", now).unwrap();
        store.register(agent.clone(), samples::user_created(&agent), Actor::Operator).await.unwrap();
        let ids = ["damaged", "whole"].map(|id| ImportId::new(id).unwrap());
        for id in &ids {
            let mut import = Import::new(id.clone(), agent.id.clone(), ImportOptions::default(), now);
            import.begin(now).unwrap();
            import.cancel(now).unwrap();
            store.add_import(import).await.unwrap();
        }
        let damaging = store.shared.writer.call(|transaction| {
            let sql = "UPDATE imports SET state = '{' WHERE id = 'damaged'";
            Box::pin(async move { query(sql).execute(&mut *transaction.connection).await.doing(READING) })
        });
        assert_eq!(damaging.await.unwrap(), 1);
        assert_eq!(store.imports_left_to_readers(None, 9).await.unwrap(), ids);
        store.import(&ids[0]).await.unwrap_err();
        assert!(store.import(&ids[1]).await.unwrap().unwrap().is_left_to_reader());
    }
}
