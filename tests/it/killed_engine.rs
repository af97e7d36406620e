//! An engine that is killed between any two of its awaits and begun again on the same file.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use dripr_core::{ports::Clock, schedule::Instant};
use dripr_tests::{World, killed_after};

#[tokio::test]
async fn wherever_it_is_killed_it_goes_on_and_repeats_nothing() {
    let world = World::new(12, 12, "2026-03-01T12:00:00Z".parse().unwrap()).await.unwrap();
    let end: Instant = "2026-05-20T00:00:00Z".parse().unwrap();
    let store = world.store().await.unwrap();
    let mut kills = 0;
    let mut polls = 0;
    while world.clock.now() < end {
        // A little further each time, and again from the beginning, so that every place is hit in some month.
        polls = polls % 61 + 1;
        let dripr = world.engine(&store).unwrap();
        if killed_after(polls, dripr.step()).await.is_none() {
            kills += 1;
            drop(dripr);
            // What was in hand comes back when its lease ends.
            world.clock.set(world.clock.now() + TimeDelta::minutes(6));
        }
        let step = world.engine(&store).unwrap().step().await.unwrap();
        let later = world.clock.now() + TimeDelta::hours(8);
        world.clock.set(step.next.map_or(later, |next| next.min(later)));
    }
    assert!(kills > 20, "only {kills} kills");
    let mut months = BTreeMap::new();
    for email in world.mailbox.accepted() {
        *months.entry((email.campaign_id.unwrap(), email.date.format("%Y-%m").to_string())).or_insert(0) += 1;
    }
    assert!(months.values().all(|count| *count == 1), "repeated: {months:?}");
    assert_eq!(months.len(), 12 * 3, "March, April and May");
}
