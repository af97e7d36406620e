//! What a process with the role `cron` does where Postmark takes the mail: once a day it takes over Postmark's own list of whom it
//! delivers nothing to, so that nobody is written to in vain who got on it before dripr came or while its webhooks were not heard.

use std::{sync::Arc, time::Duration};

use dripr_core::{
    feedback::{self, TakenOver},
    policy::after,
    ports::SuppressionList,
};
use tokio::sync::watch;

use crate::compose::Deployment;

/// How often it is taken over.
const EVERY: Duration = Duration::from_secs(24 * 3600);

/// How long after a failure it is tried again.
const AGAIN: Duration = Duration::from_secs(3600);

/// Takes the list over again and again, the first time at once, until told to stop.
pub async fn take_over_daily(
    deployment: Arc<Deployment>,
    list: impl SuppressionList,
    mut stopping: watch::Receiver<()>,
) {
    let clock = deployment.clock.clone();
    loop {
        let pause = tokio::select! {
            taken = feedback::take_over(&*deployment.store, &list, clock.now()) => match taken {
                Ok(TakenOver { listed, refused }) => {
                    let (contacts, new, let_in) = (refused.contacts, refused.new, refused.let_in);
                    tracing::info!(listed, contacts, new, let_in, "Postmark's suppression list was taken over");
                    EVERY
                }
                Err(error) => {
                    tracing::warn!(%error, "Postmark's suppression list could not be taken over");
                    AGAIN
                }
            },
            // The other end is dropped, which says the same.
            _ = stopping.changed() => return,
        };
        tokio::select! {
            () = clock.sleep_until(after(clock.now(), pause)) => {}
            _ = stopping.changed() => return,
        }
    }
}
