use std::sync::Arc;

use chrono::NaiveDate;

use super::at;
use crate::{
    content::{AreaContent, AreaKey, AreaKind},
    ids::UserId,
    policy::{FARTHEST, after},
    ports::{AreaStore, Begun},
};

/// What every [`AreaStore`](crate::ports::AreaStore) must do.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn area_store<S: AreaStore + ?Sized>(store: &S) {
    let key = |user: Option<&str>, day: u32| AreaKey {
        kind: AreaKind::RecentSales,
        user_id: user.map(|user| UserId::new(user).expect("an id")),
        zip_code: "98103".parse().expect("a ZIP code"),
        day: NaiveDate::from_ymd_opt(2026, 3, day).expect("a date"),
    };
    let (now, until, later) =
        (at("2026-03-11T15:00:00Z"), at("2026-03-11T15:05:00Z"), at("2026-03-11T15:05:00Z"));
    let today = key(None, 11);
    let empty = Arc::new(AreaContent::RecentSales(Vec::new()));

    let first = store.begin(&today, now, until).await.expect("beginning");
    let Begun::Yours { fence: first } = first else { panic!("who asks first is to fetch, not {first:?}") };
    let second = store.begin(&today, now, until).await.expect("beginning");
    assert_eq!(second, Begun::Busy { until }, "while one fetches, others are told until when");
    let other = store.begin(&key(Some("agent"), 11), now, until).await.expect("beginning");
    assert!(matches!(other, Begun::Yours { .. }), "an agent's own content is another content");
    let next = store.begin(&today, later, at("2026-03-11T15:10:00Z")).await.expect("beginning");
    let Begun::Yours { fence: next } = next else {
        panic!("a lease that ran out goes to the next, not {next:?}")
    };
    assert!(next > first, "a later lease has a higher fence");
    assert!(
        !store.finish(&today, first, empty.clone()).await.expect("finishing"),
        "a stale fence stores nothing"
    );
    store.abandon(&today, first).await.expect("abandoning");
    let third = store.begin(&today, later, until).await.expect("beginning");
    assert!(matches!(third, Begun::Busy { .. }), "a stale fence gives nothing back");
    store.abandon(&today, next).await.expect("abandoning");
    let Begun::Yours { fence } = store.begin(&today, later, until).await.expect("beginning") else {
        panic!("a lease given back is free at once")
    };
    assert!(store.finish(&today, fence, empty.clone()).await.expect("finishing"), "the newest fence stores");
    assert_eq!(
        store.begin(&today, later, until).await.expect("beginning"),
        Begun::Stored(empty.clone()),
        "then it is there"
    );
    let found = store.content(&[key(None, 12), today.clone()]).await.expect("content");
    assert_eq!(found, [None, Some(empty.clone())], "content comes in the order asked for");
    let tomorrow = key(None, 12);
    for _ in 0..2 {
        let begun = store.begin(&tomorrow, now, after(now, 2 * FARTHEST)).await.expect("beginning");
        let over = matches!(begun, Begun::Yours { .. });
        assert!(
            over,
            "a lease for longer than anything is to last was given by a wrong clock, not {begun:?}"
        );
    }
    let latest = store.latest_before(&key(None, 20)).await.expect("the latest");
    assert_eq!(latest, Some((today.clone(), empty)), "a later day finds it as the latest");
    assert_eq!(store.latest_before(&today).await.expect("the latest"), None, "its own day does not");
    assert_eq!(
        store.latest_before(&key(Some("other"), 20)).await.expect("the latest"),
        None,
        "nor does another agent"
    );
}
