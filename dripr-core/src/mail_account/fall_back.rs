//! An agent allows falling back to the deployment's mailer, or allows it no more.

use super::{MailAccount, tried_until::tried_until};
use crate::{
    campaign::{Actor, AuditEntry},
    errors::PortResult,
    ports::{EmailStore, MailAccountStore},
    schedule::Instant,
};

/// Lets an agent's account, as it was read, fall back to the deployment's mailer from now on, or not. Once it is allowed no more, the
/// deployment's mailer is still asked about what may have gone by it. The account as it is then; `None`, and nothing changed, if
/// it is not connected, or somebody else changed it since it was read. What is so already is left as it is, and not told to
/// history.
///
/// # Errors
/// The store failed; doing it again does no harm.
pub async fn fall_back<S>(
    store: &S,
    account: MailAccount,
    allowed: bool,
    by: &Actor,
    now: Instant,
) -> PortResult<Option<MailAccount>>
where
    S: MailAccountStore + EmailStore + ?Sized,
{
    if !account.is_connected() {
        return Ok(None);
    }
    if account.may_fall_back == allowed {
        return Ok(Some(account));
    }
    let until = tried_until(store, &account.user_id, now).await?;
    let fell_back_until = if account.may_fall_back { Some(until) } else { account.fell_back_until };
    let mut account = MailAccount { may_fall_back: allowed, fell_back_until, ..account };
    let cause = if allowed {
        "what the account certainly did not send may go by the deployment's mailer"
    } else {
        "nothing goes by the deployment's mailer instead"
    };
    let audit = AuditEntry::of("mailbox_changed", by.clone(), now, Some(cause.to_owned()));
    if !store.put_mail_account(account.clone(), Some(audit)).await? {
        return Ok(None);
    }
    account.version += 1;
    Ok(Some(account))
}
