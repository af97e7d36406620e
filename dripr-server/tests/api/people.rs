//! Agents, contacts and opt-outs.

use dripr_core::{
    access::{Reach, Role, Scope},
    agent::Subscription,
    campaign::Actor,
    email::{Suppression, SuppressionCause},
    ports::{AgentStore, Clock, ContactStore},
};
use serde_json::json;

use crate::{
    asking::{agent, ask, delete, get, key, operator, patch, post, request, site},
    site::Site,
};

#[tokio::test]
async fn an_agent_is_added_changed_stopped_and_removed() {
    let site = site().await;
    let key = operator(&site).await;
    let new = json!({
        "first_name": " Zoë ", "last_name": "O'Neil", "email": "zoe@brokerage.example", "postal_address": "1 Elm St, Seattle, WA",
        "membership": {"brokerage_id": "north", "team_id": "a", "role": "team_lead"},
        "sending": {"zone": "America/Chicago", "opens": "09:30", "closes": "17:00"},
    });
    let made = post(&site, "/agents", &key, new).await;
    assert_eq!(made.status, 201, "{made:?}");
    let (id, etag) = (made.json()["id"].as_str().unwrap().to_owned(), made.etag.unwrap());
    let path = format!("/agents/{id}");
    let read = get(&site, &path, &key).await;
    assert_eq!(read.etag.as_deref(), Some(etag.as_str()));
    let shown = read.json();
    assert_eq!(shown["first_name"], "Zoë");
    assert_eq!(shown["sending"], json!({"zone": "America/Chicago", "opens": "09:30", "closes": "17:00"}));
    assert_eq!(shown["membership"], json!({"brokerage_id": "north", "team_id": "a", "role": "team_lead"}));
    assert_eq!(shown["stopped_because"], json!(null));

    let change = json!({"phone": "+1 206 555 0100", "sending": null});
    let changed = patch(&site, &path, &key, &etag, change.clone()).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(changed.json()["phone"], "+1 206 555 0100");
    assert_eq!(changed.json()["sending"], json!(null));
    let late = patch(&site, &path, &key, &etag, change.clone()).await;
    assert_eq!(late.status, 412, "nobody undoes a change that they have not seen: {late:?}");
    let blind = ask(request(&site, reqwest::Method::PATCH, &path, &key).json(&change)).await;
    assert_eq!(blind.status, 428, "{blind:?}");

    let paused = post(&site, &format!("{path}/pause"), &key, json!({"because": "on leave"})).await;
    assert_eq!(paused.json()["stopped_because"], "sending is paused by an operator");
    let resumed = ask(request(&site, reqwest::Method::POST, &format!("{path}/resume"), &key)).await;
    assert_eq!(resumed.json()["stopped_because"], json!(null));

    let history = get(&site, &format!("{path}/history?limit=2"), &key).await.json();
    let what = |at: usize| history["items"][at]["what"].as_str().unwrap().to_owned();
    assert_eq!((what(0), what(1)), ("resumed".to_owned(), "paused".to_owned()));
    assert!(history["items"][1]["actor"].as_str().unwrap().starts_with("key "), "{history}");
    let cursor = history["next_cursor"].as_str().unwrap();
    let rest = get(&site, &format!("{path}/history?limit=2&cursor={cursor}"), &key).await.json();
    assert_eq!(rest["items"][0]["what"], "agent_changed");
    assert_eq!(rest["items"][0]["cause"], "phone, sending");
    assert_eq!(rest["next_cursor"], json!(null));

    assert_eq!(delete(&site, &path, &key).await.status, 204);
    assert_eq!(get(&site, &path, &key).await.status, 404);
    assert_eq!(delete(&site, &path, &key).await.status, 404);
}

#[tokio::test]
async fn everybody_reaches_as_far_as_their_place() {
    let site = site().await;
    for (id, brokerage, team) in
        [("a1", Some("north"), Some("a")), ("a2", Some("north"), Some("b")), ("a3", Some("south"), Some("a"))]
    {
        agent(&site, id, brokerage, team, Role::Agent).await;
    }
    let listed = async |key: &str| {
        let page = get(&site, "/agents", key).await.json();
        let items = page["items"].as_array().unwrap().clone();
        items.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let north = key(&site, Reach::Brokerage("north".parse().unwrap()), &Scope::ALL).await;
    assert_eq!(listed(&north).await, ["a1", "a2"]);
    let team = key(&site, Reach::Team("north".parse().unwrap(), "a".parse().unwrap()), &Scope::ALL).await;
    assert_eq!(listed(&team).await, ["a1"]);
    let own = key(&site, Reach::Agent("a2".parse().unwrap()), &[Scope::Read, Scope::Write]).await;
    assert_eq!(listed(&own).await, ["a2"]);
    assert_eq!(get(&site, "/agents/me", &own).await.json()["id"], "a2");
    assert_eq!(listed(&operator(&site).await).await, ["a1", "a2", "a3", "ana"]);

    // Who keeps a brokerage adds to it, and moves nobody out of it.
    let new =
        json!({"first_name": "N", "last_name": "N", "email": "n@b.example", "postal_address": "1 Elm St"});
    let made = post(&site, "/agents", &north, new.clone()).await.json();
    assert_eq!(made["membership"]["brokerage_id"], "north");
    assert_eq!(made["subscription"]["status"], "none", "only an operator answers for somebody's paying");
    let mut managed = new.clone();
    managed["managed_client_id"] = json!("mc_42");
    let made = post(&site, "/agents", &north, managed).await.json();
    assert_eq!(made["subscription"]["status"], "none", "whatever they say of a partner");
    let made = post(&site, "/agents", &operator(&site).await, new.clone()).await.json();
    assert_eq!(made["subscription"]["status"], "active");
    let mut elsewhere = new.clone();
    elsewhere["membership"] = json!({"brokerage_id": "south", "team_id": null});
    assert_eq!(post(&site, "/agents", &north, elsewhere).await.status, 403);
    assert_eq!(post(&site, "/agents", &team, new.clone()).await.status, 403);
    let away = json!({"membership": {"brokerage_id": "south", "team_id": null, "role": "agent"}});
    assert_eq!(patch(&site, "/agents/a1", &north, "*", away).await.status, 403);
    let promoted = json!({"membership": {"brokerage_id": "north", "team_id": "a", "role": "admin"}});
    assert_eq!(
        patch(&site, "/agents/a2", &own, "*", promoted.clone()).await.status,
        403,
        "nobody promotes themselves"
    );
    assert_eq!(patch(&site, "/agents/a1", &north, "*", promoted).await.status, 200);
}

#[tokio::test]
async fn a_deployment_that_does_not_bill_lets_admins_bring_agents_who_send() {
    let site = Site::new("[clerk]\nnew_agents = \"active\"\n", &[]).await;
    let north = key(&site, Reach::Brokerage("north".parse().unwrap()), &Scope::ALL).await;
    let new =
        json!({"first_name": "N", "last_name": "N", "email": "n@b.example", "postal_address": "1 Elm St"});
    let made = post(&site, "/agents", &north, new).await.json();
    assert_eq!((&made["subscription"]["status"], &made["stopped_because"]), (&json!("active"), &json!(null)));
}

#[tokio::test]
async fn a_contact_is_corrected_and_who_opted_out_is_left_alone() {
    let site = site().await;
    let key = operator(&site).await;
    let contacts = get(&site, "/agents/ana/contacts", &key).await.json();
    let contact = contacts["items"][0].clone();
    let path = format!("/agents/ana/contacts/{}", contact["id"].as_str().unwrap());
    let etag = get(&site, &path, &key).await.etag.unwrap();
    let change = json!({"first_name": "Kim", "email": "kim@new.example"});
    let changed = patch(&site, &path, &key, &etag, change).await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(get(&site, &path, &key).await.json()["email"], "kim@new.example");
    let late = patch(&site, &path, &key, &etag, json!({"first_name": "Late"})).await;
    assert_eq!(late.status, 412, "{late:?}");

    let added = post(&site, "/agents/ana/suppressions", &key, json!({"address": "KIM@new.example"})).await;
    assert_eq!(added.status, 201, "{added:?}");
    let listed = get(&site, "/agents/ana/suppressions", &key).await.json();
    assert_eq!(listed["items"][0]["address"], "KIM@new.example");
    assert_eq!(listed["items"][0]["cause"], "opt_out");
    let lifted = delete(&site, "/agents/ana/suppressions/kim@new.example", &key).await;
    assert_eq!(lifted.status, 409, "an opt-out is its owner's: {lifted:?}");
    let elsewhere = patch(&site, &path, &key, "*", json!({"email": "kim@other.example"})).await;
    assert_eq!(elsewhere.status, 409, "{elsewhere:?}");
    assert_eq!(elsewhere.json()["code"], "recipient-opted-out");
    assert_eq!(lifted.json()["code"], "recipient-opted-out");
    site.until("2026-03-14T00:00:00Z").await;
    assert!(site.mailbox.accepted().is_empty(), "nothing is sent to who opted out");
    let explained = get(&site, "/agents/ana/campaigns/ana-1/explain", &key).await.json();
    assert_eq!(explained["gate"], "suppressed");
}

#[tokio::test]
async fn addresses_are_kept_with_why_they_get_no_mail() {
    let site = site().await;
    let key = operator(&site).await;
    let path = "/agents/ana/suppressions";
    let contact = get(&site, "/agents/ana/contacts", &key).await.json()["items"][0]["id"].clone();
    let own = "owner1@home.example";
    assert_eq!(get(&site, &format!("{path}/{own}"), &key).await.status, 404);
    assert_eq!(get(&site, &format!("{path}/no-address"), &key).await.status, 404);

    let new = json!({"address": own, "cause": "hard_bounce", "reason": " a letter came back "});
    let added = post(&site, path, &key, new).await;
    assert_eq!(added.status, 201, "{added:?}");
    let expected = |cause: &str, lifted: bool| {
        let since = "2026-03-01T12:00:00Z";
        json!({"address": own, "cause": cause, "since": since, "contact_id": contact, "can_be_lifted": lifted})
    };
    assert_eq!(added.json(), expected("hard_bounce", true));
    let history = get(&site, "/agents/ana/history?limit=1", &key).await.json();
    assert_eq!(history["items"][0]["cause"], "mail to this address came back for good: a letter came back");

    assert_eq!(history["items"][0]["contact_id"], contact);

    let more_final = post(&site, path, &key, json!({"address": own, "cause": "complaint"})).await;
    assert_eq!((more_final.status, more_final.json()), (200, expected("complaint", false)));
    let less_final = post(&site, path, &key, json!({"address": "OWNER1@home.example"})).await;
    assert_eq!((less_final.status, less_final.json()), (200, expected("complaint", false)));
    let newest = async || get(&site, "/agents/ana/history?limit=1", &key).await.json()["items"][0].clone();
    assert_eq!(newest().await["what"], "suppressed", "without a reason there is nothing to note");
    let repeated = json!({"address": own, "cause": "complaint", "reason": "she called twice"});
    let repeated = post(&site, path, &key, repeated).await;
    assert_eq!((repeated.status, repeated.json()), (200, expected("complaint", false)));
    let noted = newest().await;
    assert_eq!((&noted["what"], &noted["contact_id"]), (&json!("suppression_repeated"), &contact));
    assert!(noted["cause"].as_str().unwrap().ends_with(": she called twice"), "{noted}");
    let read = get(&site, &format!("{path}/Owner1@HOME.example"), &key).await;
    assert_eq!((read.status, read.json()), (200, expected("complaint", false)));

    let stranger = post(&site, path, &key, json!({"address": "lee@home.example"})).await.json();
    assert_eq!(stranger["cause"], "opt_out", "unless something else is said");
    assert_eq!(stranger["contact_id"], json!(null), "nobody has that address");
    let listed = async |query: &str| {
        let page = get(&site, &format!("{path}{query}"), &key).await.json();
        page["items"].as_array().unwrap().iter().map(|one| one["address"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(listed("").await, ["lee@home.example", own]);
    assert_eq!(listed("?cause=opt_out").await, ["lee@home.example"]);
    assert_eq!(listed("?cause=complaint&limit=1").await, [own]);
    assert!(listed("?cause=hard_bounce").await.is_empty());
    assert_eq!(listed("?email=Owner1@home.example").await, [own]);
    assert!(listed("?email=owner1@home.example&cause=opt_out").await.is_empty());
    assert!(listed("?email=nobody@home.example").await.is_empty());
    let first = get(&site, &format!("{path}?limit=1"), &key).await.json();
    let rest = listed(&format!("?limit=1&cursor={}", first["next_cursor"].as_str().unwrap())).await;
    assert_eq!(rest, [own], "a page at a time");

    for wrong in [
        json!({"address": own, "cause": "bored"}),
        json!({"address": own, "cause": null}),
        json!({"address": own, "reason": " "}),
        json!({"address": own, "reason": "a\nb"}),
        json!({"address": own, "reason": "x".repeat(201)}),
    ] {
        assert_eq!(post(&site, path, &key, wrong.clone()).await.status, 422, "{wrong}");
    }
    for query in ["?cause=bored", "?email=nobody", "?address=a@b.example"] {
        assert_eq!(get(&site, &format!("{path}{query}"), &key).await.status, 422, "{query}");
    }
}

#[tokio::test]
async fn an_address_to_which_mail_came_back_may_be_written_to_again() {
    let site = site().await;
    let key = operator(&site).await;
    let path = "/agents/ana/suppressions/owner1@home.example";
    assert_eq!(delete(&site, path, &key).await.status, 404, "there is nothing to lift");
    let suppression = Suppression {
        user_id: "ana".parse().unwrap(),
        address: "owner1@home.example".parse().unwrap(),
        cause: SuppressionCause::HardBounce,
        since: site.clock.now(),
        carried_from: None,
    };
    site.deployment.store.suppress(suppression, Actor::Provider).await.unwrap();
    let lifted = delete(&site, path, &key).await;
    assert_eq!(lifted.status, 204, "{lifted:?}");
    assert_eq!(get(&site, "/agents/ana/suppressions", &key).await.json()["items"], json!([]));
    site.until("2026-03-14T00:00:00Z").await;
    assert_eq!(site.mailbox.accepted().len(), 1);
}

#[tokio::test]
async fn who_may_only_write_sends_an_agents_mail_nowhere_else() {
    let site = site().await;
    agent(&site, "amy", Some("north"), Some("a"), Role::Agent).await;
    let store = &site.deployment.store;
    let amy = async || store.agent(&"amy".parse().unwrap()).await.unwrap().unwrap();
    let before = amy().await;
    let (north, team) = ("north".parse().unwrap(), "a".parse().unwrap());
    let own = || Reach::Agent("amy".parse().unwrap());
    let writing = key(&site, own(), &[Scope::Read, Scope::Write, Scope::Approve]).await;
    let of_north = key(&site, Reach::Brokerage(north), &[Scope::Write]).await;
    let of_team = key(&site, Reach::Team("north".parse().unwrap(), team), &Scope::ALL).await;
    let own = key(&site, own(), &Scope::ALL).await;
    let elsewhere = json!({"first_name": "Eve", "email": "eve@elsewhere.example"});
    for key in [&writing, &of_north, &of_team, &own] {
        let refused = patch(&site, "/agents/amy", key, "*", elsewhere.clone()).await;
        assert_eq!((refused.status, &refused.json()["type"]), (403, &json!("urn:dripr:problem:forbidden")));
    }
    assert_eq!(amy().await, before, "and nothing else was changed");
    // A form that is sent as it was read changes no address.
    let same = json!({"first_name": "Amelia", "email": before.email.as_str()});
    assert_eq!(patch(&site, "/agents/amy", &writing, "*", same).await.status, 200);

    let admin = key(&site, Reach::Brokerage("north".parse().unwrap()), &Scope::ALL).await;
    let changed = patch(&site, "/agents/amy", &admin, "*", json!({"email": "amy@new.example"})).await;
    assert_eq!((changed.status, &changed.json()["email"]), (200, &json!("amy@new.example")));

    // What the sign-in service checked is the truth.
    let mut kept = amy().await;
    kept.account_changed_at = Some(site.clock.now());
    assert!(AgentStore::replace(&**store, kept, None).await.unwrap());
    for key in [&admin, &operator(&site).await] {
        let refused = patch(&site, "/agents/amy", key, "*", elsewhere.clone()).await;
        assert_eq!(refused.status, 409, "{refused:?}");
    }
    assert_eq!(amy().await.email.as_str(), "amy@new.example");
    let named = patch(&site, "/agents/amy", &admin, "*", json!({"first_name": "Amy"})).await;
    assert_eq!(named.status, 200, "names stay theirs to change: {named:?}");
}

#[tokio::test]
async fn an_agents_own_key_does_not_lift_a_stop() {
    let site = site().await;
    let operator = operator(&site).await;
    let paused = post(&site, "/agents/ana/pause", &operator, json!({"because": "a test"})).await;
    assert_eq!(paused.status, 200, "{paused:?}");
    let own = key(&site, Reach::Agent("ana".parse().unwrap()), &Scope::ALL).await;
    let resumed = ask(request(&site, reqwest::Method::POST, "/agents/me/resume", &own)).await;
    assert_eq!(resumed.status, 403, "{resumed:?}");
    let shown = get(&site, "/agents/ana", &operator).await.json();
    assert_eq!(shown["stopped_because"], "sending is paused by an operator");
}

#[tokio::test]
async fn an_admin_lifts_what_an_admin_stopped_and_no_more() {
    let site = site().await;
    let operator = operator(&site).await;
    agent(&site, "amy", Some("north"), None, Role::Agent).await;
    let admin = key(&site, Reach::Brokerage("north".parse().unwrap()), &Scope::ALL).await;
    let store = &site.deployment.store;
    let amy = async || store.agent(&"amy".parse().unwrap()).await.unwrap().unwrap();
    let because = json!({"because": "a test"});
    let resume =
        async |key: &str| ask(request(&site, reqwest::Method::POST, "/agents/amy/resume", key)).await.status;
    let stopped = post(&site, "/agents/amy/pause", &admin, because.clone()).await.json();
    assert_eq!(stopped["stopped_because"], "sending is paused by an admin of the agent's brokerage");
    assert_eq!(resume(&admin).await, 200);
    assert_eq!(amy().await.resumed_at, None, "complaints of before still count");
    post(&site, "/agents/amy/pause", &operator, because.clone()).await;
    assert_eq!(resume(&admin).await, 403);
    assert_eq!(resume(&operator).await, 200);
    assert_eq!(amy().await.resumed_at, Some(site.clock.now()));

    // An operator's stop takes the place of an admin's, and an admin's of none.
    post(&site, "/agents/amy/pause", &admin, json!({"because": "on leave"})).await;
    let stopped = post(&site, "/agents/amy/pause", &operator, json!({"because": "an inquiry"})).await.json();
    assert_eq!(stopped["stopped_because"], "sending is paused by an operator");
    post(&site, "/agents/amy/pause", &admin, because).await;
    let history = get(&site, "/agents/amy/history?limit=2", &operator).await.json();
    let causes = [&history["items"][0], &history["items"][1]].map(|line| (&line["what"], &line["cause"]));
    assert_eq!(
        causes,
        [(&json!("paused"), &json!("an inquiry")), (&json!("paused"), &json!("on leave"))],
        "what changed nothing is not in it"
    );
    assert_eq!(resume(&admin).await, 403);
    assert_eq!(resume(&operator).await, 200);
}

#[tokio::test]
async fn everything_that_stops_an_agent_is_shown() {
    let site = site().await;
    let operator = operator(&site).await;
    let store = &site.deployment.store;
    let shown = get(&site, "/agents/ana", &operator).await.json();
    assert_eq!((&shown["stops"], &shown["paused"]), (&json!([]), &json!(null)));
    let mut ana = store.agent(&"ana".parse().unwrap()).await.unwrap().unwrap();
    ana.banned = true;
    ana.subscription_status = Subscription::Canceled;
    ana.postal_address = String::new();
    assert!(AgentStore::replace(&**store, ana, None).await.unwrap());
    post(&site, "/agents/ana/pause", &operator, json!({"because": "an inquiry"})).await;
    let shown = get(&site, "/agents/ana", &operator).await.json();
    let stops = shown["stops"].as_array().unwrap();
    let codes: Vec<_> = stops.iter().map(|stop| stop["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["banned", "canceled", "paused", "no_postal_address"]);
    assert_eq!(shown["stopped_because"], stops[0]["sentence"]);
    assert_eq!(stops[2]["sentence"], "sending is paused by an operator");
    let paused = json!({"since": "2026-03-01T12:00:00Z", "cause": "operator", "because": "an inquiry"});
    assert_eq!(shown["paused"], paused);
}

#[tokio::test]
async fn nobody_who_sends_no_if_match_is_told_that_it_does_not_match() {
    let site = site().await;
    let operator = operator(&site).await;
    agent(&site, "amy", Some("north"), None, Role::Agent).await;
    // All of them read the agent before one of them has changed it.
    let at_once = async |method: reqwest::Method, path: &str| {
        let send = || {
            let because = json!({"because": "a test"});
            let asked = request(&site, method.clone(), path, &operator);
            ask(if path.ends_with("pause") { asked.json(&because) } else { asked })
        };
        let (a, b, c, d) = tokio::join!(send(), send(), send(), send());
        let mut told = [a.status, b.status, c.status, d.status];
        told.sort_unstable();
        told
    };
    for _ in 0..5 {
        assert_eq!(at_once(reqwest::Method::POST, "/agents/amy/pause").await, [200; 4]);
        assert_eq!(at_once(reqwest::Method::POST, "/agents/amy/resume").await, [200; 4]);
    }
    let history = get(&site, "/agents/amy/history?limit=100", &operator).await.json();
    assert_eq!(history["items"].as_array().unwrap().len(), 11, "each was done once: {history}");
    assert_eq!(at_once(reqwest::Method::DELETE, "/agents/amy").await, [204, 404, 404, 404]);
}

#[tokio::test]
async fn an_admin_learns_of_no_id_and_takes_none() {
    let site = site().await;
    agent(&site, "amy", Some("south"), None, Role::Agent).await;
    let north = key(&site, Reach::Brokerage("north".parse().unwrap()), &Scope::ALL).await;
    let new = |id: &str| json!({"id": id, "first_name": "N", "last_name": "N", "email": "n@b.example", "postal_address": "1 Elm St"});
    let [there, free] = [
        post(&site, "/agents", &north, new("amy")).await,
        post(&site, "/agents", &north, new("user_2")).await,
    ];
    assert_eq!((there.status, &there), (403, &free), "whether there is one is not told");
    assert_eq!(site.deployment.store.agent(&"user_2".parse().unwrap()).await.unwrap(), None);
    let operator = operator(&site).await;
    assert_eq!(post(&site, "/agents", &operator, new("amy")).await.status, 409);
    let made = post(&site, "/agents", &operator, new("user_2")).await;
    assert_eq!((made.status, &made.json()["id"]), (201, &json!("user_2")));
}

#[tokio::test]
async fn a_contact_is_made_and_found_and_goes_with_its_campaigns() {
    let site = site().await;
    let key = operator(&site).await;
    let made =
        post(&site, "/agents/ana/contacts", &key, json!({"first_name": "Kim", "email": "Kim@home.example"}))
            .await;
    assert_eq!(made.status, 201, "{made:?}");
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/agents/ana/contacts/{id}");
    let read = get(&site, &path, &key).await;
    assert_eq!((read.etag, read.text), (made.etag, made.text));
    let twice = post(&site, "/agents/ana/contacts", &key, json!({"email": "kim@HOME.example"})).await;
    assert_eq!(twice.status, 409, "{twice:?}");
    assert!(twice.text.contains(&id), "it names the one that is there: {twice:?}");
    let found = async |address: &str| {
        let page = get(&site, &format!("/agents/ana/contacts?email={address}"), &key).await.json();
        page["items"].as_array().unwrap().len()
    };
    assert_eq!((found("kim%40home.example").await, found("nobody%40home.example").await), (1, 0));

    let home = |street: &str| json!({"street": street, "city": "", "state": "WA", "zip_code": "98103"});
    for street in ["1 Elm St", "2 Elm St"] {
        let new = json!({"email": "kim@home.example", "home": home(street), "fixed_send_day": 9});
        let campaign = post(&site, "/agents/ana/campaigns", &key, new).await;
        assert_eq!(campaign.status, 201, "{campaign:?}");
        assert_eq!(campaign.json()["contact_id"], json!(id), "the contact that is there gets them");
    }
    assert_eq!(delete(&site, &path, &key).await.status, 204);
    assert_eq!(delete(&site, &path, &key).await.status, 404);
    assert_eq!(get(&site, &path, &key).await.status, 404);
    assert_eq!(found("kim%40home.example").await, 0);
    let campaigns = get(&site, "/agents/ana/campaigns?email=kim%40home.example", &key).await.json();
    assert_eq!(campaigns["items"], json!([]), "its campaigns went with it");
    let history = get(&site, "/agents/ana/history", &key).await.json();
    let lines = history["items"].as_array().unwrap();
    let count = |what: &str| lines.iter().filter(|line| line["what"] == what).count();
    // What is done to a contact stands in the history of each of its campaigns.
    assert_eq!(
        (count("contact_added"), count("deleted"), count("contact_removed")),
        (1, 2, 2),
        "{history:#}"
    );
}
