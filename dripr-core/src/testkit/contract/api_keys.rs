use super::{START, at};
use crate::{
    access::{ApiKey, Caller, NewApiKey, Reach, Scope, Scopes, UnusableKey},
    campaign::Actor,
    ids::{BrokerageId, UserId},
    ports::ApiKeyStore,
    testkit::SeededEntropy,
};

/// What every [`ApiKeyStore`] must do: keys come back as they were given, are listed by reach, and admit nobody once revoked.
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

    let revoke = async |n: usize, when: &str| {
        store.revoke_api_key(&keys[n].id, Actor::Operator, at(when)).await.expect("revoking a key")
    };
    assert!(revoke(0, "2026-03-02T12:00:00Z").await, "a key is taken back");
    assert!(revoke(0, "2026-03-03T12:00:00Z").await, "twice does no harm");
    let revoked = store.api_key(&keys[0].id).await.expect("a key").expect("a revoked key is still known");
    assert_eq!(revoked.revoked_at, Some(at("2026-03-02T12:00:00Z")), "what was revoked stays as it is");
    let by = (&revoked.created_by, &revoked.revoked_by);
    assert_eq!(by, (&Some(Actor::Operator), &Some(Actor::Operator)), "who did it is noted");
    let secret = |n: usize| ApiKey::parts(minted[n].expose()).expect("a key").1;
    let admitted = revoked.admit(secret(0), at("2026-03-02T12:00:01Z"));
    assert_eq!(admitted, Err(UnusableKey::Revoked), "and admits nobody");
    let other = store.api_key(&keys[1].id).await.expect("a key").expect("another key");
    assert!(other.admit(secret(1), at("2026-03-02T12:00:01Z")).is_ok(), "others are as they were");
    let unknown = crate::ids::ApiKeyId::new("nobodys").expect("an id");
    assert!(
        !store.revoke_api_key(&unknown, Actor::Operator, at(START)).await.expect("revoking a key"),
        "a key that is not there cannot be revoked"
    );
}
