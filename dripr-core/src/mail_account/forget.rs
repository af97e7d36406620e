//! An agent wants the account no more.

use super::{Grant, MailAccount, SealedToken, tried_until::tried_until};
use crate::{
    campaign::{Actor, AuditEntry},
    errors::{Fault, PortError, PortResult},
    ids::UserId,
    ports::{EmailStore, MailAccountStore},
    schedule::Instant,
};

/// How often it is tried while others change the account.
const TRIES: usize = 5;

/// Forgets an agent's account: its token and what was allowed are gone, and emails go by the deployment's mailer. What stays is
/// since when, because an email may have gone by the account of which nobody knows yet, and who wanted it, in the agent's
/// history. The provider is not told: the agent takes the consent back there. `false` if there was none.
///
/// # Errors
/// The store's, and [`Unavailable`](Fault::Unavailable) if others keep changing it; doing it again does no harm.
pub async fn forget<S>(store: &S, user: &UserId, by: &Actor, now: Instant) -> PortResult<bool>
where
    S: MailAccountStore + EmailStore + ?Sized,
{
    for _ in 0..TRIES {
        let account = store.mail_account(user).await?;
        let Some(account) = account.filter(MailAccount::is_connected) else { return Ok(false) };
        let forgotten = MailAccount {
            scopes: Vec::new(),
            refresh_token: SealedToken(Vec::new()),
            grant: Grant::Forgotten { since: tried_until(store, user, now).await? },
            may_fall_back: false,
            ..account
        };
        let audit = AuditEntry::of("mailbox_forgotten", by.clone(), now, None);
        if store.put_mail_account(forgotten, Some(audit)).await? {
            return Ok(true);
        }
    }
    Err(PortError::new(Fault::Unavailable, "the mail account is changed all the time"))
}
