//! `dripr import`.

use std::fs;

use dripr_adapters::sql::{SqlStore, SqliteOptions};
use dripr_core::{campaign::Actor, ids::UserId, ports::AgentStore};
use serde_json::Value;

use crate::program::{deployment, dripr};

const CONTACTS: &str = "\u{feff}First Name,Last Name,E-mail 1 - Value,street,city,state,zip,fixed_send_day,created_at,unsubscribed\r\n\
    Ana,Ruiz,ana@home.example,12 Elm St,Seattle,WA,98103,7,,\r\n\
    Bo,Lind,,14 Elm St,Seattle,WA,98103,7,,\r\n\
    Cy,Moss,cy@home.example,16 Elm St,Seattle,WA,98103,31,,\r\n\
    Di,Park,di@home.example,18 Elm St,Seattle,WA,00000,7,,\r\n\
    Ed,Vale,ed@home.example,20 Elm St,Seattle,WA,98103,7,someday,\r\n\
    Flo,Wade,flo@home.example,22 Elm St,Seattle,WA,98103,7,,yes\r\n\
    Gil,York,gil@home.example,,,,98103,7,,\r\n";

#[test]
fn faulty_rows_are_reported_and_good_ones_go_on() {
    let folder = deployment();
    fs::write(folder.path().join("contacts.csv"), CONTACTS).unwrap();
    let run = dripr(folder.path(), &["import", "contacts.csv", "--agent", "a1"]).success();
    assert_eq!(
        run.stdout.lines().collect::<Vec<_>>(),
        [
            "row 3: email \"\": it is empty",
            "row 4: fixed_send_day \"31\": must be a day from 1 to 28",
            "row 5: zip_code \"00000\": no area has this ZIP code",
            "row 6: created_at \"someday\": must be an RFC 3339 time such as 2026-03-01T15:00:00Z, or a date such as 2026-03-01",
            "7 rows: 3 enrolled, 0 already there, 4 refused; 1 opted out",
        ]
    );
    let campaigns = list(&folder, &[]);
    assert_eq!(campaigns.len(), 3);
    let asleep = campaigns.iter().find(|campaign| campaign["recipient"] == "flo@home.example").unwrap();
    assert_eq!(asleep["status"], "UNSUBSCRIBED");
    assert_eq!(list(&folder, &["--status=UNSUBSCRIBED"]).len(), 1);

    let again = dripr(folder.path(), &["import", "contacts.csv", "--agent", "a1"]).success();
    assert!(again.stdout.contains("0 enrolled, 3 already there, 4 refused"), "{}", again.stdout);
    assert_eq!(list(&folder, &[]).len(), 3);
}

#[test]
fn a_dry_run_reports_the_same_and_stores_nothing() {
    let folder = deployment();
    fs::write(folder.path().join("contacts.csv"), CONTACTS).unwrap();
    let run =
        dripr(folder.path(), &["import", "contacts.csv", "--agent=a1", "--dry-run", "--json"]).success();
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["dry_run"], true);
    assert_eq!((&report["rows"], &report["enrolled"], &report["refused"]), (&7.into(), &3.into(), &4.into()));
    let problem = &report["problems"][1];
    assert_eq!(
        (&problem["row"], &problem["field"], &problem["value"]),
        (&4.into(), &"fixed_send_day".into(), &"31".into())
    );
    assert_eq!(list(&folder, &[]).len(), 0);
}

#[test]
fn a_file_of_people_who_want_no_mail_is_of_use() {
    let folder = deployment();
    let file = "Email Address,First Name,UNSUB_TIME,LEID\nana@home.example,Ana,2024-03-01,7\n";
    fs::write(folder.path().join("unsubscribed.csv"), file).unwrap();
    let run = dripr(folder.path(), &["import", "unsubscribed.csv", "--agent=a1"]).success();
    assert_eq!(
        run.stdout.lines().collect::<Vec<_>>(),
        [
            "row 2: zip_code \"\": is empty; its opt-out counts all the same",
            "1 rows: 0 enrolled, 0 already there, 1 refused; 1 opted out",
        ]
    );
    fs::write(folder.path().join("contacts.csv"), "email,zip,send_day\nANA@home.example,98103,7\n").unwrap();
    dripr(folder.path(), &["import", "contacts.csv", "--agent=a1"]).success();
    assert_eq!(list(&folder, &["--status=UNSUBSCRIBED"]).len(), 1);
}

#[test]
fn a_report_has_every_row_in_a_dry_run_and_in_earnest() {
    const HEADER: &str = "line,outcome,field,value,reason,opted_out,not_verified,campaign_id,external_id";
    let folder = deployment();
    let file = "email,zip,send_day,unsubscribed,external_id\n\
        ana@home.example,98103,7,,=1+1\n=nobody,98103,7,,8\nbo@home.example,98103,7,yes,\n\
        ANA@home.example,98103,7,,\n";
    fs::write(folder.path().join("contacts.csv"), file).unwrap();
    let import = ["import", "contacts.csv", "--agent=a1", "--report"];
    let report = |name: &str, more: &[&str]| {
        let run = dripr(folder.path(), &[&import[..], &[name], more].concat()).success();
        assert_eq!(run.stdout.lines().count(), 2, "what is printed is the same: {}", run.stdout);
        fs::read_to_string(folder.path().join(name)).unwrap()
    };
    let rehearsed = report("dry.csv", &["--dry-run"]);
    let expected = [
        HEADER,
        "2,acceptable,,,,no,no,,'=1+1",
        "3,refused,email,'=nobody,it has no @,no,no,,8",
        "4,acceptable,,,,yes,no,,",
        "5,already_enrolled,,,,no,no,,",
    ];
    assert_eq!(rehearsed.lines().collect::<Vec<_>>(), expected);

    let report = report("rows.csv", &[]);
    let campaign = |line: usize| report.lines().nth(line).unwrap().split(',').nth(7).unwrap();
    let (ana, bo) = (campaign(1), campaign(3));
    let expected = [
        HEADER.to_owned(),
        format!("2,enrolled,,,,no,no,{ana},'=1+1"),
        "3,refused,email,'=nobody,it has no @,no,no,,8".to_owned(),
        format!("4,enrolled,,,,yes,no,{bo},"),
        format!("5,already_enrolled,,,,no,no,{ana},"),
    ];
    assert_eq!(report.lines().collect::<Vec<_>>(), expected);
    let campaigns = serde_json::to_string(&list(&folder, &[])).unwrap();
    assert!(!ana.is_empty() && campaigns.contains(ana) && campaigns.contains(bo), "{campaigns}");

    let there = dripr(folder.path(), &[&import[..], &["rows.csv"]].concat()).failure();
    assert!(there.stderr.contains("cannot write rows.csv"), "{}", there.stderr);
}

#[tokio::test]
async fn an_import_stands_in_the_agents_history_as_the_operators() {
    let folder = deployment();
    fs::write(folder.path().join("contacts.csv"), CONTACTS).unwrap();
    dripr(folder.path(), &["import", "contacts.csv", "--agent=a1", "--dry-run"]).success();
    dripr(folder.path(), &["import", "contacts.csv", "--agent=a1"]).success();
    let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
    let history = store.agent_history(&UserId::new("a1").unwrap(), None, None, 99).await.unwrap();
    let of = |what: &str| {
        history.iter().map(|line| &line.entry).filter(|entry| entry.what == what).collect::<Vec<_>>()
    };
    let [imported] = of("imported")[..] else { panic!("{history:?}") };
    assert_eq!(imported.actor, Actor::Operator);
    assert_eq!(imported.cause.as_deref(), Some("a file: of 7 rows 3 enrolled, 0 already there, 4 refused"));
    let [suppressed] = of("suppressed")[..] else { panic!("{history:?}") };
    assert_eq!(suppressed.actor, Actor::Operator);
    assert!(suppressed.cause.as_deref().unwrap().contains("imported file"), "{suppressed:?}");
}

/// Whoever is to be told cannot be: the disk is full that takes what is printed.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_import_of_which_nobody_can_be_told_is_whole_and_stands_in_the_history() {
    let folder = deployment();
    let refused = "nobody,98103,7\n".repeat(1_200);
    let file = format!("email,zip,send_day\n{refused}ana@home.example,98103,7\n");
    fs::write(folder.path().join("contacts.csv"), file).unwrap();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_dripr"))
        .args(["import", "contacts.csv", "--agent=a1"])
        .current_dir(folder.path())
        .stdout(full)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("No space left"), "{said}");
    let store = SqlStore::sqlite(folder.path().join("dripr.db"), SqliteOptions::default()).await.unwrap();
    let history = store.agent_history(&UserId::new("a1").unwrap(), None, None, 99).await.unwrap();
    let imported = history.iter().find(|line| line.entry.what == "imported").unwrap();
    let cause = "a file: of 1201 rows 1 enrolled, 0 already there, 1200 refused";
    assert_eq!(imported.entry.cause.as_deref(), Some(cause));
}

#[test]
fn more_contacts_than_one_batch_are_stored() {
    let folder = deployment();
    let mut contacts = String::from("email,zip\n");
    for n in 0..1203 {
        contacts.push_str(&format!("home{n}@home.example,98103\n"));
    }
    fs::write(folder.path().join("contacts.csv"), contacts).unwrap();
    let run = dripr(folder.path(), &["import", "contacts.csv", "--agent=a1", "--send-day=12"]).success();
    assert!(run.stdout.starts_with("1203 rows: 1203 enrolled"), "{}", run.stdout);
    let campaigns = list(&folder, &[]);
    assert_eq!(campaigns.len(), 1203);
    assert!(campaigns.iter().all(|campaign| campaign["fixed_send_day"] == 12));
}

#[test]
fn what_cannot_be_imported_at_all_is_named() {
    let folder = deployment();
    let path = folder.path();
    fs::write(path.join("names.csv"), "first,last\nAna,Ruiz\n").unwrap();
    fs::write(path.join("bad.csv"), "email,zip\nnobody,98103\n").unwrap();
    for (arguments, named) in [
        (["import", "missing.csv", "--agent=a1"], "dripr: cannot open missing.csv: No such file"),
        (
            ["import", "names.csv", "--agent=a1"],
            "cannot import names.csv: it has no column of email addresses",
        ),
        (["import", "names.csv", "--agent=a2"], "there is no agent a2"),
        (["import", "bad.csv", "--agent=a1"], "no row of bad.csv could be used"),
    ] {
        let run = dripr(path, &arguments).failure();
        assert!(run.stderr.contains(named), "{}", run.stderr);
    }
    assert_eq!(list(&folder, &[]).len(), 0);
}

fn list(folder: &tempfile::TempDir, more: &[&str]) -> Vec<Value> {
    let run = dripr(folder.path(), &[&["campaigns", "--json"][..], more].concat()).success();
    serde_json::from_str(&run.stdout).unwrap()
}

#[test]
fn an_import_is_spread_over_several_days() {
    let folder = deployment();
    let rows: String =
        (0..6).map(|n| format!("o{n}@home.example,98103,{}\n", if n == 2 { "20" } else { "" })).collect();
    fs::write(folder.path().join("contacts.csv"), format!("email,zip,fixed_send_day\n{rows}")).unwrap();
    dripr(folder.path(), &["import", "contacts.csv", "--agent=a1", "--send-day=27", "--spread=3"]).success();
    let mut days: Vec<(String, u64)> = list(&folder, &[])
        .iter()
        .map(|campaign| {
            (campaign["recipient"].as_str().unwrap().to_owned(), campaign["fixed_send_day"].as_u64().unwrap())
        })
        .collect();
    days.sort();
    let days: Vec<u64> = days.into_iter().map(|(_, day)| day).collect();
    assert_eq!(days, [27, 28, 20, 27, 28, 1]);
    let wrong = dripr(folder.path(), &["import", "contacts.csv", "--agent=a1", "--spread=29"]).failure();
    assert!(wrong.stderr.contains("29"), "{}", wrong.stderr);
}

/// The most memory that a process had, in KB.
#[cfg(target_os = "linux")]
fn peak(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_of_any_length_takes_little_memory() {
    takes_little_memory(&deployment(), &[]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_report_of_any_length_takes_little_memory() {
    let folder = deployment();
    takes_little_memory(&folder, &["--report", "rows.csv"]);
    let report = fs::read_to_string(folder.path().join("rows.csv")).unwrap();
    assert_eq!(report.lines().count(), 60_001);
    assert_eq!(report.lines().last(), Some("60001,acceptable,,,,no,no,,"));
}

/// Rows are given by a pipe, so that memory can be looked at between them.
#[cfg(target_os = "linux")]
fn takes_little_memory(folder: &tempfile::TempDir, more: &[&str]) {
    use std::{
        io::Write,
        process::{Command, Stdio},
    };

    let mut import = Command::new(env!("CARGO_BIN_EXE_dripr"))
        .args(["import", "/dev/stdin", "--agent", "a1", "--dry-run"])
        .args(more)
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut rows = import.stdin.take().unwrap();
    rows.write_all(b"first_name,last_name,email,street,city,state,zip,fixed_send_day\n").unwrap();
    let mut give = |from: usize, to: usize| {
        for n in from..to {
            writeln!(rows, "Kim,Owner{n},owner{n}@home.example,{n} Elm St,Seattle,WA,98103,7").unwrap();
        }
        // A pipe holds 64 KB: all but the last thousand rows were read.
        peak(import.id())
    };
    let few = give(0, 5_000);
    let many = give(5_000, 60_000);
    drop(rows);
    let output = import.wait_with_output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("60000 rows: 60000 would be enrolled, 0 already there, 0 refused"), "{told}");
    assert!(many < few + 6_000, "5,000 rows took {few} KB, 60,000 took {many} KB");
}
