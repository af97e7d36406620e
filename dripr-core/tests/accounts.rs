//! News of accounts that somebody else keeps.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use dripr_core::{
    access::{ApiKey, Caller, NewApiKey, Reach, RevokedBecause, Scopes},
    accounts::{self, Account, News, Taken},
    agent::{Agent, Stop, Subscription},
    campaign::Actor,
    events::Event,
    ids::UserId,
    ports::{AgentStore, ApiKeyStore},
    restored,
    schedule::Instant,
    testkit::{MemoryStore, SeededEntropy, samples},
};
use proptest::prelude::*;

fn second(n: i64) -> Instant {
    Instant::from_timestamp(1_772_000_000 + n, 0).unwrap()
}

fn now() -> Instant {
    second(1_000)
}

fn id() -> UserId {
    "user_1".parse().unwrap()
}

fn account(n: i64) -> Account {
    Account {
        user_id: id(),
        email: Some(format!("ana{n}@brokerage.example").parse().unwrap()),
        first_name: format!("Ana {n}"),
        last_name: "Ruiz".to_owned(),
        managed_client_id: (n % 2 == 1).then(|| "mc_42".to_owned()),
        banned: n % 3 == 1,
        created_at: second(0),
        changed_at: second(n),
    }
}

async fn take(store: &MemoryStore, news: News) -> Taken {
    accounts::take(store, news, Subscription::None, now()).await.unwrap()
}

async fn agent(store: &MemoryStore) -> Option<Agent> {
    store.agent(&id()).await.unwrap()
}

#[tokio::test]
async fn an_account_becomes_an_agent_once_and_is_announced_once() {
    let store = MemoryStore::new();
    let without = Account { email: None, ..account(1) };
    assert_eq!(take(&store, News::Changed(without)).await, Taken::WithoutAddress);
    assert_eq!(agent(&store).await, None);
    // An update of an account that was never told of is as good as its making.
    assert_eq!(take(&store, News::Changed(account(2))).await, Taken::Registered);
    assert_eq!(take(&store, News::Changed(account(2))).await, Taken::Known);
    assert_eq!(take(&store, News::Changed(account(0))).await, Taken::Known, "that came late");
    let known = agent(&store).await.unwrap();
    assert_eq!((known.first_name.as_str(), known.email.as_str()), ("Ana 2", "ana2@brokerage.example"));
    assert_eq!(known.created_at, second(0));
    assert_eq!(known.stopped_by(now()), Some(Stop::NotSubscribed));
    let announced = store.events();
    assert!(matches!(&announced[..], [Event::UserCreated(event)] if event.user_id == id()), "{announced:?}");
}

#[tokio::test]
async fn a_later_change_is_taken_and_leaves_what_the_account_does_not_know() {
    let store = MemoryStore::new();
    take(&store, News::Changed(account(2))).await;
    let mut known = agent(&store).await.unwrap();
    known.postal_address = "1 Main St".to_owned();
    known.subscription_status = Subscription::Active;
    assert!(AgentStore::replace(&store, known, None).await.unwrap());
    let later = Account { email: None, ..account(5) };
    assert_eq!(take(&store, News::Changed(later)).await, Taken::Changed);
    let known = agent(&store).await.unwrap();
    assert_eq!(known.first_name, "Ana 5");
    assert_eq!(known.email.as_str(), "ana2@brokerage.example", "mail has to come from somewhere");
    assert_eq!(known.managed_client_id.as_deref(), Some("mc_42"));
    assert_eq!((&*known.postal_address, known.stopped_by(now())), ("1 Main St", None));
}

#[tokio::test]
async fn who_was_removed_stays_removed() {
    let store = MemoryStore::new();
    take(&store, News::Changed(account(2))).await;
    let removed = || News::Removed { user_id: id(), at: second(9) };
    assert_eq!(take(&store, removed()).await, Taken::Removed);
    assert_eq!(take(&store, removed()).await, Taken::Known);
    assert_eq!(take(&store, News::Changed(account(20))).await, Taken::Known);
    let known = agent(&store).await.unwrap();
    assert_eq!((known.deleted_at, known.first_name.as_str()), (Some(second(9)), "Ana 2"));
    assert_eq!(known.stopped_by(now()), Some(Stop::Removed));
}

/// What is left of an agent, whoever was told what first.
fn left(agent: Option<&Agent>) -> Option<(String, String, Option<String>, bool)> {
    let agent = agent.filter(|agent| agent.deleted_at.is_none())?;
    Some((agent.email.to_string(), agent.first_name.clone(), agent.managed_client_id.clone(), agent.banned))
}

/// An agent whom an operator brought, of a partner or of none.
async fn brought(client: Option<&str>) -> MemoryStore {
    let store = MemoryStore::new();
    let mut agent = samples::agent("user_1", second(0)).unwrap();
    agent.managed_client_id = client.map(str::to_owned);
    let event = samples::user_created(&agent);
    assert!(store.register(agent, event, Actor::Operator).await.unwrap());
    store
}

#[tokio::test]
async fn a_partner_whom_an_operator_named_stays_where_the_account_has_none() {
    let store = brought(Some("mc_7")).await;
    let client = async |n: i64| {
        take(&store, News::Changed(account(n))).await;
        agent(&store).await.unwrap().managed_client_id
    };
    assert_eq!(client(2).await.as_deref(), Some("mc_7"));
    assert_eq!(client(4).await.as_deref(), Some("mc_7"), "nor does the next one take it");
    assert_eq!(client(5).await.as_deref(), Some("mc_42"), "the account names another");
    assert_eq!(client(6).await.as_deref(), Some("mc_7"), "and none any more");
    // What the account named, it can take back.
    let store = MemoryStore::new();
    take(&store, News::Changed(account(1))).await;
    take(&store, News::Changed(account(2))).await;
    assert_eq!(agent(&store).await.unwrap().managed_client_id, None);
}

#[tokio::test]
async fn who_is_managed_by_a_partner_is_active_since_the_partner_pays() {
    let managed = Account { banned: false, ..account(1) };
    let store = MemoryStore::new();
    take(&store, News::Changed(managed.clone())).await;
    let status = async |store: &MemoryStore| agent(store).await.unwrap().subscription_status;
    assert_eq!(status(&store).await, Subscription::Active);
    // The partner is named after the account is made.
    let store = MemoryStore::new();
    take(&store, News::Changed(account(0))).await;
    assert_eq!(status(&store).await, Subscription::None);
    take(&store, News::Changed(managed)).await;
    assert_eq!(status(&store).await, Subscription::Active);
    // What a billing provider told is not overruled.
    let store = MemoryStore::new();
    take(&store, News::Changed(account(0))).await;
    let mut known = agent(&store).await.unwrap();
    known.subscription_status = Subscription::Canceled;
    assert!(AgentStore::replace(&store, known, None).await.unwrap());
    take(&store, News::Changed(account(5))).await;
    assert_eq!(status(&store).await, Subscription::Canceled);
}

#[tokio::test]
async fn who_is_banned_sends_nothing_until_they_are_not() {
    let store = brought(None).await;
    let stop = async |n: i64| {
        take(&store, News::Changed(account(n))).await;
        agent(&store).await.unwrap().stopped_by(now())
    };
    assert_eq!(stop(2).await, None);
    assert_eq!(stop(4).await, Some(Stop::Banned));
    assert_eq!(stop(3).await, Some(Stop::Banned), "what came late");
    assert_eq!(stop(5).await, None);
    let history = store.agent_history(&id(), None, None, 3).await.unwrap();
    let causes: Vec<Option<&str>> = history.iter().map(|line| line.entry.cause.as_deref()).collect();
    let lifted = "it is not banned any more; keys and webhooks that ended stay so";
    let banned = "it was banned: keys and webhooks that the agent made end";
    assert_eq!(causes, [Some(lifted), Some(banned), None], "each stands in their history");
}

#[tokio::test]
async fn a_ban_that_is_taken_over_after_a_restore_ends_what_its_agent_made() {
    let store = brought(None).await;
    let known = agent(&store).await.unwrap();
    let key = |by: &Caller, seed: u64| {
        let (reach, scopes) = (Reach::Agent(id()), Scopes::default());
        let new = NewApiKey { name: "a key".to_owned(), reach, scopes, expires_at: None };
        ApiKey::mint(new, by, &SeededEntropy::new(seed), second(1)).key
    };
    let (own, operators) = (key(&Caller::signed_in(&known), 1), key(&Caller::operator(), 2));
    for key in [&own, &operators] {
        assert!(store.put_api_key(key.clone()).await.unwrap());
    }
    let ended = async |key: &ApiKey| store.api_key(&key.id).await.unwrap().unwrap().revoked_because;
    let later = Agent { banned: true, ..known };
    assert!(restored::take_over(&store, &later, now()).await.unwrap());
    assert!(!restored::take_over(&store, &later, now()).await.unwrap(), "once");
    assert_eq!((ended(&own).await, ended(&operators).await), (Some(RevokedBecause::Banned), None));
    let lifted = Agent { banned: false, ..later };
    assert!(restored::take_over(&store, &lifted, now()).await.unwrap());
    assert_eq!(ended(&own).await, Some(RevokedBecause::Banned), "nothing is given back");
}

proptest! {
    #[test]
    fn any_shuffle_and_duplication_leaves_the_same(
        (news, told) in prop::collection::vec((0..20_i64, 0..8_u8), 1..8).prop_flat_map(|news| {
            let twice = [news.clone(), news.clone()].concat();
            (Just(news), Just(twice).prop_shuffle())
        })
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let outcome = |news: Vec<(i64, u8)>| runtime.block_on(async move {
            let store = MemoryStore::new();
            for (n, kind) in news {
                let removal = News::Removed { user_id: id(), at: second(n) };
                take(&store, if kind == 0 { removal } else { News::Changed(account(n)) }).await;
            }
            assert!(store.events().len() <= 1, "nobody is announced twice");
            left(agent(&store).await.as_ref())
        });
        prop_assert_eq!(outcome(told), outcome(news));
    }
}
