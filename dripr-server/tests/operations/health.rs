//! `/livez` and `/readyz`.

use std::{future::pending, sync::Arc};

use async_trait::async_trait;
use chrono::TimeDelta;
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    ports::{Clock, StoreCheck},
    schedule::Instant,
    testkit::ManualClock,
};
use dripr_server::{
    http,
    operations::readiness::{Found, Readiness},
};
use serde_json::{Value, json};
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

use crate::stage::{Shown, Stage, at, get, serve};

fn body(shown: &Shown) -> Value {
    assert_eq!(shown.headers["content-type"], "application/json");
    assert_eq!(shown.headers["cache-control"], "no-store");
    serde_json::from_str(&shown.text).unwrap()
}

#[tokio::test]
async fn a_process_that_works_is_alive_and_ready_at_both_addresses() {
    let stage = Stage::new(1, "").await;
    let public = serve(http::router(&stage.deployment, &stage.operations).unwrap()).await;
    let inside = serve(stage.operations.routes()).await;
    for base in [&public, &inside] {
        let live = get(&format!("{base}/livez")).await;
        assert_eq!((live.status, body(&live)), (200, json!({ "live": true })));
        let ready = get(&format!("{base}/readyz")).await;
        let parts =
            json!({ "process": "ok", "store_reading": "ok", "store_writing": "ok", "store_schema": "ok" });
        assert_eq!((ready.status, body(&ready)), (200, json!({ "ready": true, "parts": parts })));
    }
    assert_eq!(get(&format!("{public}/health")).await.status, 200);
}

#[tokio::test]
async fn a_process_without_its_store_is_alive_and_not_ready_and_tells_no_secrets() {
    let stage = Stage::new(1, "").await;
    let base = serve(stage.operations.routes()).await;
    stage.deployment.close().await;
    let ready = get(&format!("{base}/readyz")).await;
    assert_eq!(ready.status, 503);
    let parts = &body(&ready)["parts"];
    assert_eq!(
        (&parts["store_reading"], &parts["store_writing"]),
        (&json!("unavailable"), &json!("unavailable"))
    );
    let folder = stage.folder.path().to_str().unwrap();
    assert!(!ready.text.contains(folder) && !ready.text.contains("dripr.db"), "{}", ready.text);
    assert_eq!(get(&format!("{base}/livez")).await.status, 200);
}

#[tokio::test]
async fn a_schema_that_is_older_than_the_program_is_not_ready_and_a_newer_one_is() {
    let stage = Stage::new(1, "").await;
    let base = serve(stage.operations.routes()).await;
    let options = SqliteConnectOptions::new().filename(stage.folder.path().join("dripr.db"));
    let mut connection = options.connect().await.unwrap();
    let newer = "INSERT INTO _sqlx_migrations SELECT 99990101000000, 'x', installed_on, true, checksum, 0 \
                 FROM _sqlx_migrations LIMIT 1";
    sqlx::raw_sql(newer).execute(&mut connection).await.unwrap();
    assert_eq!(get(&format!("{base}/readyz")).await.status, 200);
    let older = "DELETE FROM _sqlx_migrations WHERE version = 20261130000201";
    sqlx::raw_sql(older).execute(&mut connection).await.unwrap();
    stage.clock.set(stage.clock.now() + TimeDelta::seconds(2));
    let ready = get(&format!("{base}/readyz")).await;
    assert_eq!((ready.status, &body(&ready)["parts"]["store_schema"]), (503, &json!("corrupt")));
}

#[tokio::test]
async fn a_process_that_was_told_to_stop_is_not_ready() {
    let stage = Stage::new(1, "").await;
    let base = serve(stage.operations.routes()).await;
    assert_eq!(get(&format!("{base}/readyz")).await.status, 200);
    stage.operations.drain();
    let ready = get(&format!("{base}/readyz")).await;
    assert_eq!((ready.status, &body(&ready)["parts"]["process"]), (503, &json!("draining")));
    assert_eq!(get(&format!("{base}/livez")).await.status, 200);
}

#[tokio::test]
async fn asking_often_writes_no_more_often() {
    let stage = Stage::new(1, "").await;
    let base = serve(stage.operations.checks()).await;
    let before = stage.deployment.store.commits();
    for _ in 0..20 {
        assert_eq!(get(&format!("{base}/readyz")).await.status, 200);
    }
    assert_eq!(stage.deployment.store.commits(), before + 1);
    stage.clock.set(stage.clock.now() + TimeDelta::seconds(2));
    get(&format!("{base}/readyz")).await;
    assert_eq!(stage.deployment.store.commits(), before + 2);
}

/// A store of which one part may be out of order.
struct Disk(std::sync::Mutex<Option<Fault>>);

#[async_trait]
impl StoreCheck for Disk {
    async fn check_reading(&self) -> PortResult<()> {
        Ok(())
    }

    async fn check_writing(&self, _now: Instant) -> PortResult<()> {
        let fault = *self.0.lock().unwrap();
        fault.map_or(Ok(()), |fault| Err(PortError::new(fault, "the disk is full")))
    }

    async fn check_layout(&self) -> PortResult<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_disk_that_takes_nothing_is_not_ready_until_it_does() {
    let clock = Arc::new(ManualClock::at(at("2026-03-01T12:00:00Z")));
    let disk = Arc::new(Disk(std::sync::Mutex::new(Some(Fault::Misconfigured))));
    let readiness = Readiness::new(disk.clone(), None, clock.clone());
    let parts = readiness.parts().await;
    assert_eq!((parts.are_ready(), parts.store_writing), (false, Found::Misconfigured));
    assert_eq!((parts.store_reading, parts.queues), (Found::Ok, None));
    *disk.0.lock().unwrap() = None;
    assert!(!readiness.parts().await.are_ready(), "it is kept for a moment");
    clock.set(clock.now() + TimeDelta::seconds(2));
    assert!(readiness.parts().await.are_ready());
}

/// A store that does not answer.
struct Hanging;

#[async_trait]
impl StoreCheck for Hanging {
    async fn check_reading(&self) -> PortResult<()> {
        pending().await
    }

    async fn check_writing(&self, _now: Instant) -> PortResult<()> {
        pending().await
    }

    async fn check_layout(&self) -> PortResult<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_store_that_hangs_is_not_waited_for() {
    let clock = Arc::new(ManualClock::at(at("2026-03-01T12:00:00Z")));
    let readiness = Readiness::new(Arc::new(Hanging), None, clock.clone());
    let passing = async {
        // Whoever asks has begun to wait before the clock goes on.
        tokio::task::yield_now().await;
        clock.set(clock.now() + TimeDelta::seconds(5));
        pending::<()>().await;
    };
    let parts = tokio::select! { parts = readiness.parts() => parts, () = passing => unreachable!() };
    assert_eq!((parts.store_reading, parts.store_writing), (Found::Unavailable, Found::Unavailable));
    assert_eq!(parts.store_schema, Found::Ok);
}
