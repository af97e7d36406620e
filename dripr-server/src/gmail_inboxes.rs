//! Bounces that come to agents who send by their own Gmail account: where they let their mail be read, what mail systems
//! wrote to them is looked for now and then.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use chrono::TimeDelta;
use dripr_adapters::gmail::GmailMailer;
use dripr_core::{
    access::Reach,
    errors::{Fault, PortResult},
    ids::UserId,
    policy::after,
    ports::{AgentStore, MailAccountStore},
    schedule::Instant,
};
use tokio::sync::watch;

use crate::{compose::Deployment, returned};

/// How often is looked.
const EVERY: Duration = Duration::from_secs(15 * 60);
/// How far back is looked at first: a mail server tries for so long before it gives up.
const FIRST_DAYS: i64 = 5;
/// How far back is looked besides what is new, in case Gmail finds something late.
const OVERLAP_HOURS: i64 = 2;
/// How many agents are read at once.
const AGENTS: usize = 500;

/// What was read of the agents' inboxes. It is kept in memory: a bounce that is read again changes nothing.
pub struct Inboxes {
    deployment: Arc<Deployment>,
    mailer: GmailMailer,
    seen: HashMap<UserId, Seen>,
}

/// What was read of one inbox.
struct Seen {
    /// Everything until then.
    until: Instant,
    /// Mails of the last look, which the next one finds again.
    ids: HashSet<String>,
}

impl Inboxes {
    /// Of a deployment's agents, none of which was read yet.
    #[must_use]
    pub fn new(deployment: Arc<Deployment>, mailer: GmailMailer) -> Self {
        Self { deployment, mailer, seen: HashMap::new() }
    }

    /// Looks again and again, until told to stop.
    pub async fn watch(mut self, mut stopping: watch::Receiver<()>) {
        loop {
            if let Err(error) = self.look().await {
                tracing::warn!(%error, "agents' inboxes could not be read");
            }
            let clock = self.deployment.clock.clone();
            tokio::select! {
                () = clock.sleep_until(after(clock.now(), EVERY)) => {}
                // The other end is dropped, which says the same.
                _ = stopping.changed() => return,
            }
        }
    }

    /// Looks into each inbox once, and says how many mails were read.
    ///
    /// # Errors
    /// The database failed. An inbox that cannot be read is passed over, and read the next time.
    pub async fn look(&mut self) -> PortResult<usize> {
        let store = self.deployment.store.clone();
        let (mut read, mut after): (usize, Option<UserId>) = (0, None);
        loop {
            let agents = store.agents(&Reach::Deployment, after.take(), AGENTS).await?;
            let Some(last) = agents.last() else { return Ok(read) };
            after = Some(last.id.clone());
            for agent in agents.iter().filter(|agent| agent.deleted_at.is_none()) {
                let account = store.mail_account(&agent.id).await?;
                if account.is_some_and(|account| account.is_connected()) {
                    read += self.read(&agent.id).await;
                } else {
                    self.seen.remove(&agent.id);
                }
            }
        }
    }

    async fn read(&mut self, user: &UserId) -> usize {
        let now = self.deployment.clock.now();
        let seen = self.seen.get(user);
        let since = match seen {
            // A clock that was ahead hides nothing.
            Some(seen) => seen.until.min(now) - TimeDelta::hours(OVERLAP_HOURS),
            None => now - TimeDelta::days(FIRST_DAYS),
        };
        let known = |id: &str| seen.is_some_and(|seen| seen.ids.contains(id));
        let mails = match self.mailer.mail_systems_wrote(user, since, &known).await {
            Ok(Some(mails)) => mails,
            Ok(None) => return 0,
            Err(error) if error.fault() == Fault::Misconfigured => {
                tracing::debug!(user_id = %user, %error, "an inbox cannot be read");
                return 0;
            }
            Err(error) => {
                tracing::warn!(user_id = %user, %error, "an inbox could not be read");
                return 0;
            }
        };
        let mut ids: HashSet<String> = seen.map(|seen| seen.ids.clone()).unwrap_or_default();
        let mut read = 0;
        for mail in mails {
            match returned::take(&self.deployment, &mail.raw, mail.received_at).await {
                Ok(said) => {
                    tracing::info!(user_id = %user, said, "a mail system wrote to an agent");
                    ids.insert(mail.id);
                    read += 1;
                }
                // It is read again the next time.
                Err(error) => {
                    tracing::error!(user_id = %user, %error, "what came back could not be kept");
                    return read;
                }
            }
        }
        self.seen.insert(user.clone(), Seen { until: now, ids });
        read
    }
}
