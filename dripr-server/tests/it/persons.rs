//! `dripr person`: what is stored about somebody, and that it is gone.

use std::fs;

use crate::program::{deployment, dripr};

const CONTACTS: &str = "first_name,last_name,email,street,city,state,zip,fixed_send_day,external_id\n\
    Xaveria,Quillfeather,xav@quill.example,77 Zanzibar Ct,Seattle,WA,98103,7,crm-quill-77\n\
    Xaveria,Quillfeather,XAV@quill.example,9 Second Home Rd,Seattle,WA,98103,8,crm-quill-77\n\
    Bo,Lind,bo@home.example,14 Elm St,Seattle,WA,98103,7,\n";

#[test]
fn a_person_is_exported_and_then_erased_from_the_file() {
    let folder = deployment();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("contacts.csv"), CONTACTS).unwrap();
    dripr(folder.path(), &["import", "contacts.csv", "--agent", "a1"]).success();
    let who = ["--agent", "a1", "--email", "Xav@QUILL.example"];
    let export = [&["person", "export"][..], &who].concat();
    let run = dripr(folder.path(), &export).success();
    let person: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(person["contacts"][0]["last_name"], "Quillfeather");
    assert_eq!(person["contacts"][0]["external_id"], "crm-quill-77");
    assert_eq!(person["campaigns"].as_array().unwrap().len(), 2, "{person}");
    for text in ["77 Zanzibar Ct", "9 Second Home Rd"] {
        assert!(run.stdout.contains(text));
    }
    assert!(!run.stdout.contains("bo@home.example"), "nobody else");
    dripr(folder.path(), &[&export[..], &["--out", "person.json"]].concat()).success();
    assert_eq!(fs::read_to_string(path("person.json")).unwrap(), run.stdout);
    dripr(folder.path(), &[&export[..], &["--out", "person.json"]].concat()).failure();

    let erase = [&["person", "erase"][..], &who].concat();
    let run = dripr(folder.path(), &erase).success();
    assert!(run.stdout.starts_with("2 campaigns with 0 emails and 1 contacts are erased"), "{run:?}");
    let mut bytes = Vec::new();
    for name in ["dripr.db", "dripr.db-wal"] {
        bytes.extend(fs::read(path(name)).unwrap_or_default());
    }
    let stands =
        |text: &str| bytes.windows(text.len()).any(|part| part.eq_ignore_ascii_case(text.as_bytes()));
    for text in ["Xaveria", "Quillfeather", "Zanzibar", "Second Home", "crm-quill"] {
        assert!(!stands(text), "{text} is still in the file");
    }
    assert!(stands("xav@quill.example"), "as an address that is not to be written to");
    assert!(stands("14 Elm St"), "nobody else is erased");
    // Imported again, they get nothing.
    let run = dripr(folder.path(), &["import", "contacts.csv", "--agent", "a1"]).success();
    assert!(run.stdout.contains("2 enrolled, 1 already there"), "{run:?}");
    let run = dripr(folder.path(), &["campaigns", "--status=UNSUBSCRIBED", "--json"]).success();
    let asleep: Vec<serde_json::Value> = serde_json::from_str(&run.stdout).unwrap();
    let export = dripr(folder.path(), &["export", "contacts", "--agent", "a1"]).success();
    let suppressed = export.stdout.lines().filter(|line| line.ends_with(",opt_out")).count();
    assert_eq!(suppressed, 2, "{asleep:?}\n{export:?}");
    // Once more, also where there is no outbox and none can be made, and for whom there is nothing.
    let elsewhere = ["--set", "outbox.dir=dripr.toml/outbox"];
    dripr(folder.path(), &[&erase[..], &elsewhere].concat()).success();
    let nobody = ["person", "erase", "--agent", "a1", "--email", "nobody@home.example"];
    let run = dripr(folder.path(), &nobody).failure();
    assert!(run.stderr.contains("nothing is stored about such a person"), "{run:?}");
    let run =
        dripr(folder.path(), &["person", "export", "--agent", "a2", "--email", "bo@home.example"]).failure();
    assert!(run.stderr.contains("there is no agent a2"), "{run:?}");
}
