//! A disk that is full while emails are being made and sent, and has space again later.
//!
//! The limit is the operating system's on the size of a file, so that it is the real program that meets it.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a real process lives on the real clock")]

mod deployment;

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::TcpStream,
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

/// What `/readyz` answers at the address that the program last said.
fn readiness(said: &str) -> String {
    let mut said = said.lines().filter(|line| line.contains("those who watch are answered"));
    let address = said.next_back().unwrap().split("127.0.0.1:").nth(1).unwrap();
    let port: String = address.chars().take_while(char::is_ascii_digit).collect();
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_full_disk_stops_all_sending_and_space_that_comes_back_starts_it_again() {
    let listen = "mail_timeout_seconds = 1\n[operations]\nlisten = \"127.0.0.1:0\"";
    let deployment = Deployment::configured(HOMEOWNERS, listen);
    let config = fs::read_to_string(deployment.path().join("dripr.toml")).unwrap();
    let config = config.replace("filter = \"warn\"", "filter = \"warn,dripr_server=info\"");
    fs::write(deployment.path().join("dripr.toml"), config).unwrap();
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
        let mut ready = readiness(&said());
        while !ready.starts_with("HTTP/1.1 503") && Instant::now() < patience {
            thread::sleep(Duration::from_millis(200));
            ready = readiness(&said());
        }
        assert!(ready.contains("\"store_writing\":\"misconfigured\""), "it is not ready: {ready}");
        drop(running);
        assert!(deployment.unsent().len() + deployment.outbox().len() >= HOMEOWNERS);
    }
    assert!(full > 1, "the disk was never full");
    deployment.settles(deployment.run());
}
