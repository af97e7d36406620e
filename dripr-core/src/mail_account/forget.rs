//! An agent wants the account no more.

use super::{Grant, MailAccount, SealedToken, tried_until::tried_until};
use crate::{
    errors::PortResult,
    ids::UserId,
    ports::{EmailStore, MailAccountStore},
    schedule::Instant,
};

/// How often it is tried while others change the account.
const TRIES: usize = 5;

/// Forgets an agent's account: its token and what was allowed are gone, and emails go by the deployment's mailer. What stays is
/// since when, because an email may have gone by the account of which nobody knows yet. `false` if there was none, or
/// if others kept changing it.
///
/// # Errors
/// The store failed; doing it again does no harm.
pub async fn forget<S>(store: &S, user: &UserId, now: Instant) -> PortResult<bool>
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
        if store.put_mail_account(forgotten).await? {
            return Ok(true);
        }
    }
    Ok(false)
}
