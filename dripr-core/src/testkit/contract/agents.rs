use std::time::Duration;

use super::{START, Stage, Store, at};
use crate::{
    agent::Subscription,
    events::{Event, Queue},
    ports::AgentStore,
    testkit::samples,
};

/// What every [`AgentStore`](crate::ports::AgentStore) must do.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn agent_store<S: Store + ?Sized>(store: &S) {
    let stage = Stage::new(store, 1).await;
    let given = samples::agent("agent", at(START)).expect("an agent");
    let stored = store.agent(&given.id).await.expect("an agent").expect("a registered agent is found");
    assert_eq!(stored, given, "an agent comes back as it was given");
    let again = store.register(given.clone(), samples::user_created(&given)).await.expect("registering");
    assert!(!again, "an agent is registered once");
    let deliveries =
        store.receive(Queue::WelcomeEmails, 10, at(START), Duration::from_secs(30)).await.expect("receiving");
    let users: Vec<_> = deliveries
        .iter()
        .filter_map(|delivery| match delivery.event() {
            Ok(Event::UserCreated(event)) => Some(event.user_id.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(users, std::slice::from_ref(&given.id), "registering an agent is announced exactly once");

    let mut lapsed = stored.clone();
    lapsed.subscription_status = Subscription::Canceled;
    assert!(
        AgentStore::replace(store, lapsed.clone()).await.expect("replacing"),
        "the stored version may be replaced"
    );
    assert!(
        !AgentStore::replace(store, lapsed).await.expect("replacing"),
        "an older version may not replace a newer one"
    );
    let due = store.due(at(START), 10).await.expect("due");
    assert_eq!(due, [stage.id(0)], "a change of standing makes the agent's campaigns due at once");
    let agents = store.agents(None, 10).await.expect("agents");
    assert_eq!(agents.len(), 1, "every agent is listed");
    assert_eq!(agents[0].version, stored.version + 1, "a replaced agent has the next version");
}
