//! Doing what follows from news of an account.

use super::{Account, News};
use crate::{
    access::Membership,
    agent::{Agent, Subscription, UnknownOutcome},
    agent_mail::Progress,
    campaign::{Actor, AuditEntry},
    email::EmailAddress,
    errors::{Fault, PortError, PortResult},
    events::UserCreated,
    ports::AgentStore,
    schedule::Instant,
};

/// How often an agent who was changed meanwhile is read again.
const TRIES: u8 = 5;

/// What became of the news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The agent is registered.
    Registered,
    /// The agent's names, address or partner are those of the account.
    Changed,
    /// The agent is removed, and stays so.
    Removed,
    /// It had come before, or something later had.
    Known,
    /// There is no address yet, without which there is no agent; what is told when there is one brings it.
    WithoutAddress,
}

/// Takes news of an account in. `beginning` is how the subscription of a new agent stands whom no partner manages, `now` the
/// present moment.
///
/// # Errors
/// The store failed, or the agent was changed again and again meanwhile; it is to be told again.
pub async fn take<S: AgentStore + ?Sized>(
    store: &S,
    news: News,
    beginning: Subscription,
    now: Instant,
) -> PortResult<Taken> {
    let account = match news {
        News::Changed(account) => account,
        News::Removed { user_id, at } => {
            let removed = store.remove(&user_id, at.min(now)).await?;
            return Ok(if removed { Taken::Removed } else { Taken::Known });
        }
    };
    for _ in 0..TRIES {
        let Some(known) = store.agent(&account.user_id).await? else {
            let Some(email) = account.email.clone() else { return Ok(Taken::WithoutAddress) };
            if register(store, &account, email, beginning, now).await? {
                return Ok(Taken::Registered);
            }
            if store.agent(&account.user_id).await?.is_none() {
                // It was removed before it was told of.
                return Ok(Taken::Known);
            }
            continue;
        };
        let newer = known.account_changed_at.is_none_or(|changed| changed < account.changed_at);
        if known.deleted_at.is_some() || !newer {
            return Ok(Taken::Known);
        }
        let cause = ban_told(known.banned, account.banned).map(str::to_owned);
        let audit = AuditEntry::of("account_changed", Actor::Provider, account.changed_at, cause);
        if AgentStore::replace(store, changed(known, &account), Some(audit)).await? {
            return Ok(Taken::Changed);
        }
    }
    Err(PortError::new(Fault::Unavailable, "an agent was changed again and again while their account was"))
}

/// What history says of a ban, if it is that what changed.
const fn ban_told(was_banned: bool, is_banned: bool) -> Option<&'static str> {
    match (was_banned, is_banned) {
        (false, true) => Some("it was banned: keys and webhooks that the agent made end"),
        (true, false) => Some("it is not banned any more; keys and webhooks that ended stay so"),
        (false, false) | (true, true) => None,
    }
}

async fn register<S: AgentStore + ?Sized>(
    store: &S,
    account: &Account,
    email: EmailAddress,
    beginning: Subscription,
    now: Instant,
) -> PortResult<bool> {
    let Account { user_id, first_name, last_name, managed_client_id, banned, created_at, changed_at, .. } =
        account.clone();
    let event = UserCreated {
        // One for each agent, however often it is tried.
        event_id: None,
        user_id: user_id.clone(),
        email: email.clone(),
        first_name: first_name.clone(),
        last_name: last_name.clone(),
        managed_client_id: managed_client_id.clone(),
        timestamp: now,
    };
    let agent = Agent {
        id: user_id,
        first_name,
        last_name,
        email,
        brokerage: None,
        phone: None,
        postal_address: String::new(),
        subscription_status: if managed_client_id.is_some() { Subscription::Active } else { beginning },
        billing: None,
        managed_client_id,
        given_client_id: None,
        membership: Membership::default(),
        sending_rules: None,
        unknown_outcome: UnknownOutcome::default(),
        paused: None,
        resumed_at: None,
        welcome: Progress::default(),
        // An agent of a later day than the present would keep everything waiting.
        created_at: created_at.min(now),
        account_changed_at: Some(changed_at),
        banned,
        deleted_at: None,
        version: 0,
    };
    store.register(agent, event, crate::campaign::Actor::Provider).await
}

fn changed(known: Agent, account: &Account) -> Agent {
    // What was known before the account was told of, an operator said.
    let is_first = known.account_changed_at.is_none();
    let given = if is_first { known.managed_client_id } else { known.given_client_id };
    let is_unpaid = known.subscription_status == Subscription::None && known.billing.is_none();
    let subscription_status = match &account.managed_client_id {
        Some(_) if is_unpaid => Subscription::Active,
        _ => known.subscription_status,
    };
    Agent {
        first_name: account.first_name.clone(),
        last_name: account.last_name.clone(),
        // Mail has to come from somewhere.
        email: account.email.clone().unwrap_or(known.email),
        managed_client_id: account.managed_client_id.clone().or_else(|| given.clone()),
        given_client_id: given,
        subscription_status,
        banned: account.banned,
        account_changed_at: Some(account.changed_at),
        ..known
    }
}
