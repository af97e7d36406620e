//! The port for emails. They are written with their campaigns, in `execute`.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use dripr_core::{
    access::Reach,
    campaign::AuditEntry,
    email::{DeliveryStatus, Email, EmailAddress, Message, Party},
    errors::{Fault, PortError, PortResult},
    ids::{CampaignId, EmailId, UserId},
    ports::{EmailFilter, EmailOrder, EmailPlace, EmailSearch, EmailStore},
};

use super::{
    SqlStore,
    connection::{Row, Value, query},
    dossier::{email, id_list, parse, to_json},
    error::{While, corrupt},
    execute::write_audit,
    instant::micros,
    message::{Base, unpack},
    webhooks::tell::tell_settled,
    writer::Transaction,
};

const MESSAGES: &str = "SELECT m.email_id, m.base_id, m.from_name, m.from_address, m.to_name, m.to_address, m.subject, \
     m.opt_out_link, m.html_length, m.text_length, m.body, m.opt_out_mailto \
     FROM @list(?1: id text) AS wanted CROSS JOIN email_messages AS m ON m.email_id = wanted.id";

/// Emails by their ids, each found by the key of the table.
const BY_IDS: &str = "SELECT e.state, e.delivery_status FROM @list(?1: id text) AS wanted \
     CROSS JOIN emails AS e ON e.id = wanted.id";

#[async_trait]
impl EmailStore for SqlStore {
    async fn email(&self, id: &EmailId) -> PortResult<Option<Email>> {
        let doing = "reading an email";
        let sql = "SELECT state, delivery_status FROM emails WHERE id = ?1";
        let row = query(sql).bind(id.as_str()).fetch_optional(&self.shared.reads).await.doing(doing)?;
        row.as_ref().map(read).transpose()
    }

    async fn emails_by_ids(&self, ids: &[EmailId]) -> PortResult<Vec<Option<Email>>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let list = id_list(ids.iter().map(EmailId::as_str));
        let rows = query(BY_IDS).bind(list).fetch_all(&self.shared.reads).await.doing("reading emails")?;
        let mut found = HashMap::with_capacity(rows.len());
        for row in &rows {
            let email = read(row)?;
            found.insert(email.id.clone(), email);
        }
        Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
    }

    async fn messages(&self, ids: &[EmailId]) -> PortResult<Vec<Option<Arc<Message>>>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let doing = "reading texts";
        let list = id_list(ids.iter().map(EmailId::as_str));
        let rows = query(MESSAGES).bind(list).fetch_all(&self.shared.reads).await.doing(doing)?;
        let bases = self.bases(&rows).await?;
        let mut found = HashMap::with_capacity(rows.len());
        for row in &rows {
            let id: &str = row.try_get(0).doing(doing)?;
            found.insert(id, Arc::new(message(row, id, &bases)?));
        }
        Ok(ids.iter().map(|id| found.get(id.as_str()).cloned()).collect())
    }

    async fn emails(
        &self,
        filter: &EmailFilter,
        after: Option<EmailId>,
        limit: usize,
    ) -> PortResult<Vec<Email>> {
        let mut sql = String::from("SELECT state, delivery_status FROM emails WHERE true");
        let conditions = [
            (filter.user_id.is_some(), " AND user_id = ?1"),
            (filter.campaign_id.is_some(), " AND campaign_id = ?2"),
            (filter.delivery_status.is_some(), " AND delivery_status = ?3"),
            (after.is_some(), " AND id > ?4"),
        ];
        sql.extend(conditions.into_iter().filter(|(wanted, _)| *wanted).map(|(_, condition)| condition));
        sql.push_str(" ORDER BY id LIMIT ?5");
        let rows = query(sql)
            .bind(filter.user_id.as_ref().map(UserId::as_str))
            .bind(filter.campaign_id.as_ref().map(CampaignId::as_str))
            .bind(filter.delivery_status.map(DeliveryStatus::as_str))
            .bind(after.as_ref().map(EmailId::as_str))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.shared.reads)
            .await
            .doing("listing emails")?;
        rows.iter().map(read).collect()
    }

    async fn emails_within(
        &self,
        within: &Reach,
        search: &EmailSearch,
        limit: usize,
    ) -> PortResult<Vec<Email>> {
        let (sql, values) = page(within, search, limit);
        let rows = query(sql).with(values).fetch_all(&self.shared.reads).await.doing("listing emails")?;
        rows.iter().map(read).collect()
    }

    async fn count_by_status(&self) -> PortResult<Vec<(DeliveryStatus, u64)>> {
        let doing = "counting emails";
        let sql = "SELECT delivery_status, count(*) FROM emails GROUP BY delivery_status";
        let mut counts = Vec::new();
        for row in &query(sql).fetch_all(&self.shared.reads).await.doing(doing)? {
            let status =
                parse::<DeliveryStatus>(row.try_get(0).doing(doing)?, "emails", "delivery_status", "")?;
            let count: i64 = row.try_get(1).doing(doing)?;
            counts.push((status, u64::try_from(count).unwrap_or_default()));
        }
        counts.sort_unstable();
        Ok(counts)
    }

    async fn resolve_held(&self, id: &EmailId, to: DeliveryStatus, audit: AuditEntry) -> PortResult<bool> {
        if !matches!(to, DeliveryStatus::Complete | DeliveryStatus::Skipped) {
            let message = format!("delivery_status {to}: a held email becomes COMPLETE or SKIPPED");
            return Err(PortError::new(Fault::Invalid, message));
        }
        let id = id.clone();
        self.shared
            .writer
            .call(move |transaction| {
                let (id, audit) = (id.clone(), audit.clone());
                Box::pin(async move { resolve_held(transaction, &id, to, &audit).await })
            })
            .await
    }
}

impl SqlStore {
    /// The bases that rows of [`MESSAGES`] name: at hand, or read in one statement.
    async fn bases(&self, rows: &[Row]) -> PortResult<HashMap<String, Arc<Base>>> {
        let doing = "reading texts";
        let mut bases = HashMap::new();
        let mut missing = Vec::new();
        for row in rows {
            let Some(id) = row.try_get::<Option<&str>>(1).doing(doing)? else { continue };
            if bases.contains_key(id) || missing.contains(&id) {
                continue;
            }
            match self.shared.bases.get(id) {
                Some(base) => {
                    bases.insert(id.to_owned(), base);
                }
                None => missing.push(id),
            }
        }
        if missing.is_empty() {
            return Ok(bases);
        }
        let sql = "SELECT b.id, b.body FROM @list(?1: id text) AS wanted CROSS JOIN message_bases AS b ON b.id = wanted.id";
        let query = query(sql).bind(id_list(missing));
        for row in &query.fetch_all(&self.shared.reads).await.doing(doing)? {
            let id: &str = row.try_get(0).doing(doing)?;
            let base = self
                .shared
                .bases
                .unpack(id, row.try_get(1).doing(doing)?)
                .map_err(|error| corrupt("message_bases", "body", id, error))?;
            bases.insert(id.to_owned(), base);
        }
        Ok(bases)
    }
}

/// The statement for a part of what is looked for, and its values. Which emails these are, indexes tell; what else is stored is
/// read of these alone.
fn page<'q>(within: &'q Reach, search: &'q EmailSearch, limit: usize) -> (String, Vec<Value<'q>>) {
    let mut values: Vec<Value<'q>> = Vec::new();
    let mut number = |value: Value<'q>| {
        values.push(value);
        format!("?{}", values.len())
    };
    let of_campaign = search.campaign_id.is_some();
    // From where the least is to be looked through: a campaign has few emails, an agent a part of all.
    let tables = match within {
        Reach::Brokerage(_) | Reach::Team(..) if of_campaign => {
            "emails AS e CROSS JOIN users AS u ON u.id = e.user_id CROSS JOIN memberships AS m ON m.user_id = u.id"
        }
        Reach::Deployment | Reach::Agent(_) if of_campaign => {
            "emails AS e CROSS JOIN users AS u ON u.id = e.user_id"
        }
        Reach::Deployment => "emails AS e CROSS JOIN users AS u ON u.id = e.user_id",
        Reach::Agent(_) => "users AS u CROSS JOIN emails AS e ON e.user_id = u.id",
        Reach::Brokerage(_) | Reach::Team(..) => {
            "memberships AS m CROSS JOIN users AS u ON u.id = m.user_id CROSS JOIN emails AS e ON e.user_id = u.id"
        }
    };
    let mut conditions = match within {
        Reach::Deployment => String::new(),
        // In a way that no index answers: by that of the agent all that the agent has would be read.
        Reach::Agent(id) if of_campaign => {
            format!(" AND CASE WHEN u.id = {} THEN 1 ELSE 0 END = 1", number(id.as_str().into()))
        }
        Reach::Agent(id) => format!(" AND u.id = {}", number(id.as_str().into())),
        Reach::Brokerage(brokerage) => format!(" AND m.brokerage_id = {}", number(brokerage.as_str().into())),
        Reach::Team(brokerage, team) => {
            let brokerage = number(brokerage.as_str().into());
            format!(" AND m.brokerage_id = {brokerage} AND m.team_id = {}", number(team.as_str().into()))
        }
    };
    if let Some(campaign) = &search.campaign_id {
        conditions.push_str(&format!(" AND e.campaign_id = {}", number(campaign.as_str().into())));
    }
    if !search.delivery_statuses.is_empty() {
        // Words of the program itself, and in the statement, so that partial indexes are known to fit.
        let names: Vec<String> =
            search.delivery_statuses.iter().map(|status| format!("'{status}'")).collect();
        let is_one = format!("e.delivery_status IN ({})", names.join(", "));
        let few = !search.delivery_statuses.contains(&DeliveryStatus::Complete);
        conditions.push_str(&match within {
            // Most emails are sent in the end: those are found sooner in their order than by how they stand.
            Reach::Deployment if !few => format!(" AND CASE WHEN {is_one} THEN 1 ELSE 0 END = 1"),
            _ => format!(" AND {is_one}"),
        });
    }
    if let Some(from) = search.created_from {
        conditions.push_str(&format!(" AND e.created_at >= {}", number(micros(from).into())));
    }
    if let Some(to) = search.created_to {
        conditions.push_str(&format!(" AND e.created_at < {}", number(micros(to).into())));
    }
    let (order, listed) = match &search.order {
        EmailOrder::Id(after) => {
            if let Some(after) = after {
                conditions.push_str(&format!(" AND e.id > {}", number(after.as_str().into())));
            }
            ("e.id", "listed.id")
        }
        EmailOrder::OldestFirst(after) => {
            if let Some(EmailPlace { created_at, id }) = after {
                let (at, id) = (number(micros(*created_at).into()), number(id.as_str().into()));
                conditions
                    .push_str(&format!(" AND e.created_at >= {at} AND (e.created_at > {at} OR e.id > {id})"));
            }
            ("e.created_at, e.id", "listed.created_at, listed.id")
        }
        EmailOrder::NewestFirst(after) => {
            if let Some(EmailPlace { created_at, id }) = after {
                let (at, id) = (number(micros(*created_at).into()), number(id.as_str().into()));
                conditions
                    .push_str(&format!(" AND e.created_at <= {at} AND (e.created_at < {at} OR e.id < {id})"));
            }
            ("e.created_at DESC, e.id DESC", "listed.created_at DESC, listed.id DESC")
        }
    };
    let limit = number(i64::try_from(limit).unwrap_or(i64::MAX).into());
    let sql = format!(
        "SELECT x.state, x.delivery_status FROM (SELECT e.id, e.created_at FROM {tables} WHERE u.deleted_at IS NULL\
         {conditions} ORDER BY {order} LIMIT {limit}) AS listed CROSS JOIN emails AS x ON x.id = listed.id \
         ORDER BY {listed}"
    );
    (sql, values)
}

fn read(row: &Row) -> PortResult<Email> {
    let doing = "reading emails";
    email(row.try_get(0).doing(doing)?, row.try_get(1).doing(doing)?)
}

fn message(row: &Row, id: &str, bases: &HashMap<String, Arc<Base>>) -> PortResult<Message> {
    let doing = "reading texts";
    let text = |at: usize| row.try_get::<String>(at).doing(doing);
    let address = |at: usize, column| -> PortResult<EmailAddress> {
        parse(row.try_get(at).doing(doing)?, "email_messages", column, id)
    };
    let base = row
        .try_get::<Option<&str>>(1)
        .doing(doing)?
        .map(|base| {
            let why = || corrupt("email_messages", "base_id", id, format!("there is no base {base:?}"));
            bases.get(base).ok_or_else(why)
        })
        .transpose()?;
    let (html, plain) = unpack(
        row.try_get::<&[u8]>(10).doing(doing)?,
        base.map(Arc::as_ref),
        row.try_get(8).doing(doing)?,
        row.try_get(9).doing(doing)?,
    )
    .map_err(|error| corrupt("email_messages", "body", id, error))?;
    Ok(Message {
        from: Party { name: text(2)?, address: address(3, "from_address")? },
        to: Party { name: text(4)?, address: address(5, "to_address")? },
        subject: text(6)?,
        html,
        text: plain,
        opt_out_link: row.try_get(7).doing(doing)?,
        opt_out_mailto: row.try_get(11).doing(doing)?,
    })
}

async fn resolve_held(
    transaction: &mut Transaction<'_>,
    id: &EmailId,
    to: DeliveryStatus,
    audit: &AuditEntry,
) -> PortResult<bool> {
    let doing = "settling a held email";
    let connection = &mut *transaction.connection;
    let sql = "SELECT state, delivery_status FROM emails WHERE id = ?1 AND delivery_status = 'HELD'@locked";
    let row = query(sql).bind(id.as_str()).fetch_optional(&mut *connection).await.doing(doing)?;
    let Some(row) = row else { return Ok(false) };
    let mut email = read(&row)?;
    email.delivery_status = to;
    email.cause.clone_from(&audit.cause);
    let status = if to == DeliveryStatus::Complete { "COMPLETE" } else { "PENDING" };
    query("UPDATE emails SET status = ?1, delivery_status = ?2, state = ?3 WHERE id = ?4")
        .bind(status)
        .bind(to.as_str())
        .bind(to_json(&email)?)
        .bind(id.as_str())
        .execute(&mut *connection)
        .await
        .doing(doing)?;
    let row = (Some(email.campaign_id.clone()), &email.user_id, audit, to_json(audit)?);
    write_audit(connection, &[row]).await?;
    tell_settled(transaction, &email, audit.at).await?;
    Ok(true)
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    use super::*;
    use crate::sql::SqliteOptions;

    #[tokio::test]
    async fn emails_are_found_by_their_ids_and_no_others_are_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
        let explained = query(format!("EXPLAIN QUERY PLAN {BY_IDS}"));
        let rows = explained.fetch_all(&store.shared.reads).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.try_get(3).unwrap()).collect();
        assert!(plan.iter().any(|step| step.starts_with("SEARCH e ")), "{plan:?}");
        assert!(plan.iter().all(|step| !step.starts_with("SCAN e")), "{plan:?}");
    }

    #[tokio::test]
    async fn what_is_looked_for_is_a_range_of_an_index_whoever_looks() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
        let agent = Reach::Agent("ana".parse().unwrap());
        let brokerage = Reach::Brokerage("north".parse().unwrap());
        let team = Reach::Team("north".parse().unwrap(), "blue".parse().unwrap());
        let everybody = Reach::Deployment;
        let place = EmailPlace { created_at: chrono::DateTime::UNIX_EPOCH, id: "ana-1.1".parse().unwrap() };
        let newest = || [EmailOrder::NewestFirst(None), EmailOrder::NewestFirst(Some(place.clone()))];
        let any: &[DeliveryStatus] = &[];
        let waiting: &[DeliveryStatus] = &[DeliveryStatus::Created];
        let sent: &[DeliveryStatus] = &[DeliveryStatus::Complete];
        let mut wanted = Vec::new();
        for order in newest() {
            for reach in [&agent, &brokerage, &team] {
                let indexed = "emails_by_standing (user_id=? AND delivery_status=?";
                wanted.push((reach, None, waiting, order.clone(), indexed));
                wanted.push((reach, None, any, order.clone(), "emails_by_standing (user_id=?"));
            }
            wanted.push((&everybody, None, any, order.clone(), "emails_by_creation"));
            wanted.push((&everybody, None, sent, order.clone(), "emails_by_creation"));
            wanted.push((&everybody, None, waiting, order, "emails_by_status (delivery_status=?"));
        }
        for order in
            newest().into_iter().chain([EmailOrder::Id(None), EmailOrder::Id(Some(place.id.clone()))])
        {
            for reach in [&agent, &brokerage, &team, &everybody] {
                let indexed = "emails_by_campaign (campaign_id=?";
                wanted.push((reach, Some("ana-1"), waiting, order.clone(), indexed));
            }
        }
        let by_id = EmailOrder::Id(Some(place.id.clone()));
        wanted.push((&agent, None, any, by_id.clone(), "emails_by_agent (user_id=? AND id>?)"));
        wanted.push((&everybody, None, any, by_id, "(id>?)"));
        for (reach, campaign, statuses, order, indexed) in wanted {
            let search = EmailSearch {
                campaign_id: campaign.map(|id| id.parse().unwrap()),
                delivery_statuses: statuses.to_vec(),
                order,
                ..EmailSearch::default()
            };
            let (sql, values) = page(reach, &search, 51);
            let plan = query(format!("EXPLAIN QUERY PLAN {sql}")).with(values);
            let rows = plan.fetch_all(&store.shared.reads).await.unwrap();
            let plan: Vec<String> = rows.iter().map(|row| row.try_get(3).unwrap()).collect();
            let of_emails = plan.iter().filter(|line| line.split(' ').nth(1) == Some("e"));
            let of_emails: Vec<&String> = of_emails.collect();
            assert!(of_emails.len() == 1 && of_emails[0].contains(indexed), "{sql}: {plan:?}");
        }
    }
}
