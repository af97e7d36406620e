//! Somebody wants a link by which an agent connects their account.

use chrono::{SubsecRound, TimeDelta};
use secrecy::SecretString;

use super::{AccountMark, ConnectClaim, ConnectLinks};
use crate::{
    campaign::{Actor, AuditEntry},
    errors::PortResult,
    ids::UserId,
    ports::{AgentStore, MailAccountStore},
    schedule::Instant,
};

/// For how many days a link works that somebody asked for.
const DAYS: i64 = 7;

/// A link by which an agent connects a mail account.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// The link. Whoever has it can connect an account of their choice to the agent's.
    pub link: SecretString,
    /// From when on it does not work any more, if nothing [ends it](super::invited()) before.
    pub until: Instant,
}

/// Makes a link by which an agent connects an account at a provider such as `gmail`, once and within a week. Who wanted it, and
/// [may](super::may_invite()), stands in the agent's history before anybody has it.
///
/// # Errors
/// The store failed, and no link was made.
///
#[cfg_attr(feature = "testkit", doc = "```")]
#[cfg_attr(not(feature = "testkit"), doc = "```ignore")]
/// use dripr_core::{
///     campaign::Actor, ids::UserId, mail_account::{self, ConnectLinks}, schedule::Instant, testkit::MemoryStore,
/// };
/// use secrecy::ExposeSecret;
///
/// # let rt = tokio::runtime::Builder::new_current_thread().build()?;
/// # rt.block_on(async {
/// let links = ConnectLinks::new("https://mail.example", "a long random secret text".to_owned().into())?;
/// let (ana, now): (UserId, Instant) = (UserId::new("ana")?, "2026-03-01T12:00:00Z".parse()?);
/// let store = MemoryStore::new();
/// let invitation = mail_account::invite(&store, &links, "gmail", &ana, &Actor::Operator, now).await?;
/// assert!(invitation.link.expose_secret().starts_with("https://mail.example/connect/gmail/ana/"));
/// assert_eq!(invitation.until.to_rfc3339(), "2026-03-08T12:00:00+00:00");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn invite<S>(
    store: &S,
    links: &ConnectLinks,
    provider: &str,
    user: &UserId,
    by: &Actor,
    now: Instant,
) -> PortResult<Invitation>
where
    S: AgentStore + MailAccountStore + ?Sized,
{
    let mark = AccountMark::of(store.mail_account(user).await?.as_ref());
    let claim = ConnectClaim { user_id: user.clone(), by: by.clone(), mark };
    store.note(user, AuditEntry::of("mailbox_link_made", by.clone(), now, None)).await?;
    // A link knows whole seconds.
    let until = now.trunc_subsecs(0) + TimeDelta::days(DAYS);
    Ok(Invitation { link: links.link(provider, &claim, until).into(), until })
}
