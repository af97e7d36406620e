//! Stopping all that an agent sends when too many recipients report it as spam.
//!
//! Gmail asks senders to stay below 0.1 % and never to reach 0.3 % (Google's email sender guidelines, 2024), Yahoo to stay below
//! 0.3 %; who goes on above it loses the inbox for everybody who sends from the domain. Few complaints say little: with 200
//! homeowners one is 0.5 %, so that some are needed besides the rate.

use chrono::TimeDelta;

use crate::{
    agent::{Pause, PauseCause},
    campaign::{Actor, AuditEntry},
    errors::PortResult,
    ids::UserId,
    ports::{AgentStore, FeedbackStore},
    schedule::Instant,
};

/// The days that are looked at.
pub const DAYS: i64 = 30;
/// Complaints for each thousand emails sent; more stop the agent's sending.
pub const PER_THOUSAND: u64 = 3;
/// So many complaints at least must have come before the rate says anything.
pub const AT_LEAST: u64 = 3;
/// How often an agent who was changed meanwhile is read again.
const TRIES: u8 = 5;

/// How many of an agent's emails were sent, and of how many recipients complained, in a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Complaints {
    /// Emails that were sent.
    pub sent: u64,
    /// Emails that were reported as spam.
    pub complained: u64,
}

impl Complaints {
    /// Whether they are too many.
    ///
    /// ```
    /// use dripr_core::safeguards::Complaints;
    /// assert!(!Complaints { sent: 1_000, complained: 3 }.are_too_many());
    /// assert!(Complaints { sent: 1_000, complained: 4 }.are_too_many());
    /// assert!(!Complaints { sent: 10, complained: 2 }.are_too_many());
    /// assert!(Complaints { sent: 10, complained: 3 }.are_too_many());
    /// ```
    #[must_use]
    pub const fn are_too_many(self) -> bool {
        self.complained >= AT_LEAST
            && self.complained.saturating_mul(1_000) > self.sent.saturating_mul(PER_THOUSAND)
    }
}

/// Looks at an agent's complaints after another one came, which is not counted yet, and stops their sending if they are too
/// many. Complaints of before an operator resumed it do not count again.
///
/// # Errors
/// The store failed; nothing was changed.
pub async fn another_came<S>(store: &S, user: &UserId, now: Instant) -> PortResult<bool>
where
    S: AgentStore + FeedbackStore + ?Sized,
{
    for _ in 0..TRIES {
        let Some(mut agent) = store.agent(user).await? else { return Ok(false) };
        let since = now - TimeDelta::days(DAYS);
        let since = agent.resumed_at.map_or(since, |resumed| resumed.max(since));
        let counted = store.complaints(user, since).await?;
        let complaints = Complaints { complained: counted.complained.saturating_add(1), ..counted };
        if !complaints.are_too_many() {
            return Ok(false);
        }
        let Complaints { sent, complained } = complaints;
        let detail = format!("{complained} of {sent} emails of the last {DAYS} days were reported as spam");
        let audit = AuditEntry::of("paused", Actor::System, now, Some(detail.clone()));
        if !agent.pause(Pause { since: now, cause: PauseCause::Complaints, detail }) {
            return Ok(false);
        }
        if AgentStore::replace(store, agent, Some(audit)).await? {
            tracing::error!(user_id = %user, complained, sent, "an agent's sending is stopped: too many complaints");
            return Ok(true);
        }
    }
    Ok(false)
}
