//! Campaigns: making, changing, halting and removing them, and what they say of themselves.

use dripr_core::{
    access::{Reach, Scope},
    ports::SendOutcome,
    testkit::Mood,
};
use reqwest::Method;
use serde_json::json;
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

use crate::asking::{ask, delete, get, key, operator, patch, post, request, site};

#[tokio::test]
async fn a_campaign_is_made_changed_and_removed() {
    let site = site().await;
    let key = operator(&site).await;
    let home = json!({"street": "12 Pine St #4", "city": "Seattle", "state": "WA", "zip_code": "98103"});
    let new = json!({"first_name": "Kim", "email": "kim@home.example", "home": home, "fixed_send_day": 20});
    let made = post(&site, "/agents/ana/campaigns", &key, new.clone()).await;
    assert_eq!(made.status, 201, "{made:?}");
    let (shown, etag) = (made.json(), made.etag.unwrap());
    assert_eq!(shown["status"], "DORMANT");
    assert_eq!(shown["next_send_at"], "2026-03-20T15:00:00Z");
    assert_eq!(shown["planned_for"], shown["next_send_at"]);
    let path = format!("/agents/ana/campaigns/{}", shown["id"].as_str().unwrap());
    let twice = post(&site, "/agents/ana/campaigns", &key, new).await;
    assert_eq!((twice.status, twice.json()["code"].as_str()), (409, Some("campaign-exists")), "{twice:?}");
    assert!(twice.text.contains(shown["id"].as_str().unwrap()), "it names the one that is there: {twice:?}");
    assert_eq!(twice.json()["campaign_id"], shown["id"]);

    let change = json!({"fixed_send_day": 25, "check_before_sending": true});
    let changed = patch(&site, &path, &key, &etag, change).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(changed.json()["fixed_send_day"], 25);
    assert_eq!(changed.json()["next_send_at"], "2026-03-25T15:00:00Z");
    assert_eq!(patch(&site, &path, &key, &etag, json!({"enabled": false})).await.status, 412);
    // What the engine does is no change of what the agent chose.
    let etag = changed.etag.unwrap();
    site.until("2026-03-24T16:00:00Z").await;
    let now = get(&site, &path, &key).await;
    assert_eq!(now.json()["status"], "READY_TO_CREATE_EMAIL", "{now:?}");
    assert_eq!(now.etag.as_deref(), Some(etag.as_str()));
    assert_eq!(get(&site, &format!("{path}/explain"), &key).await.json()["gate"], "approval");

    let none = json!({"home": null, "zip_code": "98115"});
    let changed = patch(&site, &path, &key, &etag, none).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(
        (changed.json()["home"].clone(), changed.json()["zip_code"].clone()),
        (json!(null), json!("98115"))
    );

    for (what, enabled) in [("disable", false), ("enable", true)] {
        let done = ask(request(&site, Method::POST, &format!("{path}/{what}"), &key)).await;
        assert_eq!((done.status, &done.json()["enabled"]), (200, &json!(enabled)), "{what}: {done:?}");
        let now = get(&site, &path, &key).await;
        assert_eq!((done.etag, done.text), (now.etag, now.text), "{what} answers with what there is now");
    }
    let retried = ask(request(&site, Method::POST, &format!("{path}/retry"), &key)).await;
    assert_eq!(retried.status, 409, "nothing failed: {retried:?}");
    assert_eq!(retried.json()["code"], "campaign-state");
    let skipped = post(&site, &format!("{path}/skip"), &key, json!({"reason": "on holiday"})).await;
    assert_eq!(skipped.status, 200, "{skipped:?}");
    let now = get(&site, &path, &key).await;
    assert_eq!((skipped.etag, skipped.text), (now.etag, now.text));
    let history = get(&site, &format!("{path}/history"), &key).await.json();
    let lines = history["items"].as_array().unwrap();
    let edited = lines.iter().find(|line| line["what"] == "schedule_edited").unwrap();
    assert!(edited["actor"].as_str().unwrap().starts_with("key "), "{edited}");
    let first = get(&site, &format!("{path}/history?limit=1"), &key).await.json();
    assert_eq!(first["items"][0], lines[0], "a page at a time, the newest first");
    assert!(first["next_cursor"].is_string());
    assert!(lines.iter().any(|line| line["cause"] == "on holiday"), "{history:#}");

    assert_eq!(delete(&site, &path, &key).await.status, 204);
    assert_eq!(get(&site, &path, &key).await.status, 404);
}

#[tokio::test]
async fn campaigns_are_listed_a_page_at_a_time_and_by_what_they_are() {
    let site = site().await;
    let key = operator(&site).await;
    for n in 0..7 {
        let new = json!({"email": format!("p{n}@home.example"), "zip_code": "98103", "fixed_send_day": 9});
        assert_eq!(post(&site, "/agents/ana/campaigns", &key, new).await.status, 201);
    }
    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = get(&site, &format!("/agents/ana/campaigns?limit=3{cursor}"), &key).await.json();
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!((seen.len(), &seen), (8, &sorted), "each once, in order");
    site.until("2026-03-08T16:00:00Z").await;
    let working = get(&site, "/agents/ana/campaigns?status=DORMANT", &key).await.json();
    assert_eq!(working["items"].as_array().unwrap().len(), 1);
    let in_need = get(&site, "/agents/ana/campaigns?needs_agent=true", &key).await.json();
    assert_eq!(in_need["items"], json!([]));
    let count = async |query: &str| {
        let page = get(&site, &format!("/agents/ana/campaigns?{query}"), &key).await.json();
        page["items"].as_array().unwrap().len()
    };
    assert_eq!(count("needs_agent=false").await, 8);
    assert_eq!(count("email=P3%40Home.example").await, 1, "however the address is spelt");
    assert_eq!(count("email=p3%40home.example&status=ERROR").await, 0, "all that is asked must hold");
    assert_eq!(count("email=nobody%40home.example").await, 0);
    assert_eq!((count("enabled=true").await, count("enabled=false").await), (8, 0));
    assert_eq!(get(&site, "/agents/ana/campaigns?email=nobody", &key).await.status, 422);
    assert_eq!(get(&site, "/agents/ana/campaigns?status=SLEEPY", &key).await.status, 422);
    assert_eq!(get(&site, "/agents/ana/campaigns?limit=0", &key).await.status, 422);
    // No Base64, no text, and no id.
    for cursor in ["%21", "_w", "IQ"] {
        let unknown = get(&site, &format!("/agents/ana/campaigns?cursor={cursor}"), &key).await;
        assert_eq!(unknown.status, 422, "{unknown:?}");
        assert_eq!(unknown.json()["errors"][0]["pointer"], "cursor");
    }
}

#[tokio::test]
async fn a_campaign_does_not_become_one_that_is_there() {
    let site = site().await;
    let key = operator(&site).await;
    let home =
        |street: &str| json!({"street": street, "city": "Seattle", "state": "WA", "zip_code": "98103"});
    let make = async |street: &str| {
        let new = json!({"email": "kim@home.example", "home": home(street), "fixed_send_day": 20});
        post(&site, "/agents/ana/campaigns", &key, new).await
    };
    let first = make("12 Pine St").await.json();
    let second = make("14 Pine St").await;
    let path = format!("/agents/ana/campaigns/{}", second.json()["id"].as_str().unwrap());
    let twin = patch(&site, &path, &key, "*", json!({"home": home("12 PINE ST")})).await;
    assert_eq!(twin.status, 409, "{twin:?}");
    assert_eq!(twin.json()["campaign_id"], first["id"], "it names the one that is there: {twin:?}");
    assert_eq!(get(&site, &path, &key).await.json(), second.json(), "nothing changed");
    let itself = patch(&site, &path, &key, "*", json!({"home": home("14 pine st")})).await;
    assert_eq!(itself.status, 200, "{itself:?}");
}

#[tokio::test]
async fn only_who_may_approve_does_without_approvals() {
    let site = site().await;
    let writer = key(&site, Reach::Deployment, &[Scope::Read, Scope::Write]).await;
    let path = "/agents/ana/campaigns/ana-1";
    let choose = async |key: &str, check: bool| {
        patch(&site, path, key, "*", json!({"check_before_sending": check})).await.status
    };
    assert_eq!(choose(&writer, true).await, 200, "asking for approvals takes nothing from anybody");
    assert_eq!(choose(&writer, false).await, 403);
    let operator = operator(&site).await;
    assert_eq!(choose(&operator, false).await, 200);

    let make = async |key: &str, n: u8, check: Option<bool>| {
        let mut new =
            json!({"email": format!("m{n}@home.example"), "zip_code": "98103", "fixed_send_day": 20});
        if let Some(check) = check {
            new["check_before_sending"] = json!(check);
        }
        post(&site, "/agents/ana/campaigns", key, new).await
    };
    let refused = make(&writer, 1, Some(false)).await;
    assert_eq!(refused.status, 403, "nor is a campaign made without them: {refused:?}");
    for (n, key, check, approved) in [
        (2, &writer, None, true),
        (3, &writer, Some(true), true),
        (4, &operator, None, false),
        (5, &operator, Some(false), false),
        (6, &operator, Some(true), true),
    ] {
        let made = make(key, n, check).await;
        assert_eq!((made.status, &made.json()["check_before_sending"]), (201, &json!(approved)), "{n}");
    }
}

#[tokio::test]
async fn a_campaign_says_to_whom_it_writes_and_how_its_email_stands() {
    let site = site().await;
    let key = operator(&site).await;
    let shown = async || get(&site, "/agents/ana/campaigns/ana-1", &key).await.json();
    let dormant = shown().await;
    let contact = get(&site, "/agents/ana/contacts", &key).await.json()["items"][0].clone();
    assert_eq!((&dormant["agent_id"], &contact["agent_id"]), (&json!("ana"), &json!("ana")));
    for field in ["id", "first_name", "last_name", "email", "external_id"] {
        assert_eq!(dormant["contact"][field], contact[field], "{field}");
    }
    assert_eq!(dormant["contact_id"], contact["id"]);
    assert_eq!((&dormant["phase"], &dormant["stage"]), (&json!("DORMANT"), &json!("idle")));
    for unknown in ["no_mail", "email", "send_deferred_because"] {
        assert_eq!(dormant[unknown], json!(null), "{unknown}");
    }
    assert_eq!(contact["no_mail"], json!(null));

    let change = json!({"check_before_sending": true});
    assert_eq!(patch(&site, "/agents/ana/campaigns/ana-1", &key, "*", change).await.status, 200);
    site.until("2026-03-11T20:00:00Z").await;
    let waiting = shown().await;
    assert_eq!((&waiting["phase"], &waiting["stage"]), (&json!("READY_FOR_REVIEW"), &json!("idle")));
    let email = get(&site, "/agents/ana/emails/ana-1.1", &key).await.json();
    for field in ["id", "delivery_status", "content_hash"] {
        assert_eq!(waiting["email"][field], email[field], "{field}");
    }
    assert_eq!(waiting["next_send_at"], "2026-03-12T15:00:00Z", "there is time for an approval until then");
    let explained = get(&site, "/agents/ana/campaigns/ana-1/explain", &key).await.json();
    assert_eq!((&explained["phase"], &explained["stage"]), (&waiting["phase"], &waiting["stage"]));
    let listed = get(&site, "/agents/ana/campaigns", &key).await.json();
    assert_eq!(listed["items"][0], waiting, "a list says as much");

    let opted_out = json!({"address": contact["email"]});
    assert_eq!(post(&site, "/agents/ana/suppressions", &key, opted_out).await.status, 201);
    let no_mail = json!({"cause": "opt_out", "since": "2026-03-11T20:00:00Z"});
    let contact_path = format!("/agents/ana/contacts/{}", contact["id"].as_str().unwrap());
    let listed = get(&site, "/agents/ana/contacts", &key).await.json()["items"][0].clone();
    let by_address = format!("/agents/ana/contacts?email={}", contact["email"].as_str().unwrap());
    let by_address = get(&site, &by_address, &key).await.json()["items"][0].clone();
    let read = get(&site, &contact_path, &key).await.json();
    for known in [shown().await, read, listed, by_address] {
        assert_eq!(known["no_mail"], no_mail, "{known}");
    }
}

#[tokio::test]
async fn what_is_kept_back_leaves_at_no_time() {
    let site = site().await;
    let key = operator(&site).await;
    let times = async || {
        let shown = get(&site, "/agents/ana/campaigns/ana-1", &key).await.json();
        [shown["planned_for"].clone(), shown["next_send_at"].clone()]
    };
    let slot = json!("2026-03-12T15:00:00Z");
    site.until("2026-03-02T00:00:00Z").await;
    assert_eq!(times().await, [slot.clone(), slot.clone()]);
    let do_it = async |path: &str| ask(request(&site, Method::POST, path, &key)).await.status;
    assert_eq!(do_it("/agents/ana/campaigns/ana-1/disable").await, 200);
    assert_eq!(times().await, [slot.clone(), json!(null)], "a disabled campaign");
    assert_eq!(do_it("/agents/ana/campaigns/ana-1/enable").await, 200);
    assert_eq!(times().await[1], slot);
    let paused = post(&site, "/agents/ana/pause", &key, json!({"because": "a test"})).await;
    assert_eq!(paused.status, 200, "{paused:?}");
    assert_eq!(times().await, [slot, json!(null)], "an agent who is stopped");
}

#[tokio::test]
async fn campaigns_are_found_by_their_contact_and_zip_code() {
    let site = site().await;
    let key = operator(&site).await;
    let mut contacts = Vec::new();
    for (name, zip_code) in [("kim", "98104"), ("kim", "98115"), ("lee", "98104")] {
        let new = json!({"email": format!("{name}@home.example"), "zip_code": zip_code, "fixed_send_day": 9});
        let made = post(&site, "/agents/ana/campaigns", &key, new).await.json();
        contacts.push(made["contact_id"].as_str().unwrap().to_owned());
    }
    let count = async |query: &str| {
        let page = get(&site, &format!("/agents/ana/campaigns?{query}"), &key).await;
        assert_eq!(page.status, 200, "{page:?}");
        page.json()["items"].as_array().unwrap().len()
    };
    let (kim, lee) = (&contacts[0], &contacts[2]);
    assert_eq!(count("zip_code=98104").await, 2);
    assert_eq!(count("zip_code=98104-1234").await, 2);
    assert_eq!(count("zip_code=98199").await, 0);
    assert_eq!(count(&format!("contact={kim}")).await, 2);
    assert_eq!(count(&format!("contact={kim}&zip_code=98115")).await, 1);
    assert_eq!(count(&format!("contact={lee}&email=LEE@home.example")).await, 1);
    assert_eq!(count(&format!("contact={lee}&email=kim@home.example")).await, 0);
    assert_eq!(count("contact=nobody").await + count("contact=%20").await, 0);
    let twin = post(&site, "/agents/ana/contacts", &key, json!({"email": "KIM@home.example"})).await;
    assert_eq!((twin.status, &twin.json()["contact_id"]), (409, &json!(kim)));
}

#[tokio::test]
async fn a_campaign_that_is_stored_is_answered_as_made_whatever_fails_then() {
    let site = site().await;
    let key = operator(&site).await;
    let mut database = SqliteConnectOptions::new().filename(site.database()).connect().await.unwrap();
    let failing = "CREATE TRIGGER nothing_is_planned BEFORE UPDATE ON campaigns BEGIN SELECT RAISE(ABORT, 'not now'); END";
    sqlx::raw_sql(failing).execute(&mut database).await.unwrap();
    let new = json!({"email": "OWNER1@home.example", "zip_code": "98115", "fixed_send_day": 20});
    let make = async || {
        let call = request(&site, Method::POST, "/agents/ana/campaigns", &key);
        ask(call.header("idempotency-key", "k-1").json(&new)).await
    };
    let made = make().await;
    assert_eq!(made.status, 201, "{made:?}");
    let (shown, again) = (made.json(), make().await);
    assert_eq!((again.status, again.json()), (201, shown.clone()), "whoever calls again is told the same");
    assert_eq!(shown["planned_for"], json!(null));
    assert_eq!(shown["next_send_at"], "2026-03-20T15:00:00Z", "it is known when it will be planned for");

    sqlx::raw_sql("DROP TRIGGER nothing_is_planned").execute(&mut database).await.unwrap();
    site.until("2026-03-02T00:00:00Z").await;
    let path = format!("/agents/ana/campaigns/{}", shown["id"].as_str().unwrap());
    let now = get(&site, &path, &key).await;
    assert_eq!(now.etag, made.etag);
    let mut planned = now.json();
    assert_eq!(planned["planned_for"].take(), shown["next_send_at"]);
    assert_eq!(planned, shown, "nothing else that was told was wrong, not even whose contact it is");
}

#[tokio::test]
async fn what_is_known_of_a_home_is_given_kept_and_taken_away() {
    let site = site().await;
    let key = operator(&site).await;
    let home =
        |street: &str| json!({"street": street, "city": "Seattle", "state": "WA", "zip_code": "98103"});
    let mut known = home("12 Pine St");
    known["facts"] = json!({
        "bedrooms": 3, "bathrooms": 1.75, "living_area_sqft": 1810.0, "lot_sqft": 400_000_000, "floors": 1.5,
        "above_ground_sqft": 1, "year_built": 1600, "year_renovated": 2100, "grade": 7, "condition": 0, "view": 20,
        "waterfront": false, "neighbours_living_area_sqft": 1500, "neighbours_lot_sqft": null
    });
    known["location"] = json!({"latitude": 47.66, "longitude": -122.34});
    let new = json!({"email": "kim@home.example", "home": known, "fixed_send_day": 20});
    let made = post(&site, "/agents/ana/campaigns", &key, new).await;
    assert_eq!(made.status, 201, "{made:?}");
    let shown = made.json()["home"].clone();
    assert_eq!(shown["location"], known["location"]);
    for (field, expected) in [
        ("bedrooms", json!(3.0)),
        ("bathrooms", json!(1.75)),
        ("living_area_sqft", json!(1810)),
        ("lot_sqft", json!(400_000_000)),
        ("floors", json!(1.5)),
        ("above_ground_sqft", json!(1)),
        ("year_built", json!(1600)),
        ("year_renovated", json!(2100)),
        ("grade", json!(7)),
        ("condition", json!(0)),
        ("view", json!(20)),
        ("waterfront", json!(false)),
        ("neighbours_living_area_sqft", json!(1500)),
        ("neighbours_lot_sqft", json!(null)),
    ] {
        assert_eq!(shown["facts"][field], expected, "{field}");
    }
    let path = format!("/agents/ana/campaigns/{}", made.json()["id"].as_str().unwrap());
    let change = async |home: serde_json::Value| {
        let changed = patch(&site, &path, &key, "*", json!({"home": home})).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        changed.json()["home"].clone()
    };
    assert_eq!(change(shown.clone()).await, shown, "what was read can be given back");
    let same = change(home("12 PINE Street")).await;
    assert_eq!((&same["facts"], &same["location"]), (&shown["facts"], &shown["location"]), "the same home");
    let mut corrected = home("12 Pine St");
    corrected["facts"] = json!({"bedrooms": 4});
    corrected["location"] = json!(null);
    let corrected = change(corrected).await;
    assert_eq!(corrected["facts"]["bedrooms"], json!(4.0));
    assert_eq!((&corrected["facts"]["year_built"], &corrected["location"]), (&json!(null), &json!(null)));
    let other = change(home("14 Pine St")).await;
    assert_eq!(other["facts"]["bedrooms"], json!(null), "nothing is known of another home");
    let mut told = home("16 Pine St");
    told["facts"] = json!({"year_built": 1924});
    assert_eq!(change(told).await["facts"]["year_built"], 1924);

    for (facts, pointer) in [
        (json!({"bedrooms": 50.5}), "/home/facts/bedrooms"),
        (json!({"floors": -1}), "/home/facts/floors"),
        (json!({"lot_sqft": 0}), "/home/facts/lot_sqft"),
        (json!({"lot_sqft": 400_000_001}), "/home/facts/lot_sqft"),
        (json!({"living_area_sqft": 1.5}), "/home/facts/living_area_sqft"),
        (json!({"year_built": 1599}), "/home/facts/year_built"),
        (json!({"year_renovated": 70_000}), "/home/facts/year_renovated"),
        (json!({"grade": 21}), "/home/facts/grade"),
        (json!({"garages": 2}), "/home/facts/garages"),
    ] {
        let mut home = home("16 Pine St");
        home["facts"] = facts;
        let refused = patch(&site, &path, &key, "*", json!({"home": home})).await;
        assert_eq!((refused.status, &refused.json()["errors"][0]["pointer"]), (422, &json!(pointer)));
    }
    let mut nowhere = home("16 Pine St");
    nowhere["location"] = json!({"latitude": 90.1, "longitude": 0});
    let refused = patch(&site, &path, &key, "*", json!({"home": nowhere})).await;
    assert_eq!((refused.status, &refused.json()["errors"][0]["pointer"]), (422, &json!("/home/location")));
}

#[tokio::test]
async fn all_that_is_wrong_with_a_home_is_told_also_beside_a_zip_code() {
    let site = site().await;
    let key = operator(&site).await;
    let home = |street: &str, zip: &str| json!({"street": street, "city": "Seattle", "state": "WA", "zip_code": zip});
    let good = json!({"email": "kim@home.example", "home": home("12 Pine St", "98103"), "fixed_send_day": 9});
    let made = post(&site, "/agents/ana/campaigns", &key, good).await.json();
    let path = format!("/agents/ana/campaigns/{}", made["id"].as_str().unwrap());
    let new =
        json!({"email": "lee@home.example", "home": home("", "1"), "zip_code": "98103", "fixed_send_day": 9});
    let created = post(&site, "/agents/ana/campaigns", &key, new).await;
    let change = json!({"home": home("", "1"), "zip_code": "98103", "fixed_send_day": 9});
    for refused in [created, patch(&site, &path, &key, "*", change).await] {
        assert_eq!(refused.status, 422, "{refused:?}");
        let errors = refused.json()["errors"].as_array().unwrap().clone();
        let mut pointers: Vec<_> = errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        pointers.sort_unstable();
        assert_eq!(pointers, ["/home/street", "/home/zip_code", "/zip_code"]);
    }
    let beside = patch(&site, &path, &key, "*", json!({"zip_code": "98103"})).await;
    assert_eq!((beside.status, &beside.json()["errors"][0]["pointer"]), (422, &json!("/zip_code")));
    let without = patch(&site, &path, &key, "*", json!({"home": null, "zip_code": "98101"})).await;
    assert_eq!((without.status, &without.json()["home"]), (200, &json!(null)), "{without:?}");
    assert_eq!(without.json()["zip_code"], "98101");
}

#[tokio::test]
async fn a_campaign_that_failed_is_tried_again_at_once() {
    let site = site().await;
    let key = operator(&site).await;
    let refused = SendOutcome::NeedsPeople { reason: "the key was refused".to_owned() };
    site.mailbox.next(Mood::Answer(refused));
    site.until("2026-03-12T16:00:00Z").await;
    let path = "/agents/ana/campaigns/ana-1";
    let failed = get(&site, path, &key).await.json();
    assert_eq!(failed["status"], "ERROR", "{failed}");
    let in_error = get(&site, "/agents/ana/campaigns?status=ERROR", &key).await.json();
    assert_eq!(in_error["items"][0]["id"], "ana-1");

    let retried = ask(request(&site, Method::POST, &format!("{path}/retry"), &key)).await;
    assert_eq!(
        (retried.status, &retried.json()["status"]),
        (200, &json!("READY_TO_SEND_EMAIL")),
        "{retried:?}"
    );
    assert_eq!(get(&site, path, &key).await.json(), retried.json());
    site.until("2026-03-12T16:30:00Z").await;
    assert_eq!(site.mailbox.accepted().len(), 1);
    assert_eq!(get(&site, path, &key).await.json()["status"], "DORMANT");
    let history = get(&site, &format!("{path}/history"), &key).await.json();
    let lines = history["items"].as_array().unwrap();
    let retried = lines.iter().find(|line| line["what"] == "retried").unwrap();
    assert!(retried["actor"].as_str().unwrap().starts_with("key "), "{history:#}");
    let failed = lines.iter().find(|line| line["what"] == "failed").unwrap();
    assert_eq!(failed["cause"], "the key was refused");
}
