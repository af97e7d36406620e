//! After a database was restored from a backup, nothing is sent again: what the backup does not know of may have been sent
//! since.
//!
//! - A campaign whose slot is reached skips its cycle, with that cause. The next one is planned as if it had been sent now.
//! - An attempt that was under way is of unknown outcome: it is looked up, or held. No other follows in its cycle.
//! - Ids of emails, fences and versions go on far above those of the backup, so that none comes twice.
//! - Mail to agents that was due counts as told: the welcome, today's morning mail, and what stops their mail.
//!
//! What was *decided* since is lost with what was written since: opt-outs, edits, contacts. Where the database that is replaced can
//! still be read, who was removed, paused, banned, paid otherwise or went to another brokerage since is [taken over](take_over) from
//! it, and so are [keys](take_over_key) that were taken back, and how [webhooks](take_over_webhooks) stand. A send day that was brought
//! forward, and a campaign that was made since and is made again, may thus get a second email in that month.

mod accounts;
mod keys;
mod webhooks;

use std::sync::Arc;

pub use accounts::take_over;
pub use keys::take_over_key;
pub use webhooks::take_over_webhooks;

use crate::{
    access::Reach,
    agent::Agent,
    agent_mail::Progress,
    campaign::{Action, Actor, AuditEntry, Command, Dossier, Refusal, command::Bench},
    email::Email,
    errors::{Fault, PortError, PortResult},
    ports::{AgentStore, CampaignFilter, CampaignStore, MailAccountStore, NoticeStore},
    schedule::Instant,
};

/// How many campaigns or agents are read at a time.
const PAGE: usize = 500;

/// How often an agent who was changed meanwhile is read again.
const TRIES: usize = 5;

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marked {
    /// Campaigns that were looked at.
    pub campaigns: u64,
    /// Of these, cycles that are skipped.
    pub skipped: u64,
    /// Of these, attempts that were under way.
    pub under_way: u64,
}

/// Applies the rule to everything in a store that was restored from a backup of `taken_at`, while no engine works on it. What an
/// interrupted run left undone, another does.
///
/// # Errors
/// The store's, or [`Fault::Invalid`] if the backup is of a later time than the present.
pub async fn mark<S>(store: &S, desk: &Arc<Bench>, taken_at: Instant) -> PortResult<Marked>
where
    S: CampaignStore + AgentStore + NoticeStore + MailAccountStore + ?Sized,
{
    let mut marked = Marked::default();
    let mut after = None;
    loop {
        let page = store.list(&CampaignFilter::default(), after.clone(), PAGE).await?;
        let full = page.len() == PAGE;
        after = page.last().map(|dossier| dossier.campaign.id.clone());
        campaigns(store, desk, taken_at, page, &mut marked).await?;
        if !full {
            break;
        }
    }
    let mut after = None;
    loop {
        let page = AgentStore::agents(store, &Reach::Deployment, after.clone(), PAGE).await?;
        let full = page.len() == PAGE;
        after = page.last().map(|agent| agent.id.clone());
        for agent in page {
            told(store, desk, agent).await?;
        }
        if !full {
            return Ok(marked);
        }
    }
}

async fn campaigns<S>(
    store: &S,
    desk: &Arc<Bench>,
    taken_at: Instant,
    page: Vec<Dossier>,
    marked: &mut Marked,
) -> PortResult<()>
where
    S: CampaignStore + ?Sized,
{
    let now = desk.clock.now();
    let mut commands = Vec::new();
    for Dossier { campaign, email, .. } in page {
        let under_way = email.as_ref().is_some_and(Email::is_live);
        marked.campaigns += 1;
        marked.under_way += u64::from(under_way);
        marked.skipped += u64::from(!under_way && campaign.slot.is_some_and(|slot| slot.at() <= now));
        let action = Action::Restored { taken_at };
        commands.push(Command {
            campaign_id: campaign.id,
            actor: Actor::Operator,
            action,
            desk: desk.clone(),
        });
    }
    for execution in store.execute(commands).await? {
        match execution.result {
            Ok(_) | Err(Refusal::NoCampaign(_)) => {}
            Err(refusal) => {
                let message = "a campaign cannot be marked as restored";
                return Err(PortError::new(Fault::Invalid, message).caused_by(refusal));
            }
        }
    }
    Ok(())
}

/// What the agent was to be told counts as told.
async fn told<S>(store: &S, desk: &Arc<Bench>, agent: Agent) -> PortResult<()>
where
    S: AgentStore + NoticeStore + MailAccountStore + ?Sized,
{
    let now = desk.clock.now();
    let mut agent = agent;
    let mut tries = 0;
    while matches!(agent.welcome, Progress::Waiting | Progress::Transmitting { .. }) {
        agent.welcome = Progress::Held { since: now };
        let cause = "the database was restored from a backup; it may have been sent since".to_owned();
        let audit = AuditEntry::of("welcome_held", Actor::Operator, now, Some(cause));
        if AgentStore::replace(store, agent.clone(), Some(audit)).await? {
            break;
        }
        tries += 1;
        let known = store.agent(&agent.id).await?.filter(|_| tries < TRIES);
        agent = known.ok_or_else(|| busy(&agent))?;
    }
    let account = store.mail_account(&agent.id).await?;
    let rules = *agent.sending_rules.as_ref().unwrap_or(&desk.policy.rules);
    for _ in 0..TRIES {
        let Some(mut notices) = store.notices(&agent.id).await? else { return Ok(()) };
        notices.restored(&agent, account.as_ref().map(|account| &account.grant), &rules, now);
        if store.put_notices(notices).await? {
            return Ok(());
        }
    }
    Err(busy(&agent))
}

fn busy(agent: &Agent) -> PortError {
    PortError::new(Fault::Unavailable, format!("agent {} was changed again and again meanwhile", agent.id))
}
