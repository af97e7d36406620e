//! An agent allows falling back to the deployment's mailer, or allows it no more.

use super::{MailAccount, tried_until::tried_until};
use crate::{
    errors::PortResult,
    ids::UserId,
    ports::{EmailStore, MailAccountStore},
    schedule::Instant,
};

/// Lets an agent's account fall back to the deployment's mailer from now on, or not. Once it is allowed no more, the
/// deployment's mailer is still asked about what may have gone by it. `false` if there is no account, or somebody else
/// changed it at the same moment.
///
/// # Errors
/// The store failed; doing it again does no harm.
pub async fn fall_back<S>(store: &S, user: &UserId, allowed: bool, now: Instant) -> PortResult<bool>
where
    S: MailAccountStore + EmailStore + ?Sized,
{
    let account = store.mail_account(user).await?;
    let Some(account) = account.filter(MailAccount::is_connected) else { return Ok(false) };
    let until = tried_until(store, user, now).await?;
    let fell_back_until = if account.may_fall_back { Some(until) } else { account.fell_back_until };
    store.put_mail_account(MailAccount { may_fall_back: allowed, fell_back_until, ..account }).await
}
