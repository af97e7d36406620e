//! The port for campaigns. Executing is in `execute`, enrolling in `enrol`.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use async_trait::async_trait;
use dripr_core::{
    campaign::{Action, AuditEntry, CampaignStatus, Command, Dossier, Operation},
    content::{CycleContent, ZipCode},
    email::{EmailAddress, Message},
    errors::{Fault, PortError, PortResult},
    ids::{CampaignId, UserId},
    policy::{FARTHEST, after},
    ports::{CampaignFilter, CampaignStore, Enrolment, Execution, HistoryEntry, NewCampaign},
    schedule::{Cycle, Instant},
};
use tokio::sync::oneshot;

use super::{
    SqlStore,
    connection::{Row, query},
    dossier::{ALL, Reader, by_ids, id_list, json, parse, row_place, to_json},
    enrol,
    error::{While, corrupt},
    execute::{ExecuteJob, place},
    instant::{instant, micros, micros_reached},
    message::{Packed, Place},
    writer::{Job, gone},
};

/// Campaigns whose deadline has come, or is later than `?2`: two ranges of `campaigns_due`.
const DUE: &str = "SELECT id FROM (SELECT id FROM campaigns@by(campaigns_due) WHERE due_at <= ?1 ORDER BY due_at, id LIMIT ?3) \
     AS reached UNION ALL SELECT id FROM (SELECT id FROM campaigns@by(campaigns_due) WHERE due_at > ?2 \
     ORDER BY due_at, id LIMIT ?3) AS far LIMIT ?3";

/// The first entry of `campaigns_due`.
const NEXT_DUE: &str =
    "SELECT due_at FROM campaigns@by(campaigns_due) WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1";

/// What operations brought, for `?1`, a JSON array of pairs of campaign and cycle.
const CONTENT: &str = "SELECT wanted.nr, k.operation, k.state FROM @rows(?1: id text, cycle text) AS wanted \
     CROSS JOIN cycle_content AS k ON k.campaign_id = wanted.id AND k.cycle = wanted.cycle";

/// The latest content of one operation before a cycle, for pairs as above.
const EARLIER_CONTENT: &str = "SELECT wanted.nr, k.campaign_id, k.cycle, k.state FROM @rows(?1: id text, cycle text) AS wanted \
     CROSS JOIN cycle_content AS k ON k.campaign_id = wanted.id AND k.operation = ?2 AND k.cycle = \
     (SELECT max(o.cycle) FROM cycle_content AS o WHERE o.campaign_id = wanted.id AND o.operation = ?2 \
      AND o.cycle < wanted.cycle)";

#[async_trait]
impl CampaignStore for SqlStore {
    async fn enrol(&self, new: Vec<NewCampaign>) -> PortResult<Vec<Enrolment>> {
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let new: Arc<[NewCampaign]> = new.into();
        self.shared
            .writer
            .call(move |transaction| {
                let new = new.clone();
                Box::pin(async move { enrol::run(transaction, &new).await })
            })
            .await
    }

    async fn load(&self, ids: &[CampaignId]) -> PortResult<Vec<Option<Dossier>>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let list = id_list(ids.iter().map(CampaignId::as_str));
        let doing = "reading campaigns";
        let rows = query(by_ids(self.shared.reads.dialect()))
            .bind(list)
            .fetch_all(&self.shared.reads)
            .await
            .doing(doing)?;
        let found = Reader::default().dossiers(&rows)?.into_iter();
        let mut found: HashMap<CampaignId, Dossier> =
            found.map(|(dossier, _)| (dossier.campaign.id.clone(), dossier)).collect();
        // Each is handed out once, unless one was asked for twice or is unknown.
        let once = found.len() == ids.len();
        Ok(ids.iter().map(|id| if once { found.remove(id) } else { found.get(id).cloned() }).collect())
    }

    async fn execute(&self, commands: Vec<Command>) -> PortResult<Vec<Execution>> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let packed = self.pack(&commands).await?;
        let has_texts = !packed.is_empty();
        let (reply, answer) = oneshot::channel();
        self.shared.writer.send(Job::Execute(ExecuteJob::new(commands, packed, reply))).await?;
        let outcome = answer.await.map_err(|_| gone())?;
        if has_texts && outcome.is_err() {
            // Perhaps what the texts were compressed against was erased by another process: the next try begins anew.
            self.shared.bases.forget();
        }
        outcome
    }

    async fn due(&self, now: Instant, limit: usize) -> PortResult<Vec<CampaignId>> {
        let doing = "looking for due campaigns";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let far = micros_reached(after(now, FARTHEST));
        let query = query(DUE).bind(micros(now)).bind(far).bind(limit);
        let rows = query.fetch_all(&self.shared.reads).await.doing(doing)?;
        rows.iter().map(|row| campaign_id(row.try_get(0).doing(doing)?)).collect()
    }

    async fn next_due(&self) -> PortResult<Option<Instant>> {
        let doing = "looking for the next deadline";
        let row = query(NEXT_DUE).fetch_optional(&self.shared.reads).await.doing(doing)?;
        row.map(|row| instant(row.try_get(0).doing(doing)?, "campaigns", "due_at", "")).transpose()
    }

    async fn content(&self, of: &[(CampaignId, Cycle)]) -> PortResult<Vec<Vec<(Operation, CycleContent)>>> {
        let mut contents: Vec<Vec<(Operation, CycleContent)>> = vec![Vec::new(); of.len()];
        if of.is_empty() {
            return Ok(contents);
        }
        let doing = "reading what operations brought";
        let rows = query(CONTENT).bind(to_json(&of)?).fetch_all(&self.shared.reads).await.doing(doing)?;
        for row in &rows {
            let at: i64 = row.try_get(0).doing(doing)?;
            let name: &str = row.try_get(1).doing(doing)?;
            let Some(((id, _), contents)) = row_place(at).and_then(|at| of.get(at).zip(contents.get_mut(at)))
            else {
                continue;
            };
            let operation = Operation::ALL.into_iter().find(|operation| operation.as_str() == name);
            let operation = operation.ok_or_else(|| {
                let why = format!("{name:?} is not an operation");
                corrupt("cycle_content", "operation", id.as_str(), why)
            })?;
            contents.push((
                operation,
                json(row.try_get(2).doing(doing)?, "cycle_content", "state", id.as_str())?,
            ));
        }
        for contents in &mut contents {
            contents.sort_by_key(|(operation, _)| *operation);
        }
        Ok(contents)
    }

    async fn earlier_content(
        &self,
        of: &[(CampaignId, Cycle)],
        operation: Operation,
    ) -> PortResult<Vec<Option<(Cycle, CycleContent)>>> {
        let mut contents = vec![None; of.len()];
        if of.is_empty() {
            return Ok(contents);
        }
        let doing = "reading what operations brought before";
        let query = query(EARLIER_CONTENT).bind(to_json(&of)?).bind(operation.as_str());
        for row in &query.fetch_all(&self.shared.reads).await.doing(doing)? {
            let at: i64 = row.try_get(0).doing(doing)?;
            let id: &str = row.try_get(1).doing(doing)?;
            let cycle = parse(row.try_get(2).doing(doing)?, "cycle_content", "cycle", id)?;
            let content = json(row.try_get(3).doing(doing)?, "cycle_content", "state", id)?;
            if let Some(slot) = row_place(at).and_then(|at| contents.get_mut(at)) {
                *slot = Some((cycle, content));
            }
        }
        Ok(contents)
    }

    async fn list(
        &self,
        filter: &CampaignFilter,
        after: Option<CampaignId>,
        limit: usize,
    ) -> PortResult<Vec<Dossier>> {
        let mut sql = String::from(ALL);
        let to = filter.to.as_ref().map(EmailAddress::key);
        let conditions = [
            (filter.user_id.is_some(), " AND c.user_id = ?1"),
            (filter.status.is_some(), " AND c.campaign_status = ?2"),
            (after.is_some(), " AND c.id > ?3"),
            (filter.needs_agent == Some(true), " AND @true(c.needs_agent)"),
            (filter.needs_agent == Some(false), " AND NOT @true(c.needs_agent)"),
            (filter.enabled == Some(true), " AND @true(c.enabled)"),
            (filter.enabled == Some(false), " AND NOT @true(c.enabled)"),
            (filter.zip_code.is_some(), " AND c.zip_code = ?6"),
            // By themselves, since the order of ids is another index's, by which SQLite would read all of an agent's.
            (
                to.is_some(),
                " AND c.id IN (SELECT o.id FROM campaigns AS o WHERE o.user_id = ?1 AND o.address_key = ?5)",
            ),
        ];
        sql.extend(conditions.into_iter().filter(|(wanted, _)| *wanted).map(|(_, condition)| condition));
        sql.push_str(" ORDER BY c.id LIMIT ?4");
        let doing = "listing campaigns";
        let rows = query(sql)
            .bind(filter.user_id.as_ref().map(UserId::as_str))
            .bind(filter.status.map(CampaignStatus::as_str))
            .bind(after.as_ref().map(CampaignId::as_str))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .bind(to)
            .bind(filter.zip_code.as_ref().map(ZipCode::as_str))
            .fetch_all(&self.shared.reads)
            .await
            .doing(doing)?;
        let mut reader = Reader::default();
        rows.iter().map(|row| Ok(reader.dossier(row.try_get(0).doing(doing)?)?.0)).collect()
    }

    async fn count_by_status(&self) -> PortResult<Vec<(CampaignStatus, u64)>> {
        let doing = "counting campaigns";
        let sql = "SELECT campaign_status, count(*) FROM campaigns WHERE deleted_at IS NULL GROUP BY campaign_status";
        let mut counts = BTreeMap::new();
        for row in &query(sql).fetch_all(&self.shared.reads).await.doing(doing)? {
            // Old names stand for today's, so that two rows may be one status.
            let status =
                parse::<CampaignStatus>(row.try_get(0).doing(doing)?, "campaigns", "campaign_status", "")?;
            let count: i64 = row.try_get(1).doing(doing)?;
            *counts.entry(status).or_insert(0) += u64::try_from(count).unwrap_or_default();
        }
        Ok(counts.into_iter().collect())
    }

    async fn history(&self, campaign: &CampaignId) -> PortResult<Vec<HistoryEntry>> {
        let doing = "reading a history";
        let sql = "SELECT state FROM audit WHERE campaign_id = ?1 ORDER BY id";
        let rows = query(sql).bind(campaign.as_str()).fetch_all(&self.shared.reads).await.doing(doing)?;
        let entry = |row: &_| {
            let state: &str = Row::try_get(row, 0).doing(doing)?;
            json::<AuditEntry>(state, "audit", "state", campaign.as_str())
        };
        rows.iter().map(entry).collect()
    }
}

impl SqlStore {
    /// Compresses the texts of new emails before the transaction begins, so that nobody waits for that with the
    /// file's lock in hand.
    async fn pack(&self, commands: &[Command]) -> PortResult<HashMap<usize, Packed>> {
        let created: Vec<(&CampaignId, Cycle, &Arc<Message>)> = commands
            .iter()
            .filter_map(|command| match &command.action {
                Action::CreateEmail { cycle, message } => {
                    Some((&command.campaign_id, *cycle, message.message()))
                }
                _ => None,
            })
            .collect();
        if created.is_empty() {
            return Ok(HashMap::new());
        }
        let doing = "reading where campaigns are";
        let sql = "SELECT c.id, c.user_id, c.zip_code FROM @list(?1: id text) AS wanted \
                   CROSS JOIN campaigns AS c ON c.id = wanted.id";
        let ids = id_list(created.iter().map(|(id, _, _)| id.as_str()));
        let rows = query(sql).bind(ids).fetch_all(&self.shared.reads).await.doing(doing)?;
        let mut places: HashMap<CampaignId, (UserId, ZipCode)> = HashMap::with_capacity(rows.len());
        for row in &rows {
            let id: &str = row.try_get(0).doing(doing)?;
            let user = UserId::new(row.try_get::<&str>(1).doing(doing)?)
                .map_err(|error| corrupt("campaigns", "user_id", id, error))?;
            let zip = parse(row.try_get(2).doing(doing)?, "campaigns", "zip_code", id)?;
            places.insert(campaign_id(id)?, (user, zip));
        }
        let mut by_place: HashMap<Place, Vec<&Arc<Message>>> = HashMap::new();
        for (id, cycle, message) in created {
            // Of an unknown campaign no email is made.
            if let Some((user, zip)) = places.get(id) {
                by_place.entry((user.clone(), *zip, cycle)).or_default().push(message);
            }
        }
        let mut packed = HashMap::new();
        for (of, messages) in by_place {
            let texts: Vec<&Message> = messages.iter().map(|message| message.as_ref()).collect();
            let texts = self.shared.bases.pack(&of, &texts).map_err(|error| {
                PortError::new(Fault::Invalid, format!("emails for {} cannot be compressed", of.1))
                    .caused_by(error)
            })?;
            packed.extend(messages.into_iter().map(place).zip(texts));
        }
        Ok(packed)
    }
}

fn campaign_id(text: &str) -> PortResult<CampaignId> {
    CampaignId::new(text).map_err(|error| corrupt("campaigns", "id", text, error))
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use crate::sql::{
        SqliteOptions,
        connection::Dialect,
        execute::{MOVED, STATUS, STATUS_ALONE, WHOLE, WORK, WORK_ALONE},
    };

    #[tokio::test]
    async fn what_is_due_is_a_range_of_an_index_and_no_row_is_looked_at_twice() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
        let plan = async |sql: &str| -> String {
            let explained = query(format!("EXPLAIN QUERY PLAN {sql}"));
            let rows = explained.fetch_all(&store.shared.reads).await.unwrap();
            rows.iter().map(|row| row.try_get::<String>(3).unwrap()).collect::<Vec<_>>().join("; ")
        };
        let due = plan(DUE).await;
        for range in ["(due_at<?)", "(due_at>?)"] {
            let range = format!("SEARCH campaigns USING COVERING INDEX campaigns_due {range}");
            assert!(due.contains(&range), "{due}");
        }
        assert!(!due.contains("TEMP B-TREE"), "{due}");
        let next = plan(NEXT_DUE).await;
        assert_eq!(next, "SEARCH campaigns USING COVERING INDEX campaigns_due (due_at>?)");
        for sql in [by_ids(Dialect::Sqlite), CONTENT, EARLIER_CONTENT] {
            let plan = plan(sql).await;
            let scanned: Vec<_> = plan.split("; ").filter(|step| step.starts_with("SCAN")).collect();
            assert!(scanned.iter().all(|step| step.starts_with("SCAN json_each")), "{plan}");
            assert!(!plan.contains("TEMP B-TREE") && !plan.contains("AUTOMATIC"), "{plan}");
        }
        for change in [WORK, WORK_ALONE, STATUS, STATUS_ALONE, WHOLE, MOVED] {
            let plan = plan(&change.sql(Dialect::Sqlite, 64)).await;
            assert!(
                plan.contains("SEARCH campaigns USING COVERING INDEX sqlite_autoindex_campaigns_1 (id=?)"),
                "{plan}"
            );
        }
    }
}
