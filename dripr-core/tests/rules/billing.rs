//! What is told of subscriptions, in any order.

use std::sync::LazyLock;

use chrono::TimeDelta;
use dripr_core::{
    agent::Subscription,
    billing::{self, Billing, Change, Stage, Taken},
    ids::UserId,
    ports::AgentStore,
    schedule::Instant,
    testkit::{MemoryStore, samples},
};
use proptest::prelude::*;

use crate::scene::{MADE, at};

static START: LazyLock<Instant> = LazyLock::new(|| at(MADE));

fn second(n: i64) -> Instant {
    *START + TimeDelta::seconds(n)
}

fn told(seconds: i64, stage: Stage, name: &str) -> Change {
    told_of("sub_1", seconds, stage, name)
}

fn told_of(subscription: &str, seconds: i64, stage: Stage, name: &str) -> Change {
    let at = second(seconds);
    Change {
        subscription: subscription.parse().unwrap(),
        customer: "cus_1".parse().unwrap(),
        user_id: None,
        at,
        stage,
        status: Subscription::named(name, at),
        from: None,
    }
}

/// A change of the first second from one state to another; `(from, to)`.
fn step((from, to): (&str, &str)) -> Change {
    let from = (!from.is_empty()).then(|| Subscription::named(from, second(1)));
    Change { from, ..told(1, Stage::Updated, to) }
}

fn taken<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Billing {
    let mut billing = Billing::default();
    for change in changes {
        billing.take(change);
    }
    billing
}

#[track_caller]
fn stand(changes: &[Change], expected: Subscription) {
    assert_eq!(taken(changes).status(), Some(expected));
    assert_eq!(taken(changes.iter().rev()).status(), Some(expected), "told the other way round");
}

#[test]
fn the_later_change_counts_and_an_end_is_for_good() {
    use Stage::{Created, Deleted, Updated};
    let late = |n| Subscription::PastDue { since: second(n) };
    let created = told(0, Created, "incomplete");
    stand(&[created.clone(), told(5, Updated, "active")], Subscription::Active);
    stand(&[created.clone(), told(0, Updated, "active")], Subscription::Active);
    stand(&[told(3, Updated, "active"), told(3, Updated, "past_due")], late(3));
    stand(&[told(3, Updated, "unpaid"), told(3, Updated, "past_due")], Subscription::Unpaid);
    stand(&[told(9, Deleted, "canceled"), told(4, Updated, "active")], Subscription::Canceled);
    stand(&[told(9, Deleted, "canceled"), told(9, Updated, "active")], Subscription::Canceled);
    // Whatever a provider says after the end.
    stand(&[told(9, Deleted, "past_due"), told(20, Updated, "active")], Subscription::Canceled);
    stand(&[told(9, Updated, "incomplete_expired"), created], Subscription::IncompleteExpired);
}

#[test]
fn of_one_second_a_change_that_leads_away_from_another_counts() {
    let late = Subscription::PastDue { since: second(1) };
    let told = |steps: &[(&str, &str)]| steps.iter().copied().map(step).collect::<Vec<_>>();
    for (steps, expected) in [
        // The card is changed, and pays.
        (&[("", "past_due"), ("past_due", "active")][..], Subscription::Active),
        (&[("", "active"), ("active", "past_due")], late),
        (&[("", "unpaid"), ("unpaid", "active"), ("", "past_due")], late),
        (&[("past_due", "unpaid"), ("unpaid", "active")], Subscription::Active),
        (&[("trialing", "active"), ("active", "past_due"), ("past_due", "active")], Subscription::Active),
        (&[("trialing", "past_due"), ("past_due", "active"), ("", "trialing")], Subscription::Active),
        // Nobody can tell with which of them it began.
        (&[("active", "past_due"), ("past_due", "active")], late),
        (&[("active", "past_due"), ("trialing", "unpaid")], Subscription::Unpaid),
        (&[("", "active"), ("", "past_due")], late),
    ] {
        stand(&told(steps), expected);
    }
    // What came later still counts, and what came before is over.
    let mut changes = told(&[("", "past_due"), ("past_due", "active")]);
    changes.insert(0, told_of("sub_1", 0, Stage::Updated, "past_due"));
    stand(&changes, Subscription::Active);
    changes.push(told_of("sub_1", 5, Stage::Updated, "past_due"));
    stand(&changes, Subscription::PastDue { since: second(5) });
}

#[test]
fn what_an_earlier_version_kept_is_read() {
    let kept = r#"{"subscriptions": {"sub_1": {"customer": "cus_1",
        "settled": {"status": {"status": "active"}, "at": "2026-01-01T00:00:00Z", "stage": "updated"},
        "late": [{"at": "2026-01-01T00:00:00Z", "stage": "updated"}]}}}"#;
    let billing: Billing = serde_json::from_str(kept).unwrap();
    assert_eq!(billing.status(), Some(Subscription::PastDue { since: at("2026-01-01T00:00:00Z") }));
    let again: serde_json::Value = serde_json::to_value(&billing).unwrap();
    assert_eq!(
        again,
        serde_json::from_str::<serde_json::Value>(kept).unwrap(),
        "nor is it written otherwise"
    );
}

#[test]
fn a_payment_is_late_since_it_was_first_told_after_it_was_paid() {
    let late = |n| Subscription::PastDue { since: second(n) };
    let [a, b, c, d] = [(1, "past_due"), (3, "active"), (5, "past_due"), (8, "past_due")]
        .map(|(n, name)| told(n, Stage::Updated, name));
    stand(&[a.clone(), c.clone()], late(1));
    stand(&[a.clone(), b.clone(), c.clone(), d.clone()], late(5));
    // What lay between comes last.
    stand(&[c, d, a, b], late(5));
}

#[test]
fn of_several_subscriptions_the_best_counts() {
    let ended = told_of("sub_1", 90, Stage::Deleted, "canceled");
    let new = told_of("sub_2", 10, Stage::Updated, "trialing");
    stand(&[ended.clone(), new.clone()], Subscription::Trialing);
    let late = told_of("sub_3", 50, Stage::Updated, "past_due");
    stand(&[ended.clone(), late.clone(), new.clone()], Subscription::Trialing);
    stand(&[told_of("sub_2", 60, Stage::Deleted, "canceled"), late, new, ended], {
        Subscription::PastDue { since: second(50) }
    });
}

#[test]
fn nothing_grows_without_bound() {
    let mut billing = Billing::default();
    for n in 0..500 {
        billing.take(&told_of(&format!("sub_{n}"), n, Stage::Updated, "incomplete_expired"));
        billing.take(&told_of("sub_good", n, Stage::Updated, "past_due"));
    }
    assert!(serde_json::to_string(&billing).unwrap().len() < 20_000);
    assert_eq!(
        billing.status(),
        Some(Subscription::PastDue { since: second(0) }),
        "what counts is not forgotten"
    );
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let names = prop::sample::select(vec![
        "active",
        "trialing",
        "past_due",
        "past_due",
        "canceled",
        "unpaid",
        "incomplete",
        "incomplete_expired",
        "paused",
        "on_the_moon",
    ]);
    let stages = prop::sample::select(vec![Stage::Created, Stage::Updated, Stage::Updated, Stage::Deleted]);
    let from = prop::option::of(prop::sample::select(vec!["active", "trialing", "past_due", "unpaid"]));
    // Few seconds, so that several changes are of one.
    let one = (1..4_u8, 0..6_i64, stages, names, from).prop_map(|(n, seconds, stage, name, from)| {
        let from = from.map(|from| Subscription::named(from, second(seconds)));
        Change { from, ..told_of(&format!("sub_{n}"), seconds, stage, name) }
    });
    prop::collection::vec(one, 1..16)
}

proptest! {
    #[test]
    fn any_shuffle_and_duplication_gives_the_same_standing(
        (changes, told) in changes().prop_flat_map(|changes| {
            let twice: Vec<Change> = [changes.clone(), changes.clone()].concat();
            (Just(changes), Just(twice).prop_shuffle())
        }),
        kept in any::<prop::sample::Index>(),
    ) {
        let expected = taken(&changes);
        prop_assert_eq!(&taken(&told), &expected);
        // Stored and read in between.
        let mut billing = taken(&told[..kept.index(told.len())]);
        billing = serde_json::from_str(&serde_json::to_string(&billing).unwrap()).unwrap();
        for change in &told {
            billing.take(change);
        }
        prop_assert_eq!(&billing, &expected);
        for change in &changes {
            prop_assert!(!billing.take(change), "what is known changes nothing");
        }
    }
}

#[tokio::test]
async fn a_change_finds_its_agent_by_name_or_else_by_subscription_or_customer() {
    let store = MemoryStore::new();
    let ana = samples::agent("ana", *START).unwrap();
    store
        .register(ana.clone(), samples::user_created(&ana), dripr_core::campaign::Actor::Operator)
        .await
        .unwrap();
    let status = async || store.agent(&ana.id).await.unwrap().unwrap().subscription_status;
    let plain = told(1, Stage::Created, "incomplete");
    assert_eq!(billing::take(&store, &plain).await.unwrap(), Taken::Stranger);
    let of = |id: &str| Change { user_id: Some(UserId::new(id).unwrap()), ..plain.clone() };
    assert_eq!(billing::take(&store, &of("later")).await.unwrap(), Taken::TooEarly);
    assert_eq!(status().await, Subscription::Active);
    assert_eq!(billing::take(&store, &of("ana")).await.unwrap(), Taken::New);
    assert_eq!(billing::take(&store, &of("ana")).await.unwrap(), Taken::Known);
    assert_eq!(status().await, Subscription::Incomplete);
    let ended = told_of("sub_2", 9, Stage::Updated, "trialing");
    assert_eq!(billing::take(&store, &ended).await.unwrap(), Taken::New, "found by the customer");
    assert_eq!(status().await, Subscription::Trialing);
    // Another agent of the same customer is told of before they are known: that is nobody else's.
    let bob = samples::agent("bob", *START).unwrap();
    let of_bob = Change { user_id: Some(bob.id.clone()), ..told_of("sub_3", 9, Stage::Updated, "active") };
    assert_eq!(billing::take(&store, &of_bob).await.unwrap(), Taken::TooEarly);
    assert_eq!(status().await, Subscription::Trialing);
    let operator = dripr_core::campaign::Actor::Operator;
    assert!(store.register(bob.clone(), samples::user_created(&bob), operator).await.unwrap());
    assert_eq!(billing::take(&store, &of_bob).await.unwrap(), Taken::New);
    // What names nobody is of whoever has that subscription, and not of the customer's first agent.
    let unnamed = told_of("sub_3", 20, Stage::Updated, "unpaid");
    assert_eq!(billing::take(&store, &unnamed).await.unwrap(), Taken::New);
    assert_eq!(status().await, Subscription::Trialing);
    let bobs = store.agent(&bob.id).await.unwrap().unwrap();
    assert_eq!(bobs.subscription_status, Subscription::Unpaid);
}

#[tokio::test]
async fn nothing_is_waited_for_that_is_of_a_removed_account() {
    let store = MemoryStore::new();
    let gone = UserId::new("gone").unwrap();
    let change = Change { user_id: Some(gone.clone()), ..told(1, Stage::Created, "active") };
    assert_eq!(billing::take(&store, &change).await.unwrap(), Taken::TooEarly);
    assert!(store.remove(&gone, second(2)).await.unwrap());
    assert_eq!(billing::take(&store, &change).await.unwrap(), Taken::Removed);
}
