use std::time::Duration;

use super::{START, Stage as Scene, Store, at};
use crate::{
    agent::{Agent, Subscription},
    billing::{Billing, Change, Stage},
    events::{Event, Queue},
    ids::{CustomerId, SubscriptionId},
    ports::AgentStore,
    testkit::samples,
};

/// What every [`AgentStore`](crate::ports::AgentStore) must do.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn agent_store<S: Store + ?Sized>(store: &S) {
    let stage = Scene::new(store, 1).await;
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
    customers(store).await;
    removal(store).await;
}

async fn new_agent<S: Store + ?Sized>(store: &S, id: &str) -> Agent {
    let agent = samples::agent(id, at(START)).expect("an agent");
    assert!(store.register(agent.clone(), samples::user_created(&agent)).await.expect("registering"));
    agent
}

async fn customers<S: Store + ?Sized>(store: &S) {
    let customer = CustomerId::new("cus_1").expect("an id");
    let found = async || store.by_customer(&customer).await.expect("looking").map(|agent| agent.id);
    assert_eq!(found().await, None, "nobody has a customer who was never told of");
    let [mut first, mut second] = [new_agent(store, "payer-1").await, new_agent(store, "payer-2").await];
    for agent in [&mut second, &mut first] {
        let change = Change {
            subscription: SubscriptionId::new("sub_1").expect("an id"),
            customer: customer.clone(),
            user_id: None,
            at: at(START),
            stage: Stage::Created,
            status: Subscription::Incomplete,
        };
        let mut billing = Billing::default();
        assert!(billing.take(&change));
        agent.billing = Some(billing);
        assert!(AgentStore::replace(store, agent.clone()).await.expect("replacing"));
        let stored = store.agent(&agent.id).await.expect("an agent").expect("it is there");
        assert_eq!(stored.billing, agent.billing, "what was told of subscriptions is kept");
        assert_eq!(found().await.as_ref(), Some(&agent.id), "of several, the one whose id is least");
    }
    assert!(store.remove(&first.id, at(START)).await.expect("removing"));
    assert_eq!(found().await, Some(second.id), "one who is there goes before one who was removed");
}

async fn removal<S: Store + ?Sized>(store: &S) {
    let agent = new_agent(store, "leaving").await;
    assert!(store.remove(&agent.id, at(START)).await.expect("removing"), "an agent can be removed");
    assert!(!store.remove(&agent.id, at(START)).await.expect("removing"), "once");
    let removed = store.agent(&agent.id).await.expect("an agent").expect("a removed agent is still there");
    assert_eq!(removed.deleted_at, Some(at(START)), "it is known since when an agent is removed");
    assert_eq!(removed.version, agent.version + 1, "removing is a change");
    let never = samples::agent("never-came", at(START)).expect("an agent");
    assert!(store.remove(&never.id, at(START)).await.expect("removing"), "before it was told of, too");
    let event = samples::user_created(&never);
    assert!(
        !store.register(never.clone(), event).await.expect("registering"),
        "nobody is registered who was removed"
    );
    assert_eq!(store.agent(&never.id).await.expect("an agent"), None, "nothing was stored then");
}
