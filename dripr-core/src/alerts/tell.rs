//! One look at all alerts, and telling an operator what came of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use super::{Alarm, Alert, Readings, Route, Word};
use crate::{
    errors::PortResult,
    policy::after,
    ports::{AlertRoute, AlertStore, Clock},
};

/// For how long whoever tells has the words of an alarm to themselves.
const IN_HAND: Duration = Duration::from_secs(180);
/// How often an alarm that was changed meanwhile is read again.
const TRIES: u8 = 5;

/// What it takes to alert an operator.
pub struct Telling {
    /// Where it is kept what alerts have come to.
    pub store: Arc<dyn AlertStore>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The ways to the operator.
    pub routes: BTreeMap<Route, Arc<dyn AlertRoute>>,
}

/// Judges each alert once, and tells what is to be told; gives how many words were taken by all their ways. What was not taken is
/// told at a later look, in its order. Any number of processes may look: one of them tells, and another if that one dies.
///
/// # Errors
/// The store's; what was told before may be told again.
pub async fn look(telling: &Telling, readings: &Readings) -> PortResult<usize> {
    let mut told = 0;
    for alert in Alert::ALL {
        let alarm = judge(telling, readings, alert).await?;
        if let Some(alarm) = alarm {
            told += tell(telling, alarm).await?;
        }
    }
    Ok(told)
}

/// The alarm, if its words are now in our hands.
async fn judge(telling: &Telling, readings: &Readings, alert: Alert) -> PortResult<Option<Alarm>> {
    let routes: BTreeSet<Route> = telling.routes.keys().copied().collect();
    let condition = readings.condition(alert);
    for _ in 0..TRIES {
        let now = telling.clock.now();
        let mut alarm = telling.store.alarm(alert).await?.unwrap_or_else(|| Alarm::new(alert));
        let before = alarm.raised_at;
        let mut changed = alarm.hear(&condition, now, &routes);
        // A way that the operator took away is waited for by nobody.
        for word in &mut alarm.words {
            word.to.retain(|route| routes.contains(route));
        }
        let ours = alarm.is_to_be_told(now, IN_HAND);
        if ours {
            alarm.in_hand_until = Some(after(now, IN_HAND));
            changed = true;
        }
        if !changed {
            return Ok(None);
        }
        if telling.store.put_alarm(alarm.clone()).await? {
            alarm.version += 1;
            match (before, alarm.raised_at) {
                (None, Some(_)) => tracing::error!(alert = alert.as_str(), ?condition, "an alert is raised"),
                (Some(_), None) => tracing::info!(alert = alert.as_str(), "an alert is resolved"),
                _ => {}
            }
            return Ok(ours.then_some(alarm));
        }
    }
    Ok(None)
}

/// Tells the words that are in our hands, and stores after each which ways have taken it.
async fn tell(telling: &Telling, alarm: Alarm) -> PortResult<usize> {
    let mut told: Vec<(&str, BTreeSet<Route>)> = Vec::new();
    let mut whole = 0;
    let mut refused: BTreeSet<Route> = BTreeSet::new();
    for word in &alarm.words {
        let mut taken = BTreeSet::new();
        for route in word.to.iter().filter(|route| !refused.contains(*route)) {
            if by(telling, *route, word).await {
                taken.insert(*route);
            }
        }
        // What a way has not taken comes before what is newer.
        refused.extend(word.to.difference(&taken).copied());
        whole += usize::from(taken == word.to);
        told.push((word.id.as_str(), taken));
    }
    for _ in 0..TRIES {
        let Some(mut stored) = telling.store.alarm(alarm.alert).await? else { break };
        told.iter().for_each(|(id, by)| stored.told(id, by));
        stored.in_hand_until = None;
        if telling.store.put_alarm(stored).await? {
            break;
        }
    }
    // What could not be noted is told twice rather than never.
    Ok(whole)
}

async fn by(telling: &Telling, route: Route, word: &Word) -> bool {
    let Some(way) = telling.routes.get(&route) else { return true };
    match way.tell(word).await {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!(alert = word.alert.as_str(), ?route, %error, "an alert could not be told; it is tried again");
            false
        }
    }
}
