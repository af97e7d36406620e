//! An agent who is signed in by Clerk, whose keys this machine publishes.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use reqwest::{Client, Method, RequestBuilder};
use ring::{
    rand::SystemRandom,
    rsa::{KeyPair, PublicKeyComponents},
    signature::RSA_PKCS1_SHA256,
};
use serde_json::{Value, json};

use crate::loopback::{Loopback, Reply};

pub(crate) const ISSUER: &str = "https://clerk.brokerage.example";
pub(crate) const ORIGIN: &str = "https://app.brokerage.example";
/// The agent's id.
pub(crate) const SUBJECT: &str = "user_1";

pub(crate) struct SignedIn {
    key: KeyPair,
    clerk: Loopback,
    pub(crate) client: Client,
    /// Where the program answers.
    pub(crate) base: String,
}

impl SignedIn {
    /// Publishes the key by which the agent's sessions are signed.
    pub(crate) async fn publishing() -> Self {
        let text = include_str!("../../../dripr-adapters/tests/data/providers/clerk/test-key-1.pkcs8.base64");
        let der = STANDARD.decode(text.split_whitespace().collect::<String>()).unwrap();
        let key = KeyPair::from_pkcs8(&der).unwrap();
        let public = PublicKeyComponents::<Vec<u8>>::from(key.public());
        let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let published = json!({"keys": [{"use": "sig", "kty": "RSA", "kid": "ins_1", "alg": "RS256",
            "n": number(&public.n), "e": number(&public.e)}]});
        let clerk = Loopback::answering(move |_| Reply::ok(published.to_string())).await;
        // The same TLS provider as everywhere; it is not used on this machine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { key, clerk, client: Client::new(), base: String::new() }
    }

    /// Where the keys are.
    pub(crate) fn keys(&self) -> String {
        format!("{}/v1/jwks", self.clerk.base_url)
    }

    /// A fresh session token; Clerk's live for a minute.
    fn token(&self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let head = json!({"alg": "RS256", "kid": "ins_1", "typ": "JWT"});
        let claims = json!({"sub": SUBJECT, "sid": "sess_1", "iss": ISSUER, "azp": ORIGIN,
            "iat": now, "nbf": now - 10, "exp": now + 60, "v": 2});
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&head), part(&claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/api/v1{path}", self.base)).bearer_auth(self.token())
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, path)).await
    }

    pub(crate) async fn text(&self, path: &str) -> String {
        self.request(Method::GET, path).send().await.unwrap().text().await.unwrap()
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        answer(self.request(method.parse().unwrap(), path).json(body)).await
    }

    pub(crate) async fn file(&self, path: &str, csv: String) -> (u16, Value) {
        answer(self.request(Method::PUT, path).header("content-type", "text/csv").body(csv)).await
    }
}

async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}
