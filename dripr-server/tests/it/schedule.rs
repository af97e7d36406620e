//! `dripr schedule`, run as people run it.

use crate::program::{CONFIG, dripr};
use serde_json::Value;

const VECTORS: &str = include_str!("../../../dripr-core/tests/data/schedule-vectors.json");

#[test]
fn send_dates_are_those_of_the_worked_vectors() {
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    // Some of each kind of rules; all of them run against the functions themselves in the core's tests.
    for vector in vectors["series"].as_array().unwrap().iter().step_by(4) {
        let rules = &vector["rules"];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut arguments = vec![
            "schedule".to_owned(),
            "--json".to_owned(),
            format!("--created={}", text(&vector["created_at"])),
            format!("--day={}", rules["fixed_send_day"]),
            format!("--zone={}", text(&rules["zone"])),
            format!("--opens={}", text(&rules["opens"])),
            format!("--first-time-delay-hours={}", rules["first_time_delay_hours"]),
            format!("--lead-hours={}", rules["lead_hours"]),
        ];
        match &rules["window"] {
            Value::Null => arguments.push("--window-off".to_owned()),
            window => arguments.push(format!("--closes={}", text(&window[1]))),
        }
        let run = dripr(".", &arguments).success();
        let shown: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(shown, vector["expect"], "{arguments:?}");
    }
}

#[test]
fn as_many_dates_are_shown_as_asked_for_without_configuration_or_database() {
    let folder = tempfile::tempdir().unwrap();
    let run = dripr(folder.path(), &["schedule", "--created", "2026-07-18", "--day", "1", "--count", "3"])
        .success();
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[1].starts_with("2026-07-19T15:00:00Z"), "{}", lines[1]);
    assert!(lines[2].starts_with("2026-09-01T15:00:00Z"), "{}", lines[2]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_value_that_cannot_be_is_refused_by_name() {
    for (arguments, named) in [
        (["--created", "2026-07-18", "--day", "31"], "fixed_send_day must be a day from 1 to 28, not \"31\""),
        (["--created", "yesterday", "--day", "1"], "--created must be an RFC 3339 time"),
    ] {
        let run = dripr(".", &[&["schedule"][..], &arguments].concat()).failure();
        assert!(run.stderr.contains(named), "{}", run.stderr);
    }
    let run = dripr(".", &["schedule", "--created=2026-07-18", "--day=1", "--zone=EST5"]).failure();
    assert!(run.stderr.contains("\"EST5\""), "{}", run.stderr);
}

#[test]
fn zone_and_window_of_a_configuration_are_used() {
    let folder = tempfile::tempdir().unwrap();
    let text = CONFIG.replace("[sending]", "[sending]\nzone = \"Europe/London\"\nopens = \"09:00\"");
    std::fs::write(folder.path().join("dripr.toml"), text).unwrap();
    let arguments =
        ["schedule", "--config=dripr.toml", "--created=2026-01-01", "--day=15", "--count=1", "--json"];
    let run = dripr(folder.path(), &arguments).success();
    assert!(run.stdout.contains("\"slot\": \"2026-01-15T09:00:00Z\""), "{}", run.stdout);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_dripr"))
        .args(["schedule", "--created=2026-01-01", "--day=15", "--count=10000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
