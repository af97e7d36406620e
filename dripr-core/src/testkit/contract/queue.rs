use std::time::Duration;

use super::{START, Stage, Store, at};
use crate::{
    campaign::CampaignStatus,
    events::{Event, Queue},
    policy::{FARTHEST, after},
    schedule::Instant,
};

const VISIBILITY: Duration = Duration::from_secs(30);

/// What every [`EventQueue`](crate::ports::EventQueue) beside a campaign store must do.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn event_queue<S: Store + ?Sized>(store: &S) {
    knows_its_deliveries(store, true).await;
}

/// What an [`EventQueue`](crate::ports::EventQueue) must do that counts in whole seconds and cannot tell what becomes
/// visible next. `store` passes receives on to it only after the queue's own clock shows the instant that is given.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn remote_event_queue<S: Store + ?Sized>(store: &S) {
    knows_its_deliveries(store, false).await;
}

async fn knows_its_deliveries<S: Store + ?Sized>(store: &S, knows_the_next: bool) {
    let stage = Stage::new(store, 3).await;
    let queue = Queue::RecentSales;
    let receive = |max, now: Instant| store.receive(queue, max, now, VISIBILITY);
    assert!(receive(10, at(START)).await.expect("receiving").is_empty(), "nothing was announced yet");
    assert_eq!(store.next_visible(&[queue]).await.expect("next"), None, "so nothing will be visible");
    for n in 0..3 {
        stage.begin(n).await;
    }
    let now = at("2026-03-11T15:00:00Z");
    let (soon, later) = (at("2026-03-11T15:00:29Z"), at("2026-03-11T15:00:30Z"));
    let first = receive(2, now).await.expect("receiving");
    assert_eq!(first.len(), 2, "receive gives at most as many as asked for");
    let Ok(Event::StatusChanged(change)) = first[0].event() else { panic!("a status change is delivered") };
    assert_eq!(change.to_status, CampaignStatus::WaitingForData, "it says where the campaign went");
    assert!(change.version.is_some() && change.cycle.is_some(), "it carries version and cycle");
    assert_eq!(first[0].receive_count(), 1, "the first receive is the first");
    let mut rest = receive(10, now).await.expect("receiving");
    assert_eq!(rest.len(), 1, "what is being worked on is not given to others");
    store.settle(vec![rest.remove(0).done()], now).await.expect("settling");
    assert!(receive(10, soon).await.expect("receiving").is_empty(), "it stays invisible for its whole time");
    let visible = store.next_visible(&[queue]).await.expect("next");
    let expected = knows_the_next.then_some(later);
    assert_eq!(visible, expected, "the queue knows when something becomes visible, or says that it does not");
    let mut again = receive(10, later).await.expect("receiving");
    assert_eq!(again.len(), 2, "what was not settled comes again");
    assert_eq!(again[0].receive_count(), 2, "and is counted");
    let stale = first.into_iter().map(crate::ports::Delivery::done).collect();
    store.settle(stale, later).await.expect("settling with receipts that are worth nothing");
    // Whoever is woken for it must not find that it is still ahead, however finely a store keeps instants.
    let back = at("2026-03-11T16:00:00.000000500Z");
    let (returned, parked) = (again.remove(0), again.remove(0));
    store
        .settle(vec![returned.again(back), parked.park("cannot be handled")], later)
        .await
        .expect("settling");
    assert!(
        receive(10, at("2026-03-11T16:00:00Z")).await.expect("receiving").is_empty(),
        "a returned delivery stays away until its time, a parked one for ever"
    );
    let back = at(if knows_the_next { "2026-03-11T16:00:00.001Z" } else { "2026-03-11T16:00:01Z" });
    let mut last = receive(10, back).await.expect("receiving");
    assert_eq!(last.len(), 1, "a stale receipt did not settle what came again");
    let longer = at("2026-03-11T16:10:00Z");
    store.settle(vec![last[0].extend(longer)], back).await.expect("settling");
    assert!(
        receive(10, at("2026-03-11T16:05:00Z")).await.expect("receiving").is_empty(),
        "an extended delivery stays with its worker"
    );
    let hidden = after(back, 2 * FARTHEST);
    store.settle(vec![last.remove(0).again(hidden)], back).await.expect("settling");
    let mut last = receive(10, back).await.expect("receiving");
    assert_eq!(last.len(), 1, "what is hidden for longer than anything is to be was hidden by a wrong clock");
    store.settle(vec![last.remove(0).done()], back).await.expect("settling");
    assert_eq!(store.next_visible(&[queue]).await.expect("next"), None, "in the end nothing is left");
}
