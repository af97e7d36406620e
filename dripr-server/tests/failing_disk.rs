//! A disk that syncs nothing, or that lets nothing be written, while emails are being made and sent, and that works again
//! later.
//!
//! No permission keeps root from writing, so the failures are made between the real program and the C library.

#![cfg(all(target_os = "linux", target_env = "gnu"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a real process lives on the real clock")]

mod deployment;

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::PathBuf,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use self::deployment::{Deployment, Running};

const HOMEOWNERS: usize = 60;
const SHIM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/failing_disk/shim.c");

/// The disk of a deployment, whose failures are files in a folder.
struct Disk {
    deployment: Deployment,
    failures: tempfile::TempDir,
}

impl Disk {
    fn new() -> Self {
        let failures = tempfile::tempdir().unwrap();
        let shim = failures.path().join("shim.so");
        let built = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(shim).arg(SHIM).status();
        assert!(built.unwrap().success(), "a C compiler builds {SHIM}");
        Self { deployment: Deployment::new(HOMEOWNERS), failures }
    }

    fn fails(&self, how: &str) {
        File::create(self.failures.path().join(how)).unwrap();
    }

    fn works(&self, how: &str) {
        fs::remove_file(self.failures.path().join(how)).unwrap();
    }

    /// `dripr run` on this disk; what it says goes to a file.
    fn run(&self) -> Running {
        let mut command = self.deployment.dripr(&["run"]);
        command.env("LD_PRELOAD", self.failures.path().join("shim.so"));
        command.env("DISK_FAILS", self.failures.path());
        Running(command.stderr(File::create(self.said_in()).unwrap()).spawn().unwrap())
    }

    fn said_in(&self) -> PathBuf {
        self.failures.path().join("said")
    }

    fn said(&self) -> String {
        fs::read_to_string(self.said_in()).unwrap()
    }

    /// Every email that is out belongs to an attempt that the database knows.
    fn every_email_has_its_attempt(&self) -> usize {
        let out = self.deployment.outbox();
        let listed = self.deployment.told(&["campaigns", "--json"]);
        let campaigns: Vec<serde_json::Value> = serde_json::from_str(&listed).unwrap();
        let known: BTreeMap<_, _> =
            campaigns.iter().map(|line| (line["recipient"].as_str().unwrap(), line)).collect();
        for recipient in out.keys() {
            let line = known[recipient.as_str()];
            let live =
                ["TRANSMITTING", "UNKNOWN"].map(serde_json::Value::from).contains(&line["delivery_status"]);
            assert!(live || line["phase"] == "SENT", "{recipient} has an email out of nowhere: {line:#}");
        }
        out.len()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if thread::panicking() {
            println!("the program said: {}", fs::read_to_string(self.said_in()).unwrap_or_default());
        }
    }
}

fn until(what: &str, disk: &Disk, happened: impl Fn() -> bool) {
    let patience = Instant::now() + Duration::from_secs(60);
    while !happened() {
        assert!(Instant::now() < patience, "{what}: {}", disk.said());
        thread::sleep(Duration::from_millis(1));
    }
}

/// Work has begun: something stands in the database's log.
fn at_work(disk: &Disk) -> bool {
    fs::metadata(disk.deployment.path().join("dripr.db-wal")).is_ok_and(|log| log.len() > 0)
}

fn sending(disk: &Disk) -> bool {
    !disk.deployment.outbox().is_empty()
}

/// Lets the disk fail at a moment of the program's life, and work again.
fn the_disk_fails(how: &str, says: &str, moment: fn(&Disk) -> bool) {
    let disk = Disk::new();
    let mut running = disk.run();
    until("it comes to the moment", &disk, || moment(&disk));
    disk.fails(how);
    until("it says what is wrong", &disk, || disk.said().contains(says));
    let out = disk.every_email_has_its_attempt();
    println!("{how}: {out} emails are out");
    // Longer than the pauses and leases of this deployment.
    thread::sleep(Duration::from_secs(4));
    assert_eq!(disk.every_email_has_its_attempt(), out, "nothing is sent meanwhile: {}", disk.said());
    assert_eq!(running.0.try_wait().unwrap(), None, "it waits for the disk: {}", disk.said());
    disk.works(how);
    disk.deployment.settles(running);
}

#[test]
fn a_disk_that_syncs_nothing_stops_all_sending_until_it_does() {
    the_disk_fails("sync", "the disk failed", at_work);
}

#[test]
fn a_disk_that_syncs_nothing_stops_the_sending_that_has_begun_until_it_does() {
    the_disk_fails("sync", "the disk failed", sending);
}

#[test]
fn a_read_only_disk_stops_all_sending_until_it_can_be_written_to() {
    the_disk_fails("read-only", "cannot be written to", at_work);
}

#[test]
fn a_read_only_disk_stops_the_sending_that_has_begun_until_it_can_be_written_to() {
    the_disk_fails("read-only", "cannot be written to", sending);
}

#[test]
fn on_a_disk_that_is_read_only_from_the_start_it_says_so_and_ends() {
    let disk = Disk::new();
    disk.fails("read-only");
    let ended = disk.run().0.wait().unwrap();
    assert!(!ended.success());
    assert!(disk.said().contains("the database file cannot be opened"), "{}", disk.said());
    assert!(disk.deployment.outbox().is_empty());
    disk.deployment.settles(disk.deployment.run());
}
