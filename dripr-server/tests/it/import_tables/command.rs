//! The program itself.

use std::fs;

use super::{Older, sqlite_file};
use crate::program::{deployment, dripr};

#[tokio::test]
async fn the_command_reports_each_refused_row_and_ends_with_a_summary() {
    let folder = deployment();
    let path = folder.path();
    let url = sqlite_file(path, &Older::new().sql).await;
    fs::write(path.join("url"), format!("{url}\n")).unwrap();
    let looked = dripr(path, &["import-tables", "--from-file", "url", "--dry-run"]).success();
    assert!(looked.stdout.contains("users \"u4\": postal_address \"\": is empty"), "{}", looked.stdout);
    assert!(
        looked.stdout.contains("agents: 3 would be imported, 0 already there, 3 refused"),
        "{}",
        looked.stdout
    );
    assert_eq!(dripr(path, &["agent", "list"]).success().stdout.matches("agent.example").count(), 1);
    let run = dripr(path, &["import-tables", "--from-file", "url"]).success();
    assert!(run.stdout.contains("agents: 3 imported, 0 already there, 3 refused"), "{}", run.stdout);
    let again = dripr(path, &["import-tables", "--from-file", "url", "--json"]).success();
    let report: serde_json::Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(report["tally"]["agents"]["existing"], 3);
    assert_eq!(report["tally"]["campaigns"]["imported"], 0);
}

#[tokio::test]
async fn what_cannot_be_read_at_all_is_named() {
    let folder = deployment();
    let path = folder.path();
    let refused = |arguments: &[&str]| dripr(path, arguments).failure().stderr;
    assert!(refused(&["import-tables"]).contains("DRIPR_IMPORT_URL"));
    fs::write(path.join("url"), "ftp://user:secret@host/db").unwrap();
    let said = refused(&["import-tables", "--from-file", "url"]);
    assert!(said.contains("must begin with mysql://") && !said.contains("secret"), "{said}");
    let url = sqlite_file(path, "CREATE TABLE agents (id INTEGER PRIMARY KEY)").await;
    fs::write(path.join("url"), url).unwrap();
    assert!(refused(&["import-tables", "--from-file", "url"]).contains("no table \"users\""));
    fs::write(path.join("map.toml"), "[users]\ntable = \"agents\"\n").unwrap();
    let said = refused(&["import-tables", "--from-file", "url", "--mapping", "map.toml"]);
    assert!(said.contains("users.columns.email: the table \"agents\" has no column \"email\""), "{said}");
    fs::write(path.join("map.toml"), "[users.columns]\nnick = \"a\"\n").unwrap();
    assert!(refused(&["import-tables", "--from-file", "url", "--mapping", "map.toml"]).contains("nick"));
}
