//! `dripr doctor` over the embedded default.

use std::fs;

use serde_json::Value;

use crate::program::{deployment, dripr};

#[test]
fn a_deployment_that_works_is_told_part_by_part_and_left_as_it_is() {
    let folder = deployment();
    let run = dripr(folder.path(), &["doctor"]).success();
    for part in ["the database", "the data files", "the archive", "the outbox"] {
        let line = run.stdout.lines().find(|line| line.starts_with(part)).unwrap();
        assert!(line.ends_with(" works"), "{line}");
    }
    let json = dripr(folder.path(), &["doctor", "--json"]).success();
    let findings: Value = serde_json::from_str(&json.stdout).unwrap();
    assert!(findings.as_array().unwrap().iter().all(|finding| finding["works"] == true), "{findings}");
}

#[test]
fn what_would_not_work_is_said_in_a_sentence_and_the_rest_is_told_all_the_same() {
    let folder = deployment();
    fs::write(folder.path().join("sales.csv"), "price\n1\n").unwrap();
    fs::write(folder.path().join("dripr.db"), "this is no database").unwrap();
    fs::remove_dir_all(folder.path().join("outbox")).ok();
    fs::write(folder.path().join("outbox"), "a file where a folder should be").unwrap();
    let run = dripr(folder.path(), &["doctor"]).failure();
    let said = |part: &str| {
        let line = run.stdout.lines().find(|line| line.starts_with(part));
        line.unwrap_or_else(|| panic!("{part}: {run:?}")).to_owned()
    };
    assert!(said("the database").contains("dripr.db"), "{run:?}");
    assert!(said("the data files").contains("sales.csv"), "{run:?}");
    assert!(said("the outbox").contains("outbox"), "{run:?}");
    assert!(said("the archive").ends_with(" works"), "{run:?}");
    assert_eq!(run.stderr, "dripr: 3 of 4 parts would not work\n");
}

#[cfg(feature = "smtp")]
#[test]
fn the_folder_for_mail_that_may_reach_nobody_is_tried_whoever_takes_the_rest() {
    let folder = deployment();
    let by_smtp = ["doctor", "--set", "mail.by=smtp", "--set", "mail.host=127.0.0.1", "--set", "mail.port=9"];
    let nowhere = ["--set", "outbox.dir=sales.csv/outbox"];
    let run = dripr(folder.path(), &[&by_smtp[..], &nowhere].concat()).failure();
    let line = run.stdout.lines().find(|line| line.starts_with("the outbox")).unwrap();
    assert!(line.contains("sales.csv/outbox cannot be used"), "{line}");
    let production = ["--set", "mail.production=true"];
    let run = dripr(folder.path(), &[&by_smtp[..], &nowhere, &production].concat()).failure();
    assert!(!run.stdout.contains("the outbox"), "{run:?}");
}
