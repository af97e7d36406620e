//! A disk that is full while emails are being made and sent, and has space again later.
//!
//! The limit is the operating system's on the size of a file, so that it is the real program that meets it.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a real process lives on the real clock")]

mod deployment;

use std::{
    fs::{self, File},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use self::deployment::{Deployment, Running};

const HOMEOWNERS: usize = 80;

/// `dripr run` whose files may not grow beyond so many KB; what it says goes to a file.
fn run_within(deployment: &Deployment, kilobytes: u64) -> Running {
    let said = File::create(deployment.path().join("said")).unwrap();
    // A file that would grow too large is an error and not the end of the process.
    let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" run", kilobytes * 2);
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_dripr")]).current_dir(deployment.path());
    Running(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said).spawn().unwrap())
}

#[test]
fn a_full_disk_stops_all_sending_and_space_that_comes_back_starts_it_again() {
    let deployment = Deployment::new(HOMEOWNERS);
    let said = || fs::read_to_string(deployment.path().join("said")).unwrap();
    let mut full = 0;
    for kilobytes in (400..).step_by(400) {
        let mut running = run_within(&deployment, kilobytes);
        let patience = Instant::now() + Duration::from_secs(30);
        while !said().contains("the disk")
            && deployment.outbox().len() < HOMEOWNERS
            && Instant::now() < patience
        {
            thread::sleep(Duration::from_millis(50));
        }
        let out = deployment.outbox().len();
        println!("{kilobytes} KB: {out} emails are out");
        if out == HOMEOWNERS {
            break;
        }
        full += 1;
        assert!(said().contains("the disk"), "it says what is wrong: {}", said());
        // It stays, and what it cannot store it does not take for sent.
        assert_eq!(running.0.try_wait().unwrap(), None, "it waits for space: {}", said());
        drop(running);
        assert!(deployment.unsent().len() + deployment.outbox().len() >= HOMEOWNERS);
    }
    assert!(full > 1, "the disk was never full");
    deployment.settles(deployment.run());
}
