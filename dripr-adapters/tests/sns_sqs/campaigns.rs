use std::sync::Arc;

use dripr_core::{
    events::Queue,
    testkit::{Mailbox, MemoryStore, samples},
};

use super::place::{Place, at};

#[tokio::test]
async fn a_month_of_campaigns_goes_over_topics_and_queues() {
    let place = Place::new().await;
    let start = at("2026-03-01T12:00:00Z");
    place.set_clock(start);
    let store = MemoryStore::with_outbox();
    samples::fill(&store, 3, "98103", 12, start).await.unwrap();
    let mailbox = Arc::new(Mailbox::new());
    let dripr = samples::builder(&store, place.clock.clone(), mailbox.clone())
        .unwrap()
        .queue(Arc::new(place.clocked()))
        .relay(Arc::new(store.clone()), Arc::new(place.bus()))
        .build()
        .unwrap();
    let end = at("2026-03-14T00:00:00Z");
    while let Some(next) = dripr.step().await.unwrap().next.filter(|next| *next < end) {
        place.set_clock(next);
    }
    assert_eq!(mailbox.accepted().len(), 3);
    for queue in Queue::ALL {
        assert_eq!(place.count(place.url(queue)), 0, "nothing is left in {queue}");
        assert_eq!(place.count(&format!("{}-dlq", place.url(queue))), 0, "nothing was parked in {queue}");
    }
}
