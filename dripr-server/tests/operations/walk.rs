//! The first part of the page for operators is true: its commands, run by a shell as they stand there, with the real program.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
};

const PAGE: &str = include_str!("../../../docs/operate.md");

/// What a reader is told to run, one block after the other.
fn commands() -> String {
    let (_, rest) = PAGE.split_once("\n## From nothing").unwrap();
    let (part, _) = rest.split_once("\n## What to know").unwrap();
    let blocks = part.split("\n```sh\n").skip(1).map(|rest| rest.split_once("\n```").unwrap().0);
    blocks.collect::<Vec<_>>().join("\n")
}

/// A port at which nobody listens at present.
fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn the_walk_from_nothing_to_a_server_that_is_watched_can_be_taken() {
    let folder = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_dripr")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let (public, inside) = (port(), port());
    let listen = format!("dripr run --set http.listen=127.0.0.1:{public} 2>");
    let commands = commands();
    assert!(commands.contains("dripr run 2>") && commands.contains("sleep 1"), "{commands}");
    // Other ports than a deployment beside it, and a shell that does not outlive a mistake.
    let commands = commands
        .replace("dripr run 2>", &listen)
        .replace("127.0.0.1:8080", &format!("127.0.0.1:{public}"))
        .replace("127.0.0.1:9464", &format!("127.0.0.1:{inside}"))
        .replace("sleep 1", "kill -0 %1; sleep 0.05");
    let script = format!("set -eum\ntrap 'kill -KILL %1 2>/dev/null || true' EXIT\n{commands}\n");
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder.path())
        .env("PATH", path)
        .env_remove("DRIPR_OPT_OUT_KEY")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let log = fs::read_to_string(folder.path().join("reports/dripr.log")).unwrap_or_default();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{said}\n{log}");
    for text in [
        "dripr.toml can be used\n",
        "\"ready\":true",
        "{\"items\":[]",
        "2 campaigns",
        "\"live\":true",
        "dripr_campaigns{status=",
        "dripr has stopped",
    ] {
        assert!(told.contains(text), "{text} is not told:\n{told}\n{said}");
    }
    assert!(folder.path().join("rehearsal/dripr.db").exists());
    let key = fs::read_to_string(folder.path().join("reports/first-key")).unwrap();
    assert!(key.starts_with("dripr_") && !log.contains(key.trim()), "no key is in the log: {log}");
    #[cfg(unix)]
    for entry in fs::read_dir(folder.path().join("reports")).unwrap() {
        let entry = entry.unwrap();
        let mode = std::os::unix::fs::PermissionsExt::mode(&entry.metadata().unwrap().permissions());
        assert_eq!(mode & 0o077, 0, "{:?} is its owner's alone", entry.path());
    }
}
