//! A year of campaigns on SQLite.

use std::collections::BTreeMap;

use dripr_core::{
    email::DeliveryStatus,
    ports::EmailStore,
    schedule::{Instant, SendingRules},
};
use dripr_tests::World;

#[tokio::test]
async fn every_homeowner_gets_one_email_a_month_for_a_year() {
    let world = World::new(30, 12, "2026-01-02T12:00:00Z".parse().unwrap()).await.unwrap();
    let store = world.store().await.unwrap();
    let dripr = world.engine(&store).unwrap();
    let end: Instant = "2027-01-01T00:00:00Z".parse().unwrap();
    while let Some(next) = dripr.step().await.unwrap().next.filter(|next| *next < end) {
        world.clock.set(next);
    }
    let mut months = BTreeMap::new();
    let rules = SendingRules::default();
    for email in world.mailbox.accepted() {
        assert_eq!(rules.clamp(email.date), email.date, "inside the window");
        *months.entry((email.campaign_id.unwrap(), email.date.format("%Y-%m").to_string())).or_insert(0) += 1;
    }
    assert_eq!(months.len(), 30 * 12);
    assert!(months.values().all(|count| *count == 1));
    let counts = EmailStore::count_by_status(&store).await.unwrap();
    assert_eq!(counts, [(DeliveryStatus::Complete, 360)]);
}
