use std::time::Duration;

use super::{START, at, bans::what_a_banned_agent_made_ends};
use crate::{
    access::{ApiKey, Caller, Membership, NewApiKey, Reach, RevokedBecause, Role, Scope, Scopes},
    agent::Agent,
    campaign::{Actor, AuditEntry},
    ids::{BrokerageId, TeamId, UserId},
    ports::{AgentStore, ApiKeyStore, DeedStore, WebhookStore},
    testkit::{SeededEntropy, samples},
    webhooks::{Endpoint, KeptSecret, Kinds, NewEndpoint, OffBecause},
};

/// What every [`DeedStore`] must do: what is done about keys and webhooks is there with who did it, for whoever reaches as far and
/// nobody else; what was made for one agent does not follow them to another brokerage or team; and what an agent made ends with their right to,
/// which a ban takes.
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
    let agent = async |id: &str, brokerage: &BrokerageId, team: Option<&TeamId>, role: Role| {
        let mut agent = samples::agent(id, at(START)).expect("a sample agent");
        agent.membership = Membership { brokerage: Some(brokerage.clone()), team: team.cloned(), role };
        let event = samples::user_created(&agent);
        assert!(
            store.register(agent.clone(), event, Actor::Operator).await.expect("registering"),
            "a new agent"
        );
        Reach::Agent(agent.id)
    };
    let amy = agent("amy", &north, Some(&team), Role::Admin).await;
    let bob = agent("bob", &north, None, Role::Agent).await;
    let cleo = agent("cleo", &northern, Some(&team), Role::Agent).await;
    let of_north = Reach::Brokerage(north.clone());
    let admin = Caller { actor: Actor::User(UserId::new("amy").expect("an id")), ..Caller::operator() };
    let admin = Caller { reach: of_north.clone(), ..admin };
    let operator = Caller::operator();
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
        // An admin of north makes nothing for one agent of another brokerage.
        let by = if *reach == cleo { &operator } else { &admin };
        let key = ApiKey::mint(new, by, &entropy, now).key;
        assert!(store.put_api_key(key.clone()).await.expect("storing a key"), "a new key is stored");
        let new = NewEndpoint {
            id: key.id.as_str().parse().expect("an id"),
            reach: reach.clone(),
            description: String::new(),
            url: "https://crm.example".to_owned(),
            kinds: Kinds::default(),
            secret: KeptSecret::Plain("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()),
        };
        let endpoint = Endpoint::new(new, by, at(START));
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
    let of_brokerage = store.api_key(&keys[1].id).await.expect("a key").expect("the key");
    let because = Some(RevokedBecause::Retreat);
    assert_eq!(of_brokerage.revoked_because, because, "what they made as an admin of north ends");
    what_an_agent_made_ends_with_what_they_may_do(store).await;
    what_a_team_made_for_one_agent_ends_when_they_leave_it(store).await;
    nothing_is_made_for_one_agent_beyond_its_maker(store).await;
    what_a_banned_agent_made_ends(store).await;
}

pub(super) fn key_of(by: &Caller, reach: &Reach, entropy: &SeededEntropy) -> ApiKey {
    let (name, scopes) = ("a key".to_owned(), Scopes::all());
    let new = NewApiKey { name, reach: reach.clone(), scopes, expires_at: None };
    ApiKey::mint(new, by, entropy, at(START)).key
}

pub(super) fn webhook_of(by: &Caller, id: &str, reach: &Reach) -> Endpoint {
    let new = NewEndpoint {
        id: id.parse().expect("an id"),
        reach: reach.clone(),
        description: String::new(),
        url: "https://crm.example".to_owned(),
        kinds: Kinds::default(),
        secret: KeptSecret::Plain("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()),
    };
    Endpoint::new(new, by, at(START))
}

/// What an agent makes for themself alone.
fn own_key_of(agent: &Agent, entropy: &SeededEntropy) -> ApiKey {
    let keeper = Caller::signed_in(agent).keeper().expect("whoever signed in keeps what is their own");
    ApiKey { scopes: keeper.scopes, ..key_of(&keeper, &keeper.reach, entropy) }
}

/// Who comes by a key.
pub(super) fn with(key: &ApiKey) -> Caller {
    Caller { actor: Actor::ApiKey(key.id.clone()), reach: key.reach.clone(), scopes: key.scopes }
}

async fn what_a_team_made_for_one_agent_ends_when_they_leave_it<S>(store: &S)
where
    S: ApiKeyStore + WebhookStore + AgentStore + ?Sized,
{
    let entropy = SeededEntropy::new(7);
    let west = BrokerageId::new("west").expect("an id");
    let [blue, red] = ["blue", "red"].map(|id| TeamId::new(id).expect("an id"));
    let mut gus = samples::agent("gus", at(START)).expect("an agent");
    gus.membership =
        Membership { brokerage: Some(west.clone()), team: Some(blue.clone()), role: Role::Agent };
    let event = samples::user_created(&gus);
    assert!(store.register(gus.clone(), event, Actor::Operator).await.expect("registering"), "a new agent");
    let alone = Reach::Agent(gus.id.clone());
    let teams = key_of(&Caller::operator(), &Reach::Team(west.clone(), blue), &entropy);
    let brokerages = key_of(&Caller::operator(), &Reach::Brokerage(west), &entropy);
    let [by_team, by_brokerage] = [&teams, &brokerages].map(with);
    let from_team = key_of(&by_team, &alone, &entropy);
    let its_own = key_of(&with(&from_team), &alone, &entropy);
    let from_brokerage = key_of(&by_brokerage, &alone, &entropy);
    let operators = key_of(&Caller::operator(), &alone, &entropy);
    let of_their_own = own_key_of(&gus, &entropy);
    for key in [&teams, &brokerages, &from_team, &its_own, &from_brokerage, &operators, &of_their_own] {
        assert!(store.put_api_key(key.clone()).await.expect("storing a key"), "a new key is stored");
    }
    for (by, id) in [(&by_team, "gus-team"), (&by_brokerage, "gus-brokerage")] {
        let endpoint = webhook_of(by, id, &alone);
        let deed = endpoint.deed("webhook_made", by.actor.clone(), at(START), None);
        assert!(
            store.put_webhook(endpoint, deed).await.expect("storing a webhook"),
            "a new webhook is stored"
        );
    }

    let mut agent = store.agent(&gus.id).await.expect("an agent").expect("gus");
    agent.membership.team = Some(red);
    let audit = AuditEntry::of("moved", Actor::Operator, at("2026-03-02T12:00:00Z"), None);
    assert!(AgentStore::replace(store, agent, Some(audit)).await.expect("moving"), "to another team");
    for (key, expected, what) in [
        (&from_team, Some(RevokedBecause::Moved), "what the team made for one agent stays behind"),
        (&its_own, Some(RevokedBecause::Maker), "with what it made"),
        (&from_brokerage, None, "what the brokerage made stays"),
        (&operators, None, "and what an operator made"),
        (&of_their_own, None, "and what the agent made for themself"),
        (&teams, None, "the team's own reaches whom it reached"),
        (&brokerages, None, "and the brokerage's"),
    ] {
        let known = store.api_key(&key.id).await.expect("a key").expect("the key");
        assert_eq!(known.revoked_because, expected, "{what}");
    }
    for (id, expected) in [("gus-team", Some(OffBecause::Moved)), ("gus-brokerage", None)] {
        let known = store.webhook(&id.parse().expect("an id")).await.expect("a webhook");
        assert_eq!(known.expect("the webhook").off.map(|off| off.because), expected, "webhook {id}");
    }
}

async fn what_an_agent_made_ends_with_what_they_may_do<S>(store: &S)
where
    S: DeedStore + ApiKeyStore + WebhookStore + AgentStore + ?Sized,
{
    let entropy = SeededEntropy::new(6);
    let (east, team) = (BrokerageId::new("east").expect("an id"), TeamId::new("t").expect("an id"));
    let place = |role| Membership { brokerage: Some(east.clone()), team: Some(team.clone()), role };
    let [mut dora, mut finn] = ["dora", "finn"].map(|id| samples::agent(id, at(START)).expect("an agent"));
    dora.membership = place(Role::Admin);
    finn.membership = Membership { team: None, ..place(Role::Agent) };
    for agent in [&dora, &finn] {
        let event = samples::user_created(agent);
        let new = store.register(agent.clone(), event, Actor::Operator).await.expect("registering");
        assert!(new, "a new agent");
    }
    let key = async |by: &Caller, reach: &Reach, scopes: Scopes| {
        let new = NewApiKey { name: "a key".to_owned(), reach: reach.clone(), scopes, expires_at: None };
        let key = ApiKey::mint(new, by, &entropy, at(START)).key;
        (store.put_api_key(key.clone()).await.expect("storing a key"), key)
    };
    let webhook = async |by: &Caller, id: &str, reach: &Reach| {
        let new = NewEndpoint {
            id: id.parse().expect("an id"),
            reach: reach.clone(),
            description: String::new(),
            url: "https://crm.example".to_owned(),
            kinds: Kinds::default(),
            secret: KeptSecret::Plain("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()),
        };
        let endpoint = Endpoint::new(new, by, at(START));
        let deed = endpoint.deed("webhook_made", by.actor.clone(), at(START), None);
        store.put_webhook(endpoint, deed).await.expect("storing a webhook")
    };
    let ended =
        async |key: &ApiKey| store.api_key(&key.id).await.expect("a key").expect("the key").revoked_because;
    let off = async |id: &str| {
        let known = store.webhook(&id.parse().expect("an id")).await.expect("a webhook");
        known.expect("the webhook").off.map(|off| off.because)
    };
    let becomes = async |role: Role, when: &str| {
        let mut agent = store.agent(&dora.id).await.expect("an agent").expect("dora");
        agent.membership.role = role;
        let audit = AuditEntry::of("agent_changed", Actor::Operator, at(when), None);
        assert!(
            AgentStore::replace(store, agent, Some(audit)).await.expect("changing"),
            "their role changes"
        );
    };
    let looking: Scopes = std::iter::once(Scope::Read).collect();
    let of_east = Reach::Brokerage(east.clone());
    let of_team = Reach::Team(east.clone(), team.clone());
    let [alone, of_finn] = [&dora, &finn].map(|agent| Reach::Agent(agent.id.clone()));
    let as_admin = Caller::signed_in(&dora);
    let (_, widest) = key(&as_admin, &of_east, Scopes::all()).await;
    let by_key = Caller {
        actor: Actor::ApiKey(widest.id.clone()),
        reach: widest.reach.clone(),
        scopes: widest.scopes,
    };
    let (_, made_by_key) = key(&by_key, &of_finn, looking).await;
    let (_, finns) = key(&as_admin, &of_finn, looking).await;
    let (_, teams) = key(&as_admin, &of_team, looking).await;
    let (_, too_able) = key(&as_admin, &of_team, Scopes::all()).await;
    let (_, own) = key(&as_admin, &alone, looking).await;
    let (_, operators) = key(&Caller::operator(), &alone, Scopes::all()).await;
    let (_, elsewhere) = key(&Caller::operator(), &of_east, Scopes::all()).await;
    for (by, id, reach) in [
        (&as_admin, "of-east", &of_east),
        (&as_admin, "of-team", &of_team),
        (&by_key, "by-key", &of_finn),
        (&Caller::operator(), "of-dora", &alone),
    ] {
        assert!(webhook(by, id, reach).await, "a new webhook is stored");
    }

    becomes(Role::TeamLead, "2026-03-02T12:00:00Z").await;
    let retreat = Some(RevokedBecause::Retreat);
    for (known, expected, what) in [
        (&widest, retreat, "what reaches their brokerage ends"),
        (&made_by_key, Some(RevokedBecause::Maker), "with what it made"),
        (&finns, retreat, "what reaches somebody who is not of their team"),
        (&too_able, retreat, "what may do more than they"),
        (&teams, None, "what is within their team stays"),
        (&own, None, "what is theirs stays"),
        (&operators, None, "what others made stays"),
        (&elsewhere, None, "whatever it reaches"),
    ] {
        assert_eq!(ended(known).await, expected, "{what}");
    }
    let known = store.api_key(&widest.id).await.expect("a key").expect("the key");
    let by = (known.revoked_at, known.revoked_by);
    assert_eq!(by, (Some(at("2026-03-02T12:00:00Z")), Some(Actor::System)), "when, and that nobody named it");
    let maker = Some(OffBecause::Maker);
    for (id, expected) in [("of-east", maker), ("by-key", maker), ("of-team", None), ("of-dora", None)] {
        assert_eq!(off(id).await, expected, "webhook {id}");
    }
    let deeds = store.deeds(&of_east, None, 6).await.expect("what was done");
    let mut noted: Vec<&str> = deeds.iter().map(|entry| entry.deed.what.as_str()).collect();
    noted.sort_unstable();
    let revoked = "key_revoked";
    assert_eq!(noted, [revoked, revoked, revoked, revoked, "webhook_off", "webhook_off"], "each is noted");
    assert!(deeds.iter().all(|entry| entry.deed.cause.is_some()), "and why");
    assert!(!key(&as_admin, &of_team, looking).await.0, "who was let in as an admin makes no key any more");
    assert!(!webhook(&as_admin, "late", &of_team).await, "and no webhook");

    becomes(Role::Admin, "2026-03-03T12:00:00Z").await;
    assert_eq!(ended(&teams).await, None, "who reaches more loses nothing");
    becomes(Role::Agent, "2026-03-04T12:00:00Z").await;
    let both = (ended(&teams).await, ended(&own).await);
    assert_eq!(both, (retreat, None), "what is theirs stays");
    assert!(AgentStore::remove(store, &dora.id, at("2026-03-05T12:00:00Z")).await.expect("removing"));
    for known in [&own, &operators] {
        assert_eq!(ended(known).await, Some(RevokedBecause::Removed), "nothing is for who is gone");
    }
    assert_eq!(off("of-dora").await, Some(OffBecause::Removed), "whoever made it");
    assert_eq!(ended(&elsewhere).await, None, "what others made for others stays");
}

/// Whoever was let in may have seen the agent where they were a moment before.
async fn nothing_is_made_for_one_agent_beyond_its_maker<S>(store: &S)
where
    S: ApiKeyStore + WebhookStore + AgentStore + ?Sized,
{
    let entropy = SeededEntropy::new(8);
    let [near, far] = ["near", "far"].map(|id| BrokerageId::new(id).expect("an id"));
    let [mut admin, mut hal] =
        ["hal-admin", "hal"].map(|id| samples::agent(id, at(START)).expect("an agent"));
    let of = |brokerage: &BrokerageId, role| Membership {
        brokerage: Some(brokerage.clone()),
        role,
        ..Membership::default()
    };
    admin.membership = of(&near, Role::Admin);
    hal.membership = of(&near, Role::Agent);
    for agent in [&admin, &hal] {
        let event = samples::user_created(agent);
        let new = store.register(agent.clone(), event, Actor::Operator).await.expect("registering");
        assert!(new, "a new agent");
    }
    let alone = Reach::Agent(hal.id.clone());
    let signed_in = Caller::signed_in(&admin);
    let brokerages = key_of(&signed_in, &Reach::Brokerage(near.clone()), &entropy);
    assert!(store.put_api_key(brokerages.clone()).await.expect("storing a key"), "a new key is stored");
    let (by_key, operator) = (with(&brokerages), Caller::operator());
    let made = async |by: &Caller, id: &str| {
        let key = store.put_api_key(key_of(by, &alone, &entropy)).await.expect("storing a key");
        let endpoint = webhook_of(by, id, &alone);
        let deed = endpoint.deed("webhook_made", by.actor.clone(), at(START), None);
        (key, store.put_webhook(endpoint, deed).await.expect("storing a webhook"))
    };
    assert_eq!(made(&signed_in, "hal-1").await, (true, true), "for one of theirs");
    assert_eq!(made(&by_key, "hal-2").await, (true, true), "and by their key");
    let own = own_key_of(&hal, &entropy);
    assert!(store.put_api_key(own.clone()).await.expect("storing a key"), "the agent makes their own");

    let mut agent = store.agent(&hal.id).await.expect("an agent").expect("hal");
    agent.membership = of(&far, Role::Agent);
    assert!(AgentStore::replace(store, agent, None).await.expect("moving"), "the agent moves");
    let known = store.api_key(&own.id).await.expect("a key").expect("the key");
    assert_eq!(known.revoked_because, Some(RevokedBecause::Moved), "which does not follow them either");
    let another = own_key_of(&hal, &entropy);
    assert!(store.put_api_key(another).await.expect("storing a key"), "and makes another one there");
    assert_eq!(made(&signed_in, "hal-3").await, (false, false), "not for one who went elsewhere");
    assert_eq!(made(&by_key, "hal-4").await, (false, false), "nor by their key");
    assert_eq!(made(&operator, "hal-5").await, (true, true), "an operator reaches everybody");
    assert!(AgentStore::remove(store, &hal.id, at("2026-03-05T12:00:00Z")).await.expect("removing"));
    assert_eq!(made(&operator, "hal-6").await, (false, false), "nothing is for who is gone");
    let late = own_key_of(&hal, &entropy);
    assert!(!store.put_api_key(late).await.expect("storing a key"), "nor by them");
}
