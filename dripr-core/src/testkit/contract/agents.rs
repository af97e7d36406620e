use std::time::Duration;

use super::{START, Stage as Scene, Store, at};
use crate::{
    access::{Membership, Reach, Role},
    agent::{Agent, Subscription},
    billing::{Billing, Change, Stage},
    campaign::{Action, Actor, AuditEntry},
    events::{Event, Queue},
    ids::{BrokerageId, CustomerId, SubscriptionId, TeamId, UserId},
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
    let again = store
        .register(given.clone(), samples::user_created(&given), Actor::Operator)
        .await
        .expect("registering");
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
        AgentStore::replace(store, lapsed.clone(), None).await.expect("replacing"),
        "the stored version may be replaced"
    );
    assert!(
        !AgentStore::replace(store, lapsed, None).await.expect("replacing"),
        "an older version may not replace a newer one"
    );
    let due = store.due(at(START), 10).await.expect("due");
    assert_eq!(due, [stage.id(0)], "a change of standing makes the agent's campaigns due at once");
    let agents = store.agents(&Reach::Deployment, None, 10).await.expect("agents");
    assert_eq!(agents.len(), 1, "every agent is listed");
    assert_eq!(agents[0].version, stored.version + 1, "a replaced agent has the next version");
    members(store).await;
    history(store, &stage).await;
    customers(store).await;
    removal(store).await;
}

/// Agents are listed as far as somebody reaches.
async fn members<S: Store + ?Sized>(store: &S) {
    let brokerage = |name: &str| BrokerageId::new(name).expect("an id");
    let team = |name: &str| TeamId::new(name).expect("an id");
    let places = [
        ("m1", Some("north"), Some("a")),
        ("m2", Some("north"), Some("b")),
        ("m3", Some("north"), None),
        ("m4", Some("south"), Some("a")),
        ("m5", None, None),
    ];
    for (id, of, in_team) in places {
        let mut agent = samples::agent(id, at(START)).expect("an agent");
        agent.membership =
            Membership { brokerage: of.map(brokerage), team: in_team.map(team), role: Role::TeamLead };
        let event = samples::user_created(&agent);
        assert!(
            store.register(agent.clone(), event, Actor::Operator).await.expect("registering"),
            "an agent is registered"
        );
        let stored = store.agent(&agent.id).await.expect("an agent");
        assert_eq!(stored, Some(agent), "an agent comes back with their place in a brokerage");
    }
    let listed = async |reach: Reach, after: Option<&str>, limit| {
        let after = after.map(|id| UserId::new(id).expect("an id"));
        let agents = store.agents(&reach, after, limit).await.expect("agents");
        agents.into_iter().map(|agent| agent.id.to_string()).collect::<Vec<_>>()
    };
    let north = Reach::Brokerage(brokerage("north"));
    assert_eq!(listed(north.clone(), None, 10).await, ["m1", "m2", "m3"], "agents of a brokerage");
    assert_eq!(listed(north.clone(), Some("m1"), 1).await, ["m2"], "a page at a time");
    let north_a = Reach::Team(brokerage("north"), team("a"));
    assert_eq!(listed(north_a.clone(), None, 10).await, ["m1"], "agents of a team of one brokerage");
    let alone = Reach::Agent(UserId::new("m5").expect("an id"));
    assert_eq!(listed(alone, None, 10).await, ["m5"], "an agent reaches themselves");
    assert_eq!(listed(Reach::Deployment, None, 10).await.len(), places.len() + 1, "all of them");

    let mut moved = store.agent(&UserId::new("m1").expect("an id")).await.expect("an agent").expect("m1");
    moved.membership.team = Some(team("b"));
    assert!(AgentStore::replace(store, moved, None).await.expect("replacing"), "an agent changes teams");
    assert_eq!(listed(north_a, None, 10).await, [""; 0], "and is not of the old one any more");
    let north_b = Reach::Team(brokerage("north"), team("b"));
    assert_eq!(listed(north_b, None, 10).await, ["m1", "m2"], "but of the new one");
    let mut gone = store.agent(&UserId::new("m2").expect("an id")).await.expect("an agent").expect("m2");
    gone.membership = Membership::default();
    assert!(AgentStore::replace(store, gone, None).await.expect("replacing"), "an agent leaves");
    assert_eq!(listed(north, None, 10).await, ["m1", "m3"], "and is not listed there any more");
}

/// What is done to an agent stands in their history, with what their campaigns did.
async fn history<S: Store + ?Sized>(store: &S, stage: &Scene<'_, S>) {
    let id = &stage.new[0].campaign.user_id;
    let read = async |before, limit| store.agent_history(id, None, before, limit).await.expect("a history");
    stage.did(0, Action::RequireApproval { check_before_sending: true }).await;
    let agent = store.agent(id).await.expect("an agent").expect("the stage's agent");
    let entry = AuditEntry::of("renamed", Actor::Operator, at(START), Some("\"why\"".to_owned()));
    let stale = crate::agent::Agent { version: agent.version - 1, ..agent.clone() };
    assert!(!AgentStore::replace(store, stale, Some(entry.clone())).await.expect("replacing"));
    assert!(AgentStore::replace(store, agent, Some(entry.clone())).await.expect("replacing"));
    let all = read(None, 100).await;
    assert_eq!(all[0].entry, entry, "the newest comes first");
    assert_eq!(all[0].campaign_id, None, "what is about the agent is about no campaign");
    assert_eq!(all.iter().filter(|line| line.entry == entry).count(), 1, "what was refused is not in it");
    assert!(
        all.iter().any(|line| line.campaign_id.as_ref() == Some(&stage.id(0))),
        "campaigns' rows are in it"
    );
    assert!(all.windows(2).all(|two| two[0].number > two[1].number), "numbers grow with time");
    assert_eq!(read(Some(all[0].number), 1).await, all[1..2], "a page at a time");
    let first = all.last().expect("it is not empty");
    assert_eq!(
        (&*first.entry.what, &first.entry.actor),
        ("registered", &Actor::Operator),
        "it begins with who did it"
    );
    let other = UserId::new("m5").expect("an id");
    let note = AuditEntry::of("noted", Actor::Recipient, at(START), None);
    store.note(&other, note.clone()).await.expect("adding a row");
    let others = store.agent_history(&other, None, None, 10).await.expect("a history");
    let told: Vec<_> = others.iter().map(|line| &*line.entry.what).collect();
    assert_eq!(told, ["noted", "registered"], "each agent has their own, and it can be added to");
    assert_eq!(others[0].entry, note, "a row is kept as it was given");
}

async fn new_agent<S: Store + ?Sized>(store: &S, id: &str) -> Agent {
    let agent = samples::agent(id, at(START)).expect("an agent");
    assert!(
        store
            .register(agent.clone(), samples::user_created(&agent), Actor::Operator)
            .await
            .expect("registering")
    );
    agent
}

async fn customers<S: Store + ?Sized>(store: &S) {
    let customer = CustomerId::new("cus_1").expect("an id");
    let found = async || {
        let agents = store.of_customer(&customer).await.expect("looking");
        agents.into_iter().map(|agent| agent.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(found().await, [""; 0], "nobody has a customer who was never told of");
    let mut expected: Vec<String> = Vec::new();
    let [mut first, mut second] = [new_agent(store, "payer-1").await, new_agent(store, "payer-2").await];
    for agent in [&mut second, &mut first] {
        let change = Change {
            subscription: SubscriptionId::new("sub_1").expect("an id"),
            customer: customer.clone(),
            user_id: None,
            at: at(START),
            stage: Stage::Created,
            status: Subscription::Incomplete,
            from: None,
        };
        let mut billing = Billing::default();
        assert!(billing.take(&change));
        agent.billing = Some(billing);
        assert!(AgentStore::replace(store, agent.clone(), None).await.expect("replacing"));
        let stored = store.agent(&agent.id).await.expect("an agent").expect("it is there");
        assert_eq!(stored.billing, agent.billing, "what was told of subscriptions is kept");
        expected.insert(0, agent.id.to_string());
        assert_eq!(found().await, expected, "all agents of a customer are found, by their ids");
    }
    assert!(store.remove(&first.id, at(START)).await.expect("removing"));
    assert_eq!(
        found().await,
        [second.id.as_str(), first.id.as_str()],
        "who is there goes before who was removed"
    );
}

async fn removal<S: Store + ?Sized>(store: &S) {
    let agent = new_agent(store, "leaving").await;
    assert!(!store.is_removed(&agent.id).await.expect("looking"), "nobody is removed by being registered");
    assert!(store.remove(&agent.id, at(START)).await.expect("removing"), "an agent can be removed");
    assert!(store.is_removed(&agent.id).await.expect("looking"), "it is known that an agent was removed");
    assert!(!store.remove(&agent.id, at(START)).await.expect("removing"), "once");
    let removed = store.agent(&agent.id).await.expect("an agent").expect("a removed agent is still there");
    assert_eq!(removed.deleted_at, Some(at(START)), "it is known since when an agent is removed");
    assert_eq!(removed.version, agent.version + 1, "removing is a change");
    // As it is where the id alone was noted.
    let back = Agent { deleted_at: None, ..removed };
    assert!(AgentStore::replace(store, back, None).await.expect("replacing"));
    assert!(
        store.remove(&agent.id, at(START)).await.expect("removing"),
        "an agent whose id is noted already"
    );
    let removed = store.agent(&agent.id).await.expect("an agent").expect("it is there");
    assert_eq!(removed.deleted_at, Some(at(START)), "an agent whose id is noted is removed all the same");
    let never = samples::agent("never-came", at(START)).expect("an agent");
    assert!(store.remove(&never.id, at(START)).await.expect("removing"), "before it was told of, too");
    let event = samples::user_created(&never);
    assert!(
        !store.register(never.clone(), event, Actor::Operator).await.expect("registering"),
        "nobody is registered who was removed"
    );
    assert_eq!(store.agent(&never.id).await.expect("an agent"), None, "nothing was stored then");
    assert!(store.is_removed(&never.id).await.expect("looking"), "the id stays noted");
    let twice = new_agent(store, "twice").await;
    let event = samples::user_created(&twice);
    assert!(!store.register(twice.clone(), event, Actor::Operator).await.expect("registering"), "once");
    assert!(!store.is_removed(&twice.id).await.expect("looking"), "who is registered twice is not removed");
}
