//! Agents who sign in: a deployment that takes tokens of an instance, and whoever signs them.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use dripr_core::ports::Clock;
use ring::{
    rand::SystemRandom,
    rsa::{KeyPair, PublicKeyComponents},
    signature::RSA_PKCS1_SHA256,
};
use serde_json::{Value, json};

use crate::{
    loopback::{Loopback, Reply},
    site::Site,
};

const ISSUER: &str = "https://clerk.brokerage.example";
const ORIGIN: &str = "https://app.example.com";

/// A key of an instance, made for tests, and where it is published.
pub(crate) struct Signer {
    key: KeyPair,
    _published: Loopback,
}

/// A deployment to which agents sign in.
pub(crate) async fn signing_in() -> (Site, Signer) {
    let text = include_str!("../../../dripr-adapters/tests/data/providers/clerk/test-key-1.pkcs8.base64");
    let der = STANDARD.decode(text.split_whitespace().collect::<String>()).unwrap();
    let key = KeyPair::from_pkcs8(&der).unwrap();
    let published = Loopback::giving([Reply::ok(published(&key).to_string())]).await;
    let lines = format!(
        "[clerk]\nissuer = \"{ISSUER}\"\nauthorized_parties = [\"{ORIGIN}\"]\njwks_url = \"{}/jwks\"\n",
        published.base_url
    );
    (Site::new(&lines, &[]).await, Signer { key, _published: published })
}

fn published(key: &KeyPair) -> Value {
    let public = PublicKeyComponents::<Vec<u8>>::from(key.public());
    let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    json!({"keys": [{"use": "sig", "kty": "RSA", "kid": "ins_1", "alg": "RS256",
        "n": number(&public.n), "e": number(&public.e)}]})
}

impl Signer {
    /// The token of an agent who is signed in from now on, for a month.
    pub(crate) fn token(&self, site: &Site, agent: &str) -> String {
        self.signed(&claims(site, agent))
    }

    /// The same of somebody else who was let in as that agent.
    pub(crate) fn token_of_another(&self, site: &Site, agent: &str) -> String {
        let mut claims = claims(site, agent);
        claims["act"] = json!({"sub": "user_support"});
        self.signed(&claims)
    }

    fn signed(&self, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&json!({"alg": "RS256", "kid": "ins_1"})), part(claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn claims(site: &Site, agent: &str) -> Value {
    let now = site.clock.now().timestamp();
    json!({"sub": agent, "sid": "sess_1", "iss": ISSUER, "azp": ORIGIN, "iat": now, "nbf": now,
        "exp": now + 30 * 24 * 3600, "v": 2})
}
