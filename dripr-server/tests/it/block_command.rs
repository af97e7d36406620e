//! `dripr block`.

use std::fs;

use serde_json::Value;

use crate::program::{deployment, dripr};

#[test]
fn an_address_is_blocked_listed_and_let_go() {
    let folder = deployment();
    let contacts = "email,zip,fixed_send_day\nbo@home.example,98103,7\nana@home.example,98103,7\n";
    fs::write(folder.path().join("contacts.csv"), contacts).unwrap();
    let block = |arguments: &[&str]| dripr(folder.path(), &[&["block"], arguments].concat());
    block(&["add", "Bo@HOME.example", "--reason", " a court said so "]).success();
    let again = block(&["add", "bo@home.example"]).success();
    assert!(again.stdout.contains("as before"), "{again:?}");
    let listed: Value = serde_json::from_str(&block(&["list", "--json"]).success().stdout).unwrap();
    let known = &listed[0];
    assert_eq!((&known["address"], &known["by"]), (&"Bo@home.example".into(), &"operator".into()));
    assert_eq!((&known["reason"], listed.as_array().unwrap().len()), (&"a court said so".into(), 1));
    let shown = block(&["list"]).success().stdout;
    assert!(
        shown.starts_with("Bo@home.example  since ") && shown.ends_with(": a court said so\n"),
        "{shown}"
    );

    // Who is imported later gets nothing either.
    dripr(folder.path(), &["import", "contacts.csv", "--agent", "a1"]).success();
    let asleep = || {
        let run = dripr(folder.path(), &["campaigns", "--json", "--status=UNSUBSCRIBED"]).success();
        let found: Vec<Value> = serde_json::from_str(&run.stdout).unwrap();
        found.iter().map(|one| one["recipient"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(asleep(), ["bo@home.example"]);
    let export = dripr(folder.path(), &["export", "campaigns", "--agent", "a1"]).success();
    assert!(export.stdout.contains("an operator blocked this address"), "{export:?}");

    block(&["remove", "BO@home.example"]).success();
    let gone = block(&["remove", "bo@home.example"]).failure();
    assert!(gone.stderr.contains("is not blocked"), "{gone:?}");
    assert_eq!(block(&["list"]).success().stdout, "");
    for wrong in [&["add", "nobody"][..], &["add", "a@b.example", "--reason", " "], &["add"]] {
        block(wrong).failure();
    }
}
