//! The port for agents' own mail accounts.

use async_trait::async_trait;
use dripr_core::{
    campaign::AuditEntry, errors::PortResult, ids::UserId, mail_account::MailAccount, ports::MailAccountStore,
};

use super::{
    SqlStore,
    connection::{Connection, query},
    dossier::{json, to_json},
    error::While,
    execute::write_audit,
    notices,
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
                Box::pin(async move { put(transaction.connection, account, audit.as_ref()).await })
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
    connection: &mut Connection,
    mut account: MailAccount,
    audit: Option<&AuditEntry>,
) -> PortResult<bool> {
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
    Ok(true)
}
