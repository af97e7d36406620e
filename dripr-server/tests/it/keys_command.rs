//! `dripr keys`.

use serde_json::Value;

use crate::program::{deployment, dripr};

#[test]
fn a_key_is_shown_once_listed_and_taken_back() {
    let folder = deployment();
    let keys = |arguments: &[&str]| dripr(folder.path(), &[&["keys"], arguments].concat());
    let made =
        keys(&["create", "--name", "our CRM", "--brokerage", "north", "--scopes", "read,write"]).success();
    let secret = made.stdout.split_whitespace().find(|word| word.starts_with("dripr_")).unwrap().to_owned();
    let listed = keys(&["list", "--json"]).success();
    assert!(!listed.stdout.contains(&secret), "a secret is shown once");
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    let key = listed[0].clone();
    assert_eq!((&key["name"], &key["revoked_at"]), (&"our CRM".into(), &Value::Null), "{key}");
    let id = key["id"].as_str().unwrap();
    assert!(secret.starts_with(&format!("dripr_{id}_")), "{secret}");
    assert!(keys(&["list"]).success().stdout.contains("our CRM"));

    keys(&["revoke", id]).success();
    let listed: Value = serde_json::from_str(&keys(&["list", "--json"]).success().stdout).unwrap();
    assert!(listed[0]["revoked_at"].is_string(), "{listed}");
    let unknown = keys(&["revoke", "nobodys"]);
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    let nothing = keys(&["create", "--name", "idle", "--scopes", "fly"]);
    assert_eq!(nothing.code, Some(2), "{nothing:?}");
    assert!(nothing.stderr.contains("fly"), "{nothing:?}");
}
