//! Postmark's own list of whom it delivers nothing to.

use std::time::Duration;

use chrono::TimeDelta;
use dripr_core::{
    email::SuppressionCause,
    ports::{Clock, ContactStore},
};
use dripr_server::{compose, suppression_list::take_over_daily};
use tokio::sync::watch;

use crate::{
    faults,
    imitation::postmark,
    loopback::{Loopback, Reply},
    site::Site,
};

/// How often is looked before giving up, a millisecond after another.
const LOOKS: usize = 30_000;

async fn site(provider: &Loopback) -> Site {
    let lines = format!("[mail]\nby = \"postmark\"\n[postmark]\nurl = \"{}\"\n", provider.base_url);
    Site::new(&lines, &[("DRIPR_POSTMARK_TOKEN", faults::KEY)]).await
}

/// Waits until something holds.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..LOOKS {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("it never came to that: {what}");
}

/// Moves the clock on by small steps until the list was asked for so many times; gives how long that took.
async fn asked_again(site: &Site, provider: &Loopback, times: usize) -> TimeDelta {
    let begun = site.clock.now();
    until("it is asked again", async || {
        if provider.asked().len() >= times {
            return true;
        }
        site.clock.set(site.clock.now() + TimeDelta::minutes(10));
        false
    })
    .await;
    site.clock.now() - begun
}

#[tokio::test]
async fn once_a_day_the_list_is_taken_over() {
    let (provider, log) = postmark().await;
    let site = site(&provider).await;
    let contact = site.dossier().await.contact;
    let cause = async || {
        let known = site.deployment.store.suppression(&contact.user_id, &contact.email).await.unwrap();
        known.map(|known| known.cause)
    };
    let list = compose::suppression_list(&site.deployment).unwrap().unwrap();
    let (stop, stopping) = watch::channel(());
    let worker = tokio::spawn(take_over_daily(site.deployment.clone(), list, stopping));
    until("it is asked at once", async || provider.asked().len() == 1).await;
    assert_eq!(cause().await, None);
    log.suppress(
        &contact.email.as_str().to_uppercase(),
        "SpamComplaint",
        "2026-02-01T15:00:00.5813997-05:00",
    );
    log.suppress("stranger@home.example", "HardBounce", "2026-02-01T15:00:00Z");
    assert!(asked_again(&site, &provider, 2).await >= TimeDelta::hours(24));
    until("it is taken over", async || cause().await == Some(SuppressionCause::Complaint)).await;
    drop(stop);
    worker.await.unwrap();
    assert_eq!(provider.asked().len(), 2);
    for asked in provider.asked() {
        assert_eq!(
            (asked.method.as_str(), asked.path.as_str()),
            ("GET", "/message-streams/broadcast/suppressions/dump")
        );
    }
    site.until("2026-05-01T00:00:00Z").await;
    assert!(site.mailbox.accepted().is_empty(), "nobody on the list is written to");
}

#[tokio::test]
async fn what_fails_is_tried_again_in_an_hour() {
    let provider = Loopback::giving([Reply::json(503, ""), Reply::ok(r#"{"Suppressions":[]}"#)]).await;
    let site = site(&provider).await;
    let list = compose::suppression_list(&site.deployment).unwrap().unwrap();
    let (stop, stopping) = watch::channel(());
    let worker = tokio::spawn(take_over_daily(site.deployment.clone(), list, stopping));
    until("it is asked at once", async || provider.asked().len() == 1).await;
    assert!(asked_again(&site, &provider, 2).await >= TimeDelta::hours(1));
    drop(stop);
    tokio::time::timeout(Duration::from_secs(60), worker).await.unwrap().unwrap();
}

#[tokio::test]
async fn where_another_takes_the_mail_there_is_no_list() {
    let site = Site::new("", &[]).await;
    assert!(compose::suppression_list(&site.deployment).unwrap().is_none());
}
