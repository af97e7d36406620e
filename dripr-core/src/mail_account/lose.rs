//! The provider gives no access to an agent's account any more.

use super::{Grant, MailAccount};
use crate::{
    campaign::{Actor, AuditEntry},
    errors::{Fault, PortError, PortResult},
    ports::MailAccountStore,
    schedule::Instant,
};

/// How often it is tried while others change the account.
const TRIES: usize = 5;

/// Notes that the provider gives no access to an agent's account, as it was read, any more, and what it said, for people: nothing
/// is sent by the account until its agent agrees again. It stands in the agent's history, and webhooks tell of it. Whatever else
/// was changed meanwhile is kept. `false`, and nothing changed, if the [consent](MailAccount::is_of_the_consent_of) is not the one of
/// which the provider spoke any more, or somebody else noted it.
///
/// # Errors
/// The store's, and [`Unavailable`](Fault::Unavailable) if others keep changing it; doing it again does no harm.
pub async fn lose<S>(store: &S, account: &MailAccount, said: &str, now: Instant) -> PortResult<bool>
where
    S: MailAccountStore + ?Sized,
{
    let mut known = account.clone();
    for _ in 0..TRIES {
        let lost = MailAccount { grant: Grant::Revoked { since: now, reason: said.to_owned() }, ..known };
        let audit = AuditEntry::of("mailbox_lost", Actor::System, now, Some(said.to_owned()));
        if store.put_mail_account(lost, Some(audit)).await? {
            return Ok(true);
        }
        let stored = store.mail_account(&account.user_id).await?;
        let Some(same) = stored.filter(|stored| stored.is_of_the_consent_of(account)) else {
            return Ok(false);
        };
        known = same;
    }
    Err(PortError::new(Fault::Unavailable, "the mail account is changed all the time"))
}
