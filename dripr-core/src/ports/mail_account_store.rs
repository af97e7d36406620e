//! Where the agents' own mail accounts live.

use async_trait::async_trait;

use crate::{campaign::AuditEntry, errors::PortResult, ids::UserId, mail_account::MailAccount};

/// Stores the mail account that an agent has connected; each agent has one at most.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait MailAccountStore: Send + Sync {
    /// An agent's account.
    async fn mail_account(&self, user: &UserId) -> PortResult<Option<MailAccount>>;

    /// Stores an account with the next version, and in the agent's history why, in one transaction. It must be new (version
    /// 0), or its version the stored one's. `false`, and nothing changed, if somebody else was faster, or there is no such
    /// agent. That it [cannot be used any more](crate::webhooks::Message::of_lost_mailbox) webhooks tell, written with it.
    async fn put_mail_account(&self, account: MailAccount, audit: Option<AuditEntry>) -> PortResult<bool>;

    /// Forgets an agent's account, as if there had never been one; `false` if there was none. Only for an agent of whose
    /// emails none is under way or of unknown outcome: others [forget](crate::mail_account::forget) it.
    async fn remove_mail_account(&self, user: &UserId) -> PortResult<bool>;
}
