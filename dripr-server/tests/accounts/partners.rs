//! `dripr users create`, by the real program.

use std::{fs, path::Path, process::Command};

use serde_json::Value;

const CONFIG: &str = "[public]\nurl = \"https://reports.example\"\nopt_out_key = \"a key for tests only\"\n\
    [data]\nsales = \"sales.csv\"\n";

const USERS: &str = "\u{feff}Email,First Name,last_name,Postal Address,brokerage,managed_client_id\r\n\
    ana@brokerage.example,Ana,Ruiz,\"1 Main St, Seattle WA\",Ruiz Homes,\r\n\
    bo@brokerage.example,Bo,,2 Main St,,mc_7\r\n\
    ,Cy,Moss,3 Main St,,\r\n\
    not an address,Di,Park,4 Main St,,\r\n\
    ed@brokerage.example,Ed,Vale, ,,\r\n\
    ANA@brokerage.example,Ana again,Ruiz,9 Main St,,\r\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("dripr.toml"), CONFIG).unwrap();
    folder
}

/// What the program printed, or why it failed.
fn dripr(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output =
        Command::new(env!("CARGO_BIN_EXE_dripr")).args(arguments).current_dir(folder).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

fn agents(folder: &Path) -> Vec<Value> {
    serde_json::from_str(&dripr(folder, &["agent", "list", "--json"]).unwrap()).unwrap()
}

const ONE: [&str; 7] = [
    "users",
    "create",
    "--managed-client-id=mc_42",
    "--email=ana@brokerage.example",
    "--first-name=Ana",
    "--last-name=Ruiz",
    "--postal-address=1 Main St, Seattle WA",
];

#[test]
fn an_agent_is_brought_once_however_often_it_is_asked() {
    let folder = folder();
    let told = dripr(folder.path(), &ONE).unwrap();
    let id = told.strip_suffix(" created\n").unwrap().to_owned();
    assert_eq!(dripr(folder.path(), &ONE).unwrap(), format!("{id} already there\n"));
    let told = dripr(folder.path(), &[&ONE[..], &["--json"]].concat()).unwrap();
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((told["user_id"].as_str().unwrap(), &told["outcome"]), (&*id, &"already there".into()));
    let agents = agents(folder.path());
    assert_eq!(agents.len(), 1);
    assert_eq!(agents[0]["id"], id.as_str());
    assert_eq!(agents[0]["managed_client_id"], "mc_42");
    assert_eq!(agents[0]["subscription_status"]["status"], "active");
}

#[test]
fn a_file_is_reported_row_by_row_and_repeated_without_doubling() {
    let folder = folder();
    fs::write(folder.path().join("users.csv"), USERS).unwrap();
    let create = ["users", "create", "--managed-client-id=mc_42", "--file=users.csv"];
    let told = dripr(folder.path(), &create).unwrap();
    let lines: Vec<&str> = told.lines().collect();
    let ana = lines[0].strip_prefix("row 2: ").unwrap().strip_suffix(" created").unwrap();
    assert!(lines[1].starts_with("row 3: ") && lines[1].ends_with(" created"), "{told}");
    assert_eq!(lines[2], "row 4: email \"\": it is empty");
    assert!(lines[3].starts_with("row 5: email \"not an address\": "), "{told}");
    assert_eq!(lines[4], "row 6: postal_address \"\": it is empty");
    assert_eq!(lines[5], format!("row 7: {ana} already there"));
    assert_eq!(lines[6], "6 rows: 2 created, 1 already there, 3 refused");
    let known = agents(folder.path());
    assert_eq!(known.len(), 2);
    let first = known.iter().find(|agent| agent["id"] == ana).unwrap();
    assert_eq!(
        (&first["first_name"], &first["postal_address"]),
        (&"Ana".into(), &"1 Main St, Seattle WA".into())
    );

    let again = dripr(folder.path(), &[&create[..], &["--json"]].concat()).unwrap();
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(
        (&again["created"], &again["already_there"], &again["refused"]),
        (&0.into(), &3.into(), &3.into())
    );
    assert_eq!(again["users"][3]["outcome"], "refused");
    assert_eq!(again["users"][3]["field"], "email");
    assert_eq!(agents(folder.path()), known);
    // The same person of another partner's is another agent.
    dripr(folder.path(), &["users", "create", "--managed-client-id=mc_43", "--file=users.csv"]).unwrap();
    assert_eq!(agents(folder.path()).len(), 3);
}

#[test]
fn what_cannot_be_used_is_said_in_a_sentence_and_stores_nothing() {
    let folder = folder();
    fs::write(folder.path().join("other.csv"), "name,phone\nAna,1\n").unwrap();
    fs::write(folder.path().join("unnamed.csv"), "email,first_name,postal_address\na@b.example,A,1 St\n")
        .unwrap();
    for (arguments, words) in [
        (vec!["--file=missing.csv"], "cannot open missing.csv"),
        (vec!["--file=other.csv"], "no column of email addresses"),
        (vec!["--file=unnamed.csv"], "no row of unnamed.csv could be used"),
        (vec!["--managed-client-id= ", "--file=unnamed.csv"], "--managed-client-id is empty"),
        (vec!["--managed-client-id=mc_1", "--email=nobody"], "--email"),
        (vec!["--managed-client-id=mc_1"], "--postal-address"),
        (vec!["--file=unnamed.csv", "--email=a@b.example"], "cannot be used with"),
    ] {
        let refused = dripr(folder.path(), &[vec!["users", "create"], arguments].concat()).unwrap_err();
        assert!(refused.contains(words), "{refused}");
    }
    let blank = dripr(folder.path(), &[&ONE[..6], &["--postal-address= "]].concat()).unwrap_err();
    assert!(blank.contains("--postal-address is empty"), "{blank}");
    assert!(agents(folder.path()).is_empty());
}
