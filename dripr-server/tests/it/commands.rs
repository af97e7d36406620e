//! The subcommands that look at campaigns and change them.

use std::fs;

use serde_json::Value;

use crate::program::{CONFIG, deployment, dripr};

fn campaign(folder: &tempfile::TempDir) -> String {
    // Long enough that nothing is due yet, whatever the time of day.
    fs::write(folder.path().join("dripr.toml"), format!("{CONFIG}first_time_delay_hours = 240\n")).unwrap();
    fs::write(folder.path().join("contacts.csv"), "email,zip\nana@home.example,98103\n").unwrap();
    dripr(folder.path(), &["import", "contacts.csv", "--agent=a1", "--send-day=12"]).success();
    let run = dripr(folder.path(), &["campaigns", "--json"]).success();
    let campaigns: Value = serde_json::from_str(&run.stdout).unwrap();
    campaigns[0]["campaign_id"].as_str().unwrap().to_owned()
}

#[test]
fn agents_are_listed_and_an_id_is_given_once() {
    let folder = deployment();
    let add = [
        "agent",
        "add",
        "--id=a1",
        "--first-name=B",
        "--last-name=C",
        "--email=b@c.example",
        "--postal-address=x",
    ];
    let run = dripr(folder.path(), &add).failure();
    assert!(run.stderr.contains("there is an agent a1 already"), "{}", run.stderr);
    let run = dripr(folder.path(), &["agent", "list", "--json"]).success();
    let agents: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(agents.as_array().unwrap().len(), 1);
    assert_eq!(agents[0]["email"], "alex@agent.example");
    assert!(dripr(folder.path(), &["agent", "list"]).success().stdout.contains("Alex Stone"));
}

#[test]
fn a_campaign_says_what_holds_it() {
    let folder = deployment();
    let id = campaign(&folder);
    let run = dripr(folder.path(), &["explain", &id, "--json"]).success();
    let explanation: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(explanation["campaign_id"], id.as_str());
    assert_eq!(explanation["status"], "DORMANT");
    assert_eq!(explanation["gate"], "slot");
    let text = dripr(folder.path(), &["explain", &id]).success().stdout;
    assert!(text.contains("held by    slot: "), "{text}");
}

#[test]
fn what_a_campaign_does_not_allow_is_refused_in_a_sentence() {
    let folder = deployment();
    let id = campaign(&folder);
    for (arguments, named) in [
        (["retry", id.as_str()], "the campaign is DORMANT; only a campaign in ERROR can be retried"),
        (["retry", "nobody"], "there is no campaign nobody"),
        (["explain", "nobody"], "there is no campaign nobody"),
        (["approve", "no.1"], "there is no email no.1"),
        (["skip", "no.1"], "there is no email no.1"),
    ] {
        let run = dripr(folder.path(), &arguments).failure();
        assert!(run.stderr.contains(named), "{}", run.stderr);
    }
}

#[test]
fn a_damaged_database_is_named_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let rubbish = "this is no database ".repeat(1000);
    fs::write(folder.path().join("dripr.toml"), CONFIG).unwrap();
    fs::write(folder.path().join("dripr.db"), &rubbish).unwrap();
    for arguments in [&["campaigns"][..], &["migrate"], &["run"], &["agent", "list"]] {
        let run = dripr(folder.path(), arguments).failure();
        assert!(run.stderr.contains("dripr.db"), "{}", run.stderr);
    }
    assert_eq!(fs::read_to_string(folder.path().join("dripr.db")).unwrap(), rubbish);
}

#[test]
fn a_missing_data_file_is_named_when_the_engine_starts() {
    let folder = deployment();
    fs::remove_file(folder.path().join("sales.csv")).unwrap();
    let run = dripr(folder.path(), &["run"]).failure();
    assert!(run.stderr.contains("sales.csv"), "{}", run.stderr);
}

#[test]
fn the_database_is_made_by_migrate() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("dripr.toml"), CONFIG).unwrap();
    let run = dripr(folder.path(), &["migrate"]).success();
    assert!(run.stdout.contains("dripr.db is up to date"), "{}", run.stdout);
    assert!(folder.path().join("dripr.db").exists());
    dripr(folder.path(), &["migrate"]).success();
}

#[test]
fn an_agent_is_paused_and_resumed() {
    let folder = deployment();
    let id = campaign(&folder);
    let refused = dripr(folder.path(), &["agent", "pause", "a1", "--because", " "]).failure();
    assert!(refused.stderr.contains("--because is empty"), "{}", refused.stderr);
    dripr(folder.path(), &["agent", "pause", "nobody", "--because", "x"]).failure();
    dripr(folder.path(), &["agent", "pause", "a1", "--because", "a wrong list was imported"]).success();
    let told = dripr(folder.path(), &["explain", &id]).success().stdout;
    assert!(told.contains("sending is paused by an operator"), "{told}");
    let list = dripr(folder.path(), &["agent", "list"]).success().stdout;
    assert!(list.contains("a wrong list was imported"), "{list}");
    dripr(folder.path(), &["agent", "resume", "a1"]).success();
    let told = dripr(folder.path(), &["explain", &id]).success().stdout;
    assert!(!told.contains("paused"), "{told}");
}

#[cfg(feature = "gmail")]
#[test]
fn a_link_to_connect_a_mailbox_is_printed_where_there_is_gmail() {
    let folder = deployment();
    let connect = |more: &[&str]| dripr(folder.path(), &[&["connect", "a1"], more].concat());
    let refused = connect(&[]).failure();
    assert!(refused.stderr.contains("[gmail]: not configured"), "{}", refused.stderr);
    let gmail =
        "[gmail]\nclient_id = \"1234.apps\"\nclient_secret_file = \"secret\"\ntoken_key_file = \"key\"\n";
    fs::write(folder.path().join("dripr.toml"), format!("{CONFIG}{gmail}")).unwrap();
    fs::write(folder.path().join("secret"), "a secret\n").unwrap();
    fs::write(folder.path().join("key"), "0f".repeat(32)).unwrap();
    let told = connect(&[]).success().stdout;
    assert!(told.starts_with("no account is connected\nhttps://reports.example/connect/gmail/a1/"), "{told}");
    let refused = connect(&["--fall-back", "true"]).failure();
    assert!(refused.stderr.contains("agent a1 has connected no account"), "{}", refused.stderr);
    assert!(connect(&["--remove"]).success().stdout.contains("there was none"));
}
