//! Whom a link by which a mail account is connected lets in.

use super::{AccountMark, ConnectLinks, UnusableConnectLink};
use crate::{
    access::{Caller, Scope},
    agent::Agent,
    campaign::Actor,
    errors::PortResult,
    ports::{AgentStore, ApiKeyStore, MailAccountStore},
    schedule::Instant,
};

/// The agent who comes by a link that works.
#[derive(Debug, Clone, PartialEq)]
pub struct Invited {
    /// Who.
    pub agent: Agent,
    /// How their account stood when the link was made, and does now.
    pub mark: AccountMark,
}

/// Whether somebody may make the link by which an agent connects an account: the agent may who changes what is their own; anybody
/// else who reaches the agent and changes things there has to keep agents besides. For what goes by the account, and the answers
/// to it, are read by whoever connects it.
///
/// ```
/// use dripr_core::{access::{Caller, Membership, Role}, mail_account::may_invite, testkit::samples};
/// let mut ana = samples::agent("ana", "2026-03-01T12:00:00Z".parse()?)?;
/// let mut amy = samples::agent("amy", ana.created_at)?;
/// let north = |role| Membership { brokerage: "north".parse().ok(), team: "blue".parse().ok(), role };
/// (ana.membership, amy.membership) = (north(Role::Agent), north(Role::Admin));
/// assert!(may_invite(&Caller::signed_in(&ana), &ana) && may_invite(&Caller::signed_in(&amy), &ana));
/// amy.membership = north(Role::TeamLead);
/// assert!(!may_invite(&Caller::signed_in(&amy), &ana), "who reaches them, and keeps no agents");
/// # Ok::<(), samples::Unusable>(())
/// ```
#[must_use]
pub fn may_invite(caller: &Caller, agent: &Agent) -> bool {
    let is_themself = caller.actor == Actor::User(agent.id.clone());
    let may = caller.scopes.has(Scope::Write) && (is_themself || caller.scopes.has(Scope::Admin));
    may && agent.deleted_at.is_none() && caller.reach.covers(agent)
}

/// Whom the part of a link after the provider's name lets in now. A link works no longer than the right by which it was made, and
/// only while the account stands as it did: it ends when an account is connected, by it or otherwise, or forgotten; when who made
/// it [may not](may_invite) any more, because they or the agent are of another brokerage, have lost a role, are banned or removed,
/// or their key was taken back or has ended; and when its time is over.
///
/// # Errors
/// The store's; within it why the link does not work, a sentence for the agent.
pub async fn invited<S>(
    store: &S,
    links: &ConnectLinks,
    path: &str,
    now: Instant,
) -> PortResult<Result<Invited, UnusableConnectLink>>
where
    S: AgentStore + ApiKeyStore + MailAccountStore + ?Sized,
{
    let claim = match links.check(path, now) {
        Ok(claim) => claim,
        Err(unusable) => return Ok(Err(unusable)),
    };
    let agent = store.agent(&claim.user_id).await?.filter(|agent| agent.deleted_at.is_none());
    let Some(agent) = agent else { return Ok(Err(UnusableConnectLink::NoAccount)) };
    if !may_still_invite(store, &claim.by, &agent, now).await? {
        return Ok(Err(UnusableConnectLink::Withdrawn));
    }
    let account = store.mail_account(&agent.id).await?;
    if !claim.mark.still_holds(account.as_ref()) {
        return Ok(Err(UnusableConnectLink::Spent));
    }
    Ok(Ok(Invited { agent, mark: claim.mark }))
}

/// Whether who made a link may make it now. Who runs the deployment always may, and so may it itself, which writes to the agent alone.
async fn may_still_invite<S>(store: &S, by: &Actor, agent: &Agent, now: Instant) -> PortResult<bool>
where
    S: AgentStore + ApiKeyStore + ?Sized,
{
    let caller = match by {
        Actor::System | Actor::Operator => return Ok(true),
        Actor::User(id) => store.agent(id).await?.as_ref().and_then(Caller::let_in),
        Actor::ApiKey(id) => store.api_key(id).await?.filter(|key| key.works(now)).map(|key| key.caller()),
        Actor::Recipient | Actor::Provider => None,
    };
    Ok(caller.is_some_and(|caller| may_invite(&caller, agent)))
}
