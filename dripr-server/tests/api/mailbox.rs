//! An agent's own mailbox.

use dripr_core::{
    access::{Reach, Role, Scope},
    ids::UserId,
    mail_account::{Grant, MailAccount},
    ports::{AgentStore, Clock, MailAccountStore},
    testkit::samples,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    asking::{Answer, agent, ask, delete, get, key, operator, patch, request, site},
    site::Site,
};

const PATH: &str = "/agents/ana/mailbox";
const LINK: &str = "/agents/ana/mailbox/link";

fn ana() -> UserId {
    "ana".parse().unwrap()
}

async fn link(site: &Site, key: &str) -> Answer {
    ask(request(site, Method::POST, LINK, key)).await
}

fn code(answer: &Answer) -> (u16, Value) {
    (answer.status, answer.json()["code"].clone())
}

/// What history tells of the mailbox, the newest first: what, and by whom.
async fn history(site: &Site, key: &str) -> Vec<(String, String)> {
    let lines = get(site, "/agents/ana/history", key).await.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let lines = lines["items"].as_array().unwrap().iter();
    let lines = lines.map(|line| (text(&line["what"]), text(&line["actor"])));
    lines.filter(|(what, _)| what.starts_with("mailbox_") || what.starts_with("gmail_")).collect()
}

/// Ana has connected a mailbox, in which may be looked.
async fn connected(site: &Site) -> MailAccount {
    let store = &site.deployment.store;
    let ana = store.agent(&ana()).await.unwrap().unwrap();
    let scopes = vec!["https://www.googleapis.com/auth/gmail.readonly".to_owned()];
    let account = MailAccount { scopes, ..samples::mail_account(&ana, site.clock.now()) };
    assert!(store.put_mail_account(account, None).await.unwrap());
    store.mail_account(&ana.id).await.unwrap().unwrap()
}

#[tokio::test]
async fn without_gmail_nothing_is_connected_and_nothing_can_be() {
    let site = site().await;
    let key = operator(&site).await;
    let none = get(&site, PATH, &key).await;
    let expected = json!({
        "state": "not_connected", "can_be_connected": false, "address": null, "connected_at": null, "lost": null,
        "may_look_up": false, "may_fall_back": false, "fell_back_until": null,
    });
    assert_eq!((none.status, none.json(), none.etag.as_deref()), (200, expected, Some("\"0\"")));
    assert_eq!(code(&link(&site, &key).await), (409, json!("no-gmail")));
    let changed = patch(&site, PATH, &key, "*", json!({"may_fall_back": true})).await;
    assert_eq!(code(&changed), (409, json!("no-mailbox")));
    assert_eq!(code(&delete(&site, PATH, &key).await), (409, json!("no-mailbox")));
    assert_eq!(history(&site, &key).await, [], "nothing was done");
}

#[tokio::test]
async fn a_mailbox_is_shown_changed_and_forgotten_by_whoever_may() {
    let site = site().await;
    let account = connected(&site).await;
    let key = key(&site, Reach::Agent(ana()), &[Scope::Read, Scope::Write]).await;
    let by = format!("key {}", get(&site, "/me", &key).await.json()["actor"]["id"].as_str().unwrap());
    let shown = get(&site, "/agents/me/mailbox", &key).await;
    let mut expected = json!({
        "state": "connected", "can_be_connected": false, "address": account.address.as_str(),
        "connected_at": "2026-03-01T12:00:00Z", "lost": null, "may_look_up": cfg!(feature = "gmail"),
        "may_fall_back": false, "fell_back_until": null,
    });
    assert_eq!((shown.status, shown.json()), (200, expected.clone()), "no token, nor what seals one");
    let seen = shown.etag.unwrap();

    let change = json!({"may_fall_back": true});
    let without = ask(request(&site, Method::PATCH, PATH, &key).json(&change)).await;
    assert_eq!(without.status, 428, "{without:?}");
    let allowed = patch(&site, PATH, &key, &seen, change.clone()).await;
    expected["may_fall_back"] = json!(true);
    assert_eq!((allowed.status, allowed.json()), (200, expected.clone()), "{allowed:?}");
    assert_eq!(get(&site, PATH, &key).await, allowed, "so it is stored");
    let stale = patch(&site, PATH, &key, &seen, json!({"may_fall_back": false})).await;
    assert_eq!(stale.status, 412, "{stale:?}");
    let seen = allowed.etag.clone().unwrap();
    for nothing in [json!({}), change] {
        assert_eq!(patch(&site, PATH, &key, &seen, nothing).await, allowed, "what is so already stays");
    }
    assert_eq!(patch(&site, PATH, &key, &seen, json!({"address": "a@b.example"})).await.status, 422);

    let forbidden = patch(&site, PATH, &key, &seen, json!({"may_fall_back": false})).await;
    expected["may_fall_back"] = json!(false);
    // Clocks of processes differ by a little.
    expected["fell_back_until"] = json!("2026-03-01T12:00:10Z");
    assert_eq!(forbidden.json(), expected);

    assert_eq!(delete(&site, PATH, &key).await.status, 204);
    let none = get(&site, PATH, &key).await.json();
    assert_eq!((&none["state"], &none["address"]), (&json!("not_connected"), &Value::Null));
    let stored = site.deployment.store.mail_account(&ana()).await.unwrap().unwrap();
    assert!(stored.scopes.is_empty() && stored.refresh_token.0.is_empty(), "what it was used with is gone");
    assert_eq!(code(&delete(&site, PATH, &key).await), (409, json!("no-mailbox")));
    let told =
        ["mailbox_forgotten", "mailbox_changed", "mailbox_changed"].map(|what| (what.to_owned(), by.clone()));
    assert_eq!(history(&site, &key).await, told);
}

#[tokio::test]
async fn a_consent_that_is_lost_is_shown_with_why() {
    let site = site().await;
    let key = operator(&site).await;
    let (account, since) = (connected(&site).await, site.clock.now());
    let grant = Grant::Revoked { since, reason: "taken back".to_owned() };
    assert!(site.deployment.store.put_mail_account(MailAccount { grant, ..account }, None).await.unwrap());
    let shown = get(&site, PATH, &key).await;
    assert_eq!(shown.etag.as_deref(), Some("\"2\""), "whoever saw it connected sees that it is another one");
    let shown = shown.json();
    let lost = json!({"since": "2026-03-01T12:00:00Z", "because": "taken back"});
    assert_eq!((&shown["state"], &shown["lost"]), (&json!("consent_lost"), &lost));
    assert!(shown["address"].is_string());
}

#[tokio::test]
async fn a_link_is_made_by_whoever_keeps_agents() {
    let site = site().await;
    agent(&site, "amy", Some("north"), Some("a"), Role::Agent).await;
    let writing = [Scope::Read, Scope::Write, Scope::Approve];
    for reach in [Reach::Agent(ana()), Reach::Deployment] {
        // What goes by the mailbox would be read by whoever made it.
        let refused = link(&site, &key(&site, reach.clone(), &writing).await).await;
        assert_eq!(refused.status, 403, "{reach:?}: {refused:?}");
        let keeping = key(&site, reach, &Scope::ALL).await;
        assert_eq!(code(&link(&site, &keeping).await), (409, json!("no-gmail")));
    }
    let north = key(&site, Reach::Brokerage("north".parse().unwrap()), &Scope::ALL).await;
    let of_amy = ask(request(&site, Method::POST, "/agents/amy/mailbox/link", &north)).await;
    assert_eq!(code(&of_amy), (409, json!("no-gmail")));
    for (method, path) in
        [(Method::GET, PATH), (Method::POST, LINK), (Method::DELETE, PATH), (Method::PATCH, PATH)]
    {
        let foreign = request(&site, method.clone(), path, &north).header("if-match", "*");
        let foreign = ask(foreign.json(&json!({"may_fall_back": true}))).await;
        assert_eq!(foreign.status, 404, "{method} {path}: {foreign:?}");
    }
}

#[cfg(feature = "gmail")]
#[tokio::test]
async fn an_agent_connects_a_mailbox_by_a_link_of_the_api() {
    use crate::google::{self, come_back, leave_by, of};

    let (google, challenges) = google::google().await;
    let site = google::site(&google).await;
    let key = operator(&site).await;
    let by = format!("key {}", get(&site, "/me", &key).await.json()["actor"]["id"].as_str().unwrap());
    let none = get(&site, PATH, &key).await.json();
    assert_eq!((&none["state"], &none["can_be_connected"]), (&json!("not_connected"), &json!(true)));
    let kept = request(&site, Method::POST, LINK, &key).header("idempotency-key", "k-1");
    assert_eq!(ask(kept).await.status, 422, "no answer with a secret in it is kept");
    assert_eq!(history(&site, &key).await, [], "nor was one made");

    let made = link(&site, &key).await;
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    assert_eq!(made["expires_at"], "2026-03-08T12:00:00Z");
    let link = made["url"].as_str().unwrap();
    let (url, cookie) = leave_by(&site, &challenges, link).await;
    let state = of(&url, "state");
    let page = come_back(&site, &[("state", &state), ("code", "the-code")], Some(&cookie)).await;
    assert_eq!(page.status, 200, "{}", page.text);

    let shown = get(&site, PATH, &key).await;
    let expected = json!({
        "state": "connected", "can_be_connected": true, "address": "ana@brokerage.example",
        "connected_at": "2026-03-01T12:00:00Z", "lost": null, "may_look_up": false, "may_fall_back": false,
        "fell_back_until": null,
    });
    assert_eq!(shown.json(), expected);
    let seen = shown.etag.unwrap();
    let changed = patch(&site, PATH, &key, &seen, json!({"may_fall_back": true})).await;
    assert_eq!((changed.status, &changed.json()["may_fall_back"]), (200, &json!(true)));
    assert_eq!(delete(&site, PATH, &key).await.status, 204);
    assert_eq!(get(&site, PATH, &key).await.json()["state"], "not_connected");
    let told = [
        ("mailbox_forgotten", by.clone()),
        ("mailbox_changed", by.clone()),
        ("gmail_connected", "agent ana".to_owned()),
        ("mailbox_link_made", by),
    ];
    assert_eq!(history(&site, &key).await, told.map(|(what, by)| (what.to_owned(), by)));

    assert_eq!(site.get(link).await.status, 404, "it was for once");
    let another = made_by(&site, &key, "ana").await;
    assert_eq!(site.get(&another).await.status, 200);
    site.clock.set("2026-03-08T12:00:00Z".parse().unwrap());
    assert_eq!(site.get(&another).await.status, 404, "and it ends");
}

#[cfg(feature = "gmail")]
async fn made_by(site: &Site, key: &str, agent: &str) -> String {
    let path = format!("/agents/{agent}/mailbox/link");
    let made = ask(request(site, Method::POST, &path, key)).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.json()["url"].as_str().unwrap().to_owned()
}

#[cfg(feature = "gmail")]
#[tokio::test]
async fn a_link_ends_with_the_right_by_which_it_was_made_also_on_the_way_back_from_google() {
    use crate::google::{self, come_back, leave_by, of};

    let (google, challenges) = google::google().await;
    let site = google::site(&google).await;
    agent(&site, "amy", Some("north"), None, Role::Agent).await;
    let (operator, amy) = (operator(&site).await, "amy".parse::<UserId>().unwrap());
    let north = async || key(&site, Reach::Brokerage("north".parse().unwrap()), &Scope::ALL).await;
    let (first, second) = (north().await, north().await);
    let of_operator = made_by(&site, &operator, "amy").await;
    let links = [made_by(&site, &first, "amy").await, made_by(&site, &second, "amy").await];
    let (url, cookie) = leave_by(&site, &challenges, &links[1]).await;
    assert_eq!(site.get(&links[0]).await.status, 200);

    let id = get(&site, "/me", &first).await.json()["actor"]["id"].as_str().unwrap().to_owned();
    assert_eq!(delete(&site, &format!("/keys/{id}"), &operator).await.status, 204);
    assert_eq!(site.get(&links[0]).await.status, 404, "its key was taken back");
    assert_eq!(site.get(&links[1]).await.status, 200, "another one's was not");

    let store = &site.deployment.store;
    let mut moved = store.agent(&amy).await.unwrap().unwrap();
    moved.membership.brokerage = "south".parse().ok();
    assert!(AgentStore::replace(&**store, moved, None).await.unwrap());
    assert_eq!(site.post(&links[1]).await.status, 404, "she is of another brokerage");
    let state = of(&url, "state");
    let page = come_back(&site, &[("state", &state), ("code", "the-code")], Some(&cookie)).await;
    assert_eq!(page.status, 400, "{}", page.text);
    assert!(page.text.contains("may not do so any more"), "{}", page.text);
    assert_eq!(store.mail_account(&amy).await.unwrap(), None);
    assert_eq!(site.get(&of_operator).await.status, 200, "who runs the deployment reaches her there too");
}
