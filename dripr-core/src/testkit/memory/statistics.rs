use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    mem::discriminant,
};

use async_trait::async_trait;

use super::{MemoryStore, State};
use crate::{
    access::Reach,
    email::{DeliveryStatus, SuppressionCause},
    errors::PortResult,
    feedback::Happening,
    ids::UserId,
    ports::StatisticsStore,
    schedule::Instant,
    statistics::{Achieved, CameBackEmails, Period, Pieces, Statistics},
};

#[async_trait]
impl StatisticsStore for MemoryStore {
    async fn statistics(&self, of: &Reach, period: Period) -> PortResult<Statistics> {
        let state = self.lock();
        Ok(count(&state, &within(&state, of), period))
    }

    async fn statistics_of_each(
        &self,
        agents: &BTreeSet<UserId>,
        period: Period,
    ) -> PortResult<BTreeMap<UserId, Statistics>> {
        let state = self.lock();
        let of_one = |id: &UserId| count(&state, &within(&state, &Reach::Agent(id.clone())), period);
        Ok(agents.iter().map(|id| (id.clone(), of_one(id))).collect())
    }

    async fn series(&self, of: &Reach, pieces: &Pieces) -> PortResult<Vec<Achieved>> {
        let state = self.lock();
        let agents = within(&state, of);
        Ok(achieved(&state, &agents, pieces.as_slice().len(), |at| pieces.place(at)))
    }
}

/// The agents in reach who are not removed.
fn within<'a>(state: &'a State, of: &Reach) -> BTreeSet<&'a UserId> {
    let agents = state.agents.values().filter(|agent| agent.deleted_at.is_none() && of.covers(agent));
    agents.map(|agent| &agent.id).collect()
}

fn count(state: &State, agents: &BTreeSet<&UserId>, period: Period) -> Statistics {
    let mut found = Statistics::default();
    let contacts = state.contacts.values();
    found.contacts = contacts
        .filter(|contact| agents.contains(&contact.user_id) && contact.deleted_at.is_none())
        .count() as u64;
    for campaign in state.campaigns.values() {
        if agents.contains(&campaign.user_id) && campaign.deleted_at.is_none() {
            *found.campaigns.entry(campaign.status).or_default() += 1;
            found.needing_agent += u64::from(campaign.needs_agent().is_some());
        }
    }
    let waiting = state.emails.values().filter(|email| email.delivery_status == DeliveryStatus::Created);
    found.awaiting_approval = waiting.filter(|email| agents.contains(&email.user_id)).count() as u64;
    for ((user, _), suppression) in &state.suppressions {
        if agents.contains(user) {
            *found.suppressed.entry(suppression.cause).or_default() += 1;
        }
    }
    let within = |at: Instant| (at >= period.from && at < period.until).then_some(0);
    found.achieved = achieved(state, agents, 1, within).pop().unwrap_or_default();
    found
}

/// What became of mail in each of so many pieces of time. `place` says in which of them an instant lies.
fn achieved(
    state: &State,
    agents: &BTreeSet<&UserId>,
    pieces: usize,
    place: impl Fn(Instant) -> Option<usize>,
) -> Vec<Achieved> {
    let mut found = vec![Achieved::default(); pieces];
    for email in state.emails.values().filter(|email| agents.contains(&email.user_id)) {
        if email.delivery_status == DeliveryStatus::Complete
            && let Some(at) = place(email.scheduled_send_datetime)
        {
            found[at].sent += 1;
        }
    }
    for ((user, _), suppression) in &state.suppressions {
        if agents.contains(user)
            && suppression.cause == SuppressionCause::OptOut
            && let Some(at) = place(suppression.since)
        {
            found[at].opted_out += 1;
        }
    }
    // What came back of each email first, of each kind.
    let mut firsts = HashMap::new();
    for feedback in state.feedback.values() {
        let email = state.emails.get(&feedback.email_id);
        if email.is_some_and(|email| agents.contains(&email.user_id))
            && place(feedback.at).is_some()
            && counter(&feedback.what, &mut CameBackEmails::default()).is_some()
        {
            let first = firsts.entry((&feedback.email_id, discriminant(&feedback.what))).or_insert(feedback);
            if feedback.at < first.at {
                *first = feedback;
            }
        }
    }
    for feedback in firsts.into_values() {
        if let Some(at) = place(feedback.at)
            && let Some(count) = counter(&feedback.what, &mut found[at].came_back)
        {
            *count += 1;
        }
    }
    found
}

/// Where it is counted that such a thing came back of an email, if it is.
fn counter<'a>(what: &Happening, of: &'a mut CameBackEmails) -> Option<&'a mut u64> {
    match what {
        Happening::Delivered => Some(&mut of.delivered),
        Happening::Opened { .. } => Some(&mut of.opened),
        Happening::Clicked { .. } => Some(&mut of.clicked),
        Happening::Bounced(bounce) if bounce.kind.is_failure() => Some(&mut of.bounced),
        Happening::Complained => Some(&mut of.complained),
        Happening::Bounced(_) | Happening::OptedOut | Happening::OptedIn => None,
    }
}
