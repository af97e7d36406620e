use async_trait::async_trait;

use super::{Audited, MemoryStore};
use crate::{
    campaign::AuditEntry,
    errors::PortResult,
    ids::UserId,
    mail_account::MailAccount,
    ports::MailAccountStore,
    webhooks::{Kind, Message},
};

#[async_trait]
impl MailAccountStore for MemoryStore {
    async fn mail_account(&self, user: &UserId) -> PortResult<Option<MailAccount>> {
        Ok(self.lock().mail_accounts.get(user).cloned())
    }

    async fn put_mail_account(
        &self,
        mut account: MailAccount,
        audit: Option<AuditEntry>,
    ) -> PortResult<bool> {
        let mut state = self.lock();
        let known = state.mail_accounts.get(&account.user_id).cloned();
        let stored = known.as_ref().map_or(0, |known| known.version);
        if !state.agents.contains_key(&account.user_id) || stored != account.version {
            return Ok(false);
        }
        account.version += 1;
        state.wake_teller(&account.user_id);
        if let Some(entry) = audit {
            state.audit.push(Audited { user_id: account.user_id.clone(), campaign_id: None, entry });
        }
        let lost = known.and_then(|known| Message::of_lost_mailbox(&known, &account));
        state.tell(&account.user_id, Kind::MailboxLost, |_| lost);
        state.mail_accounts.insert(account.user_id.clone(), account);
        Ok(true)
    }

    async fn remove_mail_account(&self, user: &UserId) -> PortResult<bool> {
        let mut state = self.lock();
        state.wake_teller(user);
        Ok(state.mail_accounts.remove(user).is_some())
    }
}
