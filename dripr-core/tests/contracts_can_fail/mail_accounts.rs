//! Stores of mail accounts.

use async_trait::async_trait;
use dripr_core::{
    access::Reach,
    agent::Agent,
    campaign::{Actor, AuditEntry},
    errors::PortResult,
    events::UserCreated,
    ids::{CampaignId, CustomerId, UserId},
    mail_account::MailAccount,
    ports::{AgentHistoryEntry, AgentStore, MailAccountStore},
    schedule::Instant,
    testkit::{MemoryStore, contract},
};

/// A store that is wrong in one way.
struct Wrong(MemoryStore, Fault);

#[derive(PartialEq)]
enum Fault {
    LastWins,
    TakesAnybody,
    ForgetsAll,
    NotesNothing,
    NotesWhatWasNotDone,
}

#[async_trait]
impl MailAccountStore for Wrong {
    async fn mail_account(&self, user: &UserId) -> PortResult<Option<MailAccount>> {
        self.0.mail_account(user).await
    }
    async fn put_mail_account(
        &self,
        mut account: MailAccount,
        audit: Option<AuditEntry>,
    ) -> PortResult<bool> {
        if self.1 == Fault::TakesAnybody && self.0.agent(&account.user_id).await?.is_none() {
            return Ok(true);
        }
        let stored = self.0.mail_account(&account.user_id).await?;
        if let Some(stored) = stored.filter(|_| self.1 == Fault::LastWins && account.version > 0) {
            account.version = stored.version;
        }
        let user = account.user_id.clone();
        let noted = audit.clone().filter(|_| self.1 != Fault::NotesNothing);
        let stored = self.0.put_mail_account(account, noted).await?;
        if let Some(entry) = audit.filter(|_| self.1 == Fault::NotesWhatWasNotDone && !stored) {
            self.0.note(&user, entry).await?;
        }
        Ok(stored)
    }
    async fn remove_mail_account(&self, user: &UserId) -> PortResult<bool> {
        if self.1 == Fault::ForgetsAll {
            for id in ["agent", "other"] {
                self.0.remove_mail_account(&UserId::new(id).unwrap()).await?;
            }
            return Ok(true);
        }
        self.0.remove_mail_account(user).await
    }
}

#[async_trait]
impl AgentStore for Wrong {
    async fn register(&self, agent: Agent, event: UserCreated, actor: Actor) -> PortResult<bool> {
        self.0.register(agent, event, actor).await
    }
    async fn agent(&self, id: &UserId) -> PortResult<Option<Agent>> {
        self.0.agent(id).await
    }
    async fn agents(&self, within: &Reach, after: Option<UserId>, limit: usize) -> PortResult<Vec<Agent>> {
        self.0.agents(within, after, limit).await
    }
    async fn replace(&self, agent: Agent, audit: Option<AuditEntry>) -> PortResult<bool> {
        AgentStore::replace(&self.0, agent, audit).await
    }
    async fn note(&self, id: &UserId, entry: AuditEntry) -> PortResult<()> {
        self.0.note(id, entry).await
    }
    async fn agent_history(
        &self,
        id: &UserId,
        campaign: Option<CampaignId>,
        before: Option<u64>,
        limit: usize,
    ) -> PortResult<Vec<AgentHistoryEntry>> {
        self.0.agent_history(id, campaign, before, limit).await
    }
    async fn remove(&self, id: &UserId, at: Instant) -> PortResult<bool> {
        self.0.remove(id, at).await
    }
    async fn is_removed(&self, id: &UserId) -> PortResult<bool> {
        self.0.is_removed(id).await
    }
    async fn of_customer(&self, customer: &CustomerId) -> PortResult<Vec<Agent>> {
        self.0.of_customer(customer).await
    }
}

#[tokio::test]
#[should_panic(expected = "of several who change the same version at once, one is the first")]
async fn a_store_in_which_the_last_change_wins() {
    contract::mail_account_store(&Wrong(MemoryStore::new(), Fault::LastWins)).await;
}

#[tokio::test]
#[should_panic(expected = "nobody else than an agent has an account")]
async fn a_store_that_keeps_accounts_of_nobody() {
    contract::mail_account_store(&Wrong(MemoryStore::new(), Fault::TakesAnybody)).await;
}

#[tokio::test]
#[should_panic(expected = "once")]
async fn a_store_that_forgets_too_much() {
    contract::mail_account_store(&Wrong(MemoryStore::new(), Fault::ForgetsAll)).await;
}

#[tokio::test]
#[should_panic(expected = "a change that says why leaves a line in the agent's history")]
async fn a_store_that_does_not_say_why() {
    contract::mail_account_store(&Wrong(MemoryStore::new(), Fault::NotesNothing)).await;
}

#[tokio::test]
#[should_panic(expected = "what was refused leaves no line")]
async fn a_store_that_tells_of_what_was_not_done() {
    contract::mail_account_store(&Wrong(MemoryStore::new(), Fault::NotesWhatWasNotDone)).await;
}
