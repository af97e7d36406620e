//! The port for persons.

use async_trait::async_trait;
use dripr_core::{
    campaign::{AuditEntry, Operation},
    email::{Email, EmailAddress},
    errors::PortResult,
    feedback::Feedback,
    ids::{CampaignId, ContactId, EmailId, UserId},
    person::{CampaignErasure, Person, PersonalCampaign, PersonalContent, PersonalEmail, erased_address},
    ports::{BlockStore, CampaignStore, ContactStore, EmailFilter, EmailStore, FeedbackStore, PersonStore},
    schedule::Instant,
};

use super::{
    SqlStore,
    connection::{Connection, Row, query},
    contacts::in_turn,
    dossier::{Reader, State, by_ids, email, id_list, json, parse, suppression, to_json},
    error::{While, corrupt},
    execute::write_audit,
    external_ids,
    instant::micros,
    rebase::rebase,
    webhooks,
    writer::Transaction,
};

const DOING: &str = "reading what is stored about a person";
const ERASING: &str = "erasing a campaign";

#[async_trait]
impl PersonStore for SqlStore {
    async fn person(&self, user: &UserId, address: &EmailAddress) -> PortResult<Option<Person>> {
        let suppression = self.suppression(user, address).await?;
        let block = self.block_of(address).await?;
        let sql =
            "SELECT id, state, external_id FROM contacts WHERE user_id = ?1 AND address_key = ?2 ORDER BY id";
        let query = query(sql).bind(user.as_str()).bind(address.key());
        let rows = query.fetch_all(&self.shared.reads).await.doing(DOING)?;
        let contacts =
            rows.iter().map(|row| external_ids::contact(row, 0, DOING)).collect::<PortResult<Vec<_>>>()?;
        let refused_rows = self.refused_rows_of(user, address).await?;
        if contacts.is_empty() && suppression.is_none() && refused_rows.is_empty() {
            return Ok(None);
        }
        let ids = self.campaigns_of(user, address).await?;
        let mut campaigns = Vec::with_capacity(ids.len());
        for dossier in self.load(&ids).await?.into_iter().flatten() {
            campaigns.push(self.personal(dossier.campaign).await?);
        }
        let messages = self.messages_of_person(user, address, &contacts, &ids).await?;
        let (user_id, address) = (user.clone(), address.clone());
        Ok(Some(Person { user_id, address, contacts, campaigns, suppression, block, messages, refused_rows }))
    }

    async fn campaigns_of(&self, user: &UserId, address: &EmailAddress) -> PortResult<Vec<CampaignId>> {
        // By the contact: the campaign's own key is gone once it is erased, and its contact may still be there.
        let sql = "SELECT c.id FROM campaigns AS c JOIN contacts AS k ON k.id = c.contact_id \
                   WHERE c.user_id = ?1 AND k.user_id = ?1 AND k.address_key = ?2 ORDER BY c.id";
        let query = query(sql).bind(user.as_str()).bind(address.key());
        let rows = query.fetch_all(&self.shared.reads).await.doing(DOING)?;
        let id = |row: &Row| {
            let id: &str = row.try_get(0).doing(DOING)?;
            CampaignId::new(id).map_err(|error| corrupt("campaigns", "id", id, error))
        };
        rows.iter().map(id).collect()
    }

    async fn erase_campaign(&self, campaign: &CampaignId, entry: AuditEntry) -> PortResult<CampaignErasure> {
        let id = campaign.clone();
        let erased = self
            .shared
            .writer
            .call(move |transaction| {
                let (id, entry) = (id.clone(), entry.clone());
                Box::pin(async move { erase_campaign(transaction.connection, &id, &entry).await })
            })
            .await?;
        // What other texts were compressed against may be gone.
        self.shared.bases.forget();
        Ok(erased)
    }

    async fn erase_contacts(&self, user: &UserId, address: &EmailAddress, at: Instant) -> PortResult<u64> {
        // Most of them before, so that nobody waits for them; those that come meanwhile with the rest.
        self.forget_lines_of(user).await?;
        let (user, key) = (user.clone(), address.key());
        self.shared
            .writer
            .call(move |transaction| {
                let (user, key) = (user.clone(), key.clone());
                Box::pin(async move { erase_contacts(transaction, &user, &key, at).await })
            })
            .await
    }
}

impl SqlStore {
    async fn personal(&self, campaign: dripr_core::campaign::Campaign) -> PortResult<PersonalCampaign> {
        const PAGE: usize = 500;
        let filter = EmailFilter { campaign_id: Some(campaign.id.clone()), ..EmailFilter::default() };
        let mut emails: Vec<PersonalEmail> = Vec::new();
        loop {
            let after = emails.last().map(|known| known.email.id.clone());
            let page = self.emails(&filter, after, PAGE).await?;
            let full = page.len() == PAGE;
            let ids: Vec<EmailId> = page.iter().map(|email| email.id.clone()).collect();
            let messages = self.messages(&ids).await?;
            let both = page.into_iter().zip(messages);
            emails.extend(both.map(|(email, message)| PersonalEmail { email, message }));
            if !full {
                break;
            }
        }
        // Pages go by id, people by time.
        emails.sort_by_key(|known| known.email.created_at);
        let sql = "SELECT cycle, operation, state FROM cycle_content WHERE campaign_id = ?1 ORDER BY cycle, operation";
        let query = query(sql).bind(campaign.id.as_str());
        let id = campaign.id.as_str();
        let mut content = Vec::new();
        for row in &query.fetch_all(&self.shared.reads).await.doing(DOING)? {
            let name: &str = row.try_get(1).doing(DOING)?;
            let operation = Operation::ALL.into_iter().find(|operation| operation.as_str() == name);
            let operation = operation
                .ok_or_else(|| corrupt("cycle_content", "operation", id, format!("{name:?} is none")))?;
            content.push(PersonalContent {
                cycle: parse(row.try_get(0).doing(DOING)?, "cycle_content", "cycle", id)?,
                operation,
                content: json(row.try_get(2).doing(DOING)?, "cycle_content", "state", id)?,
            });
        }
        let feedback = self.feedback(&campaign.id).await?;
        let history = self.history(&campaign.id).await?;
        Ok(PersonalCampaign { campaign, emails, content, feedback, history })
    }
}

async fn erase_campaign(
    connection: &mut Connection,
    id: &CampaignId,
    entry: &AuditEntry,
) -> PortResult<CampaignErasure> {
    let sql = "SELECT id FROM campaigns WHERE id = ?1 AND deleted_at IS NOT NULL@locked";
    let found = query(sql).bind(id.as_str()).fetch_optional(&mut *connection).await.doing(ERASING)?;
    if found.is_none() {
        return Ok(CampaignErasure::NotRemoved);
    }
    let sql = by_ids(connection.dialect());
    let rows = query(sql).bind(id_list([id.as_str()])).fetch_all(&mut *connection).await.doing(ERASING)?;
    let dossiers = Reader::default().dossiers(&rows)?;
    let Some((dossier, _)) = dossiers.into_iter().next() else { return Ok(CampaignErasure::NotRemoved) };
    let sql = "SELECT state, delivery_status FROM emails WHERE campaign_id = ?1 ORDER BY id";
    let rows = query(sql).bind(id.as_str()).fetch_all(&mut *connection).await.doing(ERASING)?;
    let read = |row: &Row| email(row.try_get(0).doing(ERASING)?, row.try_get(1).doing(ERASING)?);
    let emails = rows.iter().map(read).collect::<PortResult<Vec<Email>>>()?;
    if let Some(live) = emails.iter().find(|email| email.is_live()) {
        return Ok(CampaignErasure::UnderWay(live.id.clone()));
    }
    for sql in [
        "DELETE FROM email_messages WHERE email_id IN (SELECT id FROM emails WHERE campaign_id = ?1)",
        "DELETE FROM cycle_content WHERE campaign_id = ?1",
    ] {
        query(sql).bind(id.as_str()).execute(&mut *connection).await.doing(ERASING)?;
    }
    for email in &emails {
        rebase(connection, &email.content_hash.to_string()).await?;
    }
    erase_rows(connection, id, &dossier.campaign.contact_id, &emails).await?;
    webhooks::persons::erase_messages_of(connection, id).await?;
    let campaign = dossier.campaign.erased();
    let gone = format!("erased {id}");
    query(
        "UPDATE campaigns SET home = ?2, home_key = ?3, address_key = ?3, no_address_newsletter = ?4, email_id = ?5, \
         due_at = ?6, version = ?7, state = ?8, needs_agent = ?9 WHERE id = ?1",
    )
    .bind(id.as_str())
    .bind(None::<&str>)
    .bind(gone)
    .bind(true)
    .bind(None::<&str>)
    .bind(None::<i64>)
    .bind(i64::try_from(campaign.version).unwrap_or(i64::MAX))
    .bind(to_json(&State::of(&campaign))?)
    .bind(false)
    .execute(&mut *connection)
    .await
    .doing(ERASING)?;
    write_audit(connection, &[(Some(id.clone()), &campaign.user_id, entry, to_json(entry)?)]).await?;
    Ok(CampaignErasure::Erased(emails.into_iter().map(|email| email.id).collect()))
}

/// What stays of emails, of what came back of them and of the history.
async fn erase_rows(
    connection: &mut Connection,
    id: &CampaignId,
    contact: &ContactId,
    emails: &[Email],
) -> PortResult<()> {
    let recipient = erased_address(contact.as_str())?;
    for email in emails {
        let erased = email.erased(recipient.clone());
        query("UPDATE emails SET delivery_status = ?2, state = ?3 WHERE id = ?1")
            .bind(email.id.as_str())
            .bind(erased.delivery_status.as_str())
            .bind(to_json(&erased)?)
            .execute(&mut *connection)
            .await
            .doing(ERASING)?;
    }
    let sql = "SELECT id, state FROM feedback WHERE campaign_id = ?1 ORDER BY seq";
    let rows = query(sql).bind(id.as_str()).fetch_all(&mut *connection).await.doing(ERASING)?;
    for row in &rows {
        let name: &str = row.try_get(0).doing(ERASING)?;
        let kept: Feedback = json(row.try_get(1).doing(ERASING)?, "feedback", "state", name)?;
        query("UPDATE feedback SET state = ?2 WHERE id = ?1")
            .bind(name)
            .bind(to_json(&kept.erased())?)
            .execute(&mut *connection)
            .await
            .doing(ERASING)?;
    }
    let sql = "SELECT id, state FROM audit WHERE campaign_id = ?1 ORDER BY id";
    let rows = query(sql).bind(id.as_str()).fetch_all(&mut *connection).await.doing(ERASING)?;
    for row in &rows {
        let number: i64 = row.try_get(0).doing(ERASING)?;
        let entry: AuditEntry = json(row.try_get(1).doing(ERASING)?, "audit", "state", id.as_str())?;
        query("UPDATE audit SET state = ?2 WHERE id = ?1")
            .bind(number)
            .bind(to_json(&entry.erased())?)
            .execute(&mut *connection)
            .await
            .doing(ERASING)?;
    }
    Ok(())
}

async fn erase_contacts(
    transaction: &mut Transaction<'_>,
    user: &UserId,
    key: &str,
    at: Instant,
) -> PortResult<u64> {
    let doing = "erasing a contact";
    let connection = &mut *transaction.connection;
    // Opt-outs of one agent come one after the other: one that was read before must not be stored over what is erased here.
    in_turn(connection, user).await?;
    // Answers that are kept for calls that come again may name anybody.
    query("DELETE FROM api_replies").execute(&mut *connection).await.doing(doing)?;
    // So may lines of imports.
    query("DELETE FROM import_lines WHERE import_id IN (SELECT id FROM imports WHERE user_id = ?1)")
        .bind(user.as_str())
        .execute(&mut *connection)
        .await
        .doing(doing)?;
    erase_origins(connection, user, key).await?;
    let sql = "SELECT id, state, external_id FROM contacts WHERE user_id = ?1 AND address_key = ?2 ORDER BY id@locked";
    let rows = query(sql).bind(user.as_str()).bind(key).fetch_all(&mut *connection).await.doing(doing)?;
    for row in &rows {
        let known = external_ids::contact(row, 0, doing)?;
        let connection = &mut *transaction.connection;
        let erased = known.erased(at)?;
        query("UPDATE contacts SET address_key = ?2, deleted_at = ?3, state = ?4, external_id = ?5 WHERE id = ?1")
            .bind(erased.id.as_str())
            .bind(erased.email.key())
            .bind(erased.deleted_at.map(micros))
            .bind(to_json(&erased)?)
            .bind(external_ids::column(&erased))
            .execute(&mut *connection)
            .await
            .doing(doing)?;
        if known.deleted_at.is_none() {
            webhooks::tell_contact::tell_removed_contact(transaction, &known, at).await?;
        }
        webhooks::persons::erase_messages_about(transaction.connection, &known.id).await?;
    }
    webhooks::persons::erase_messages_to(transaction.connection, user, key).await?;
    Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
}

/// What is not to be written to says no more that two addresses were one person's. Those of one agent are looked at.
async fn erase_origins(connection: &mut Connection, user: &UserId, key: &str) -> PortResult<()> {
    let doing = "erasing where opt-outs were decided";
    let sql = "SELECT state, cause FROM suppressions WHERE user_id = ?1 AND state LIKE '%\"carried_from\"%' \
               ORDER BY address_key@locked";
    let rows = query(sql).bind(user.as_str()).fetch_all(&mut *connection).await.doing(doing)?;
    for row in &rows {
        let known = suppression(row.try_get(0).doing(doing)?, row.try_get(1).doing(doing)?)?;
        let Some(erased) = known.erased(key) else { continue };
        query("UPDATE suppressions SET state = ?3 WHERE user_id = ?1 AND address_key = ?2")
            .bind(user.as_str())
            .bind(erased.address.key())
            .bind(to_json(&erased)?)
            .execute(&mut *connection)
            .await
            .doing(doing)?;
    }
    Ok(())
}
