//! Keys that sign in tests, the list of them, and what becomes of tokens while the list is exchanged, broken or away.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chrono::TimeDelta;
use dripr_adapters::clerk::session::{Session, SessionOptions, SessionProblem, Sessions};
use dripr_core::{ports::Clock, schedule::Instant, testkit::ManualClock};
use ring::{
    rand::SystemRandom,
    rsa::{KeyPair, PublicKeyComponents},
    signature::RSA_PKCS1_SHA256,
};
use serde_json::{Value, json};

use crate::{
    loopback::{Loopback, Reply},
    sample,
};

pub(crate) const ISSUER: &str = "https://clerk.brokerage.example";
pub(crate) const ORIGIN: &str = "https://app.brokerage.example";

/// A key of an instance.
pub(crate) struct Signer {
    pub(crate) kid: &'static str,
    key: KeyPair,
}

impl Signer {
    pub(crate) fn first() -> Self {
        Self::of("ins_1", sample!("test-key-1.pkcs8.base64"))
    }

    pub(crate) fn second() -> Self {
        Self::of("ins_2", sample!("test-key-2.pkcs8.base64"))
    }

    fn of(kid: &'static str, text: &str) -> Self {
        let der = STANDARD.decode(text.split_whitespace().collect::<String>()).unwrap();
        Self { kid, key: KeyPair::from_pkcs8(&der).unwrap() }
    }

    /// As it stands in a list of keys.
    pub(crate) fn published(&self) -> Value {
        let public = PublicKeyComponents::<Vec<u8>>::from(self.key.public());
        let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({"use": "sig", "kty": "RSA", "kid": self.kid, "alg": "RS256",
            "n": number(&public.n), "e": number(&public.e)})
    }

    pub(crate) fn token(&self, claims: &Value) -> String {
        self.headed(&json!({"alg": "RS256", "kid": self.kid, "typ": "JWT", "oiat": 1}), claims)
    }

    pub(crate) fn headed(&self, head: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(head), part(claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

pub(crate) fn start() -> Instant {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn claims(at: Instant) -> Value {
    let now = at.timestamp();
    json!({"sub": "user_1", "sid": "sess_1", "iss": ISSUER, "azp": ORIGIN,
        "iat": now, "nbf": now - 10, "exp": now + 60, "v": 2})
}

/// An instance whose list of keys is at an address of this machine.
pub(crate) struct Instance {
    pub(crate) sessions: Sessions,
    pub(crate) clock: Arc<ManualClock>,
    answer: Arc<Mutex<Reply>>,
    server: Loopback,
}

impl Instance {
    pub(crate) async fn publishing(signers: &[&Signer]) -> Self {
        let answer = Arc::new(Mutex::new(list(signers)));
        let given = answer.clone();
        let server = Loopback::answering(move |_| given.lock().unwrap().clone()).await;
        let clock = Arc::new(ManualClock::at(start()));
        let jwks_url = Some(format!("{}/v1/jwks", server.base_url));
        let options = SessionOptions { jwks_url, ..SessionOptions::new(ISSUER, [ORIGIN.to_owned()]) };
        let sessions = Sessions::new(options, clock.clone()).unwrap();
        Self { sessions, clock, answer, server }
    }

    pub(crate) fn publish(&self, reply: Reply) {
        *self.answer.lock().unwrap() = reply;
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.set(self.clock.now() + TimeDelta::seconds(seconds));
    }

    /// A fresh token of a signer's, read.
    pub(crate) async fn tell(&self, signer: &Signer) -> Result<Session, SessionProblem> {
        self.sessions.verify(&signer.token(&claims(self.clock.now()))).await
    }

    pub(crate) fn looks(&self) -> usize {
        self.server.asked().len()
    }
}

pub(crate) fn list(signers: &[&Signer]) -> Reply {
    let keys: Vec<Value> = signers.iter().map(|signer| signer.published()).collect();
    Reply::ok(json!({"keys": keys}).to_string())
}

#[tokio::test]
async fn keys_are_asked_for_once_an_hour() {
    let first = Signer::first();
    let instance = Instance::publishing(&[&first]).await;
    assert_eq!(instance.looks(), 0);
    for _ in 0..5 {
        assert_eq!(instance.tell(&first).await.unwrap().user_id.as_str(), "user_1");
        instance.pass(600);
    }
    assert_eq!(instance.looks(), 1);
    instance.pass(1_000);
    instance.tell(&first).await.unwrap();
    assert_eq!(instance.looks(), 2);
}

#[tokio::test]
async fn a_new_key_is_looked_for_when_a_token_names_it_and_the_old_one_ends_with_the_list() {
    let (first, second) = (Signer::first(), Signer::second());
    let instance = Instance::publishing(&[&first]).await;
    instance.tell(&first).await.unwrap();
    instance.publish(list(&[&second]));
    instance.pass(31);
    instance.tell(&second).await.unwrap();
    assert_eq!(instance.looks(), 2);
    assert!(matches!(instance.tell(&first).await, Err(SessionProblem::UnknownKey)));
}

#[tokio::test]
async fn tokens_with_made_up_keys_cause_two_looks_a_minute_at_most() {
    let (first, second) = (Signer::first(), Signer::second());
    let instance = Instance::publishing(&[&first]).await;
    instance.tell(&first).await.unwrap();
    for _ in 0..60 {
        assert!(matches!(instance.tell(&second).await, Err(SessionProblem::UnknownKey)));
        instance.pass(1);
    }
    assert_eq!(instance.looks(), 2);
    instance.tell(&first).await.unwrap();
}

#[tokio::test]
async fn known_keys_count_on_while_the_list_is_away_or_garbled() {
    let (first, second) = (Signer::first(), Signer::second());
    for broken in [
        Reply::Reset,
        Reply::json(500, "down"),
        Reply::json(429, "slow down"),
        Reply::json(302, ""),
        Reply::ok("<html>"),
        Reply::ok("{}"),
        Reply::ok(r#"{"keys": []}"#),
        Reply::ok(
            r#"{"keys": [{"kty": "EC", "kid": "ins_1"}, {"kty": "RSA", "kid": "ins_1", "n": "!", "e": 3}, 7]}"#,
        ),
        Reply::Truncated(b"{\"keys\"".to_vec()),
        Reply::Endless(1 << 20),
    ] {
        let instance = Instance::publishing(&[&first]).await;
        instance.tell(&first).await.unwrap();
        instance.publish(broken.clone());
        instance.pass(3_700);
        instance.tell(&first).await.unwrap();
        let problem = instance.tell(&second).await.unwrap_err();
        assert!(problem.is_ours(), "nobody can tell whose key that is: {problem} {broken:?}");
        assert_eq!(instance.looks(), 2, "one look, whoever asks");
        instance.publish(list(&[&second]));
        instance.pass(31);
        instance.tell(&second).await.unwrap();
    }
}

#[tokio::test]
async fn without_any_key_nobody_is_let_in_and_it_is_not_their_fault() {
    let first = Signer::first();
    let instance = Instance::publishing(&[&first]).await;
    instance.publish(Reply::json(503, ""));
    for _ in 0..3 {
        let problem = instance.tell(&first).await.unwrap_err();
        assert!(matches!(problem, SessionProblem::KeysUnavailable(_)) && problem.is_ours(), "{problem}");
    }
    assert_eq!(instance.looks(), 1);
    instance.publish(list(&[&first]));
    instance.pass(30);
    instance.tell(&first).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_is_finished_though_whoever_asked_first_is_gone() {
    let first = Signer::first();
    let slow = list(&[&first]);
    let server = Loopback::answering(move |_| {
        std::thread::sleep(Duration::from_millis(500));
        slow.clone()
    })
    .await;
    let jwks_url = Some(format!("{}/v1/jwks", server.base_url));
    let options = SessionOptions { jwks_url, ..SessionOptions::new(ISSUER, [ORIGIN.to_owned()]) };
    let sessions = Sessions::new(options, Arc::new(ManualClock::at(start()))).unwrap();
    let token = first.token(&claims(start()));
    let gone = tokio::time::timeout(Duration::from_millis(100), sessions.verify(&token)).await;
    assert!(gone.is_err(), "nobody waits that long");
    sessions.verify(&token).await.unwrap();
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn many_who_come_at_once_cause_one_look() {
    let first = Signer::first();
    let instance = Instance::publishing(&[&first]).await;
    let token = first.token(&claims(start()));
    let all = futures_util::future::join_all((0..50).map(|_| instance.sessions.verify(&token))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(instance.looks(), 1);
}
