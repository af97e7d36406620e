//! Nobody sees or changes what they do not reach, on any route: foreign things are answered as things that do not exist.

use dripr_core::{
    access::{ApiKey, Caller, NewApiKey, Reach, Role, Scope, Scopes},
    campaign::Actor,
    email::{Suppression, SuppressionCause},
    imports::{Import, ImportOptions},
    ports::{
        AgentStore, ApiKeyStore, BlockStore, CampaignStore, Clock, ContactStore, DeedStore, ImportStore,
        MailAccountStore, WebhookStore,
    },
    testkit::samples,
    webhooks::{Endpoint, KeptSecret, Kinds, Message, NewEndpoint},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    asking::{NOBODY, agent, ask, get, key, post, request, site},
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
        ("post", "/agents/{agent}/emails/decisions") => {
            json!({"items": [{"email_id": "ben-2.1", "decision": "reject", "reason": "a test"}]})
        }
        ("post", "/agents/{agent}/campaigns/switches") => {
            json!({"items": [{"campaign_id": "ben-2", "enabled": false}]})
        }
        ("put", "/agents/{agent}/emails/{email}/intro") => json!({"text": "Hello."}),
        ("post", "/agents/{agent}/emails/{email}/settle") => json!({"sent": true, "reason": "a test"}),
        ("post", "/agents/{agent}/suppressions" | "/blocked-addresses") => {
            json!({"address": "new@home.example"})
        }
        ("post", "/agents/{agent}/imports") => json!({"send_day": 5}),
        // A file of contacts is no JSON; whoever may not send it learns that first.
        ("put", "/agents/{agent}/imports/{import}/file") => json!({}),
        ("post", "/agents/{agent}/imports/{import}/cancel") => return None,
        ("post", "/agents/{agent}/emails/{email}/test") => return None,
        ("patch", "/agents/{agent}/mailbox") => json!({"may_fall_back": true}),
        ("post", "/agents/{agent}/mailbox/link") => return None,
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
    let blocked = store.blocks(None, 100).await.unwrap();
    let history = store.agent_history(&"ben".parse().unwrap(), None, None, 100).await.unwrap();
    let imports = store.imports(&"ben".parse().unwrap(), None, 100).await.unwrap();
    let mailbox = store.mail_account(&"ben".parse().unwrap()).await.unwrap();
    let webhooks = store.webhooks(&Reach::Deployment, None, 100).await.unwrap();
    // All of them: what is shown of a key leaves most of it out.
    let keys = serde_json::to_string(&store.api_keys(&Reach::Deployment, None, 100).await.unwrap()).unwrap();
    let deeds = store.deeds(&Reach::Deployment, None, 100).await.unwrap();
    let told = store.deliveries(&"ben-hook".parse().unwrap(), None, None, 100).await.unwrap();
    format!(
        "{mailbox:#?}{imports:#?}{campaigns:#?}{agents:#?}{contacts:#?}{opt_outs:#?}{blocked:#?}{history:#?}{webhooks:#?}{told:#?}{keys}{deeds:#?}"
    )
}

/// Two agents of different brokerages, each with a campaign that has an email.
async fn two_tenants() -> Site {
    two_tenants_of(site().await).await
}

async fn two_tenants_of(site: Site) -> Site {
    agent(&site, "ben", Some("south"), Some("a"), Role::Admin).await;
    let ben = site.deployment.store.agent(&"ben".parse().unwrap()).await.unwrap().unwrap();
    let mut new = samples::campaign(&ben, 2, "98103", 12, "2026-03-01T12:00:00Z".parse().unwrap()).unwrap();
    new.contact.external_id = Some("ben-crm".parse().unwrap());
    site.deployment.store.enrol(vec![new]).await.unwrap();
    let (id, now) = ("ben-import".parse().unwrap(), site.clock.now());
    let mailbox = samples::mail_account(&ben, now);
    assert!(site.deployment.store.put_mail_account(mailbox, None).await.unwrap());
    let import = Import::new(id, ben.id.clone(), ImportOptions::default(), now);
    site.deployment.store.add_import(import).await.unwrap();
    let of_ana = Reach::Agent("ana".parse().unwrap());
    webhook(&site, "ana-hook", of_ana, "msg_ana").await;
    webhook(&site, "north-hook", Reach::Brokerage("north".parse().unwrap()), "msg_north").await;
    webhook(&site, "ben-hook", Reach::Agent(ben.id.clone()), "msg_ben").await;
    let new = NewApiKey {
        name: "ben's own".to_owned(),
        reach: Reach::Agent(ben.id),
        scopes: Scopes::all(),
        expires_at: None,
    };
    let minted = ApiKey::mint(new, &Caller::operator(), &*site.deployment.entropy, now);
    let known = ApiKey { id: "ben-key".parse().unwrap(), ..minted.key };
    assert!(site.deployment.store.put_api_key(known).await.unwrap());
    site.until("2026-03-11T20:00:00Z").await;
    let (user_id, since) = ("ben".parse().unwrap(), site.clock.now());
    let address = "owner2@home.example".parse().unwrap();
    let suppression =
        Suppression { user_id, address, cause: SuppressionCause::HardBounce, since, carried_from: None };
    site.deployment.store.suppress(suppression, Actor::Provider).await.unwrap();
    site
}

/// An endpoint with a message.
async fn webhook(site: &Site, id: &str, reach: Reach, message: &str) {
    let now = site.clock.now();
    let new = NewEndpoint {
        id: id.parse().unwrap(),
        reach,
        description: String::new(),
        url: "https://crm.example".to_owned(),
        kinds: Kinds::default(),
        secret: KeptSecret::Plain("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()),
    };
    let webhook = Endpoint::new(new, &Caller::operator(), now);
    let deed = webhook.deed("webhook_made", Actor::Operator, now, None);
    assert!(site.deployment.store.put_webhook(webhook.clone(), deed.clone()).await.unwrap());
    let message = Message::test(message.parse().unwrap(), now);
    assert!(site.deployment.store.put_message(&webhook.id, message, deed).await.unwrap());
}

/// Somebody who asks, and what of theirs lies above what is another's.
struct Tenant<'a> {
    key: &'a str,
    agent: &'a str,
    webhook: &'a str,
    is_admin: bool,
}

/// Nothing of another tenant can be told from what does not exist, whichever way it is named.
async fn foreign_is_unknown(site: &Site, tenant: &Tenant<'_>) {
    paths_are_unknown(site, tenant).await;
    items_are_unknown(site, tenant).await;
    filters_find_nothing(site, tenant).await;
    lists_tell_nothing(site, tenant).await;
    reaches_are_refused(site, tenant).await;
}

/// Whether it is about the whole deployment, and so for nobody here.
fn is_for_operators(path: &str) -> bool {
    path == "/settings" || path.starts_with("/blocked-addresses")
}

/// Whether it is for admins alone, whomever it is about.
fn is_for_admins(method: &str, path: &str) -> bool {
    matches!(
        (method, path),
        ("delete", "/agents/{agent}") | ("post", "/agents/{agent}/pause" | "/agents/{agent}/resume")
    )
}

/// Paths that name something of another, under the other and under what is their own.
async fn paths_are_unknown(site: &Site, tenant: &Tenant<'_>) {
    let foreign = [
        ("{contact}", "ben-2"),
        ("{campaign}", "ben-2"),
        ("{email}", "ben-2.1"),
        ("{import}", "ben-import"),
        ("{address}", "owner2@home.example"),
        ("{message}", "msg_ben"),
        ("{key}", "ben-key"),
    ];
    let above = [
        [("{agent}", "ben", NOBODY), ("{webhook}", "ben-hook", NOBODY)],
        [("{agent}", tenant.agent, tenant.agent), ("{webhook}", tenant.webhook, tenant.webhook)],
    ];
    for (method, path) in operations() {
        let send = async |asked: &str| {
            let method_ = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let request = request(site, method_, asked, tenant.key).header("if-match", "*");
            ask(match body(&method, &path) {
                Some(body) => request.json(&body),
                None => request,
            })
            .await
        };
        for above in above {
            let (mut theirs, mut nobodys) = (path.clone(), path.clone());
            for (place, their, other) in above {
                (theirs, nobodys) = (theirs.replace(place, their), nobodys.replace(place, other));
            }
            for (place, id) in foreign {
                (theirs, nobodys) = (theirs.replace(place, id), nobodys.replace(place, NOBODY));
            }
            if theirs == nobodys {
                continue;
            }
            let before = stored(site).await;
            let (theirs_, nobodys_) = (send(&theirs).await, send(&nobodys).await);
            let forbidden = is_for_operators(&path) || (!tenant.is_admin && is_for_admins(&method, &path));
            let status = if forbidden { 403 } else { 404 };
            assert_eq!(theirs_.status, status, "{method} {theirs}: {theirs_:?}");
            assert_eq!(theirs_, nobodys_, "{method} {theirs} differs from what does not exist");
            assert_eq!(stored(site).await, before, "{method} {theirs} changed something");
        }
    }
}

/// Items that name something of another, in requests about many of their own.
async fn items_are_unknown(site: &Site, tenant: &Tenant<'_>) {
    // An item's answer names what it is about.
    let of_nobody = |text: &str| text.replace("ben-2.1", NOBODY).replace("ben-2", NOBODY);
    let before = stored(site).await;
    let mut asked = 0;
    for (method, path) in operations() {
        let Some(theirs) = body(&method, &path).filter(|body| body["items"].is_array()) else { continue };
        let path = path.replace("{agent}", tenant.agent);
        let nobodys: Value = serde_json::from_str(&of_nobody(&theirs.to_string())).unwrap();
        let theirs_ = post(site, &path, tenant.key, theirs).await;
        let nobodys_ = post(site, &path, tenant.key, nobodys).await;
        assert_eq!(theirs_.status, 200, "{path}: {theirs_:?}");
        assert_eq!(theirs_.json()["items"][0]["problem"]["status"], 404, "{path}: {theirs_:?}");
        assert_eq!(of_nobody(&theirs_.text), nobodys_.text, "{path} differs from what does not exist");
        asked += 1;
    }
    assert!(asked >= 2, "{asked}");
    assert_eq!(stored(site).await, before, "an item changed something");
}

/// What a parameter names: something of another, and what does not exist. Only parameters of any text name something.
fn named_by(parameter: &Value) -> Option<(&'static str, &'static str)> {
    let schema = &parameter["schema"];
    let kind = &schema["type"];
    let is_text = kind == "string" || kind.as_array().is_some_and(|kinds| kinds.contains(&json!("string")));
    let is_any = is_text
        && schema["enum"].is_null()
        && !matches!(schema["format"].as_str(), Some("date" | "date-time"));
    match parameter["name"].as_str().unwrap() {
        _ if !is_any => None,
        "cursor" => None,
        "campaign" | "contact" => Some(("ben-2", NOBODY)),
        "agent" => Some(("ben", NOBODY)),
        // Nobody's.
        "zip_code" => None,
        "email" => Some(("owner2@home.example", "nobody@home.example")),
        "external_id" => Some(("ben-crm", NOBODY)),
        other => panic!("{other:?} is new: say what it names"),
    }
}

/// Filters that name something of another, in lists of their own.
async fn filters_find_nothing(site: &Site, tenant: &Tenant<'_>) {
    let description = serde_json::to_value(dripr_server::api::description()).unwrap();
    let before = stored(site).await;
    let mut asked = Vec::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        let parameters = item["get"]["parameters"].as_array().cloned().unwrap_or_default();
        for parameter in parameters.iter().filter(|parameter| parameter["in"] == "query") {
            let Some((theirs, nobodys)) = named_by(parameter) else { continue };
            let name = parameter["name"].as_str().unwrap();
            let path = path.replace("{agent}", tenant.agent);
            let find = async |what: &str| get(site, &format!("{path}?{name}={what}"), tenant.key).await;
            let found = find(theirs).await;
            let status = if is_for_operators(&path) { 403 } else { 200 };
            assert_eq!(found.status, status, "{path}?{name}={theirs}: {found:?}");
            assert_eq!(found, find(nobodys).await, "{path}?{name}={theirs} differs from what does not exist");
            asked.push(name.to_owned());
        }
    }
    assert!(asked.len() >= 3, "{asked:?}");
    assert_eq!(stored(site).await, before, "looking changed something");
}

/// What names nothing, and tells of whatever is in reach.
async fn lists_tell_nothing(site: &Site, tenant: &Tenant<'_>) {
    let before = stored(site).await;
    for (_, path) in operations().into_iter().filter(|(method, _)| method == "get") {
        let path = path.replace("{agent}", tenant.agent).replace("{webhook}", tenant.webhook);
        let path = path.replace("{zip_code}", "98103");
        if path.contains('{') {
            continue;
        }
        let answer = get(site, &path, tenant.key).await;
        let status = if is_for_operators(&path) { 403 } else { 200 };
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        for theirs in ["ben-", "\"ben\"", "agent ben", "ben's", "owner2@", "msg_ben"] {
            assert!(!answer.text.contains(theirs), "{path} tells of {theirs}: {answer:?}");
        }
    }
    // What is counted is their own; a market is everybody's, and says nothing of who asked for it before.
    let all = get(site, "/statistics", tenant.key).await;
    assert_eq!(all, get(site, &format!("/agents/{}/statistics", tenant.agent), tenant.key).await);
    let of_each = get(site, "/statistics/agents", tenant.key).await.json();
    let own = of_each["items"].as_array().unwrap().iter().find(|item| item["id"] == tenant.agent);
    assert_eq!(own.map(|item| &item["period"]), Some(&all.json()["period"]), "{of_each}");
    assert_eq!(stored(site).await, before, "looking changed something");
    let other = key(site, Reach::Agent("ben".parse().unwrap()), &Scope::ALL).await;
    let market = "/markets/98103";
    assert_eq!(get(site, market, tenant.key).await, get(site, market, &other).await);
}

/// Keys and webhooks for what is another's.
async fn reaches_are_refused(site: &Site, tenant: &Tenant<'_>) {
    let reaches = |agent: &str, brokerage: &str| {
        [
            json!({"of": "agent", "agent_id": agent}),
            json!({"of": "brokerage", "brokerage_id": brokerage}),
            json!({"of": "team", "brokerage_id": brokerage, "team_id": "a"}),
        ]
    };
    let before = stored(site).await;
    let makes_something = |path: &str| ["/keys", "/webhooks"].contains(&path);
    for (method, path) in operations().into_iter().filter(|(_, path)| makes_something(path)) {
        let Some(body) = body(&method, &path) else { continue };
        for (theirs, nobodys) in reaches("ben", "south").into_iter().zip(reaches(NOBODY, NOBODY)) {
            let make = async |reach: &Value| {
                let mut body = body.clone();
                body["reach"] = reach.clone();
                post(site, &path, tenant.key, body).await
            };
            let made = make(&theirs).await;
            assert_eq!(made.status, 403, "{path} for {theirs}: {made:?}");
            assert_eq!(made, make(&nobodys).await, "{path} for {theirs} differs from what does not exist");
        }
    }
    assert_eq!(stored(site).await, before, "something was made");
}

#[tokio::test]
async fn what_is_another_agents_does_not_exist() {
    let site = two_tenants().await;
    let key = key(&site, Reach::Agent("ana".parse().unwrap()), &Scope::ALL).await;
    foreign_is_unknown(&site, &Tenant { key: &key, agent: "ana", webhook: "ana-hook", is_admin: true }).await;
}

#[tokio::test]
async fn what_is_another_brokerages_does_not_exist() {
    let site = two_tenants().await;
    agent(&site, "amy", Some("north"), Some("a"), Role::Admin).await;
    let north = Reach::Brokerage("north".parse().unwrap());
    let key_of_north = key(&site, north, &Scope::ALL).await;
    let of_north = Tenant { key: &key_of_north, agent: "amy", webhook: "north-hook", is_admin: true };
    foreign_is_unknown(&site, &of_north).await;
    // A team of the same name in another brokerage is another team.
    let team = Reach::Team("north".parse().unwrap(), "a".parse().unwrap());
    let key_of_team = key(&site, team.clone(), &Scope::ALL).await;
    webhook(&site, "team-hook", team, "msg_team").await;
    let of_team = Tenant { key: &key_of_team, agent: "amy", webhook: "team-hook", is_admin: true };
    foreign_is_unknown(&site, &of_team).await;
}

/// Each role signs in: what they keep themselves is no way to what is another's.
#[cfg(feature = "clerk")]
#[tokio::test]
async fn what_is_anothers_does_not_exist_for_whoever_signs_in() {
    let (site, signer) = crate::signer::signing_in().await;
    // From before time passes.
    let tokens = ["ana", "amy", "lea", "bob"].map(|id| (id, signer.token(&site, id)));
    let site = two_tenants_of(site).await;
    for (id, role) in [("amy", Role::Admin), ("lea", Role::TeamLead), ("bob", Role::Agent)] {
        agent(&site, id, Some("north"), Some("a"), role).await;
    }
    for (id, token) in &tokens {
        let hook = format!("{id}-own-hook");
        webhook(&site, &hook, Reach::Agent(id.parse().unwrap()), &format!("msg_{id}_own")).await;
        let is_admin = *id == "amy";
        foreign_is_unknown(&site, &Tenant { key: token, agent: id, webhook: &hook, is_admin }).await;
    }
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
    let looking = key(&site, ana(), &[Scope::Read]).await;
    let before = stored(&site).await;
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

#[tokio::test]
async fn a_list_over_a_reach_has_nothing_from_outside_of_it() {
    let site = two_tenants().await;
    let south = || "south".parse().unwrap();
    for (reach, expected) in [
        (Reach::Deployment, vec!["ana-1.1", "ben-2.1"]),
        (Reach::Agent("ana".parse().unwrap()), vec!["ana-1.1"]),
        (Reach::Brokerage(south()), vec!["ben-2.1"]),
        (Reach::Team(south(), "a".parse().unwrap()), vec!["ben-2.1"]),
        (Reach::Team(south(), "b".parse().unwrap()), vec![]),
        // A team of the same name in another brokerage is another team.
        (Reach::Team("north".parse().unwrap(), "a".parse().unwrap()), vec![]),
    ] {
        let key = key(&site, reach.clone(), &[Scope::Read]).await;
        let listed = async |filter: &str| {
            let answer = ask(request(&site, Method::GET, &format!("/emails{filter}"), &key)).await;
            assert_eq!(answer.status, 200, "{reach:?} {filter}: {answer:?}");
            let page = answer.json();
            let items = page["items"].as_array().unwrap().iter();
            items.map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(listed("").await, expected, "{reach:?}");
        assert_eq!(listed("?sort=created_at").await, expected, "{reach:?}");
        for (agent, campaign, email) in [("ana", "ana-1", "ana-1.1"), ("ben", "ben-2", "ben-2.1")] {
            let expected: Vec<_> = expected.iter().filter(|id| **id == email).copied().collect();
            for filter in [format!("?agent={agent}"), format!("?campaign={campaign}")] {
                assert_eq!(listed(&filter).await, expected, "{reach:?} {filter}");
            }
        }
        assert_eq!(listed("?agent=nobody").await, [""; 0], "{reach:?}");
    }
}
