//! Waiting until nothing moves any more.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use dripr_core::{
    email::Email,
    ports::{EmailFilter, EmailStore},
};
use dripr_server::{compose, config::Config};
use serde_json::Value;

use crate::deployment::Deployment;

/// Waits until no campaign is open. Meanwhile `dripr explain` tells of those whose outcome is unknown; how often it was
/// asked.
pub(crate) fn until_quiet(deployment: &Deployment, is_open: impl Fn(&Value) -> bool) -> usize {
    let mut explained = 0;
    let (mut fewest, mut since) = (usize::MAX, Instant::now());
    loop {
        let campaigns = deployment.campaigns();
        let open: Vec<&Value> = campaigns.iter().filter(|campaign| is_open(campaign)).collect();
        if open.is_empty() {
            return explained;
        }
        if open.len() < fewest {
            (fewest, since) = (open.len(), Instant::now());
        }
        let id = |campaign: &Value| campaign["campaign_id"].as_str().unwrap().to_owned();
        if since.elapsed() > Duration::from_secs(120) {
            let why: Vec<_> = open.iter().map(|open| deployment.told(&["explain", &id(open)])).collect();
            panic!("nothing moves any more: {why:#?}");
        }
        let unknown = |campaigns: &[Value]| {
            campaigns.iter().find(|campaign| campaign["delivery_status"] == "UNKNOWN").map(id)
        };
        if let Some(campaign) = unknown(&campaigns) {
            let told = deployment.told(&["explain", &campaign]);
            let says = told.contains("unknown_outcome") && told.contains("nobody knows yet");
            assert!(says || unknown(&deployment.campaigns()) != Some(campaign), "{told}");
            explained += usize::from(says);
        }
        thread::sleep(Duration::from_millis(500));
    }
}

/// The emails of the database.
pub(crate) fn stored(folder: &Path) -> Vec<Email> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let config = Config::load(&folder.join("dripr.toml"), &|_| None).unwrap();
        let deployment = compose::deployment(config).await.unwrap();
        let emails = deployment.store.emails(&EmailFilter::default(), None, usize::MAX).await.unwrap();
        deployment.close().await;
        emails
    })
}
