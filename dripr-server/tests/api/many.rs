//! Many at once, each in its own right: decisions about emails, and switches of campaigns.

use dripr_core::{
    access::{Reach, Role, Scope},
    campaign::Action,
    ports::{AgentStore, CampaignStore, Clock},
    testkit::samples,
};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

use crate::{
    asking::{Answer, NOBODY, agent, ask, delete, get, key, operator, post, request, site},
    site::Site,
};

const DECISIONS: &str = "/agents/ana/emails/decisions";
const SWITCHES: &str = "/agents/ana/campaigns/switches";

/// Some more campaigns of Ana's, and what waits for approval of hers as the list shows it, by the addresses that it goes to.
async fn waiting(site: &Site, key: &str, more: usize) -> Vec<Value> {
    site.command(Action::RequireApproval { check_before_sending: true }).await;
    for n in 0..more {
        let home =
            json!({"street": format!("{n} Pine St"), "city": "Seattle", "state": "WA", "zip_code": "98103"});
        let new = json!({"email": format!("p{n:03}@home.example"), "home": home, "fixed_send_day": 12,
            "check_before_sending": true});
        let made = post(site, "/agents/ana/campaigns", key, new).await;
        assert_eq!(made.status, 201, "{made:?}");
    }
    site.until("2026-03-11T20:00:00Z").await;
    let listed = get(site, "/agents/ana/emails?delivery_status=CREATED&limit=200", key).await.json();
    let mut emails = listed["items"].as_array().unwrap().clone();
    emails.sort_by_key(|email| email["recipient"].as_str().unwrap().to_owned());
    assert_eq!(emails.len(), more + 1, "{listed:#}");
    emails
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn approve(email: &Value) -> Value {
    json!({"email_id": email["id"], "decision": "approve", "content_hash": email["content_hash"]})
}

fn reject(email: &Value, reason: &str) -> Value {
    json!({"email_id": email["id"], "decision": "reject", "reason": reason})
}

/// What becomes of each, once all of them can be taken.
async fn outcomes(site: &Site, path: &str, key: &str, items: &[Value]) -> Vec<Value> {
    let answer = post(site, path, key, json!({"items": items})).await;
    assert_eq!((answer.status, answer.kind.as_str()), (200, "application/json"), "{answer:?}");
    let outcomes = answer.json()["items"].as_array().unwrap().clone();
    assert_eq!(outcomes.len(), items.len(), "{answer:?}");
    outcomes
}

/// Every field that cannot be taken, in the order in which they are told.
fn pointers(answer: &Answer) -> Vec<String> {
    assert_eq!((answer.status, answer.kind.as_str()), (422, "application/problem+json"), "{answer:?}");
    let errors = answer.json()["errors"].as_array().unwrap().clone();
    errors.iter().map(|error| text(&error["pointer"]).to_owned()).collect()
}

#[tokio::test]
async fn emails_are_decided_about_each_in_its_own_right() {
    let site = site().await;
    let key = operator(&site).await;
    let emails = waiting(&site, &key, 5).await;
    let [seen, other, unwanted, replaced, over, approved] = &emails[..] else { panic!("{emails:?}") };
    // What nobody can do, each for another reason.
    let intro = format!("/agents/ana/emails/{}/intro", text(&replaced["id"]));
    let words = ask(request(&site, Method::PUT, &intro, &key).json(&json!({"text": "Hello."}))).await;
    assert_eq!(words.status, 202, "{words:?}");
    let single = async |email: &Value, what: &str, body: Value| {
        post(&site, &format!("/agents/ana/emails/{}/{what}", text(&email["id"])), &key, body).await
    };
    assert_eq!(single(over, "reject", json!({"reason": "not this one"})).await.status, 200);
    let content = json!({"content_hash": approved["content_hash"]});
    assert_eq!(single(approved, "approve", content).await.status, 200);
    let nobodys = json!({"id": NOBODY, "content_hash": "0".repeat(64)});
    let changed = json!({"id": other["id"], "content_hash": "0".repeat(64)});

    let items = [
        approve(seen),
        approve(&nobodys),
        approve(&changed),
        reject(unwanted, " we are on holiday "),
        approve(replaced),
        reject(over, "again"),
        approve(approved),
    ];
    let commits = site.deployment.store.commits();
    let became = outcomes(&site, DECISIONS, &key, &items).await;
    assert_eq!(site.deployment.store.commits(), commits + 1, "all of it is one");
    for (item, outcome) in items.iter().zip(&became) {
        assert_eq!(outcome["email_id"], item["email_id"], "in their order");
        let id = text(&item["email_id"]);
        let now = get(&site, &format!("/agents/ana/emails/{id}"), &key).await;
        match &outcome["problem"] {
            Value::Null => assert_eq!(outcome["email"], now.json(), "as it stands after it"),
            problem => {
                assert_eq!(outcome["email"], json!(null));
                // For it alone the answer is the same.
                let what = text(&item["decision"]);
                let body = match what {
                    "approve" => json!({"content_hash": item["content_hash"]}),
                    _ => json!({"reason": item["reason"]}),
                };
                let alone = post(&site, &format!("/agents/ana/emails/{id}/{what}"), &key, body).await;
                assert_eq!(
                    (&alone.json(), u64::from(alone.status)),
                    (problem, problem["status"].as_u64().unwrap())
                );
            }
        }
    }
    let told: Vec<_> =
        became.iter().map(|one| (&one["email"]["delivery_status"], &one["problem"]["code"])).collect();
    let (none, status) = (json!(null), |status: &str| json!(status));
    assert_eq!(told[0], (&status("APPROVED"), &none));
    assert_eq!(told[1], (&none, &none), "what does not exist has no code");
    assert_eq!(became[1]["problem"]["type"], "urn:dripr:problem:not-found");
    assert_eq!(told[2], (&none, &json!("content-changed")));
    assert_eq!(told[3], (&status("REJECTED"), &none));
    assert_eq!(became[3]["email"]["cause"], "we are on holiday");
    assert_eq!(told[4], (&none, &json!("email-replaced")));
    assert!(told[5].1.is_string(), "{:#}", became[5]);
    assert_eq!(told[6], (&status("APPROVED"), &none), "saying it twice is saying it once");
    let approver = &became[0]["email"]["approved_by"];
    assert_eq!(approver["type"], "key");
    assert!(key.contains(text(&approver["id"])), "{approver}");

    let history = get(&site, "/agents/ana/history?limit=200", &key).await.json();
    let lines = history["items"].as_array().unwrap();
    for (email, what) in [(seen, "approved"), (unwanted, "rejected"), (approved, "approved")] {
        let of_it: Vec<_> =
            lines.iter().filter(|line| line["email_id"] == email["id"] && line["what"] == what).collect();
        assert_eq!(of_it.len(), 1, "{history:#}");
        assert!(text(&of_it[0]["actor"]).starts_with("key "), "{history:#}");
    }
    site.until("2026-03-14T00:00:00Z").await;
    let mut sent: Vec<_> =
        site.mailbox.accepted().iter().map(|sent| sent.message.to.address.as_str().to_owned()).collect();
    sent.sort();
    let expected = [text(&seen["recipient"]), text(&approved["recipient"])];
    assert_eq!(sent, expected, "what was approved, and nothing else");
}

#[tokio::test]
async fn a_hundred_emails_are_approved_with_one_commit_and_once_for_each_key() {
    let site = site().await;
    let key = operator(&site).await;
    let emails = waiting(&site, &key, 99).await;
    let items: Vec<Value> = emails.iter().map(approve).collect();
    let call = async |idempotency: &str, items: &[Value]| {
        let call = request(&site, Method::POST, DECISIONS, &key).header("idempotency-key", idempotency);
        ask(call.json(&json!({"items": items}))).await
    };
    let commits = site.deployment.store.commits();
    let first = call("k-1", &items).await;
    assert_eq!(first.status, 200, "{first:?}");
    assert_eq!(site.deployment.store.commits(), commits + 3, "one for all of them, two for the key");
    let outcomes = first.json()["items"].as_array().unwrap().clone();
    assert_eq!(outcomes.len(), 100);
    assert!(outcomes.iter().all(|one| one["email"]["delivery_status"] == "APPROVED"), "{first:?}");
    assert_eq!(call("k-1", &items).await, first, "answered alike");
    let other = call("k-1", &items[1..]).await;
    assert_eq!(pointers(&other), ["Idempotency-Key"]);
}

#[tokio::test]
async fn decisions_that_cannot_be_taken_are_named_and_nothing_is_done() {
    let site = site().await;
    let key_of_all = operator(&site).await;
    let emails = waiting(&site, &key_of_all, 2).await;
    let refused = async |items: Value| {
        let answer = post(&site, DECISIONS, &key_of_all, json!({"items": items})).await;
        pointers(&answer)
    };
    let fine = approve(&emails[0]);
    assert_eq!(refused(json!([])).await, ["/items"]);
    let many: Vec<Value> = (0..101).map(|n| reject(&json!({"id": format!("e-{n}")}), "no")).collect();
    assert_eq!(refused(json!(many)).await, ["/items"]);
    let twice = json!([fine, reject(&emails[1], "no"), reject(&emails[0], "no"), reject(&emails[1], " ")]);
    assert_eq!(refused(twice).await, ["/items/2/email_id", "/items/3/email_id", "/items/3/reason"]);
    let long = "x".repeat(201);
    let reasons = json!([fine, reject(&emails[1], &long), reject(&emails[2], "a\nb")]);
    assert_eq!(refused(reasons).await, ["/items/1/reason", "/items/2/reason"]);
    let with = |hash: String| {
        let id = &emails[1]["id"];
        json!([fine, {"email_id": id, "decision": "approve", "content_hash": hash}])
    };
    assert_eq!(refused(with("0".repeat(63))).await, ["/items/1/content_hash"]);
    let capital = text(&emails[1]["content_hash"]).to_uppercase();
    assert_eq!(refused(with(capital)).await, ["/items/1/content_hash"], "as the description has it");

    // What has another form than it should.
    let id = &emails[1]["id"];
    for (item, pointer) in [
        (json!({"email_id": id, "decision": "approve"}), "/items/1/content_hash"),
        (json!({"email_id": id, "decision": "reject"}), "/items/1/reason"),
        (json!({"email_id": id, "reason": "no"}), "/items/1/decision"),
        (json!({"decision": "reject", "reason": "no"}), "/items/1/email_id"),
    ] {
        assert_eq!(refused(json!([fine, item])).await, [pointer], "{item}");
    }
    let mut both = reject(&emails[1], "no");
    both["content_hash"] = emails[1]["content_hash"].clone();
    for item in [
        json!({"email_id": id, "decision": "settle", "reason": "no"}),
        json!({"email_id": "no id", "decision": "reject", "reason": "no"}),
        json!({"email_id": id, "decision": "reject", "reason": 5}),
        both,
    ] {
        let pointers = refused(json!([fine, item])).await;
        assert!(pointers.len() == 1 && pointers[0].starts_with("/items/1"), "{item}: {pointers:?}");
    }
    let looking = key(&site, Reach::Deployment, &[Scope::Read, Scope::Write]).await;
    let forbidden = post(&site, DECISIONS, &looking, json!({"items": [fine]})).await;
    assert_eq!(forbidden.status, 403, "{forbidden:?}");
    for email in &emails {
        let now = get(&site, &format!("/agents/ana/emails/{}", text(&email["id"])), &key_of_all).await;
        assert_eq!(now.json(), *email);
    }
}

#[tokio::test]
async fn what_is_another_agents_is_unknown_among_ones_own() {
    let site = site().await;
    agent(&site, "ben", None, None, Role::Agent).await;
    let ben = site.deployment.store.agent(&"ben".parse().unwrap()).await.unwrap().unwrap();
    let new = samples::campaign(&ben, 2, "98103", 12, site.clock.now()).unwrap();
    site.deployment.store.enrol(vec![new]).await.unwrap();
    let operator = operator(&site).await;
    let own = waiting(&site, &operator, 0).await;
    let theirs = async || {
        let campaign = get(&site, "/agents/ben/campaigns/ben-2", &operator).await.json();
        (campaign, get(&site, "/agents/ben/emails/ben-2.1", &operator).await.json())
    };
    let before = theirs().await;
    let key = key(&site, Reach::Agent("ana".parse().unwrap()), &Scope::ALL).await;
    let items = [reject(&before.1, "no"), approve(&before.1), approve(&own[0])];
    for theirs in &items[..2] {
        let became = outcomes(&site, DECISIONS, &key, &[theirs.clone(), items[2].clone()]).await;
        assert_eq!(became[0]["problem"]["type"], "urn:dripr:problem:not-found");
        assert_eq!(became[1]["email"]["delivery_status"], "APPROVED");
    }
    let items = [switch("ben-2", false), switch("ana-1", false)];
    let became = outcomes(&site, SWITCHES, &key, &items).await;
    assert_eq!(became[0]["problem"]["type"], "urn:dripr:problem:not-found");
    assert_eq!(became[1]["campaign"]["enabled"], false);
    assert_eq!(theirs().await, before, "nothing of theirs changed");
}

fn switch(id: &str, enabled: bool) -> Value {
    json!({"campaign_id": id, "enabled": enabled})
}

#[tokio::test]
async fn campaigns_are_switched_each_in_its_own_right() {
    let site = site().await;
    let writer = key(&site, Reach::Deployment, &[Scope::Read, Scope::Write]).await;
    let path = "/agents/ana/campaigns";
    let mut ids = vec!["ana-1".to_owned()];
    for n in 0..3 {
        let new = json!({"email": format!("p{n}@home.example"), "zip_code": "98103", "fixed_send_day": 9});
        let made = post(&site, path, &writer, new).await;
        assert_eq!(made.status, 201, "{made:?}");
        ids.push(text(&made.json()["id"]).to_owned());
    }
    assert_eq!(delete(&site, &format!("{path}/{}", ids[3]), &writer).await.status, 204);
    let halted = ask(request(&site, Method::POST, &format!("{path}/{}/disable", ids[2]), &writer)).await;
    assert_eq!(halted.status, 200, "{halted:?}");

    let wanted = [
        (ids[0].as_str(), false, true),
        (NOBODY, true, false),
        (ids[1].as_str(), true, true),
        (ids[3].as_str(), true, false),
        (ids[2].as_str(), true, true),
    ];
    let items = wanted.map(|(id, enabled, _)| switch(id, enabled));
    let commits = site.deployment.store.commits();
    let became = outcomes(&site, SWITCHES, &writer, &items).await;
    assert_eq!(site.deployment.store.commits(), commits + 1, "all of it is one");
    for ((id, enabled, is_there), outcome) in wanted.into_iter().zip(&became) {
        assert_eq!(outcome["campaign_id"], id, "in their order");
        let now = get(&site, &format!("{path}/{id}"), &writer).await;
        if is_there {
            assert_eq!((&outcome["campaign"], &outcome["problem"]), (&now.json(), &json!(null)));
            assert_eq!(outcome["campaign"]["enabled"], enabled);
        } else {
            let alone = ask(request(&site, Method::POST, &format!("{path}/{id}/enable"), &writer)).await;
            assert_eq!((&outcome["problem"], &outcome["campaign"]), (&alone.json(), &json!(null)));
            assert_eq!(alone.status, 404);
        }
    }
    for (id, expected) in
        [(&ids[0], vec!["disabled"]), (&ids[1], vec![]), (&ids[2], vec!["enabled", "disabled"])]
    {
        let history = get(&site, &format!("{path}/{id}/history"), &writer).await.json();
        let lines = history["items"].as_array().unwrap().iter();
        let switched: Vec<_> =
            lines.filter(|line| ["enabled", "disabled"].contains(&text(&line["what"]))).collect();
        assert_eq!(switched.iter().map(|line| text(&line["what"])).collect::<Vec<_>>(), expected);
        assert!(switched.iter().all(|line| text(&line["actor"]).starts_with("key ")), "{history:#}");
    }

    let refused =
        async |items: Value| pointers(&post(&site, SWITCHES, &writer, json!({"items": items})).await);
    assert_eq!(refused(json!([])).await, ["/items"]);
    let many: Vec<Value> = (0..101).map(|n| switch(&format!("c-{n}"), false)).collect();
    assert_eq!(refused(json!(many)).await, ["/items"]);
    let twice = json!([switch("ana-1", true), switch("ana-1", false)]);
    assert_eq!(refused(twice).await, ["/items/1/campaign_id"]);
    assert_eq!(refused(json!([{"campaign_id": "no id", "enabled": true}])).await, ["/items/0/campaign_id"]);
    assert_eq!(refused(json!([{"campaign_id": "ana-1"}])).await, ["/items/0/enabled"]);
    let looking = key(&site, Reach::Deployment, &[Scope::Read, Scope::Approve]).await;
    let forbidden = post(&site, SWITCHES, &looking, json!({"items": [switch("ana-1", true)]})).await;
    assert_eq!(forbidden.status, 403, "{forbidden:?}");
    assert_eq!(get(&site, &format!("{path}/ana-1"), &writer).await.json()["enabled"], false);
}

#[tokio::test]
async fn one_that_is_damaged_hinders_no_other() {
    let site = site().await;
    let key = operator(&site).await;
    let emails = waiting(&site, &key, 2).await;
    let damaged = text(&emails[1]["campaign_id"]);
    let mut database = SqliteConnectOptions::new().filename(site.database()).connect().await.unwrap();
    let damage = "UPDATE campaigns SET state = '{' WHERE id = ?1";
    sqlx::query(damage).bind(damaged).execute(&mut database).await.unwrap();

    let items: Vec<Value> = emails.iter().map(approve).collect();
    let became = outcomes(&site, DECISIONS, &key, &items).await;
    let told = became.iter().map(|one| json!([one["email"]["delivery_status"], one["problem"]["status"]]));
    let expected = [json!(["APPROVED", null]), json!([null, 500]), json!(["APPROVED", null])];
    assert_eq!(told.collect::<Vec<_>>(), expected);

    let items: Vec<Value> = emails.iter().map(|email| switch(text(&email["campaign_id"]), false)).collect();
    let became = outcomes(&site, SWITCHES, &key, &items).await;
    let told = became.iter().map(|one| json!([one["campaign"]["enabled"], one["problem"]["status"]]));
    let expected = [json!([false, null]), json!([null, 500]), json!([false, null])];
    assert_eq!(told.collect::<Vec<_>>(), expected);
    assert_eq!(became[1]["problem"]["type"], "urn:dripr:problem:failed");
}

#[test]
fn items_are_described_as_they_are_taken() {
    let description = serde_json::to_value(dripr_server::api::description()).unwrap();
    let schemas = &description["components"]["schemas"];
    for name in ["Decisions", "Switches"] {
        let items = &schemas[name]["properties"]["items"];
        assert_eq!((&items["minItems"], &items["maxItems"]), (&json!(1), &json!(100)), "{name}");
    }
    let alternatives = schemas["Decision"]["oneOf"].as_array().unwrap();
    assert_eq!(alternatives.len(), 2);
    for alternative in alternatives {
        assert_eq!(alternative["additionalProperties"], false, "{alternative:#}");
        let fields = alternative["properties"].as_object().unwrap();
        assert_eq!(fields.len(), alternative["required"].as_array().unwrap().len(), "{alternative:#}");
        if let Some(reason) = fields.get("reason") {
            assert!(reason["pattern"].is_string(), "of one line: {alternative:#}");
        }
    }
}
