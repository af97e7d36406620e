use std::time::Duration;

use super::{START, at};
use crate::{
    access::{ApiKey, Caller, Membership, NewApiKey, Reach, Role, Scopes},
    campaign::{Actor, AuditEntry},
    ids::{BrokerageId, TeamId, UserId},
    ports::{AgentStore, ApiKeyStore, DeedStore, WebhookStore},
    testkit::{SeededEntropy, samples},
    webhooks::{Endpoint, KeptSecret, Kinds, NewEndpoint, OffBecause},
};

/// What every [`DeedStore`] must do: what is done about keys and webhooks is there with who did it, for whoever reaches as far and
/// nobody else; and what was made for one agent does not follow them to another brokerage.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn deed_store<S>(store: &S)
where
    S: DeedStore + ApiKeyStore + WebhookStore + AgentStore + ?Sized,
{
    let entropy = SeededEntropy::new(5);
    let north = BrokerageId::new("north").expect("an id");
    // One whose name begins alike, and one that differs by case alone.
    let (northern, big) =
        (BrokerageId::new("north-2").expect("an id"), BrokerageId::new("North").expect("an id"));
    let team = TeamId::new("a").expect("an id");
    let agent = async |id: &str, brokerage: &BrokerageId, team: Option<&TeamId>| {
        let mut agent = samples::agent(id, at(START)).expect("a sample agent");
        agent.membership =
            Membership { brokerage: Some(brokerage.clone()), team: team.cloned(), role: Role::Agent };
        let event = samples::user_created(&agent);
        assert!(
            store.register(agent.clone(), event, Actor::Operator).await.expect("registering"),
            "a new agent"
        );
        Reach::Agent(agent.id)
    };
    let amy = agent("amy", &north, Some(&team)).await;
    let bob = agent("bob", &north, None).await;
    let cleo = agent("cleo", &northern, Some(&team)).await;
    let of_north = Reach::Brokerage(north.clone());
    let admin = Caller { actor: Actor::User(UserId::new("amy").expect("an id")), ..Caller::operator() };
    let admin = Caller { reach: of_north.clone(), ..admin };
    let reaches = [
        Reach::Deployment,
        of_north.clone(),
        Reach::Team(north.clone(), team.clone()),
        amy.clone(),
        bob.clone(),
        Reach::Brokerage(northern.clone()),
        Reach::Team(northern.clone(), team.clone()),
        cleo.clone(),
        Reach::Brokerage(big.clone()),
        Reach::Team(big.clone(), team.clone()),
    ];
    let mut keys = Vec::new();
    for (second, reach) in (0..).zip(&reaches) {
        // Ids are in the order in which they were made.
        let now = at(START) + Duration::from_secs(second);
        let new = NewApiKey {
            name: "a key".to_owned(),
            reach: reach.clone(),
            scopes: Scopes::all(),
            expires_at: None,
        };
        let key = ApiKey::mint(new, &admin, &entropy, now).key;
        assert!(store.put_api_key(key.clone()).await.expect("storing a key"), "a new key is stored");
        let new = NewEndpoint {
            id: key.id.as_str().parse().expect("an id"),
            reach: reach.clone(),
            description: String::new(),
            url: "https://crm.example".to_owned(),
            kinds: Kinds::default(),
            secret: KeptSecret::Plain("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()),
        };
        let endpoint = Endpoint::new(new, &admin, at(START));
        let deed = endpoint.deed("webhook_made", Actor::Operator, at(START), Some("because".to_owned()));
        assert!(
            store.put_webhook(endpoint, deed).await.expect("storing a webhook"),
            "a new webhook is stored"
        );
        keys.push(key);
    }
    // Which of them lie within which.
    for (within, expected) in [
        (Reach::Deployment, vec![0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (of_north.clone(), vec![1, 2, 3, 4]),
        (Reach::Team(north.clone(), team.clone()), vec![2, 3]),
        (amy.clone(), vec![3]),
        (bob, vec![4]),
        (Reach::Brokerage(northern), vec![5, 6, 7]),
        (Reach::Brokerage(big), vec![8, 9]),
    ] {
        let expected: Vec<&Reach> = expected.iter().map(|nr: &usize| &reaches[*nr]).collect();
        let listed = store.api_keys(&within, None, 99).await.expect("listing keys");
        assert_eq!(
            listed.iter().map(|key| &key.reach).collect::<Vec<_>>(),
            expected,
            "keys within {within:?}"
        );
        let listed = store.webhooks(&within, None, 99).await.expect("listing webhooks");
        assert_eq!(
            listed.iter().map(|known| &known.reach).collect::<Vec<_>>(),
            expected,
            "webhooks within {within:?}"
        );
        let deeds = store.deeds(&within, None, 99).await.expect("what was done");
        assert!(deeds.is_sorted_by(|a, b| a.number > b.number), "the newest first");
        let made: Vec<_> = deeds.iter().rev().filter(|entry| entry.deed.what == "key_made").collect();
        assert_eq!(
            made.iter().map(|entry| &entry.deed.reach).collect::<Vec<_>>(),
            expected,
            "within {within:?}"
        );
        assert_eq!(deeds.len(), 2 * expected.len(), "of keys and webhooks");
    }
    let page = store.deeds(&of_north, None, 3).await.expect("what was done");
    let next = store.deeds(&of_north, Some(page[2].number), 99).await.expect("what was done");
    assert_eq!((page.len(), next.len()), (3, 5), "a page at a time");
    assert_eq!(page[0].deed.cause.as_deref(), Some("because"), "as it was given");
    assert_eq!((&page[0].deed.actor, page[0].deed.at), (&Actor::Operator, at(START)), "by whom and when");
    assert_eq!(page[0].deed.about, keys[4].id.as_str(), "and about what");

    assert!(
        store.revoke_api_key(&keys[4].id, Actor::Operator, at(START)).await.expect("revoking"),
        "taken back"
    );
    assert!(store.revoke_api_key(&keys[4].id, Actor::System, at(START)).await.expect("revoking"), "again");
    let newest = store.deeds(&of_north, None, 2).await.expect("what was done");
    assert_eq!(newest[0].deed.what, "key_revoked", "that is noted");
    assert_eq!(newest[0].deed.actor, Actor::Operator, "by whom");
    assert_ne!(newest[1].deed.what, "key_revoked", "once");

    // To another team of the same brokerage, and then to another brokerage.
    let known =
        async || store.agent(&UserId::new("amy").expect("an id")).await.expect("an agent").expect("amy");
    let moved = async |brokerage: &str, when: &str| {
        let mut agent = known().await;
        agent.membership.brokerage = Some(BrokerageId::new(brokerage).expect("an id"));
        agent.membership.team = None;
        let audit = AuditEntry::of("moved", Actor::Operator, at(when), None);
        assert!(AgentStore::replace(store, agent, Some(audit)).await.expect("moving"), "the agent moves");
    };
    let stand = async || {
        let key = store.api_key(&keys[3].id).await.expect("a key").expect("the key");
        let id = keys[3].id.as_str().parse().expect("an id");
        let webhook = store.webhook(&id).await.expect("a webhook").expect("the webhook");
        (key.revoked_at, webhook.off.map(|off| off.because))
    };
    moved("north", "2026-03-02T12:00:00Z").await;
    assert_eq!(stand().await, (None, None), "within a brokerage nothing is taken away");
    moved("south", "2026-03-03T12:00:00Z").await;
    let when = Some(at("2026-03-03T12:00:00Z"));
    assert_eq!(stand().await, (when, Some(OffBecause::Moved)), "what north made for one agent stays behind");
    let noted = store.deeds(&amy, None, 2).await.expect("what was done");
    let mut noted: Vec<_> = noted.iter().map(|entry| (entry.deed.what.as_str(), &entry.deed.actor)).collect();
    noted.sort_unstable_by_key(|(what, _)| *what);
    assert_eq!(
        noted,
        [("key_revoked", &Actor::System), ("webhook_off", &Actor::System)],
        "and that is noted"
    );
}
