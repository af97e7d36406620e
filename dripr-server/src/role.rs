//! What a process of a deployment does. All of them together do everything; any of them may run in any number of
//! processes.

use std::collections::BTreeSet;

use clap::ValueEnum;
use dripr_core::events::Queue;

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Role {
    /// Answers links, webhooks and the API.
    Api,
    /// Has the words written: the intro and the home report.
    Orchestrator,
    /// Fetches homes, listings, sales and markets.
    DataFetcher,
    /// Makes and sends emails, and reads what came back of them.
    EmailManager,
    /// Takes events to queues that are not in the database, and messages to webhooks.
    Relay,
    /// Finds what time has made due, and tells agents what they must know.
    Cron,
}

/// The roles of one process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles(BTreeSet<Role>);

impl Roles {
    /// These; all if none is named.
    #[must_use]
    pub fn of(named: &[Role]) -> Self {
        if named.is_empty() {
            return Self::default();
        }
        Self(named.iter().copied().collect())
    }

    /// Whether the process does that.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    /// The queues that the process works on.
    #[must_use]
    pub fn queues(&self) -> Vec<Queue> {
        Queue::ALL.into_iter().filter(|queue| self.has(role_of(*queue))).collect()
    }
}

impl Default for Roles {
    fn default() -> Self {
        Self(Role::value_variants().iter().copied().collect())
    }
}

fn role_of(queue: Queue) -> Role {
    match queue {
        Queue::LocalMarketUpdates | Queue::ActiveListings | Queue::RecentSales | Queue::PropertyValuation => {
            Role::DataFetcher
        }
        Queue::Intro | Queue::HomeReport => Role::Orchestrator,
        Queue::EmailCreation | Queue::EmailSending | Queue::WelcomeEmails => Role::EmailManager,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_queue_is_worked_on_by_exactly_one_role() {
        assert_eq!(Roles::default().queues(), Queue::ALL);
        let mut all: Vec<Queue> =
            Role::value_variants().iter().flat_map(|role| Roles::of(&[*role]).queues()).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), Queue::ALL.len());
        let alone = Role::value_variants().iter().map(|role| Roles::of(&[*role]).queues().len());
        assert_eq!(alone.sum::<usize>(), Queue::ALL.len());
    }
}
