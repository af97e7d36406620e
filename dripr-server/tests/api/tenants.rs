//! Nobody sees or changes what they do not reach, on any route: foreign things are answered as things that do not exist.

use dripr_core::{
    access::{Caller, Reach, Role, Scope},
    campaign::Actor,
    email::{Suppression, SuppressionCause},
    imports::{Import, ImportOptions},
    ports::{AgentStore, CampaignStore, Clock, ContactStore, DeedStore, ImportStore, WebhookStore},
    testkit::samples,
    webhooks::{Endpoint, KeptSecret, Kinds, Message, NewEndpoint},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    asking::{NOBODY, agent, ask, key, request, site},
    site::Site,
};

/// A body that each operation takes, so that it is not refused for another reason.
fn body(method: &str, path: &str) -> Option<Value> {
    Some(match (method, path) {
        ("get" | "delete", _) => return None,
        ("post", "/agents") => {
            json!({"first_name": "A", "last_name": "B", "email": "a@b.example", "postal_address": "1 Elm St"})
        }
        ("patch", "/agents/{agent}") => json!({"first_name": "Changed"}),
        ("post", "/agents/{agent}/pause") => json!({"because": "a test"}),
        ("post", "/agents/{agent}/resume") => return None,
        ("patch", "/agents/{agent}/contacts/{contact}") => json!({"first_name": "Changed"}),
        ("post", "/agents/{agent}/contacts") => json!({"email": "new@home.example"}),
        ("post", "/agents/{agent}/campaigns") => {
            json!({"email": "new@home.example", "zip_code": "98103", "fixed_send_day": 5})
        }
        ("patch", "/agents/{agent}/campaigns/{campaign}") => json!({"fixed_send_day": 7}),
        ("post", "/agents/{agent}/campaigns/{campaign}/skip") => json!({"reason": "a test"}),
        ("post", "/agents/{agent}/campaigns/{campaign}/enable")
        | ("post", "/agents/{agent}/campaigns/{campaign}/disable")
        | ("post", "/agents/{agent}/campaigns/{campaign}/retry") => return None,
        ("post", "/agents/{agent}/emails/{email}/approve") => json!({"content_hash": "0".repeat(64)}),
        ("post", "/agents/{agent}/emails/{email}/reject") => json!({"reason": "a test"}),
        ("put", "/agents/{agent}/emails/{email}/intro") => json!({"text": "Hello."}),
        ("post", "/agents/{agent}/emails/{email}/settle") => json!({"sent": true, "reason": "a test"}),
        ("post", "/agents/{agent}/suppressions") => json!({"address": "new@home.example"}),
        ("post", "/agents/{agent}/imports") => json!({"send_day": 5}),
        // A file of contacts is no JSON; whoever may not send it learns that first.
        ("put", "/agents/{agent}/imports/{import}/file") => json!({}),
        ("post", "/agents/{agent}/emails/{email}/test") => return None,
        ("post", "/keys") => json!({"name": "mine", "scopes": ["read"]}),
        ("post", "/webhooks") => json!({"url": "https://crm.example", "kinds": ["email.sent"]}),
        ("patch", "/webhooks/{webhook}") => json!({"description": "changed"}),
        ("post", "/webhooks/{webhook}/rotate") => json!({}),
        ("post", "/webhooks/{webhook}/replay") => json!({"since": "2026-03-01T12:00:00Z"}),
        ("post", "/webhooks/{webhook}/test" | "/webhooks/{webhook}/deliveries/{message}/replay") => {
            return None;
        }
        other => panic!("{other:?} is new: say what it takes"),
    })
}

/// Every operation that the API describes.
fn operations() -> Vec<(String, String)> {
    let description = serde_json::to_value(dripr_server::api::description()).unwrap();
    let paths = description["paths"].as_object().unwrap();
    let methods = |path: &String, item: &Value| -> Vec<_> {
        item.as_object().unwrap().keys().map(|method| (method.clone(), path.clone())).collect()
    };
    let operations: Vec<_> = paths.iter().flat_map(|(path, item)| methods(path, item)).collect();
    assert!(operations.len() > 25, "{operations:?}");
    operations
}

/// Whatever is stored that a caller could have changed.
async fn stored(site: &Site) -> String {
    let store = &site.deployment.store;
    let campaigns = store.load(&["ana-1".parse().unwrap(), "ben-2".parse().unwrap()]).await.unwrap();
    let agents = AgentStore::agents(&**store, &Reach::Deployment, None, 100).await.unwrap();
    let contacts = store.contacts(&"ben".parse().unwrap(), None, 100).await.unwrap();
    let opt_outs = store.suppressions(&"ben".parse().unwrap(), None, None, 100).await.unwrap();
    let history = store.agent_history(&"ben".parse().unwrap(), None, None, 100).await.unwrap();
    let imports = store.imports(&"ben".parse().unwrap(), None, 100).await.unwrap();
    let webhooks = store.webhooks(&Reach::Deployment, None, 100).await.unwrap();
    // The test itself makes keys.
    let mut deeds = store.deeds(&Reach::Deployment, None, 100).await.unwrap();
    deeds.retain(|entry| entry.deed.what != "key_made");
    let told = store.deliveries(&"ben-hook".parse().unwrap(), None, None, 100).await.unwrap();
    format!(
        "{imports:#?}{campaigns:#?}{agents:#?}{contacts:#?}{opt_outs:#?}{history:#?}{webhooks:#?}{told:#?}{deeds:#?}"
    )
}

/// Two agents of different brokerages, each with a campaign that has an email.
async fn two_tenants() -> Site {
    let site = site().await;
    agent(&site, "ben", Some("south"), Some("a"), Role::Admin).await;
    let ben = site.deployment.store.agent(&"ben".parse().unwrap()).await.unwrap().unwrap();
    let new = samples::campaign(&ben, 2, "98103", 12, "2026-03-01T12:00:00Z".parse().unwrap()).unwrap();
    site.deployment.store.enrol(vec![new]).await.unwrap();
    let (id, now) = ("ben-import".parse().unwrap(), site.clock.now());
    let import = Import::new(id, ben.id.clone(), ImportOptions::default(), now);
    site.deployment.store.add_import(import).await.unwrap();
    let new = NewEndpoint {
        id: "ben-hook".parse().unwrap(),
        reach: Reach::Agent(ben.id.clone()),
        description: String::new(),
        url: "https://crm.example".to_owned(),
        kinds: Kinds::default(),
        secret: KeptSecret::Plain("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()),
    };
    let webhook = Endpoint::new(new, &Caller::operator(), now);
    let deed = webhook.deed("webhook_made", Actor::Operator, now, None);
    assert!(site.deployment.store.put_webhook(webhook.clone(), deed.clone()).await.unwrap());
    let message = Message::test("msg_ben".parse().unwrap(), now);
    assert!(site.deployment.store.put_message(&webhook.id, message, deed).await.unwrap());
    site.until("2026-03-11T20:00:00Z").await;
    let (user_id, since) = (ben.id, site.clock.now());
    let address = "owner2@home.example".parse().unwrap();
    let suppression = Suppression { user_id, address, cause: SuppressionCause::HardBounce, since };
    site.deployment.store.suppress(suppression, Actor::Provider).await.unwrap();
    site
}

async fn foreign_is_unknown(site: &Site, key: &str, agents: [(&str, &str); 2]) {
    let foreign = [
        ("{contact}", "ben-2"),
        ("{campaign}", "ben-2"),
        ("{email}", "ben-2.1"),
        ("{webhook}", "ben-hook"),
        ("{import}", "ben-import"),
        ("{address}", "owner2@home.example"),
        ("{message}", "msg_ben"),
    ];
    for (method, path) in operations() {
        let Some(_) = path.find('{') else { continue };
        if path.starts_with("/keys") {
            continue;
        }
        let send = async |path: String| {
            let method_ = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let request = request(site, method_, &path, key).header("if-match", "*");
            ask(match body(&method, path_of(&path).as_str()) {
                Some(body) => request.json(&body),
                None => request,
            })
            .await
        };
        for (agent, other) in agents {
            let mut theirs = path.replace("{agent}", agent);
            let mut nobodys = path.replace("{agent}", other);
            if agent == other && path == "/agents/{agent}" {
                continue;
            }
            for (place, id) in foreign {
                theirs = theirs.replace(place, id);
                nobodys = nobodys.replace(place, NOBODY);
            }
            if theirs == nobodys {
                continue;
            }
            let before = stored(site).await;
            let (theirs_, nobodys_) = (send(theirs.clone()).await, send(nobodys).await);
            assert_eq!(theirs_.status, 404, "{method} {theirs}: {theirs_:?}");
            assert_eq!(theirs_, nobodys_, "{method} {theirs} differs from what does not exist");
            assert_eq!(stored(site).await, before, "{method} {theirs} changed something");
        }
    }
}

/// The path of the description that a path of a request is one of.
fn path_of(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').collect();
    let named = parts.iter().enumerate().map(|(at, part)| match (at, parts.get(at.wrapping_sub(1))) {
        (2, Some(&"agents")) => "{agent}".to_owned(),
        (4, Some(&"contacts")) => "{contact}".to_owned(),
        (4, Some(&"campaigns")) => "{campaign}".to_owned(),
        (4, Some(&"emails")) => "{email}".to_owned(),
        (4, Some(&"imports")) => "{import}".to_owned(),
        (4, Some(&"suppressions")) => "{address}".to_owned(),
        (2, Some(&"webhooks")) => "{webhook}".to_owned(),
        (4, Some(&"deliveries")) => "{message}".to_owned(),
        _ => (*part).to_owned(),
    });
    named.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn what_is_another_agents_does_not_exist() {
    let site = two_tenants().await;
    let key = key(&site, Reach::Agent("ana".parse().unwrap()), &Scope::ALL).await;
    // Under the other agent, and under their own.
    foreign_is_unknown(&site, &key, [("ben", NOBODY), ("ana", "ana")]).await;
}

#[tokio::test]
async fn what_is_another_brokerages_does_not_exist() {
    let site = two_tenants().await;
    agent(&site, "amy", Some("north"), Some("a"), Role::Admin).await;
    let north = Reach::Brokerage("north".parse().unwrap());
    let key_of_north = key(&site, north, &Scope::ALL).await;
    foreign_is_unknown(&site, &key_of_north, [("ben", NOBODY), ("amy", "amy")]).await;
    // A team of the same name in another brokerage is another team.
    let team = Reach::Team("north".parse().unwrap(), "a".parse().unwrap());
    let key_of_team = key(&site, team, &Scope::ALL).await;
    foreign_is_unknown(&site, &key_of_team, [("ben", NOBODY), ("amy", "amy")]).await;
}

#[tokio::test]
async fn without_a_key_nothing_is_told() {
    let site = two_tenants().await;
    for (method, path) in operations() {
        // Not so fast that their number is all that is told.
        site.clock.set(site.clock.now() + chrono::TimeDelta::minutes(1));
        let path =
            path.replace("{agent}", "ana").replace("{campaign}", "ana-1").replace("{email}", "ana-1.1");
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        for token in ["", "dripr_x_y", "dripr_019d0000-0000-7000-8000-000000000000_00", "ey.ey.ey"] {
            let answer = ask(request(&site, method.clone(), &path, token)).await;
            assert_eq!(answer.status, 401, "{method} {path}: {answer:?}");
            assert_eq!(answer.kind, "application/problem+json");
        }
    }
}

#[tokio::test]
async fn a_key_may_do_no_more_than_its_scopes() {
    let site = two_tenants().await;
    let ana = || Reach::Agent("ana".parse().unwrap());
    let before = stored(&site).await;
    let looking = key(&site, ana(), &[Scope::Read]).await;
    for (method, path) in operations().into_iter().filter(|(method, _)| method != "get") {
        let path_ = path
            .replace("{agent}", "ana")
            .replace("{campaign}", "ana-1")
            .replace("{email}", "ana-1.1")
            .replace("{contact}", "ana-1");
        let method_ = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        let request = request(&site, method_, &path_, &looking).header("if-match", "*");
        let answer = ask(match body(&method, &path) {
            Some(body) => request.json(&body),
            None => request,
        })
        .await;
        assert_eq!(answer.status, 403, "{method} {path}: {answer:?}");
    }
    assert_eq!(stored(&site).await, before);
    let blind = key(&site, ana(), &[Scope::Write, Scope::Approve, Scope::Admin]).await;
    let answer = ask(request(&site, Method::GET, "/agents/ana", &blind)).await;
    assert_eq!(answer.status, 403);
}
