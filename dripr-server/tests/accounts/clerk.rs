//! What Clerk tells, with its own payloads.

use chrono::TimeDelta;
use dripr_adapters::standard_webhooks::{Secret, sign};
use dripr_core::{
    access::{ApiKey, Caller, NewApiKey, Reach, Scope},
    agent::{Agent, Stop, Subscription},
    agent_mail::Progress,
    ids::UserId,
    ports::{AgentStore, ApiKeyStore, Clock, DeedStore, WebhookStore},
    webhooks::{Endpoint, KeptSecret, Kinds, NewEndpoint, OffBecause},
};
use serde_json::{Value, json};

use crate::{
    asking::get,
    site::{Shown, Site, shown},
};

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("../../../dripr-adapters/tests/data/providers/clerk/webhook.", $name, ".json"))
    };
}

const CREATED: &str = sample!("user-created");
const UPDATED: &str = sample!("user-updated.constructed");
const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const NEXT_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

async fn site() -> Site {
    let secrets = format!("{NEXT_SECRET} {SECRET}");
    Site::new("[clerk]\n", &[("DRIPR_CLERK_WEBHOOK_SECRET", secrets.as_str())]).await
}

fn user() -> UserId {
    "user_29w83sxmDNGwOuEthce5gg56FcC".parse().unwrap()
}

fn removal() -> String {
    let mut removed: Value = serde_json::from_str(sample!("user-deleted")).unwrap();
    removed["data"]["id"] = user().as_str().into();
    removed.to_string()
}

/// A message as Svix sends it.
struct Message {
    timestamp: i64,
    signature: String,
    body: Vec<u8>,
}

impl Message {
    fn signed(site: &Site, body: &str, secret: &str) -> Self {
        let timestamp = site.clock.now().timestamp();
        let secret: Secret = secret.parse().unwrap();
        let signature = sign(&secret, "msg_1", timestamp, body.as_bytes());
        Self { timestamp, signature, body: body.as_bytes().to_vec() }
    }

    async fn told(&self, site: &Site) -> Shown {
        let request = site.client.post(site.url("/webhooks/clerk"));
        let request = request
            .header("svix-id", "msg_1")
            .header("svix-timestamp", self.timestamp)
            .header("svix-signature", &self.signature);
        shown(request.body(self.body.clone())).await
    }
}

async fn tell(site: &Site, body: &str) -> u16 {
    Message::signed(site, body, SECRET).told(site).await.status
}

async fn agent(site: &Site) -> Option<Agent> {
    site.deployment.store.agent(&user()).await.unwrap()
}

/// How many mails the address of the samples got.
fn welcomes(site: &Site) -> usize {
    let mails = site.agents.accepted();
    mails.iter().filter(|mail| mail.message.to.address.as_str() == "example@example.org").count()
}

#[tokio::test]
async fn a_new_account_becomes_an_agent_who_is_welcomed_once_and_sends_nothing_yet() {
    let site = site().await;
    assert_eq!(tell(&site, CREATED).await, 200);
    // Told again, as after a lost answer.
    assert_eq!(tell(&site, CREATED).await, 200);
    let known = agent(&site).await.unwrap();
    assert_eq!(
        (known.full_name().as_str(), known.email.as_str()),
        ("Example Example", "example@example.org")
    );
    assert_eq!(known.subscription_status, Subscription::None);
    assert_eq!(known.stopped_by(site.clock.now()), Some(Stop::NotSubscribed));
    site.until("2026-03-02T12:00:00Z").await;
    assert_eq!(welcomes(&site), 1);
    // It is told again that the account is new, later.
    assert_eq!(tell(&site, CREATED).await, 200);
    site.until("2026-03-03T12:00:00Z").await;
    assert_eq!(welcomes(&site), 1);
}

#[tokio::test]
async fn an_account_that_a_partner_manages_is_not_welcomed_whichever_news_comes_first() {
    let site = site().await;
    assert_eq!(tell(&site, UPDATED).await, 200);
    assert_eq!(tell(&site, CREATED).await, 200);
    let known = agent(&site).await.unwrap();
    assert_eq!(known.managed_client_id.as_deref(), Some("mc_42"), "what is older came late");
    site.until("2026-03-02T12:00:00Z").await;
    assert_eq!(welcomes(&site), 0);
    assert_eq!(agent(&site).await.unwrap().welcome, Progress::Skipped);
}

#[tokio::test]
async fn what_a_browser_can_write_makes_nobody_managed() {
    let site = site().await;
    let mut body: Value = serde_json::from_str(CREATED).unwrap();
    body["data"]["unsafe_metadata"] = json!({"managed_client_id": "mc_42"});
    assert_eq!(tell(&site, &body.to_string()).await, 200);
    assert_eq!(agent(&site).await.unwrap().managed_client_id, None);
}

#[tokio::test]
async fn who_is_removed_stays_removed_in_every_order() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let site = site().await;
        let news = [CREATED.to_owned(), UPDATED.to_owned(), removal()];
        for n in order {
            assert_eq!(tell(&site, &news[n]).await, 200);
            assert_eq!(tell(&site, &news[n]).await, 200);
        }
        assert!(agent(&site).await.is_none_or(|agent| agent.deleted_at.is_some()), "{order:?}");
        site.until("2026-03-02T12:00:00Z").await;
        assert_eq!(welcomes(&site), 0, "{order:?}");
    }
}

/// The account of the samples some seconds later, banned or not.
fn updated(banned: bool, seconds: i64) -> String {
    let mut body: Value = serde_json::from_str(UPDATED).unwrap();
    body["data"]["banned"] = json!(banned);
    body["data"]["updated_at"] = json!(1_654_012_824_306_i64 + seconds * 1_000);
    body.to_string()
}

/// A key and a webhook for the agent of the samples alone: the key's secret; `None` if whoever makes them may not.
async fn made(site: &Site, by: &Caller, id: &str) -> Option<String> {
    let (store, now) = (&site.deployment.store, site.clock.now());
    let (reach, scopes) = (Reach::Agent(user()), std::iter::once(Scope::Read).collect());
    let new = NewApiKey { name: id.to_owned(), reach: reach.clone(), scopes, expires_at: None };
    let minted = ApiKey::mint(new, by, &*site.deployment.entropy, now);
    let new = NewEndpoint {
        id: id.parse().unwrap(),
        reach,
        description: String::new(),
        url: "https://crm.example".to_owned(),
        kinds: Kinds::default(),
        secret: KeptSecret::Plain(SECRET.into()),
    };
    let endpoint = Endpoint::new(new, by, now);
    let deed = endpoint.deed("webhook_made", by.actor.clone(), now, None);
    let is_stored = store.put_api_key(minted.key.clone()).await.unwrap();
    assert_eq!(store.put_webhook(endpoint, deed).await.unwrap(), is_stored);
    is_stored.then(|| minted.expose().to_owned())
}

/// How a key is answered, and why a webhook is off.
async fn stands(site: &Site, secret: &str, webhook: &str) -> (u16, Option<OffBecause>) {
    let webhook = site.deployment.store.webhook(&webhook.parse().unwrap()).await.unwrap().unwrap();
    (get(site, "/me", secret).await.status, webhook.off.map(|off| off.because))
}

#[tokio::test]
async fn what_a_banned_account_made_ends_in_every_order_and_stays_so() {
    let banned = (401, Some(OffBecause::Banned));
    for order in [[0, 1], [1, 0]] {
        let site = site().await;
        assert_eq!(tell(&site, CREATED).await, 200);
        let by = Caller::signed_in(&agent(&site).await.unwrap());
        let own = made(&site, &by, "own").await.unwrap();
        let operators = made(&site, &Caller::operator(), "operators").await.unwrap();
        let news = [updated(false, 1), updated(true, 2)];
        for n in order {
            assert_eq!(tell(&site, &news[n]).await, 200);
            assert_eq!(tell(&site, &news[n]).await, 200);
        }
        assert_eq!(stands(&site, &own, "own").await, banned, "{order:?}");
        assert_eq!(stands(&site, &operators, "operators").await, (200, None), "what others made stays");
        assert_eq!(made(&site, &by, "late").await, None, "nothing is made any more");
        let deeds = site.deployment.store.deeds(&Reach::Agent(user()), None, 2).await.unwrap();
        let why = Some("the account of who made it was banned");
        assert!(deeds.iter().all(|entry| entry.deed.cause.as_deref() == why), "{deeds:?}");

        assert_eq!(tell(&site, &updated(false, 3)).await, 200);
        assert!(!agent(&site).await.unwrap().banned);
        assert_eq!(stands(&site, &own, "own").await, banned, "a ban that is lifted gives nothing back");
        assert!(made(&site, &by, "anew").await.is_some());
    }
}

#[tokio::test]
async fn an_account_that_is_banned_when_it_is_first_told_of_makes_nothing() {
    let site = site().await;
    assert_eq!(tell(&site, &updated(true, 1)).await, 200);
    assert_eq!(tell(&site, CREATED).await, 200);
    let known = agent(&site).await.unwrap();
    assert!(known.banned, "what is older came late");
    assert_eq!(made(&site, &Caller::signed_in(&known), "own").await, None);
}

#[tokio::test]
async fn nobody_else_may_tell() {
    let site = site().await;
    let good = || Message::signed(&site, CREATED, SECRET);
    let mut turned = good();
    turned.body[40] ^= 1;
    let mut moved = good();
    moved.timestamp += 1;
    let old = good();
    let guessed = Message::signed(&site, CREATED, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    for forged in [&turned, &moved, &guessed, &Message { signature: "v1,".to_owned(), ..good() }] {
        assert_eq!(forged.told(&site).await.status, 401);
    }
    let bare = shown(site.client.post(site.url("/webhooks/clerk")).body(CREATED)).await;
    assert_eq!(bare.status, 401);
    site.clock.set(site.clock.now() + TimeDelta::seconds(301));
    assert_eq!(old.told(&site).await.status, 401, "a copy that is told later");
    site.clock.set(site.clock.now() - TimeDelta::seconds(602));
    assert_eq!(old.told(&site).await.status, 401, "from the future");
    let [("clerk", rejected)] = site.deployment.metrics.incoming().found()[..] else { panic!("one sender") };
    assert_eq!((rejected.all, rejected.in_a_row), (7, 7));
    assert_eq!(agent(&site).await, None);
}

#[tokio::test]
async fn either_secret_is_taken_while_one_is_exchanged() {
    let site = site().await;
    assert_eq!(Message::signed(&site, CREATED, NEXT_SECRET).told(&site).await.status, 200);
    assert_eq!(Message::signed(&site, UPDATED, SECRET).told(&site).await.status, 200);
    assert_eq!(agent(&site).await.unwrap().managed_client_id.as_deref(), Some("mc_42"));
}

#[tokio::test]
async fn what_cannot_be_read_or_is_about_nothing_of_ours_changes_nothing() {
    let site = site().await;
    let without_address =
        CREATED.replace("\"primary_email_address_id\": \"idn", "\"primary_email_address_id\": \"other");
    for (body, status) in [
        ("{", 400),
        ("[]", 400),
        (r#"{"type": "user.created", "data": {"id": "no id"}}"#, 400),
        (r#"{"type": "session.created", "data": {"id": "sess_1"}}"#, 200),
        (r#"{"type": "user.deleted", "data": {"deleted": true}}"#, 200),
        (without_address.as_str(), 200),
        ("x".repeat(2 << 20).as_str(), 413),
    ] {
        assert_eq!(tell(&site, body).await, status, "{body:.60}");
    }
    assert_eq!(agent(&site).await, None);
}

#[tokio::test]
async fn a_database_that_fails_is_told_again() {
    let site = site().await;
    site.deployment.close().await;
    assert_eq!(tell(&site, CREATED).await, 503);
}

#[tokio::test]
async fn a_deployment_without_a_secret_takes_none() {
    let site = Site::new("", &[]).await;
    assert_eq!(tell(&site, CREATED).await, 404);
}
