//! The port for emails. They are written with their campaigns, in `execute`.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use dripr_core::{
    campaign::AuditEntry,
    email::{DeliveryStatus, Email, EmailAddress, Message, Party},
    errors::{Fault, PortError, PortResult},
    ids::{CampaignId, EmailId, UserId},
    ports::{EmailFilter, EmailStore},
};

use super::{
    SqlStore,
    connection::{Row, query},
    dossier::{email, id_list, parse, to_json},
    error::{While, corrupt},
    execute::write_audit,
    message::{Base, unpack},
    webhooks::tell::tell_settled,
    writer::Transaction,
};

const MESSAGES: &str = "SELECT m.email_id, m.base_id, m.from_name, m.from_address, m.to_name, m.to_address, m.subject, \
     m.opt_out_link, m.html_length, m.text_length, m.body, m.opt_out_mailto \
     FROM @list(?1: id text) AS wanted CROSS JOIN email_messages AS m ON m.email_id = wanted.id";

#[async_trait]
impl EmailStore for SqlStore {
    async fn email(&self, id: &EmailId) -> PortResult<Option<Email>> {
        let doing = "reading an email";
        let sql = "SELECT state, delivery_status FROM emails WHERE id = ?1";
        let row = query(sql).bind(id.as_str()).fetch_optional(&self.shared.reads).await.doing(doing)?;
        row.as_ref().map(read).transpose()
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
