//! News of accounts that somebody else keeps.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use dripr_core::{
    accounts::{self, Account, News, Taken},
    agent::{Agent, Stop, Subscription},
    events::Event,
    ids::UserId,
    ports::AgentStore,
    schedule::Instant,
    testkit::MemoryStore,
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
fn left(agent: Option<&Agent>) -> Option<(String, String, Option<String>)> {
    let agent = agent.filter(|agent| agent.deleted_at.is_none())?;
    Some((agent.email.to_string(), agent.first_name.clone(), agent.managed_client_id.clone()))
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
