//! What processes count together, in a real Redis: the one that `DRIPR_TEST_REDIS` names, or the one of this machine.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "the real program runs on the real clock")]

mod deployment;

use std::{
    fs, thread,
    time::{Duration, Instant, SystemTime},
};

use self::deployment::Deployment;

/// A deployment whose agent may send two emails a day, as Redis counts, and the folder of its secret.
fn deployment(homeowners: usize, address: &str) -> (Deployment, tempfile::TempDir) {
    let secrets = tempfile::tempdir().unwrap();
    let file = secrets.path().join("redis-url");
    fs::write(&file, format!("{address}\n")).unwrap();
    let nanos = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos();
    let lines = format!(
        "mail_timeout_seconds = 1\n[mail]\nper_agent = \"2/day\"\n[redis]\nurl_file = \"{}\"\n\
         prefix = \"dripr-test-{nanos}-{}:\"",
        file.display(),
        std::process::id()
    );
    (Deployment::configured(homeowners, &lines), secrets)
}

fn server() -> String {
    std::env::var("DRIPR_TEST_REDIS").unwrap_or_else(|_| "redis://127.0.0.1:6379/0".to_owned())
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let patience = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < patience, "it never came to that: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

fn waiting(deployment: &Deployment) -> usize {
    let unsent = deployment.unsent();
    let told = unsent.iter().map(|campaign| deployment.told(&["explain", campaign]));
    told.filter(|told| told.contains("the agent's sending quota is used up for now")).count()
}

#[test]
fn an_agent_s_pace_holds_for_all_processes() {
    let (deployment, _secrets) = deployment(5, &server());
    let checked = deployment.told(&["doctor"]);
    assert!(checked.lines().any(|line| line.starts_with("Redis") && line.ends_with("works")), "{checked}");
    let (mut first, mut second) = (deployment.run(), deployment.run());
    until("two are sent and three wait", || deployment.unsent().len() == 3 && waiting(&deployment) == 3);
    first.ends_in_order();
    second.ends_in_order();
    // A new process has forgotten nothing.
    let mut third = deployment.run();
    thread::sleep(Duration::from_millis(500));
    assert_eq!((deployment.outbox().len(), waiting(&deployment)), (2, 3));
    third.ends_in_order();
}

#[test]
fn a_server_that_is_not_there_is_told_and_nothing_is_sent_past_it() {
    // Nobody listens at a port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (deployment, _secrets) = deployment(2, &format!("redis://127.0.0.1:{port}"));
    let output = deployment.dripr(&["doctor"]).stdout(std::process::Stdio::piped()).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(!output.status.success() && told.contains("Redis"), "{told}");
    let mut running = deployment.run();
    thread::sleep(Duration::from_secs(2));
    assert_eq!(deployment.outbox().len(), 0);
    running.ends_in_order();
}
