//! What a token has to say.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta};
use dripr_adapters::clerk::session::{Organization, SessionOptions, SessionProblem, Sessions};
use dripr_core::{schedule::Instant, testkit::ManualClock};
use serde_json::{Value, json};

use crate::{
    keys::{ISSUER, Instance, ORIGIN, Signer, claims, start},
    loopback::{Loopback, Reply},
    sample,
};

/// Clerk's own token, of which nobody here has the key, at a moment and for an origin.
async fn published(
    later: i64,
    issuer: &str,
    origin: &str,
    token: impl Fn(&str) -> String,
) -> Result<String, SessionProblem> {
    let vector: Value = serde_json::from_str(sample!("session-jwt.vector-1.json")).unwrap();
    let server = Loopback::giving([Reply::ok(vector["jwks"].to_string())]).await;
    let valid_at: Instant = DateTime::from_timestamp(vector["valid_at_unix"].as_i64().unwrap(), 0).unwrap();
    let clock = Arc::new(ManualClock::at(valid_at + TimeDelta::seconds(later)));
    let jwks_url = Some(format!("{}/.well-known/jwks.json", server.base_url));
    let options = SessionOptions { jwks_url, ..SessionOptions::new(issuer, [origin.to_owned()]) };
    let sessions = Sessions::new(options, clock).unwrap();
    let session = sessions.verify(&token(vector["jwt"].as_str().unwrap())).await?;
    assert_eq!(session.session_id, "sess_2GbDB4enNdCa5vS1zpC3Xzg9tK9");
    assert_eq!((session.organization, session.impersonated_by), (None, None));
    Ok(session.user_id.to_string())
}

#[tokio::test]
async fn clerks_own_token_is_read() {
    let (issuer, origin) =
        ("https://clerk.inspired.puma-74.lcl.dev", "https://accounts.inspired.puma-74.lcl.dev");
    let told =
        async |later, issuer: &str, origin: &str| published(later, issuer, origin, str::to_owned).await;
    assert_eq!(told(0, issuer, origin).await.unwrap(), "user_2GIpXOEpVyJw51rkZn9Kmnc6Sxr");
    // It ends after 60 seconds and counts from ten before; each with a leeway of five, but for `iat`.
    told(64, issuer, origin).await.unwrap();
    assert!(matches!(told(65, issuer, origin).await, Err(SessionProblem::Expired)));
    told(-5, issuer, origin).await.unwrap();
    assert!(matches!(told(-6, issuer, origin).await, Err(SessionProblem::NotYet)));
    assert!(matches!(told(0, ISSUER, origin).await, Err(SessionProblem::Issuer)));
    assert!(matches!(told(0, issuer, ORIGIN).await, Err(SessionProblem::Party)));
    let other_claims = |jwt: &str| {
        let parts: Vec<&str> = jwt.split('.').collect();
        let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
        claims["sub"] = "user_somebody_else".into();
        format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(claims.to_string()), parts[2])
    };
    assert!(matches!(published(0, issuer, origin, other_claims).await, Err(SessionProblem::Signature)));
}

/// What becomes of a token whose claims are changed.
async fn with(
    change: impl FnOnce(&mut Value),
) -> Result<dripr_adapters::clerk::session::Session, SessionProblem> {
    let signer = Signer::first();
    let instance = Instance::publishing(&[&signer]).await;
    let mut claims = claims(start());
    change(&mut claims);
    instance.sessions.verify(&signer.token(&claims)).await
}

#[tokio::test]
async fn both_versions_of_the_claims_are_understood() {
    let short = with(|claims| {
        claims["o"] = json!({"id": "org_1", "slg": "brokerage", "rol": "admin", "per": "read", "fpm": "1"});
        claims["sts"] = "active".into();
        claims["act"] = json!({"sub": "user_support", "iss": ISSUER});
    })
    .await
    .unwrap();
    let organization = Organization {
        id: "org_1".to_owned(),
        slug: Some("brokerage".to_owned()),
        role: Some("admin".to_owned()),
    };
    assert_eq!(short.organization.as_ref(), Some(&organization));
    assert_eq!(short.impersonated_by.as_deref(), Some("user_support"));
    assert_eq!(short.expires_at, start() + TimeDelta::seconds(60));
    let long = with(|claims| {
        claims.as_object_mut().unwrap().remove("v");
        claims["org_id"] = "org_1".into();
        claims["org_slug"] = "brokerage".into();
        claims["org_role"] = "org:admin".into();
        claims["org_permissions"] = json!(["org:reports:read"]);
    })
    .await
    .unwrap();
    assert_eq!(long.organization, Some(organization));
}

#[tokio::test]
async fn a_token_counts_here_and_now_or_not_at_all() {
    let now = start().timestamp();
    for (claim, value, expected) in [
        ("exp", json!(now - 4), None),
        ("exp", json!(now - 5), Some("ended")),
        ("exp", json!(now as f64 - 4.5), None),
        ("exp", json!("later"), Some("claims are not")),
        ("exp", json!(1e300), Some("ends at no time")),
        ("exp", json!(null), Some("claims are not")),
        ("nbf", json!(now + 5), None),
        ("nbf", json!(now + 6), Some("not count yet")),
        ("nbf", json!(null), None),
        ("iat", json!(now + 6), Some("not count yet")),
        ("iss", json!("https://clerk.elsewhere.example"), Some("another Clerk instance")),
        ("iss", json!(format!("{ISSUER}/")), None),
        ("azp", json!("https://evil.example"), Some("another origin")),
        ("azp", json!(null), None),
        ("azp", json!([ORIGIN]), Some("claims are not")),
        ("sts", json!("pending"), Some("pending")),
        ("sts", json!("active"), None),
        ("sid", json!(null), Some("another program")),
        ("sid", json!(""), Some("another program")),
        ("sid", json!(7), Some("claims are not")),
        ("aud", json!("https://hasura.example"), Some("another program")),
        ("aud", json!(["https://hasura.example"]), Some("another program")),
        ("aud", json!(""), Some("another program")),
        ("aud", json!(null), None),
        ("sub", json!(""), Some("no user's id")),
        ("sub", json!("a b"), Some("no user's id")),
        ("sub", json!(7), Some("claims are not")),
        ("o", json!({"rol": "admin"}), Some("claims are not")),
    ] {
        let told = with(|claims| claims[claim] = value.clone()).await;
        match expected {
            None => assert!(told.is_ok(), "{claim} {value}: {told:?}"),
            Some(words) => {
                let problem = told.unwrap_err();
                assert!(problem.to_string().contains(words), "{claim} {value}: {problem}");
                assert!(!problem.is_ours());
            }
        }
    }
}

#[tokio::test]
async fn only_clerks_way_of_signing_is_taken() {
    let signer = Signer::first();
    let instance = Instance::publishing(&[&signer]).await;
    let claims = claims(start());
    let told = async |head: Value| instance.sessions.verify(&signer.headed(&head, &claims)).await;
    let kid = signer.kid;
    for alg in ["none", "HS256", "RS512", "ES256", "rs256", ""] {
        let told = told(json!({"alg": alg, "kid": kid})).await;
        assert!(matches!(told, Err(SessionProblem::Algorithm)), "{alg}: {told:?}");
    }
    for head in [
        json!({"alg": "RS256"}),
        json!({"kid": kid}),
        json!({"alg": "RS256", "kid": kid, "crit": ["b64"], "b64": false}),
        json!(["RS256"]),
    ] {
        assert!(matches!(told(head.clone()).await, Err(SessionProblem::Malformed(_))), "{head}");
    }
    assert!(
        told(json!({"alg": "RS256", "kid": kid, "jku": "https://evil.example/jwks", "cat": "x"}))
            .await
            .is_ok()
    );
    // Signed by another key that says it is this one.
    let forged = Signer::second().headed(&json!({"alg": "RS256", "kid": kid}), &claims);
    assert!(matches!(instance.sessions.verify(&forged).await, Err(SessionProblem::Signature)));
}

#[tokio::test]
async fn what_is_no_token_is_refused_before_anybody_is_asked() {
    let signer = Signer::first();
    let instance = Instance::publishing(&[&signer]).await;
    let good = signer.token(&claims(start()));
    let long = "a".repeat(100_000);
    for token in [
        "",
        ".",
        "..",
        "...",
        "a.b",
        "a.b.c.d",
        "null",
        "é.é.é",
        &good[1..],
        &format!("{good}.x"),
        &format!(" {good}"),
        &format!("Bearer {good}"),
        &long,
    ] {
        let told = instance.sessions.verify(token).await;
        assert!(matches!(told, Err(SessionProblem::Malformed(_))), "{token:.40}: {told:?}");
    }
    assert_eq!(instance.looks(), 0);
    // Whatever bit of it is turned.
    for at in 0..good.len() {
        let mut turned = good.clone().into_bytes();
        turned[at] ^= 1;
        if let Ok(turned) = String::from_utf8(turned) {
            assert!(instance.sessions.verify(&turned).await.is_err(), "{at}");
        }
    }
}
