//! What looking for due campaigns costs while many are stored and none is due.

use std::sync::Arc;

use chrono::TimeDelta;
use dripr_core::{
    ports::{CampaignStore, Clock},
    schedule::Delay,
};
use dripr_tests::Failure;
use serde_json::{Value, json};

use crate::{
    clock::real,
    place::{Kind, Place, Queue},
    process,
    world::World,
};

/// Looks before it counts, and looks that count.
const LOOKS: (usize, usize) = (200, 2_000);
/// As many as the engine asks for.
const BATCH: usize = 256;

/// What campaigns that are only stored take over from the one that was enrolled.
const COPIED: &str = "user_id, contact_id, home_key, home, zip_code, campaign_status, property_status, \
     active_listing_status, recent_sale_status, local_market_data_status, intro_status, home_report_analysis_status, \
     email_creation_status, fixed_send_day, last_scheduled_send_date, last_sent_email_datetime, check_before_sending, \
     no_address_newsletter, enabled, email_id, created_at, deleted_at, version, state";

/// Looks with so many campaigns stored, and gives the mean in microseconds.
pub(crate) async fn run(kind: Kind, stored: usize) -> Result<Value, Failure> {
    let place = Place::new(kind, Queue::Beside).await?;
    let world =
        World::begin(place, std::iter::once(12), Delay::from_hours(24), |store| Arc::new(store.clone()))
            .await?;
    let now = world.clock.now();
    let from = (now + TimeDelta::days(20)).timestamp_micros();
    // Loading need not be durable, and must not take more memory than working.
    let at_hand =
        if kind == Kind::Sqlite { "PRAGMA cache_size = -16000; PRAGMA synchronous = OFF; " } else { "" };
    world.place.say(&format!("{at_hand}{}", copies(from, stored.saturating_sub(1)))).await?;
    match kind {
        Kind::Sqlite => world.place.checkpoint().await?,
        Kind::Postgres => world.place.say("VACUUM ANALYZE campaigns").await?,
        Kind::MySql => world.place.say("ANALYZE TABLE campaigns").await?,
    }
    for _ in 0..LOOKS.0 {
        world.store.due(now, BATCH).await?;
    }
    let began = real();
    for _ in 0..LOOKS.1 {
        if !world.store.due(now, BATCH).await?.is_empty() {
            return Err("a campaign is due that should not be".into());
        }
    }
    let each = began.elapsed().as_secs_f64() * 1e6 / LOOKS.1 as f64;
    world.end().await?.remove().await?;
    Ok(json!({ "look": each, "memory": process::peak()? }))
}

/// A statement that stores campaigns beside the one that is there, their deadlines a millisecond apart.
fn copies(from: i64, copies: usize) -> String {
    let digit = "(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 \
                 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)";
    let places = ["a", "b", "c", "e", "f", "g"];
    let number: Vec<String> =
        places.iter().enumerate().map(|(n, place)| format!("{place}.d * {}", 10_u32.pow(n as u32))).collect();
    let digits: Vec<String> = places.iter().map(|place| format!("{digit} AS {place}")).collect();
    let (number, digits) = (number.join(" + "), digits.join(" CROSS JOIN "));
    format!(
        "INSERT INTO campaigns (id, address_key, due_at, {COPIED}) SELECT concat('copy-', n.i), concat('copy-', n.i), \
         {from} + n.i * 1000, {COPIED} FROM (SELECT {number} AS i FROM {digits}) AS n CROSS JOIN campaigns AS c \
         WHERE c.id = 'agent-0' AND n.i < {copies}"
    )
}
