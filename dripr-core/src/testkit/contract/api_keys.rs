use super::{START, at};
use crate::{
    access::{ApiKey, Caller, NewApiKey, Reach, RevokedBecause, Scope, Scopes, UnusableKey},
    campaign::Actor,
    ids::{BrokerageId, UserId},
    ports::ApiKeyStore,
    testkit::SeededEntropy,
};

/// What every [`ApiKeyStore`] must do: keys come back as they were given, are listed by reach, and admit nobody once revoked, nor
/// does what they made.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn api_key_store<S: ApiKeyStore + ?Sized>(store: &S) {
    let entropy = SeededEntropy::new(11);
    let mint = |name: &str, reach: &Reach, scopes: Scopes| {
        let new = NewApiKey {
            name: name.to_owned(),
            reach: reach.clone(),
            scopes,
            expires_at: Some(at("2026-04-01T12:00:00.000001Z")),
        };
        ApiKey::mint(new, &Caller::operator(), &entropy, at(START))
    };
    let brokerage = Reach::Brokerage(BrokerageId::new("north").expect("an id"));
    let agent = Reach::Agent(UserId::new("north").expect("an id"));
    let read: Scopes = std::iter::once(Scope::Read).collect();
    let minted: Vec<_> = [
        ("the CRM's \"key\" \u{1F511}", &brokerage, Scopes::all()),
        ("another", &brokerage, read),
        ("an agent's", &agent, read),
        ("the operator's", &Reach::Deployment, Scopes::all()),
    ]
    .map(|(name, reach, scopes)| mint(name, reach, scopes))
    .into();
    let keys: Vec<_> = minted.iter().map(|minted| minted.key.clone()).collect();

    assert_eq!(
        store.api_key(&keys[0].id).await.expect("a key"),
        None,
        "a key that was never stored is not there"
    );
    for key in &keys {
        assert!(store.put_api_key(key.clone()).await.expect("storing a key"), "a new key is stored");
    }
    assert!(!store.put_api_key(keys[1].clone()).await.expect("storing a key"), "once");
    for key in &keys {
        let stored = store.api_key(&key.id).await.expect("a key");
        assert_eq!(stored.as_ref(), Some(key), "a key comes back as it was given");
    }
    let list = async |within: &Reach, after, limit| {
        store.api_keys(within, after, limit).await.expect("listing keys")
    };
    let mut all = keys.clone();
    all.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(list(&Reach::Deployment, None, 10).await, all, "all keys are listed by id");
    assert_eq!(
        list(&Reach::Deployment, Some(all[1].id.clone()), 1).await,
        [all[2].clone()],
        "a page at a time"
    );
    let of = |reach: &Reach| all.iter().filter(|key| key.reach == *reach).cloned().collect::<Vec<_>>();
    for reach in [&brokerage, &agent] {
        assert_eq!(list(reach, None, 10).await, of(reach), "keys within {reach:?}, and no others");
    }

    let count = async |reach: &Reach| store.count_api_keys(reach).await.expect("counting keys");
    assert_eq!(count(&brokerage).await, 2, "those of a reach are counted");
    assert_eq!(count(&agent).await, 1, "and no others");

    let revoke = async |n: usize, when: &str| {
        store.revoke_api_key(&keys[n].id, Actor::Operator, at(when)).await.expect("revoking a key")
    };
    assert!(revoke(0, "2026-03-02T12:00:00Z").await, "a key is taken back");
    assert!(revoke(0, "2026-03-03T12:00:00Z").await, "twice does no harm");
    assert_eq!(count(&brokerage).await, 1, "one that was taken back makes room");
    let revoked = store.api_key(&keys[0].id).await.expect("a key").expect("a revoked key is still known");
    assert_eq!(revoked.revoked_at, Some(at("2026-03-02T12:00:00Z")), "what was revoked stays as it is");
    let by = (&revoked.created_by, &revoked.revoked_by);
    assert_eq!(by, (&Some(Actor::Operator), &Some(Actor::Operator)), "who did it is noted");
    let secret = |n: usize| ApiKey::parts(minted[n].expose()).expect("a key").1;
    let admitted = revoked.admit(secret(0), at("2026-03-02T12:00:01Z"));
    assert_eq!(admitted, Err(UnusableKey::Revoked), "and admits nobody");
    let other = store.api_key(&keys[1].id).await.expect("a key").expect("another key");
    assert!(other.admit(secret(1), at("2026-03-02T12:00:01Z")).is_ok(), "others are as they were");

    // What a key made ends with it.
    let made_by = async |maker: &ApiKey| {
        let (actor, reach) = (Actor::ApiKey(maker.id.clone()), maker.reach.clone());
        let by = Caller { actor, reach: reach.clone(), scopes: maker.scopes };
        let new = NewApiKey { name: "made".to_owned(), reach, scopes: maker.scopes, expires_at: None };
        let key = ApiKey::mint(new, &by, &entropy, at(START)).key;
        (store.put_api_key(key.clone()).await.expect("storing a key"), key)
    };
    let (_, child) = made_by(&keys[3]).await;
    let (_, grandchild) = made_by(&child).await;
    let (stored, others) = made_by(&keys[1]).await;
    assert!(stored, "a key makes keys");
    assert!(revoke(3, "2026-03-04T12:00:00Z").await, "the key that made them is taken back");
    let known =
        async |key: &ApiKey| store.api_key(&key.id).await.expect("a key").expect("a key that was made");
    for key in [&child, &grandchild] {
        let known = known(key).await;
        assert_eq!(known.revoked_at, Some(at("2026-03-04T12:00:00Z")), "with it, and so on");
        let because = (known.revoked_by, known.revoked_because);
        assert_eq!(because, (Some(Actor::Operator), Some(RevokedBecause::Maker)), "by whom and why");
    }
    assert_eq!(known(&others).await.revoked_at, None, "what another made is as it was");
    let (stored, late) = made_by(&child).await;
    assert!(!stored, "a key that was taken back makes none any more");
    assert_eq!(store.api_key(&late.id).await.expect("a key"), None, "and nothing is stored");

    let unknown = crate::ids::ApiKeyId::new("nobodys").expect("an id");
    assert!(
        !store.revoke_api_key(&unknown, Actor::Operator, at(START)).await.expect("revoking a key"),
        "a key that is not there cannot be revoked"
    );
}
