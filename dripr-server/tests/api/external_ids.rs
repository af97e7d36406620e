//! Contacts by their ids in their agents' CRMs.

use dripr_core::access::{Reach, Role, Scope};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    asking::{Answer, agent, ask, delete, get, key, operator, patch, post, request, site},
    site::Site,
};

const CONTACTS: &str = "/agents/ana/contacts";
const CAMPAIGNS: &str = "/agents/ana/campaigns";

async fn made(site: &Site, key: &str, new: Value) -> String {
    let made = post(site, CONTACTS, key, new).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.json()["id"].as_str().unwrap().to_owned()
}

/// The ids of what a list has.
async fn listed(site: &Site, key: &str, path: &str) -> Vec<String> {
    let page = get(site, path, key).await;
    assert_eq!(page.status, 200, "{page:?}");
    let page = page.json();
    page["items"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

fn is_taken_by(refused: &Answer, contact: &str) -> bool {
    let told = refused.json();
    refused.status == 409 && told["code"] == "external-id-taken" && told["contact_id"] == contact
}

#[tokio::test]
async fn a_contact_is_found_by_its_id_in_the_crm() {
    let site = site().await;
    let key = operator(&site).await;
    let new = |email: &str, id: &str| json!({"email": email, "external_id": id});
    let kim = made(&site, &key, new("kim@home.example", " 003Dn/7 ")).await;
    let path = format!("{CONTACTS}/{kim}");
    assert_eq!(get(&site, &path, &key).await.json()["external_id"], "003Dn/7", "without spaces around it");
    let twin = post(&site, CONTACTS, &key, new("lee@home.example", "003Dn/7")).await;
    assert!(is_taken_by(&twin, &kim), "{twin:?}");
    let lee = made(&site, &key, new("lee@home.example", "003dn/7")).await;
    let bo = made(&site, &key, json!({"email": "bo@home.example", "external_id": null})).await;
    assert_eq!(get(&site, &format!("{CONTACTS}/{bo}"), &key).await.json()["external_id"], json!(null));

    let found = async |query: &str| listed(&site, &key, &format!("{CONTACTS}?{query}")).await;
    assert_eq!(found("external_id=003Dn/7").await, std::slice::from_ref(&kim));
    assert_eq!(found("external_id=%20003Dn%2F7").await, std::slice::from_ref(&kim));
    assert_eq!(found("external_id=003dn/7").await, std::slice::from_ref(&lee), "capitals count");
    assert_eq!(found("external_id=003dn/7&email=LEE@home.example").await, std::slice::from_ref(&lee));
    assert!(found("external_id=003dn/7&email=kim@home.example").await.is_empty());
    assert!(found("external_id=nobody").await.is_empty());
    let page = get(&site, &format!("{CONTACTS}?external_id="), &key).await;
    assert_eq!(page.status, 422, "{page:?}");

    // Another agent's are other people.
    agent(&site, "amy", None, None, Role::Agent).await;
    let of_amy = post(&site, "/agents/amy/contacts", &key, new("kim@home.example", "003Dn/7")).await;
    assert_eq!(of_amy.status, 201, "{of_amy:?}");
    assert_eq!(found("external_id=003Dn/7").await, std::slice::from_ref(&kim));

    for wrong in [
        json!(""),
        json!(" "),
        json!("a\nb"),
        json!("x".repeat(256)),
        json!(7),
        json!("1E+10"),
        json!("1,23457E+11"),
    ] {
        let refused =
            post(&site, CONTACTS, &key, json!({"email": "new@home.example", "external_id": wrong})).await;
        assert_eq!((refused.status, &refused.json()["errors"][0]["pointer"]), (422, &json!("/external_id")));
    }
    assert_eq!(delete(&site, &path, &key).await.status, 204);
    assert!(found("external_id=003Dn/7").await.is_empty(), "a removed one is not found");
    made(&site, &key, new("kimberly@home.example", "003Dn/7")).await;
}

#[tokio::test]
async fn an_external_id_is_changed_and_taken_away() {
    let site = site().await;
    let key = operator(&site).await;
    let kim = made(&site, &key, json!({"email": "kim@home.example", "external_id": "7"})).await;
    let lee = made(&site, &key, json!({"email": "lee@home.example"})).await;
    let (of_kim, of_lee) = (format!("{CONTACTS}/{kim}"), format!("{CONTACTS}/{lee}"));
    let etag = get(&site, &of_lee, &key).await.etag.unwrap();
    let taken = patch(&site, &of_lee, &key, &etag, json!({"external_id": "7", "first_name": "Lee"})).await;
    assert!(is_taken_by(&taken, &kim), "{taken:?}");
    assert_eq!(get(&site, &of_lee, &key).await.json()["first_name"], "", "all of it or nothing");
    let changed = patch(&site, &of_lee, &key, &etag, json!({"external_id": "8"})).await;
    assert_eq!((changed.status, &changed.json()["external_id"]), (200, &json!("8")), "{changed:?}");
    assert_ne!(changed.etag.as_deref(), Some(etag.as_str()), "it is a change");
    let same = patch(&site, &of_lee, &key, "*", json!({"first_name": "Lee"})).await;
    assert_eq!(same.json()["external_id"], "8", "what is absent stays");
    let history = get(&site, "/agents/ana/history?limit=2", &key).await.json();
    let lines = history["items"].as_array().unwrap();
    let told: Vec<_> = lines.iter().map(|line| (&line["cause"], &line["contact_id"])).collect();
    assert_eq!(told, [(&json!("first_name"), &json!(lee)), (&json!("external_id"), &json!(lee))]);

    let without = patch(&site, &of_kim, &key, "*", json!({"external_id": null})).await;
    assert_eq!((without.status, &without.json()["external_id"]), (200, &json!(null)), "{without:?}");
    assert_eq!(patch(&site, &of_lee, &key, "*", json!({"external_id": "7"})).await.status, 200, "it is free");
    for wrong in
        [json!({"external_id": ""}), json!({"external_id": "\u{7f}"}), json!({"external_id": "1.23457E+11"})]
    {
        assert_eq!(patch(&site, &of_lee, &key, "*", wrong).await.status, 422);
    }
}

#[tokio::test]
async fn campaigns_bring_and_show_it_and_are_found_by_it() {
    let site = site().await;
    let key = operator(&site).await;
    let new = |email: &str, zip_code: &str, id: &str| json!({"email": email, "zip_code": zip_code, "fixed_send_day": 9, "external_id": id});
    let make = async |new: Value| post(&site, CAMPAIGNS, &key, new).await;
    let first = make(new("kim@home.example", "98104", "7")).await;
    assert_eq!((first.status, &first.json()["contact"]["external_id"]), (201, &json!("7")), "{first:?}");
    let kim = first.json()["contact_id"].as_str().unwrap().to_owned();
    let second = make(new("KIM@home.example", "98115", "8")).await;
    assert_eq!(second.json()["contact"]["external_id"], "7", "what a contact has stays");
    let taken = make(new("lee@home.example", "98104", "7")).await;
    assert!(is_taken_by(&taken, &kim), "{taken:?}");
    assert!(listed(&site, &key, &format!("{CONTACTS}?email=lee@home.example")).await.is_empty());

    let lee = made(&site, &key, json!({"email": "lee@home.example"})).await;
    let third = make(new("lee@home.example", "98104", "8")).await;
    assert_eq!((third.status, &third.json()["contact"]["external_id"]), (201, &json!("8")), "{third:?}");
    assert_eq!(listed(&site, &key, &format!("{CONTACTS}?external_id=8")).await, std::slice::from_ref(&lee));
    let history = get(&site, "/agents/ana/history", &key).await.json();
    let told = |line: &&Value| line["what"] == "contact_changed" && line["contact_id"] == json!(lee);
    assert_eq!(history["items"].as_array().unwrap().iter().filter(told).count(), 1, "{history:#}");
    let own = "/agents/ana/contacts?email=owner1@home.example";
    let twin = json!({"email": "owner1@home.example", "home": {"street": "1 Elm St", "city": "Seattle", "state": "WA",
        "zip_code": "98103"}, "fixed_send_day": 9, "external_id": "9"});
    let refused = make(twin).await;
    assert_eq!((refused.status, &refused.json()["code"]), (409, &json!("campaign-exists")), "{refused:?}");
    let unchanged = get(&site, own, &key).await.json();
    assert_eq!(unchanged["items"][0]["external_id"], json!(null), "what is refused changes nothing");

    let count = async |query: &str| listed(&site, &key, &format!("{CAMPAIGNS}?{query}")).await.len();
    assert_eq!(count("external_id=7").await, 2);
    assert_eq!(count("external_id=7&zip_code=98115").await, 1);
    assert_eq!(count(&format!("external_id=7&contact={kim}&email=Kim@home.example")).await, 2);
    assert_eq!(count(&format!("external_id=7&contact={lee}")).await, 0);
    assert_eq!(count("external_id=7&email=lee@home.example").await, 0);
    assert_eq!(count("external_id=nobody").await, 0);
}

async fn imported(site: &Site, key: &str, dry_run: bool, file: &'static str) -> (Value, Vec<Value>) {
    let options = json!({"send_day": 3, "dry_run": dry_run});
    let made = post(site, "/agents/ana/imports", key, options).await.json();
    let path = format!("/agents/ana/imports/{}", made["id"].as_str().unwrap());
    let put = request(site, Method::PUT, &format!("{path}/file"), key);
    let sent = ask(put.header("content-type", "text/csv").body(file)).await;
    assert_eq!(sent.status, 200, "{sent:?}");
    let rows = get(site, &format!("{path}/rows?outcome=refused"), key).await.json();
    (sent.json()["progress"].clone(), rows["items"].as_array().unwrap().clone())
}

#[tokio::test]
async fn an_import_fills_what_is_empty_and_refuses_what_is_anothers() {
    const FILE: &str = "Record ID,Email,First Name,ZIP,Unsubscribed\n\
        7,lee@home.example,Lee,98104,\n\
        8,OWNER1@home.example,Other,98104,\n\
        9,new@home.example,New,98104,\n\
        9,newer@home.example,Newer,98104,yes\n\
        10,kim@home.example,Kim,98104,\n\
        ,none@home.example,None,98104,\n\
        1.23457E+11,late@home.example,Late,98104,\n";
    let site = site().await;
    let key = key(&site, Reach::Agent("ana".parse().unwrap()), &Scope::ALL).await;
    let kim = made(&site, &key, json!({"email": "kim@home.example", "external_id": "7"})).await;
    let external_id = async |email: &str| {
        let found = get(&site, &format!("{CONTACTS}?email={email}"), &key).await.json();
        found["items"][0]["external_id"].clone()
    };
    for dry_run in [true, false] {
        let (progress, refused) = imported(&site, &key, dry_run, FILE).await;
        let counts =
            ["rows", "enrolled", "refused", "opted_out"].map(|name| progress[name].as_u64().unwrap());
        assert_eq!(counts, [7, 4, 3, 1], "{dry_run}: {progress}");
        let problems: Vec<_> = refused.iter().map(|row| (&row["row"], &row["problem"]["value"])).collect();
        let expected = [(json!(2), json!("7")), (json!(5), json!("9")), (json!(8), json!("1.23457E+11"))];
        assert_eq!(
            problems,
            expected.iter().map(|(row, value)| (row, value)).collect::<Vec<_>>(),
            "{dry_run}"
        );
        assert!(refused.iter().all(|row| row["problem"]["field"] == "external_id"), "{refused:?}");
        let reason = refused[0]["problem"]["reason"].as_str().unwrap();
        assert_eq!(reason, format!("is the external id of another contact: contact {kim} has it"));
        let filled = if dry_run { json!(null) } else { json!("8") };
        assert_eq!(external_id("owner1@home.example").await, filled);
        assert_eq!(external_id("kim@home.example").await, "7", "what is there stays");
    }
    assert_eq!(external_id("new@home.example").await, "9");
    assert_eq!(external_id("none@home.example").await, json!(null));
    let out = get(&site, "/agents/ana/suppressions?email=newer@home.example", &key).await.json();
    assert_eq!(out["items"].as_array().unwrap().len(), 1, "an opt-out is not lost with its row");
    let history = get(&site, "/agents/ana/history", &key).await.json();
    let told = |line: &&Value| line["what"] == "contact_changed" && line["cause"] == "external_id";
    assert_eq!(history["items"].as_array().unwrap().iter().filter(told).count(), 1, "{history:#}");

    // Who was there without one gets it although the campaign is there too.
    let again = "Email,ZIP,External ID\nnone@home.example,98104,11\n";
    let (progress, _) = imported(&site, &key, false, again).await;
    assert_eq!((&progress["already_enrolled"], &progress["refused"]), (&json!(1), &json!(0)));
    assert_eq!(external_id("none@home.example").await, "11");
}

#[tokio::test]
async fn the_earlier_row_has_an_external_id_in_a_dry_run_and_in_earnest() {
    const FILE: &str = "Email,External ID,ZIP\n\
        new@home.example,9,98104\n\
        kim@home.example,9,98104\n\
        ann@home.example,B,98104\n\
        newer@home.example,B,98104\n\
        last@home.example,,98115\n\
        two@home.example,C,98104\n\
        two@home.example,D,98115\n\
        last@home.example,D,98104\n\
        one@home.example,,98104\n\
        one@home.example,E,98104\n\
        one@home.example,F,98115\n\
        three@home.example,E,98104\n";
    let site = site().await;
    let key = operator(&site).await;
    made(&site, &key, json!({"email": "kim@home.example"})).await;
    made(&site, &key, json!({"email": "ann@home.example", "external_id": "A"})).await;
    for dry_run in [true, false] {
        let (progress, refused) = imported(&site, &key, dry_run, FILE).await;
        let counts = ["enrolled", "already_enrolled", "refused"].map(|name| progress[name].as_u64().unwrap());
        assert_eq!(counts, [9, 1, 2], "{dry_run}: {progress}");
        for (refused, row) in refused.iter().zip([3, 13]) {
            assert_eq!(refused["row"], row, "{dry_run}: {refused}");
            let reason = refused["problem"]["reason"].as_str().unwrap();
            assert!(reason.ends_with("an earlier row with another address has it"), "{dry_run}: {reason}");
        }
    }
    for (email, external_id) in [
        ("new", json!("9")),
        // Whoever is there does not come before a row that stands before theirs.
        ("kim", json!(null)),
        // Nobody has what was brought to a contact that kept another one.
        ("ann", json!("A")),
        ("newer", json!("B")),
        ("two", json!("C")),
        ("last", json!("D")),
        // An earlier row made the contact, and one that changes nothing else named it.
        ("one", json!("E")),
    ] {
        let found = get(&site, &format!("{CONTACTS}?email={email}@home.example"), &key).await.json();
        assert_eq!(found["items"][0]["external_id"], external_id, "{email}");
    }
}
