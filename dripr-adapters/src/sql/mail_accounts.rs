//! The port for agents' own mail accounts.

use async_trait::async_trait;
use dripr_core::{
    campaign::AuditEntry,
    errors::PortResult,
    ids::UserId,
    mail_account::{Grant, MailAccount},
    ports::MailAccountStore,
    webhooks::{Kind, Message},
};

use super::{
    SqlStore,
    connection::{Connection, query},
    dossier::{json, to_json},
    error::While,
    execute::write_audit,
    notices,
    webhooks::tell::tell_one,
    writer::Transaction,
};

#[async_trait]
impl MailAccountStore for SqlStore {
    async fn mail_account(&self, user: &UserId) -> PortResult<Option<MailAccount>> {
        let doing = "reading a mail account";
        let sql = "SELECT state FROM mail_accounts WHERE user_id = ?1";
        let row = query(sql).bind(user.as_str()).fetch_optional(&self.shared.reads).await.doing(doing)?;
        row.map(|row| json(row.try_get(0).doing(doing)?, "mail_accounts", "state", user.as_str())).transpose()
    }

    async fn put_mail_account(&self, account: MailAccount, audit: Option<AuditEntry>) -> PortResult<bool> {
        self.shared
            .writer
            .call(move |transaction| {
                let (account, audit) = (account.clone(), audit.clone());
                Box::pin(async move { put(transaction, account, audit.as_ref()).await })
            })
            .await
    }

    async fn remove_mail_account(&self, user: &UserId) -> PortResult<bool> {
        let user = user.clone();
        self.shared
            .writer
            .call(move |transaction| {
                let user = user.clone();
                Box::pin(async move {
                    let removed = query("DELETE FROM mail_accounts WHERE user_id = ?1")
                        .bind(user.as_str())
                        .execute(&mut *transaction.connection)
                        .await
                        .doing("forgetting a mail account")?;
                    notices::wake_teller(transaction.connection, &user).await?;
                    Ok(removed > 0)
                })
            })
            .await
    }
}

async fn put(
    transaction: &mut Transaction<'_>,
    mut account: MailAccount,
    audit: Option<&AuditEntry>,
) -> PortResult<bool> {
    let connection = &mut *transaction.connection;
    let lost = lost(connection, &account).await?;
    let known = account.version;
    account.version += 1;
    // What is new is stored if the agent is there and has none; what is changed, if nobody else changed it.
    let sql = if known == 0 {
        "INSERT INTO mail_accounts (user_id, version, state) SELECT id, ?2, ?3 FROM users WHERE id = ?1 AND ?4 = 0 \
         ON CONFLICT (user_id) DO NOTHING"
    } else {
        "UPDATE mail_accounts SET version = ?2, state = ?3 WHERE user_id = ?1 AND version = ?4"
    };
    let stored = query(sql)
        .bind(account.user_id.as_str())
        .bind(i64::try_from(account.version).unwrap_or(i64::MAX))
        .bind(to_json(&account)?)
        .bind(i64::try_from(known).unwrap_or(i64::MAX))
        .execute(&mut *connection)
        .await
        .doing("storing a mail account")?;
    if stored == 0 {
        return Ok(false);
    }
    if let Some(entry) = audit {
        write_audit(connection, &[(None, &account.user_id, entry, to_json(entry)?)]).await?;
    }
    notices::wake_teller(connection, &account.user_id).await?;
    if let Some(message) = lost {
        tell_one(transaction, &account.user_id, Kind::MailboxLost, &|| message.clone()).await?;
    }
    Ok(true)
}

/// What is to be told of a change that takes an account from its agent, given as it is to be: the version that is stored is locked and
/// looked at, if such a change can be one.
async fn lost(connection: &mut Connection, account: &MailAccount) -> PortResult<Option<Message>> {
    if account.version == 0 || !matches!(account.grant, Grant::Revoked { .. }) {
        return Ok(None);
    }
    let doing = "looking whether a mail account is lost";
    let sql = "SELECT state FROM mail_accounts WHERE user_id = ?1 AND version = ?2@locked";
    let row = query(sql)
        .bind(account.user_id.as_str())
        .bind(i64::try_from(account.version).unwrap_or(i64::MAX))
        .fetch_optional(connection)
        .await
        .doing(doing)?;
    let Some(row) = row else { return Ok(None) };
    let stored: MailAccount =
        json(row.try_get(0).doing(doing)?, "mail_accounts", "state", account.user_id.as_str())?;
    Ok(Message::of_lost_mailbox(&stored, account))
}
