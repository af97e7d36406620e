use super::{
    START, at,
    deeds::{key_of, webhook_of, with},
};
use crate::{
    access::{ApiKey, Caller, Deed, Membership, Reach, RevokedBecause, Role},
    agent::Agent,
    campaign::{Actor, AuditEntry},
    ids::BrokerageId,
    ports::{AgentStore, ApiKeyStore, DeedStore, WebhookStore},
    testkit::{SeededEntropy, samples},
    webhooks::OffBecause,
};

const BANNED: &str = "2026-03-02T12:00:00Z";

/// What a banned agent made ends, whatever it reaches, and what others made for them stays. A ban that is lifted gives nothing back.
pub(super) async fn what_a_banned_agent_made_ends<S>(store: &S)
where
    S: DeedStore + ApiKeyStore + WebhookStore + AgentStore + ?Sized,
{
    let entropy = SeededEntropy::new(9);
    let [upper, lower] = ["upper", "lower"].map(|id| BrokerageId::new(id).expect("an id"));
    let roles = [("ida", Role::Admin), ("jon", Role::Agent), ("kit", Role::Admin)];
    let [ida, jon, kit] = roles.map(|(id, role)| {
        let agent = samples::agent(id, at(START)).expect("a sample agent");
        Agent { membership: Membership { brokerage: Some(upper.clone()), team: None, role }, ..agent }
    });
    for agent in [&ida, &jon, &kit] {
        let event = samples::user_created(agent);
        let new = store.register(agent.clone(), event, Actor::Operator).await.expect("registering");
        assert!(new, "a new agent");
    }
    let [of_ida, of_jon] = [&ida, &jon].map(|agent| Reach::Agent(agent.id.clone()));
    let of_upper = Reach::Brokerage(upper.clone());
    let [by_ida, by_kit] = [&ida, &kit].map(Caller::signed_in);
    let operator = Caller::operator();
    let put = async |key: &ApiKey| store.put_api_key(key.clone()).await.expect("storing a key");
    let put_webhook = async |by: &Caller, id: &str, reach: &Reach| {
        let endpoint = webhook_of(by, id, reach);
        let deed = endpoint.deed("webhook_made", by.actor.clone(), at(START), None);
        store.put_webhook(endpoint, deed).await.expect("storing a webhook")
    };
    let ended =
        async |key: &ApiKey| store.api_key(&key.id).await.expect("a key").expect("the key").revoked_because;
    let off = async |id: &str| {
        let known = store.webhook(&id.parse().expect("an id")).await.expect("a webhook");
        known.expect("the webhook").off.map(|off| off.because)
    };
    let becomes = async |banned: bool, brokerage: &BrokerageId, when: &str| {
        let mut agent = store.agent(&ida.id).await.expect("an agent").expect("ida");
        agent.banned = banned;
        agent.membership.brokerage = Some(brokerage.clone());
        let audit = AuditEntry::of("account_changed", Actor::Provider, at(when), None);
        assert!(AgentStore::replace(store, agent, Some(audit)).await.expect("changing"), "ida changes");
    };

    let widest = key_of(&by_ida, &of_upper, &entropy);
    let its_own = key_of(&with(&widest), &of_jon, &entropy);
    let [for_jon, own] = [&of_jon, &of_ida].map(|reach| key_of(&by_ida, reach, &entropy));
    let [kits, operators] = [&by_kit, &operator].map(|by| key_of(by, &of_ida, &entropy));
    let elsewhere = key_of(&by_kit, &of_upper, &entropy);
    for key in [&widest, &its_own, &for_jon, &own, &kits, &operators, &elsewhere] {
        assert!(put(key).await, "a new key is stored");
    }
    for (by, id, reach) in [
        (&by_ida, "ida-upper", &of_upper),
        (&by_ida, "ida-own", &of_ida),
        (&with(&widest), "ida-key", &of_jon),
        (&by_kit, "ida-kit", &of_ida),
        (&operator, "ida-operator", &of_ida),
    ] {
        assert!(put_webhook(by, id, reach).await, "a new webhook is stored");
    }

    becomes(true, &upper, BANNED).await;
    let banned = Some(RevokedBecause::Banned);
    for (key, expected, what) in [
        (&own, banned, "what a banned agent made for themself ends"),
        (&widest, banned, "and what reaches their brokerage"),
        (&for_jon, banned, "and what reaches another agent"),
        (&its_own, Some(RevokedBecause::Maker), "and what one of these made"),
        (&kits, None, "what an admin made for the banned agent stays"),
        (&operators, None, "and what an operator made for them"),
        (&elsewhere, None, "and what others made for others"),
    ] {
        assert_eq!(ended(key).await, expected, "{what}");
    }
    let known = store.api_key(&own.id).await.expect("a key").expect("the key");
    let by = (known.revoked_at, known.revoked_by);
    assert_eq!(by, (Some(at(BANNED)), Some(Actor::System)), "when, and that nobody named it");
    let of_ban = Some(OffBecause::Banned);
    for (id, expected) in [
        ("ida-upper", of_ban),
        ("ida-own", of_ban),
        ("ida-key", Some(OffBecause::Maker)),
        ("ida-kit", None),
        ("ida-operator", None),
    ] {
        assert_eq!(off(id).await, expected, "webhook {id} of a banned agent");
    }
    let deeds = store.deeds(&Reach::Deployment, None, 8).await.expect("what was done");
    let told = |deed: &Deed| deed.what == "key_revoked" || deed.what == "webhook_off";
    let ends: Vec<&Deed> = deeds.iter().map(|entry| &entry.deed).take_while(|deed| told(deed)).collect();
    assert_eq!(ends.len(), 7, "each is noted, once: {ends:?}");
    assert!(ends.iter().all(|deed| deed.actor == Actor::System && deed.at == at(BANNED)), "{ends:?}");
    let why = RevokedBecause::Banned.sentence();
    let by_ban = ends.iter().filter(|deed| deed.cause.as_deref() == Some(why));
    assert_eq!(by_ban.count(), 5, "with why: {ends:?}");

    let late = key_of(&by_ida, &of_ida, &entropy);
    assert!(!put(&late).await, "whoever was let in a moment before makes no key");
    assert!(!put_webhook(&by_ida, "ida-late", &of_ida).await, "and no webhook");
    let of_kit = key_of(&by_kit, &of_ida, &entropy);
    assert!(put(&of_kit).await, "others make keys for them");

    becomes(false, &upper, "2026-03-03T12:00:00Z").await;
    assert_eq!(ended(&own).await, banned, "a ban that is lifted gives no key back");
    assert_eq!(off("ida-own").await, of_ban, "and no webhook");
    assert!(put(&late).await, "but they make others");
    becomes(true, &upper, "2026-03-04T12:00:00Z").await;
    assert_eq!(ended(&late).await, banned, "which end with the next ban");
    becomes(true, &lower, "2026-03-05T12:00:00Z").await;
    let left = (ended(&kits).await, ended(&operators).await);
    assert_eq!(left, (Some(RevokedBecause::Moved), None), "whoever is banned leaves others behind as before");
    assert!(AgentStore::remove(store, &ida.id, at("2026-03-06T12:00:00Z")).await.expect("removing"));
    assert_eq!(ended(&operators).await, Some(RevokedBecause::Removed), "nothing is for who is gone");
}
