//! What Clerk tells of accounts.

use chrono::DateTime;
use dripr_adapters::clerk::webhook::{Unreadable, read};
use dripr_core::{
    accounts::{Account, News},
    schedule::Instant,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::sample;

const CREATED: &str = sample!("webhook.user-created.json");
const UPDATED: &str = sample!("webhook.user-updated.constructed.json");
const DELETED: &str = sample!("webhook.user-deleted.json");

fn told_at() -> Instant {
    "2026-03-12T15:00:00Z".parse().unwrap()
}

fn millis(millis: i64) -> Instant {
    DateTime::from_timestamp_millis(millis).unwrap()
}

fn told(sample: &str, change: impl FnOnce(&mut Value)) -> Option<News> {
    let mut body: Value = serde_json::from_str(sample).unwrap();
    change(&mut body);
    read(body.to_string().as_bytes(), told_at()).unwrap()
}

fn account(sample: &str, change: impl FnOnce(&mut Value)) -> Account {
    let Some(News::Changed(account)) = told(sample, change) else { unreachable!("an account") };
    account
}

#[test]
fn each_sample_is_understood() {
    let created = Account {
        user_id: "user_29w83sxmDNGwOuEthce5gg56FcC".parse().unwrap(),
        email: Some("example@example.org".parse().unwrap()),
        first_name: "Example".to_owned(),
        last_name: "Example".to_owned(),
        managed_client_id: None,
        banned: false,
        created_at: millis(1_654_012_591_514),
        changed_at: millis(1_654_012_591_835),
    };
    assert_eq!(account(CREATED, |_| ()), created);
    let updated = Account {
        managed_client_id: Some("mc_42".to_owned()),
        changed_at: millis(1_654_012_824_306),
        ..created
    };
    assert_eq!(account(UPDATED, |_| ()), updated);
    let user_id = "user_29wBMCtzATuFJut8jO2VNTVekS4".parse().unwrap();
    let removed = News::Removed { user_id, at: millis(1_661_861_640_000) };
    assert_eq!(told(DELETED, |_| ()), Some(removed));
}

#[test]
fn a_partner_is_named_by_servers_alone() {
    let client = |metadata: &[(&str, Value)]| {
        account(CREATED, |body| {
            for (kind, value) in metadata {
                body["data"][kind] = value.clone();
            }
        })
        .managed_client_id
    };
    let named = |id: &str| json!({"managed_client_id": id});
    assert_eq!(client(&[("unsafe_metadata", named("mine"))]), None, "any browser can write that");
    assert_eq!(client(&[("public_metadata", named("a"))]).as_deref(), Some("a"));
    assert_eq!(
        client(&[("public_metadata", named("a")), ("private_metadata", named("b"))]).as_deref(),
        Some("b")
    );
    assert_eq!(client(&[("private_metadata", json!({"managed_client_id": " "}))]), None);
    assert_eq!(client(&[("private_metadata", json!(null)), ("public_metadata", json!([]))]), None);
}

#[test]
fn who_is_banned_is_and_who_is_locked_is_not() {
    let banned = |field: &str, value: Value| account(CREATED, |body| body["data"][field] = value).banned;
    assert!(banned("banned", json!(true)));
    for value in [json!(false), json!(null), json!({}), json!("")] {
        assert!(!banned("banned", value.clone()), "{value}");
    }
    assert!(!banned("locked", json!(true)));
}

#[test]
fn the_address_is_the_primary_one_if_it_is_theirs() {
    let second = json!({"id": "idn_2", "email_address": "second@example.org", "verification": null});
    let address = |change: fn(&mut Value)| {
        account(CREATED, |body| {
            body["data"]["email_addresses"].as_array_mut().unwrap().push(second.clone());
            change(&mut body["data"]);
        })
        .email
        .map(|address| address.to_string())
    };
    assert_eq!(address(|_| ()).as_deref(), Some("example@example.org"));
    assert_eq!(
        address(|user| user["primary_email_address_id"] = "idn_2".into()).as_deref(),
        Some("second@example.org")
    );
    assert_eq!(address(|user| user["primary_email_address_id"] = json!(null)), None);
    assert_eq!(address(|user| user["primary_email_address_id"] = "idn_3".into()), None);
    assert_eq!(address(|user| user["email_addresses"] = json!([])), None);
    assert_eq!(
        address(|user| user["email_addresses"][0]["verification"]["status"] = "unverified".into()),
        None,
        "it may be somebody else's"
    );
    assert_eq!(
        address(|user| user["email_addresses"][0]["email_address"] = "a@b.example, c@d.example".into()),
        None
    );
}

#[test]
fn what_may_be_missing_is_not_missed() {
    let bare = account(CREATED, |body| {
        body["data"] = json!({"id": "user_1", "first_name": null, "last_name": " \r\nBcc: x\u{2028} "});
    });
    assert_eq!((&*bare.first_name, &*bare.last_name), ("", "Bcc: x"), "one line");
    assert_eq!(bare.changed_at, millis(1_654_012_591_835), "the event's own time");
    assert_eq!(bare.created_at, bare.changed_at);
    let timeless = account(CREATED, |body| {
        body["data"] = json!({"id": "user_1", "first_name": "x".repeat(5_000)});
        body["timestamp"] = json!(null);
    });
    assert_eq!((timeless.changed_at, timeless.first_name.len()), (told_at(), 200));
    assert_eq!(told(DELETED, |body| body["data"] = json!({"deleted": true})), None);
    assert_eq!(told(CREATED, |body| body["type"] = "session.created".into()), None);
}

#[test]
fn what_clerk_never_wrote_is_refused() {
    let refused = |body: &str| read(body.as_bytes(), told_at()).unwrap_err();
    assert_eq!(refused("[]"), Unreadable::Field("type"));
    assert_eq!(refused(r#"{"type": "user.created"}"#), Unreadable::Field("data"));
    assert_eq!(refused(r#"{"type": "user.updated", "data": {}}"#), Unreadable::Field("data.id"));
    assert_eq!(refused(r#"{"type": "user.deleted", "data": {"id": "a b"}}"#), Unreadable::Field("data.id"));
    assert!(matches!(refused(""), Unreadable::Json { .. }));
    assert!(matches!(refused(&"[".repeat(100_000)), Unreadable::Json { .. }));
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(
        sample in prop::sample::select(vec![CREATED, UPDATED, DELETED]),
        byte in any::<prop::sample::Index>(),
        to in any::<u8>(),
    ) {
        let mut body = sample.as_bytes().to_vec();
        let at = byte.index(body.len());
        body[at] = to;
        let _ = read(&body, told_at());
        let _ = read(&body[..at], told_at());
    }
}
