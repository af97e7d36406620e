//! What a process with the role `cron` does for webhooks: once an hour it forgets messages that are 30 days old.

use std::{sync::Arc, time::Duration};

use dripr_core::{
    policy::{after, before},
    ports::WebhookStore,
    webhooks::KEPT_FOR,
};
use tokio::sync::watch;

use crate::compose::Deployment;

/// How often is looked.
const EVERY: Duration = Duration::from_secs(3600);

/// Forgets old messages again and again, until told to stop.
pub async fn forget_old(deployment: Arc<Deployment>, mut stopping: watch::Receiver<()>) {
    let clock = deployment.clock.clone();
    loop {
        let forgetting = deployment.store.forget_messages(before(clock.now(), KEPT_FOR));
        // Where much is old that takes many transactions; what is left of it is forgotten by the next that looks.
        let outcome = tokio::select! {
            outcome = forgetting => outcome,
            _ = stopping.changed() => return,
        };
        match outcome {
            Ok(0) => {}
            Ok(forgotten) => tracing::info!(forgotten, "old webhooks were forgotten"),
            Err(error) => tracing::warn!(%error, "old webhooks could not be forgotten"),
        }
        tokio::select! {
            () = clock.sleep_until(after(clock.now(), EVERY)) => {}
            // The other end is dropped, which says the same.
            _ = stopping.changed() => return,
        }
    }
}
