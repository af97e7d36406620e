//! Contacts that come as files.

use dripr_core::{
    access::{Reach, Scope},
    imports::{Import, ImportOptions},
    ports::{Clock, ImportStore},
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    asking::{Answer, ask, get, key, operator, post, request, site},
    site::{Site, at},
};

const CONTACTS: &str = "Email,First Name,Street,City,State,ZIP,Unsubscribed\n\
    kim@home.example,Kim,12 Elm St,Seattle,WA,98103,\n\
    lee@home.example,Lee,14 Elm St,Seattle,WA,98103,yes\n\
    nobody,Nobody,16 Elm St,Seattle,WA,98103,\n\
    OWNER1@home.example,Again,,,,98103,\n\
    zoe@home.example,Zoe,,,,00000,\n\
    kim@home.example,Kim,12 Elm St,Seattle,WA,98103,\n";

pub(crate) async fn made(site: &Site, key: &str, options: Value) -> String {
    let made = post(site, "/agents/ana/imports", key, options).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(made.json()["stage"], "waiting");
    format!("/agents/ana/imports/{}", made.json()["id"].as_str().unwrap())
}

pub(crate) async fn sent(site: &Site, path: &str, key: &str, file: impl Into<reqwest::Body>) -> Answer {
    let request = request(site, Method::PUT, &format!("{path}/file"), key);
    ask(request.header("content-type", "text/csv; charset=utf-8").body(file)).await
}

#[tokio::test]
async fn a_file_is_looked_at_first_and_then_taken_in() {
    let site = site().await;
    let key = operator(&site).await;
    let progress = |enrolled: u64, already: u64| {
        json!({
            "rows": 6, "enrolled": enrolled, "already_enrolled": already, "refused": 2, "opted_out": 1,
            "without_address": enrolled - 2, "to_approve": 0, "not_verified": 0
        })
    };
    let options = json!({"send_day": 3, "spread": 5, "dry_run": true});
    let path = made(&site, &key, options).await;
    let looked = sent(&site, &path, &key, CONTACTS).await;
    assert_eq!(looked.status, 200, "{looked:?}");
    assert_eq!(looked.json()["stage"], "done");
    // The contact of the first campaign has a home there, and none in this file.
    assert_eq!(looked.json()["progress"], progress(3, 1));
    let campaigns = async || get(&site, "/agents/ana/campaigns", &key).await.json()["items"].clone();
    assert_eq!(campaigns().await.as_array().unwrap().len(), 1, "nothing was stored");
    let opt_outs = async || get(&site, "/agents/ana/suppressions", &key).await.json()["items"].clone();
    assert_eq!(opt_outs().await, json!([]));

    let path = made(&site, &key, json!({"send_day": 3, "spread": 5})).await;
    let taken = sent(&site, &path, &key, CONTACTS).await;
    assert_eq!(taken.json()["progress"], progress(3, 1), "{taken:?}");
    assert_eq!(get(&site, &path, &key).await.json(), taken.json(), "whoever looks sees the same");
    let campaigns = campaigns().await;
    let days: Vec<_> =
        campaigns.as_array().unwrap().iter().map(|one| one["fixed_send_day"].clone()).collect();
    assert_eq!(days.len(), 4);
    for day in [3, 4, 6] {
        assert!(days.contains(&json!(day)), "rows are spread by their place in the file: {days:?}");
    }
    assert_eq!(opt_outs().await[0]["address"], "lee@home.example");

    let rows = async |query: &str| get(&site, &format!("{path}/rows{query}"), &key).await.json();
    let told = rows("").await["items"].clone();
    let seen: Vec<_> =
        told.as_array().unwrap().iter().map(|row| (row["row"].clone(), row["outcome"].clone())).collect();
    let expected = [(3, "enrolled"), (4, "refused"), (6, "refused"), (7, "already_enrolled")];
    assert_eq!(
        seen,
        expected.map(|(row, outcome)| (json!(row), json!(outcome))),
        "the other two went as they stand"
    );
    assert_eq!(told[0]["opted_out"], true);
    assert_eq!(told[1]["problem"], json!({"field": "email", "value": "nobody", "reason": "it has no @"}));
    assert_eq!(told[2]["problem"]["field"], "zip_code");
    let people: Vec<_> = told.as_array().unwrap().iter().map(|row| row["email"].clone()).collect();
    assert_eq!(people, [json!("lee@home.example"), json!(null), json!(null), json!("kim@home.example")]);
    let lee = get(&site, "/agents/ana/contacts?email=lee@home.example", &key).await.json();
    assert_eq!(told[0]["contact_id"], lee["items"][0]["id"]);
    assert!(told[0]["campaign_id"].is_string() && told[1]["contact_id"].is_null());
    let of_whom = async |query: &str| {
        let found = rows(query).await["items"].clone();
        found.as_array().unwrap().iter().map(|row| row["row"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(of_whom("?opted_out=true").await, [3]);
    assert_eq!(of_whom("?opted_out=false").await, [4, 6, 7]);
    assert_eq!(of_whom("?opted_out=false&outcome=refused").await, [4, 6]);
    assert_eq!(of_whom("?not_verified=true").await, [0_u64; 0]);
    let gone = format!("/agents/ana/contacts/{}", lee["items"][0]["id"].as_str().unwrap());
    assert_eq!(crate::asking::delete(&site, &gone, &key).await.status, 204);
    assert_eq!(rows("?opted_out=true").await["items"][0]["email"], json!(null), "they were removed since");
    let page = rows("?outcome=refused&limit=1").await;
    assert_eq!(page["items"].as_array().unwrap().len(), 1);
    let rest = rows(&format!("?outcome=refused&cursor={}", page["next_cursor"].as_str().unwrap())).await;
    assert_eq!((&rest["items"][0]["row"], &rest["next_cursor"]), (&json!(6), &Value::Null));
    let listed = get(&site, "/agents/ana/imports", &key).await.json();
    assert_eq!(listed["items"][0]["id"], taken.json()["id"], "the newest comes first");
    let history = get(&site, "/agents/ana/history", &key).await.text;
    assert!(history.contains("of 6 rows 3 enrolled, 1 already there, 2 refused"), "{history}");

    let again = sent(&site, &path, &key, CONTACTS).await;
    assert_eq!(again.status, 409, "what is done is not done again: {again:?}");
    assert_eq!(again.json()["code"], "import-done");
}

#[tokio::test]
async fn a_file_that_is_none_is_told_of_and_another_may_be_sent() {
    let site = site().await;
    let key = operator(&site).await;
    let path = made(&site, &key, json!({"send_day": 3})).await;
    let kind = request(&site, Method::PUT, &format!("{path}/file"), &key).json(&json!({}));
    assert_eq!(ask(kind).await.status, 415);
    let none = sent(&site, &path, &key, "name,zip\nKim,98103\n").await;
    assert_eq!(none.status, 422, "{none:?}");
    assert!(none.text.contains("no column of email addresses"), "{none:?}");
    let failed = get(&site, &path, &key).await.json();
    assert_eq!(failed["stage"], "failed");
    assert!(failed["failure"].as_str().unwrap().contains("no column of email addresses"));
    assert_eq!(sent(&site, &path, &key, Vec::new()).await.status, 422, "nor is an empty one");
    // An address book of Windows.
    let file = b"email,name,zip\r\nrene@home.example,Ren\xe9 Bl\xe4,98103\r\n".to_vec();
    assert_eq!(sent(&site, &path, &key, file).await.json()["stage"], "done");
    let contacts = get(&site, "/agents/ana/contacts", &key).await.text;
    assert!(contacts.contains("Ren\u{e9}"), "{contacts}");
    for wrong in [json!({"spread": 29}), json!({"send_day": 0}), json!({"spread": 0}), json!({"sprad": 1})] {
        let refused = post(&site, "/agents/ana/imports", &key, wrong).await;
        assert_eq!(refused.status, 422, "{refused:?}");
    }
    let nobody = post(&site, "/agents/ana/imports", &key, json!({"dry_run": true, "verify": true})).await;
    assert_eq!(nobody.status, 409, "nobody verifies here: {nobody:?}");
    assert_eq!(nobody.json()["code"], "no-verifier");
}

/// A request whose body comes in pieces, of which none need follow.
pub(crate) async fn begun(site: &Site, path: &str, key: &str, first: &str) -> TcpStream {
    let host = site.base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).await.unwrap();
    let head = format!(
        "PUT /api/v1{path}/file HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\nContent-Type: text/csv\r\n\
         Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    piece(&mut stream, first).await;
    stream
}

pub(crate) async fn piece(stream: &mut TcpStream, text: &str) {
    stream.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes()).await.unwrap();
}

pub(crate) fn rows(from: usize, to: usize) -> String {
    (from..to).map(|n| format!("owner-{n}@home.example,98103\n")).collect()
}

/// How the import stands as soon as it is so.
pub(crate) async fn when(site: &Site, path: &str, key: &str, so: impl Fn(&Value) -> bool) -> Value {
    loop {
        let now = get(site, path, key).await.json();
        if so(&now) {
            return now;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn progress_is_seen_while_the_file_comes_and_one_that_broke_off_is_sent_again() {
    let site = site().await;
    let key = operator(&site).await;
    let path = made(&site, &key, json!({"send_day": 3})).await;
    let mut stream = begun(&site, &path, &key, &format!("email,zip\n{}", rows(0, 1_200))).await;
    // Two whole parts of five hundred rows; the third is not full yet.
    let part = when(&site, &path, &key, |import| import["progress"]["rows"] == 1_000).await;
    assert_eq!(part["stage"], "running");
    assert_eq!(part["progress"]["enrolled"], 1_000);
    let second = sent(&site, &path, &key, "email,zip\n").await;
    assert_eq!(second.status, 409, "a file is read by one at a time: {second:?}");
    assert_eq!(second.json()["code"], "in-progress");
    let file = request(&site, Method::PUT, &format!("{path}/file"), &key).header("content-type", "text/csv");
    let second = file.body("email,zip\n").send().await.unwrap();
    assert_eq!(second.status(), 409);
    assert_eq!(second.headers()["retry-after"], "5", "it says when to come back");
    // In the middle of a piece.
    stream.write_all(b"ffff\r\nowner-1200@home").await.unwrap();
    drop(stream);
    let failed = when(&site, &path, &key, |import| import["stage"] == "failed").await;
    assert!(failed["failure"].as_str().unwrap().starts_with("it cannot be read"), "{failed}");
    assert_eq!(failed["progress"]["rows"], 1_000);

    let mut stream = begun(&site, &path, &key, &format!("email,zip\n{}", rows(0, 1_500))).await;
    piece(&mut stream, &rows(1_500, 1_700)).await;
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let done = get(&site, &path, &key).await.json();
    assert_eq!(done["stage"], "done");
    let counts =
        ["rows", "enrolled", "already_enrolled", "refused"].map(|name| done["progress"][name].clone());
    assert_eq!(counts, [1_700, 700, 1_000, 0].map(|count| json!(count)), "nobody is enrolled twice");
}

#[tokio::test]
async fn whoever_reads_a_file_gives_signs_of_life_and_who_does_not_is_gone() {
    let site = site().await;
    let key = operator(&site).await;
    let path = made(&site, &key, json!({"send_day": 3})).await;
    let mut stream = begun(&site, &path, &key, &format!("email,zip\n{}", rows(0, 10))).await;
    when(&site, &path, &key, |import| import["stage"] == "running").await;
    // Nothing comes for minutes, by the clock of the deployment.
    for minute in 1..4 {
        site.clock.set(at(&format!("2026-03-01T12:0{minute}:00Z")));
        let expected = json!(format!("2026-03-01T12:0{minute}:00Z"));
        let now = when(&site, &path, &key, |import| import["moved_at"] == expected).await;
        assert_eq!(now["stage"], "running");
    }
    let second = sent(&site, &path, &key, "email,zip\n").await;
    assert_eq!(second.status, 409, "the first is read still: {second:?}");
    piece(&mut stream, &rows(10, 20)).await;
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let done = when(&site, &path, &key, |import| import["stage"] == "done").await;
    assert_eq!(done["progress"]["rows"], 20);

    // One whose reader died, as a killed process leaves it.
    let (id, user) = ("i-dead".parse().unwrap(), "ana".parse().unwrap());
    let mut dead = Import::new(id, user, ImportOptions::default(), site.clock.now());
    let store = &site.deployment.store;
    store.add_import(dead.clone()).await.unwrap();
    dead.begin(site.clock.now()).unwrap();
    assert!(store.put_import(&dead, Vec::new(), None).await.unwrap());
    let path = "/agents/ana/imports/i-dead";
    let stage = async || get(&site, path, &key).await.json()["stage"].clone();
    assert_eq!(stage().await, "running");
    site.clock.set(at("2026-03-01T12:05:00Z"));
    assert_eq!(stage().await, "failed");
    let listed = get(&site, "/agents/ana/imports", &key).await.text;
    assert!(listed.contains("broke off; send it again") && !listed.contains("running"), "{listed}");
    let again = sent(&site, path, &key, "email,zip,send_day\nkim@home.example,98103,3\n").await;
    assert_eq!(again.json()["stage"], "done", "{again:?}");
}

#[tokio::test]
async fn an_upload_keeps_no_program_from_stopping_nor_others_from_importing() {
    let site = site().await;
    let key = operator(&site).await;
    let mut streams = Vec::new();
    for _ in 0..2 {
        let path = made(&site, &key, json!({"send_day": 3})).await;
        let stream = begun(&site, &path, &key, &format!("email,zip\n{}", rows(0, 10))).await;
        when(&site, &path, &key, |import| import["stage"] == "running").await;
        streams.push((path, stream));
    }
    let third = made(&site, &key, json!({"send_day": 3})).await;
    let busy = sent(&site, &third, &key, "email,zip\n").await;
    assert_eq!(busy.status, 503, "{busy:?}");
    assert!(busy.text.contains("2 files of this agent"), "{busy:?}");
    assert_eq!(get(&site, &third, &key).await.json()["stage"], "waiting");

    site.operations.drain();
    for (path, mut stream) in streams {
        let failed = when(&site, &path, &key, |import| import["stage"] == "failed").await;
        assert!(failed["failure"].as_str().unwrap().contains("send the file again"), "{failed}");
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    }
}

#[tokio::test]
async fn opt_outs_of_rows_that_cannot_be_used_are_kept_as_the_importers() {
    let site = site().await;
    let key = operator(&site).await;
    // As Mailchimp exports who unsubscribed: nobody has a ZIP code.
    let file = "Email Address,First Name,MEMBER_RATING,UNSUB_TIME,LEID\n\
        kim@home.example,Kim,2,2024-03-01 10:00:00,7\nlee@home.example,Lee,2,,8\n";
    let path = made(&site, &key, json!({"send_day": 3, "dry_run": true})).await;
    let looked = sent(&site, &path, &key, file).await.json();
    assert_eq!((&looked["progress"]["refused"], &looked["progress"]["opted_out"]), (&json!(2), &json!(1)));
    let opt_outs = async || get(&site, "/agents/ana/suppressions", &key).await.json()["items"].clone();
    assert_eq!(opt_outs().await, json!([]), "a dry run stores nothing");

    let path = made(&site, &key, json!({"send_day": 3})).await;
    assert_eq!(sent(&site, &path, &key, file).await.status, 200);
    let known = opt_outs().await;
    assert_eq!((known.as_array().unwrap().len(), &known[0]["address"]), (1, &json!("kim@home.example")));
    let rows = get(&site, &format!("{path}/rows"), &key).await.json()["items"].clone();
    assert_eq!((&rows[0]["outcome"], &rows[0]["opted_out"]), (&json!("refused"), &json!(true)));
    assert_eq!(rows[1]["opted_out"], false);
    let history = get(&site, "/agents/ana/history", &key).await.json()["items"].clone();
    let line = history.as_array().unwrap().iter().find(|line| line["what"] == "suppressed").unwrap();
    assert!(line["cause"].as_str().unwrap().contains("imported file"), "{line}");
    assert!(line["actor"].to_string().contains("key"), "who imported, not the agent: {line}");

    // Whoever comes by another file gets nothing.
    let path = made(&site, &key, json!({"send_day": 3})).await;
    assert_eq!(sent(&site, &path, &key, "email;zip\nKIM@home.example;98103\n").await.status, 200);
    let campaigns = get(&site, "/agents/ana/campaigns", &key).await.json()["items"].clone();
    let asleep = campaigns.as_array().unwrap().iter().filter(|one| one["status"] == "UNSUBSCRIBED").count();
    assert_eq!(asleep, 1, "{campaigns}");
}

#[tokio::test]
async fn only_who_may_approve_imports_without_approvals() {
    let site = site().await;
    let operator = operator(&site).await;
    let writer = key(&site, Reach::Deployment, &[Scope::Read, Scope::Write]).await;
    let options = |check: Value| json!({"send_day": 3, "check_before_sending": check});
    let refused = post(&site, "/agents/ana/imports", &writer, options(json!(false))).await;
    assert_eq!(refused.status, 403, "{refused:?}");
    let file = |name: &str| {
        format!(
            "email,zip,check_before_sending,unsubscribed\n{name}-1@home.example,98103,,\n\
             {name}-2@home.example,98103,yes,\n{name}-3@home.example,98103,no,yes\n"
        )
    };
    let counts = |import: &Value| {
        ["enrolled", "to_approve", "refused", "opted_out"].map(|name| import["progress"][name].clone())
    };
    // Whether rows that say nothing are approved, and what becomes of one that says no.
    for (name, by, check, expected) in [
        ("a", &writer, json!(null), [2, 2, 1, 1]),
        ("b", &writer, json!(true), [2, 2, 1, 1]),
        ("c", &operator, json!(null), [3, 1, 0, 1]),
        ("d", &operator, json!(false), [3, 1, 0, 1]),
        ("e", &operator, json!(true), [3, 2, 0, 1]),
    ] {
        let path = made(&site, by, options(check.clone())).await;
        assert_eq!(get(&site, &path, by).await.json()["check_before_sending"], check);
        let done = sent(&site, &path, by, file(name)).await;
        assert_eq!(counts(&done.json()), expected.map(|count| json!(count)), "{name}: {done:?}");
    }
    let campaigns = get(&site, "/agents/ana/campaigns?email=a-1@home.example", &operator).await.json();
    assert_eq!(campaigns["items"][0]["check_before_sending"], true);
    let opt_outs = get(&site, "/agents/ana/suppressions", &operator).await.text;
    assert!(opt_outs.contains("a-3@home.example"), "whoever wants no mail gets none: {opt_outs}");

    // Whoever sends the file decides what goes out, not who made the import.
    let path = made(&site, &operator, options(json!(false))).await;
    assert_eq!(sent(&site, &path, &writer, file("f")).await.status, 403);
    let path = made(&site, &operator, options(json!(null))).await;
    let done = sent(&site, &path, &writer, file("f")).await.json();
    assert_eq!(counts(&done), [2, 2, 1, 1].map(|count| json!(count)), "{done}");
}

#[tokio::test]
async fn a_dry_run_sees_that_rows_are_alike_wherever_they_stand() {
    let site = site().await;
    let key = operator(&site).await;
    let path = made(&site, &key, json!({"send_day": 3, "dry_run": true})).await;
    let file =
        format!("email,zip\n{}OWNER-0@home.example,98103\nowner-0@home.example,98104\n", rows(0, 1_100));
    let done = sent(&site, &path, &key, file).await.json();
    let counts = ["rows", "enrolled", "already_enrolled"].map(|name| done["progress"][name].clone());
    assert_eq!(counts, [1_102, 1_101, 1].map(|count| json!(count)));
    let told = get(&site, &format!("{path}/rows"), &key).await.json()["items"].clone();
    assert_eq!((told.as_array().unwrap().len(), &told[0]["row"]), (1, &json!(1_102)));
    assert_eq!(told[0]["campaign_id"], Value::Null, "there is none yet");
}
