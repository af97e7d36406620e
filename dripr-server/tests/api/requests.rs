//! What requests may be, whatever they ask for; and the description of it all.

use dripr_core::{
    access::{Reach, Role, Scope},
    ports::AgentStore,
};
use reqwest::Method;
use serde_json::json;

use crate::asking::{Answer, ask, get, key, operator, patch, post, request, site};

const PAGE: &str = include_str!("../../../docs/api.md");

fn pointer(answer: &Answer) -> String {
    assert_eq!((answer.status, answer.kind.as_str()), (422, "application/problem+json"), "{answer:?}");
    answer.json()["errors"][0]["pointer"].as_str().unwrap().to_owned()
}

/// Every field that is named, in the order in which they are.
fn pointers(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 422, "{answer:?}");
    let errors = answer.json()["errors"].as_array().unwrap().clone();
    errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_field_that_cannot_be_taken_is_named_at_once() {
    let site = site().await;
    let key = operator(&site).await;
    let long = "x".repeat(201);
    let sending = json!({"zone": "Nowhere/At_All", "opens": "25:00", "closes": "noon"});
    let new = json!({"first_name": long, "last_name": "B", "email": "a@b.example", "phone": "1\n2", "postal_address": " ",
        "sending": sending});
    let refused = post(&site, "/agents", &key, new).await;
    let expected =
        ["/first_name", "/phone", "/postal_address", "/sending/zone", "/sending/opens", "/sending/closes"];
    assert_eq!(pointers(&refused), expected);
    for pointer in expected {
        assert!(
            refused.json()["detail"].as_str().unwrap().contains(pointer),
            "people read it too: {refused:?}"
        );
    }
    let before = get(&site, "/agents/ana", &key).await;
    let change =
        json!({"first_name": "Changed", "last_name": long, "postal_address": "", "sending": sending});
    let refused = patch(&site, "/agents/ana", &key, "*", change).await;
    let expected = ["/last_name", "/postal_address", "/sending/zone", "/sending/opens", "/sending/closes"];
    assert_eq!(pointers(&refused), expected);
    assert_eq!(get(&site, "/agents/ana", &key).await, before, "nothing is changed");

    let names = json!({"first_name": long, "last_name": "a\u{0}b", "email": "kim@home.example"});
    assert_eq!(
        pointers(&post(&site, "/agents/ana/contacts", &key, names.clone()).await),
        ["/first_name", "/last_name"]
    );
    let contact = get(&site, "/agents/ana/contacts", &key).await.json()["items"][0]["id"].clone();
    let contact = format!("/agents/ana/contacts/{}", contact.as_str().unwrap());
    assert_eq!(pointers(&patch(&site, &contact, &key, "*", names).await), ["/first_name", "/last_name"]);

    let home = json!({"street": "", "city": long, "zip_code": "00000",
        "facts": {"bedrooms": 51, "lot_sqft": 0, "year_built": 24, "grade": 21, "floors": 1},
        "location": {"latitude": 91, "longitude": 0}});
    let of_home = [
        "/home/street",
        "/home/city",
        "/home/zip_code",
        "/home/facts/bedrooms",
        "/home/facts/lot_sqft",
        "/home/facts/year_built",
        "/home/facts/grade",
        "/home/location",
    ];
    let new = json!({"email": "kim@home.example", "last_name": long, "home": home, "fixed_send_day": 29});
    let refused = pointers(&post(&site, "/agents/ana/campaigns", &key, new).await);
    let expected: Vec<&str> = ["/last_name"].into_iter().chain(of_home).chain(["/fixed_send_day"]).collect();
    assert_eq!(refused, expected);
    let change = json!({"home": home, "fixed_send_day": 0});
    let refused = pointers(&patch(&site, "/agents/ana/campaigns/ana-1", &key, "*", change).await);
    assert_eq!(refused, expected[1..]);

    let past = json!({"name": "", "scopes": [], "expires_at": "2026-01-01T00:00:00Z"});
    assert_eq!(pointers(&post(&site, "/keys", &key, past).await), ["/name", "/scopes", "/expires_at"]);
    let days = json!({"send_day": 29, "spread": 0});
    assert_eq!(pointers(&post(&site, "/agents/ana/imports", &key, days).await), ["/send_day", "/spread"]);
    // What the body's form forbids is found by reading it, up to there.
    let unread = json!({"email": 5, "fixed_send_day": 29});
    assert_eq!(pointers(&post(&site, "/agents/ana/campaigns", &key, unread).await), ["/email"]);
}

#[tokio::test]
async fn a_value_that_cannot_be_taken_is_named() {
    let site = site().await;
    let key = operator(&site).await;
    let path = "/agents/ana/campaigns";
    let try_ = async |body: serde_json::Value| post(&site, path, &key, body).await;
    let with = |name: &str, value: serde_json::Value| {
        let mut body = json!({"email": "a@b.example", "zip_code": "98103", "fixed_send_day": 5});
        body[name] = value;
        body
    };
    assert_eq!(pointer(&try_(with("email", json!("no address"))).await), "/email");
    assert_eq!(pointer(&try_(with("fixed_send_day", json!(29))).await), "/fixed_send_day");
    assert_eq!(pointer(&try_(with("fixed_send_day", json!("5"))).await), "/fixed_send_day");
    assert_eq!(pointer(&try_(with("zip_code", json!("9810"))).await), "/zip_code");
    assert_eq!(pointer(&try_(with("zip_code", json!("00000"))).await), "/zip_code", "no area has it");
    assert_eq!(pointer(&try_(with("first_name", json!("a\u{0}b"))).await), "/first_name");
    assert_eq!(pointer(&try_(with("first_name", json!("x".repeat(201)))).await), "/first_name");
    assert_eq!(
        pointer(&try_(with("user_id", json!("ben"))).await),
        "/user_id",
        "nothing is assigned in passing"
    );
    let home = json!({"street": "1 Elm St", "zip_code": "98103", "x": 1});
    let in_home = json!({"email": "a@b.example", "home": home});
    assert_eq!(pointer(&try_(in_home).await), "/home/x");
    let nowhere = json!({"email": "a@b.example", "home": {"street": "1 Elm St", "zip_code": "00000"}});
    assert_eq!(pointer(&try_(nowhere).await), "/home/zip_code");
    assert_eq!(pointer(&try_(json!({"zip_code": "98103"})).await), "/email", "what is missing is named too");
    let page = get(&site, path, &key).await.json();
    assert_eq!(page["items"].as_array().unwrap().len(), 1, "nothing was stored");
    for (query, name) in [("limit=many", "limit"), ("status=SLEEPY", "status"), ("stauts=DORMANT", "stauts")]
    {
        assert_eq!(pointer(&get(&site, &format!("{path}?{query}"), &key).await), name);
    }
}

#[tokio::test]
async fn a_path_that_is_no_text_is_a_problem_like_all_others() {
    let site = site().await;
    let key = operator(&site).await;
    let paths = [
        "/agents/%FF",
        "/agents/ana/contacts/%C3%28",
        "/agents/%FF/campaigns/x",
        "/markets/%FF",
        "/agents/%FF/statistics",
    ];
    for path in paths {
        let answer = get(&site, path, &key).await;
        assert_eq!((answer.status, answer.kind.as_str()), (400, "application/problem+json"), "{answer:?}");
        let problem = answer.json();
        assert_eq!(problem["type"], "urn:dripr:problem:unreadable", "{problem}");
        assert_eq!(problem["status"], 400);
    }
}

#[tokio::test]
async fn nobody_keeps_an_answer_or_takes_it_for_something_else() {
    let site = site().await;
    let key = operator(&site).await;
    for path in ["/agents/ana/contacts", "/agents/nobody", "/nothing"] {
        let answer = request(&site, Method::GET, path, &key).send().await.unwrap();
        assert_eq!(answer.headers()["cache-control"], "no-store", "{path}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff", "{path}");
    }
}

#[tokio::test]
async fn a_call_whose_caller_hangs_up_is_done_once() {
    let site = site().await;
    let key = operator(&site).await;
    let body = json!({"email": "p1@home.example", "zip_code": "98103", "fixed_send_day": 9}).to_string();
    let host = site.base.strip_prefix("http://").unwrap();
    let head = format!(
        "POST /api/v1/agents/ana/campaigns HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\nidempotency-key: once\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, head.as_bytes()).await.unwrap();
    drop(stream);
    let again = async || {
        let request =
            request(&site, Method::POST, "/agents/ana/campaigns", &key).header("idempotency-key", "once");
        ask(request.header("content-type", "application/json").body(body.clone())).await
    };
    // It is being done, or done: never a conflict with what the first call made.
    let mut answer = again().await;
    while answer.status == 409 {
        assert_eq!(answer.json()["code"], "in-progress", "{answer:?}");
        tokio::task::yield_now().await;
        answer = again().await;
    }
    assert_eq!(answer.status, 201, "{answer:?}");
    let listed = get(&site, "/agents/ana/campaigns", &key).await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let site = site().await;
    let key = operator(&site).await;
    let path = "/agents/ana/suppressions";
    let send = async |kind: &str, body: Vec<u8>| {
        ask(request(&site, Method::POST, path, &key).header("content-type", kind).body(body)).await.status
    };
    assert_eq!(send("application/json", b"{".to_vec()).await, 400);
    assert_eq!(send("application/json", b"".to_vec()).await, 400);
    assert_eq!(send("application/json", b"{} {}".to_vec()).await, 422);
    assert_eq!(send("application/json", b"\"\xff\"".to_vec()).await, 400);
    assert_eq!(send("application/json", "[".repeat(100_000).into_bytes()).await, 422);
    assert_eq!(send("text/plain", b"{}".to_vec()).await, 415);
    assert_eq!(send("application/json", vec![b' '; 2 << 20]).await, 413);
    assert_eq!(ask(request(&site, Method::TRACE, path, &key)).await.status, 405);
    let unknown = get(&site, "/nothing", &key).await;
    assert_eq!((unknown.status, unknown.kind.as_str()), (404, "application/problem+json"));
}

#[tokio::test]
async fn the_api_is_described_with_its_page() {
    let site = site().await;
    let fetched = async |path: &str| ask(site.client.get(format!("{}{path}", site.base))).await;
    let description = fetched("/api/openapi.json").await.json();
    assert_eq!(description["openapi"], "3.1.0");
    let operations = description["paths"].as_object().unwrap();
    assert!(operations.contains_key("/agents/{agent}/emails/{email}/approve"));
    for (path, item) in operations {
        for (method, operation) in item.as_object().unwrap() {
            for status in ["401", "429"] {
                assert!(operation["responses"][status].is_object(), "{method} {path} {status}");
            }
            assert!(operation["summary"].is_string(), "{method} {path} says what it does");
        }
    }
    let page = fetched("/api").await;
    assert!(page.text.contains("/api/page.js") && page.kind.starts_with("text/html"));
    assert!(fetched("/api/page.js").await.kind.starts_with("text/javascript"));
}

#[tokio::test]
async fn what_is_listed_can_be_changed_without_being_read_again() {
    let site = site().await;
    let key = operator(&site).await;
    let mut lists = vec![
        ("/agents", json!({"phone": "+1 206 555 0100"}), json!({"phone": "+1 206 555 0101"})),
        ("/agents/ana/contacts", json!({"first_name": "Noor"}), json!({"first_name": "Mia"})),
        ("/agents/ana/campaigns", json!({"fixed_send_day": 20}), json!({"fixed_send_day": 21})),
    ];
    if cfg!(feature = "webhooks") {
        let new = json!({"url": "https://crm.example", "kinds": ["email.sent"]});
        assert_eq!(post(&site, "/webhooks", &key, new).await.status, 201);
        lists.push(("/webhooks", json!({"description": "ours"}), json!({"description": "theirs"})));
    }
    for (list, change, another) in lists {
        let listed = async || get(&site, list, &key).await.json()["items"][0].clone();
        let item = listed().await;
        let (path, etag) =
            (format!("{list}/{}", item["id"].as_str().unwrap()), item["etag"].as_str().unwrap());
        let read = get(&site, &path, &key).await;
        assert_eq!(read.etag.as_deref(), Some(etag), "{list}: the same as the header");
        assert_eq!(read.json()["etag"], etag, "{list}");
        let changed = patch(&site, &path, &key, etag, change.clone()).await;
        assert_eq!(changed.status, 200, "{list}: {changed:?}");
        let late = patch(&site, &path, &key, etag, another.clone()).await;
        assert_eq!(late.status, 412, "{list}: {late:?}");
        // As a proxy that compresses passes it on.
        let weak = format!("W/{}", listed().await["etag"].as_str().unwrap());
        let changed = patch(&site, &path, &key, &weak, another).await;
        assert_eq!(changed.status, 200, "{list}: {changed:?}");
        assert_eq!(changed.etag.as_deref(), changed.json()["etag"].as_str(), "{list}");
        let anyway = patch(&site, &path, &key, "*", change).await;
        assert_eq!(anyway.status, 200, "{list}: {anyway:?}");
    }
}

#[test]
fn conflicts_are_told_apart_by_a_closed_list_of_codes() {
    let description = serde_json::to_value(dripr_server::api::description()).unwrap();
    let schemas = &description["components"]["schemas"];
    let codes = schemas["Conflict"]["enum"].as_array().unwrap();
    assert!(codes.contains(&json!("in-progress")) && codes.contains(&json!("campaign-exists")), "{codes:?}");
    for code in codes {
        let named = format!("| `{}` |", code.as_str().unwrap());
        assert!(PAGE.contains(&named), "docs/api.md lacks {named}");
    }
    let code = schemas["Problem"]["properties"]["code"].to_string();
    assert!(code.contains("#/components/schemas/Conflict"), "{code}");
}

#[test]
fn what_takes_an_idempotency_key_says_so() {
    let description = serde_json::to_value(dripr_server::api::description()).unwrap();
    let mut without = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let keys: Vec<_> = parameters.iter().filter(|known| known["name"] == "Idempotency-Key").collect();
            match (method.as_str(), keys.as_slice()) {
                ("get", keys) => assert!(keys.is_empty(), "{path} only looks"),
                (_, []) => without.push(format!("{method} {path}")),
                (_, [key]) => {
                    assert_eq!((&key["in"], &key["required"]), (&json!("header"), &json!(false)), "{path}");
                    let schema =
                        json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"});
                    assert_eq!(key["schema"], schema, "{method} {path}");
                }
                (_, more) => panic!("{method} {path}: {more:?}"),
            }
        }
    }
    without.sort();
    // Secrets are in their answers, or a file is their body.
    let mut expected = vec![
        "post /agents/{agent}/mailbox/link",
        "post /keys",
        "post /webhooks",
        "post /webhooks/{webhook}/rotate",
        "put /agents/{agent}/imports/{import}/file",
    ];
    expected.retain(|operation| cfg!(feature = "webhooks") || !operation.contains("/webhooks"));
    assert_eq!(without, expected);
}

#[tokio::test]
async fn an_answer_about_an_agent_who_is_out_of_reach_by_then_is_not_given_again() {
    let site = site().await;
    crate::asking::agent(&site, "amy", Some("north"), None, Role::Agent).await;
    let north = key(&site, Reach::Brokerage("north".parse().unwrap()), &[Scope::Write]).await;
    let call = async |key: &str| {
        let body = json!({"first_name": "Kim", "email": "kim@home.example"});
        let request = request(&site, Method::POST, "/agents/amy/contacts", key);
        ask(request.header("idempotency-key", "k-1").json(&body)).await
    };
    let made = call(&north).await;
    assert_eq!(made.status, 201, "{made:?}");
    assert_eq!(call(&north).await, made, "also to who may not look");
    let store = &site.deployment.store;
    let mut amy = store.agent(&"amy".parse().unwrap()).await.unwrap().unwrap();
    amy.membership.brokerage = "south".parse().ok();
    assert!(AgentStore::replace(&**store, amy, None).await.unwrap());
    let again = call(&north).await;
    assert_eq!(again.status, 404, "{again:?}");
    assert!(!again.text.contains("kim@home.example"), "{again:?}");

    // The answer alone names whom the call added.
    let admin = key(&site, Reach::Brokerage("north".parse().unwrap()), &[Scope::Admin]).await;
    let add = async || {
        let body = json!({"first_name": "Bo", "last_name": "Hill", "email": "bo@agents.example",
            "postal_address": "1 Sample St, Seattle WA 98101"});
        let request = request(&site, Method::POST, "/agents", &admin).header("idempotency-key", "k-3");
        ask(request.json(&body)).await
    };
    let added = add().await;
    assert_eq!(added.status, 201, "{added:?}");
    assert_eq!(add().await, added);
    let id = added.json()["id"].as_str().unwrap().parse().unwrap();
    let mut bo = store.agent(&id).await.unwrap().unwrap();
    bo.membership.brokerage = "south".parse().ok();
    assert!(AgentStore::replace(&**store, bo, None).await.unwrap());
    let again = add().await;
    assert_eq!(again.status, 404, "{again:?}");
    assert!(!again.text.contains("bo@agents.example"), "{again:?}");

    // What is gone by the call itself is told again.
    let operator = operator(&site).await;
    let remove = async || {
        let request = request(&site, Method::DELETE, "/agents/amy", &operator);
        ask(request.header("idempotency-key", "k-2")).await
    };
    assert_eq!((remove().await.status, remove().await.status), (204, 204));
}

#[test]
fn what_a_filter_takes_for_an_external_id_is_described_as_where_it_is_given() {
    let description = serde_json::to_value(dripr_server::api::description()).unwrap();
    let given = &description["components"]["schemas"]["NewContact"]["properties"]["external_id"]["pattern"];
    assert!(given.is_string(), "{given}");
    for list in ["contacts", "campaigns"] {
        let parameters = &description["paths"][format!("/agents/{{agent}}/{list}")]["get"]["parameters"];
        let mut parameters = parameters.as_array().unwrap().iter();
        let filter = parameters.find(|known| known["name"] == "external_id").unwrap();
        assert_eq!(filter["schema"]["pattern"], *given, "{list}: {filter:#}");
    }
}

#[tokio::test]
async fn a_call_under_one_key_is_done_once_and_answered_alike() {
    let site = site().await;
    let (key, other) = (operator(&site).await, operator(&site).await);
    let path = "/agents/ana/campaigns";
    let call = async |key: &str, idempotency: &str, n: u8| {
        let body = json!({"email": format!("p{n}@home.example"), "zip_code": "98103", "fixed_send_day": 9});
        let request = request(&site, Method::POST, path, key).header("idempotency-key", idempotency);
        ask(request.json(&body)).await
    };
    let first = call(&key, "k-1", 1).await;
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!(call(&key, "k-1", 1).await, first, "the same answer again, and no second campaign");
    assert_eq!(pointer(&call(&key, "k-1", 2).await), "Idempotency-Key", "another call needs another key");
    assert_eq!(call(&other, "k-1", 2).await.status, 201, "keys are their callers' own");
    let failed = call(&key, "k-2", 1).await;
    assert_eq!((failed.status, failed.json()["code"].as_str()), (409, Some("campaign-exists")), "{failed:?}");
    let id = first.json()["id"].as_str().unwrap().to_owned();
    let remove = format!("{path}/{id}");
    assert_eq!(crate::asking::delete(&site, &remove, &key).await.status, 204);
    assert_eq!(call(&key, "k-2", 1).await, failed, "failures are kept too");

    // What never began is not kept.
    let send = async |body: &'static str| {
        let request = request(&site, Method::POST, path, &key).header("idempotency-key", "k-3");
        ask(request.header("content-type", "application/json").body(body)).await.status
    };
    assert_eq!(send("{").await, 400);
    assert_eq!(send(r#"{"email": "p7@home.example", "zip_code": "98103", "fixed_send_day": 9}"#).await, 201);
    for bad in ["", "a b", &"x".repeat(256)] {
        assert_eq!(pointer(&call(&key, bad, 9).await), "Idempotency-Key");
    }
    let secret = request(&site, Method::POST, "/keys", &key).header("idempotency-key", "k-4");
    let refused = ask(secret.json(&json!({"name": "n", "scopes": ["read"]}))).await;
    assert_eq!(pointer(&refused), "Idempotency-Key", "no answer with a secret in it is kept");
}
