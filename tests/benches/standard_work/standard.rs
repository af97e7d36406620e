//! The standard work: campaigns that are due at once, from due to sent and back to rest.

use std::{sync::Arc, time::Duration};

use dripr_core::schedule::Delay;
use dripr_tests::Failure;
use serde_json::{Value, json};

use crate::{
    clock::real,
    place::{Kind, Place, Queue},
    process,
    world::World,
};

/// The day of the month on which all are sent.
const DAY: u8 = 12;
/// Longer than this nothing takes.
const LONGEST: Duration = Duration::from_secs(600);

/// Does it once.
pub(crate) async fn run(kind: Kind, queue: Queue, campaigns: usize) -> Result<Value, Failure> {
    let place = Place::new(kind, queue).await?;
    let days = std::iter::repeat_n(DAY, campaigns);
    let world = World::begin(place, days, Delay::from_hours(0), |store| Arc::new(store.clone())).await?;
    world.place.checkpoint().await?;
    let (bytes, commits, statements) =
        (world.place.bytes(), world.store.commits(), world.place.statements().await);
    let slot = world.next_due().await?;

    let (began, used) = (real(), process::processor()?);
    world.clock.jump(slot);
    while world.mailer.accepted() < campaigns {
        within(began)?;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    while world.dormant().await? < campaigns as u64 {
        within(began)?;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let seconds = began.elapsed().as_secs_f64();
    let used = process::processor()? - used;

    // What is settled after that belongs to it too.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let each = |after: u64, before: u64| (after - before) as f64 / campaigns as f64;
    let commits = each(world.store.commits(), commits);
    let statements =
        world.place.statements().await.zip(statements).map(|(after, before)| each(after, before));
    let sent = world.mailer.accepted();
    if sent != campaigns {
        return Err(format!("{sent} emails were sent for {campaigns} campaigns").into());
    }
    let place = world.end().await?;
    let at_rest = place.bytes().zip(bytes).map(|(after, before)| each(after, before));
    place.remove().await?;
    Ok(json!({
        "rate": campaigns as f64 / seconds,
        "processor": used * 1e6 / campaigns as f64,
        "commits": commits,
        "statements": statements,
        "at_rest": at_rest,
        "memory": process::peak()?,
    }))
}

fn within(began: std::time::Instant) -> Result<(), Failure> {
    if began.elapsed() > LONGEST { Err("the work does not come to an end".into()) } else { Ok(()) }
}
