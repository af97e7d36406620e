//! `dripr run`, until it is told to stop.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStderr, Command, Stdio},
};

use chrono::{Datelike, TimeDelta};
use dripr_core::ports::Clock;
use dripr_server::system_clock::SystemClock;
use serde_json::Value;

use crate::program::{CONFIG, deployment, dripr};

/// How often is looked before giving up: each look runs the program, which takes some milliseconds.
const LOOKS: usize = 3000;

struct Running {
    child: Child,
    log: std::io::Lines<BufReader<ChildStderr>>,
    /// What it said until it ran.
    said: Vec<String>,
}

impl Running {
    fn start(folder: &Path) -> Self {
        // Many run at once.
        Self::start_with(folder, &["--set", "http.listen=127.0.0.1:0"])
    }

    fn start_with(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_dripr"))
            .arg("run")
            .args(arguments)
            .current_dir(folder)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        for line in log.by_ref().map(Result::unwrap) {
            said.push(line);
            if said.last().is_some_and(|line| line.contains("dripr is running")) {
                return Self { child, log, said };
            }
        }
        let ended = child.wait();
        panic!("it does not run: {ended:?}, {said:?}");
    }

    fn stop(mut self, signal: &str) {
        let told = Command::new("kill").args([&format!("-{signal}"), &self.child.id().to_string()]).status();
        assert!(told.unwrap().success());
        let rest: Vec<String> = self.log.by_ref().map(Result::unwrap).collect();
        assert!(self.child.wait().unwrap().success(), "{rest:?}");
        assert!(rest.iter().any(|line| line.contains("dripr has stopped")), "{rest:?}");
    }
}

/// A test that fails leaves nothing running.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The only campaign, once it is as wanted.
fn wait_for(folder: &Path, wanted: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..LOOKS {
        let run = dripr(folder, &["campaigns", "--json"]).success();
        let campaigns: Value = serde_json::from_str(&run.stdout).unwrap();
        if wanted(&campaigns[0]) {
            return campaigns[0].clone();
        }
    }
    panic!("it never came to that: {}", dripr(folder, &["campaigns", "--json"]).stdout);
}

/// A deployment that sends at any hour, with one campaign whose slot was three days ago.
fn with_due_campaign() -> tempfile::TempDir {
    let folder = deployment();
    let config = CONFIG.replace("[sending]", "[sending]\nwindow = false\nfirst_time_delay_hours = 0");
    fs::write(folder.path().join("dripr.toml"), config).unwrap();
    let created = SystemClock.now() - TimeDelta::days(3);
    let today = created.with_timezone(&chrono_tz::Tz::America__New_York).day();
    let day = if today <= 28 { today } else { 1 };
    let contact = format!(
        "email,first_name,street,city,state,zip,latitude,longitude,living_area_sqft,fixed_send_day,check_before_sending,created_at\n\
         ana@home.example,Ana,12 Elm St,Seattle,WA,98103,47.66,-122.345,1600,{day},yes,{}\n",
        created.to_rfc3339()
    );
    fs::write(folder.path().join("contacts.csv"), contact).unwrap();
    dripr(folder.path(), &["import", "contacts.csv", "--agent=a1"]).success();
    folder
}

fn sent_to_ana(folder: &Path) -> usize {
    fn count(folder: &Path) -> usize {
        let Ok(entries) = fs::read_dir(folder) else { return 0 };
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .map(|path| {
                if path.is_dir() {
                    return count(&path);
                }
                let email = path.extension().is_some_and(|end| end == "eml");
                usize::from(email && fs::read_to_string(&path).unwrap().contains("ana@home.example"))
            })
            .sum()
    }
    count(&folder.join("outbox"))
}

#[test]
fn it_runs_until_it_is_told_to_stop_and_ends_in_order() {
    for signal in ["TERM", "INT"] {
        let folder = deployment();
        Running::start(folder.path()).stop(signal);
    }
}

#[test]
fn a_port_that_is_taken_is_named_and_left_alone_by_whoever_does_not_answer() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = format!("http.listen={}", taken.local_addr().unwrap());
    let folder = deployment();
    let run = dripr(folder.path(), &["run", "--set", &listen, "--set", "log.filter=error"]).failure();
    let said = format!(
        "dripr: http.listen: cannot listen at {}: another program listens there already; give another address, or \"off\"\n",
        taken.local_addr().unwrap()
    );
    assert_eq!(run.stderr, said);
    Running::start_with(folder.path(), &["--set", &listen, "--roles", "cron,email-manager"]).stop("TERM");
    Running::start_with(folder.path(), &["--set", "http.listen=off"]).stop("TERM");
}

#[test]
fn the_first_key_is_in_a_file_and_in_no_log() {
    let folder = deployment();
    let mut running = Running::start(folder.path());
    let key = fs::read_to_string(folder.path().join("first-key")).unwrap();
    assert!(key.starts_with("dripr_") && key.lines().count() == 1, "{key}");
    let keys = dripr(folder.path(), &["keys", "list", "--json"]).success();
    let keys: Value = serde_json::from_str(&keys.stdout).unwrap();
    assert_eq!(keys.as_array().unwrap().len(), 1);
    assert!(key.contains(keys[0]["id"].as_str().unwrap()), "it is the one that admits");
    let said = std::mem::take(&mut running.said);
    assert!(said.iter().any(|line| line.contains("first-key")), "{said:?}");
    assert!(!said.iter().any(|line| line.contains(key.trim())), "{said:?}");
    running.stop("TERM");
    // Neither the next start nor somebody's file makes another one.
    fs::write(folder.path().join("first-key"), "somebody's\n").unwrap();
    Running::start(folder.path()).stop("TERM");
    fs::remove_file(folder.path().join("dripr.db")).unwrap();
    let mut running = Running::start(folder.path());
    let said = std::mem::take(&mut running.said);
    assert!(said.iter().any(|line| line.contains("dripr keys create")), "{said:?}");
    running.stop("TERM");
    assert_eq!(fs::read_to_string(folder.path().join("first-key")).unwrap(), "somebody's\n");
    assert_eq!(dripr(folder.path(), &["keys", "list"]).success().stdout, "");
}

#[cfg(unix)]
#[test]
fn what_is_kept_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let folder = deployment();
    let running = Running::start(folder.path());
    for (name, mode) in [
        ("dripr.db", 0o600),
        ("dripr.db-wal", 0o600),
        ("dripr.db-shm", 0o600),
        ("first-key", 0o600),
        ("outbox", 0o700),
        ("archive", 0o700),
    ] {
        let found = fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(found & 0o777, mode, "{name}");
    }
    running.stop("TERM");
}

#[test]
fn whoever_ends_containers_asks_whether_it_is_ready() {
    let folder = deployment();
    // A port that somebody had and gave back.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let listen = format!("operations.listen=0.0.0.0:{port}");
    let ready = ["ready", "--set", &listen];
    let run = dripr(folder.path(), &ready).failure();
    assert!(run.stderr.contains(&format!("nobody answers at 127.0.0.1:{port}")), "{run:?}");
    let roles = ["--set", "http.listen=off", "--set", &listen, "--roles", "email-manager"];
    let running = Running::start_with(folder.path(), &roles);
    let run = dripr(folder.path(), &ready).success();
    assert!(run.stdout.contains("\"ready\":true"), "{run:?}");
    running.stop("TERM");
    dripr(folder.path(), &ready).failure();
    // Somebody else.
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = format!("http.listen={}", other.local_addr().unwrap());
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = other.accept().unwrap();
        std::io::Read::read(&mut stream, &mut [0; 512]).unwrap();
        std::io::Write::write_all(&mut stream, b"HTTP/1.1 404 Not Found\r\n\r\n").unwrap();
    });
    let run = dripr(folder.path(), &["ready", "--set", &listen]).failure();
    assert!(run.stderr.contains("is not dripr"), "{run:?}");
    answering.join().unwrap();
}

#[test]
fn an_email_leaves_once_its_agent_has_approved_it() {
    let folder = with_due_campaign();
    let running = Running::start(folder.path());
    let waiting = wait_for(folder.path(), |campaign| campaign["delivery_status"] == "CREATED");
    assert_eq!((&waiting["phase"], sent_to_ana(folder.path())), (&"READY_FOR_REVIEW".into(), 0));
    let email = waiting["email_id"].as_str().unwrap();
    let run = dripr(folder.path(), &["approve", email]).success();
    assert_eq!(run.stdout, format!("email {email} is approved\n"));
    let sent = wait_for(folder.path(), |campaign| campaign["phase"] == "SENT");
    assert_eq!(sent["status"], "DORMANT");
    assert_eq!(sent_to_ana(folder.path()), 1);
    // What is sent can neither be approved nor skipped any more.
    for refused in ["approve", "skip"] {
        dripr(folder.path(), &[refused, email]).failure();
    }
    running.stop("TERM");
    assert_eq!(sent_to_ana(folder.path()), 1);
}

#[test]
fn a_skipped_email_never_leaves() {
    let folder = with_due_campaign();
    let running = Running::start(folder.path());
    let waiting = wait_for(folder.path(), |campaign| campaign["delivery_status"] == "CREATED");
    let email = waiting["email_id"].as_str().unwrap();
    dripr(folder.path(), &["skip", email, "--reason", "she moved"]).success();
    let skipped = wait_for(folder.path(), |campaign| campaign["status"] == "DORMANT");
    assert!(skipped["slot"].as_str() > waiting["slot"].as_str(), "{skipped}");
    let run = dripr(folder.path(), &["approve", email]).failure();
    assert!(run.stderr.contains(email), "{}", run.stderr);
    running.stop("TERM");
    assert_eq!(sent_to_ana(folder.path()), 0);
}
