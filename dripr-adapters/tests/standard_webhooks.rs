//! Webhooks signed as Standard Webhooks says, by the published vectors.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chrono::{DateTime, TimeDelta};
use dripr_adapters::standard_webhooks::{Headers, InvalidSecret, Rejection, Secret, Verifier, sign};
use dripr_core::schedule::Instant;
use proptest::prelude::*;
use serde_json::Value;

const VECTORS: &str = include_str!("data/providers/standard-webhooks/vectors.json");
const SVIX: &str = include_str!("data/providers/clerk/svix-signature.vector-1.json");
const OTHER: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// A message as the vectors have it.
#[derive(Clone)]
struct Message {
    secret: String,
    id: String,
    timestamp: String,
    signature: String,
    body: Vec<u8>,
    now: Instant,
}

impl Message {
    fn published() -> Self {
        let vectors: Value = serde_json::from_str(VECTORS).unwrap();
        let text = |name: &str| vectors[name].as_str().unwrap().to_owned();
        let sent = vectors["timestamp"].as_i64().unwrap();
        Self {
            secret: text("secret"),
            id: text("id"),
            timestamp: sent.to_string(),
            signature: text("signature"),
            body: text("payload").into_bytes(),
            now: DateTime::from_timestamp(sent, 0).unwrap(),
        }
    }

    fn told(&self) -> Result<(), Rejection> {
        self.told_to(&[&self.secret])
    }

    fn told_to(&self, secrets: &[&str]) -> Result<(), Rejection> {
        let secrets = secrets.iter().map(|secret| secret.parse().unwrap()).collect();
        let (id, timestamp, signature) = (&*self.id, &*self.timestamp, &*self.signature);
        Verifier::new(secrets).verify(Headers { id, timestamp, signature }, &self.body, self.now)
    }
}

#[test]
fn all_published_vectors_hold() {
    let message = Message::published();
    assert_eq!(message.told(), Ok(()));
    assert_eq!(message.told(), Ok(()), "told again within the tolerance, it is as genuine");
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let mut signatures = 0;
    for (kind, expected) in [("must_reject", Err(Rejection::Signature)), ("must_accept", Ok(()))] {
        for vector in vectors[kind].as_array().unwrap() {
            let Some(signature) = vector["signature"].as_str() else { continue };
            signatures += 1;
            let told = Message { signature: signature.to_owned(), ..message.clone() }.told();
            assert_eq!(told, expected, "{}", vector["why"]);
        }
    }
    assert_eq!(signatures, 3);
    let bare = message.secret.strip_prefix("whsec_").unwrap().to_owned();
    assert_eq!(Message { secret: bare, ..message }.told(), Ok(()));
}

#[test]
fn what_is_signed_here_is_what_others_sign() {
    let vector: Value = serde_json::from_str(SVIX).unwrap();
    let secret: Secret = vector["secret"].as_str().unwrap().parse().unwrap();
    let sent = vector["svix_timestamp"].as_i64().unwrap();
    let body = vector["payload"].as_str().unwrap().as_bytes();
    let signature = sign(&secret, vector["svix_id"].as_str().unwrap(), sent, body);
    assert_eq!(signature, vector["expected_signature"].as_str().unwrap());
}

#[test]
fn a_message_counts_for_five_minutes_before_and_after() {
    let message = Message::published();
    for (seconds, expected) in [
        (300, Ok(())),
        (301, Err(Rejection::TooOld)),
        (-300, Ok(())),
        (-301, Err(Rejection::TooNew)),
        (86_400, Err(Rejection::TooOld)),
        (-86_400, Err(Rejection::TooNew)),
    ] {
        let now = message.now + TimeDelta::seconds(seconds);
        assert_eq!(Message { now, ..message.clone() }.told(), expected, "{seconds}");
    }
}

#[test]
fn a_timestamp_is_a_number_of_seconds() {
    let message = Message::published();
    for timestamp in [
        "",
        "-1614265330",
        "+1614265330",
        " 1614265330",
        "1614265330.0",
        "1e9",
        "now",
        "99999999999999999999",
        "١",
    ] {
        let timestamp = timestamp.to_owned();
        assert_eq!(Message { timestamp, ..message.clone() }.told(), Err(Rejection::Timestamp));
    }
    // The same number, written otherwise, was not signed.
    let timestamp = format!("0{}", message.timestamp);
    assert_eq!(Message { timestamp, ..message }.told(), Err(Rejection::Signature));
}

#[test]
fn headers_come_by_either_name_and_all_three_must() {
    let all = |prefix: &'static str| {
        let names = [format!("{prefix}-id"), format!("{prefix}-timestamp"), format!("{prefix}-signature")];
        move |left_out: Option<usize>| {
            let names = names.clone();
            Headers::find(move |name: &str| {
                let at = names.iter().position(|known| known == name).filter(|at| Some(*at) != left_out)?;
                Some(["id", "1", "v1,x"][at])
            })
        }
    };
    for prefix in ["svix", "webhook"] {
        let find = all(prefix);
        assert_eq!(find(None), Ok(Headers { id: "id", timestamp: "1", signature: "v1,x" }));
        for at in 0..3 {
            assert!(matches!(find(Some(at)), Err(Rejection::Missing(_))), "{prefix} {at}");
        }
    }
    let empty = Headers::find(|_| Some(""));
    assert_eq!(empty, Err(Rejection::Missing("webhook-id")));
}

#[test]
fn a_secret_can_be_exchanged_on_either_side() {
    let message = Message::published();
    assert_eq!(message.told_to(&[OTHER]), Err(Rejection::Signature));
    assert_eq!(message.told_to(&[OTHER, &message.secret]), Ok(()));
    assert_eq!(message.told_to(&[]), Err(Rejection::Signature));
    let other: Secret = OTHER.parse().unwrap();
    let by_other = sign(&other, &message.id, message.timestamp.parse().unwrap(), &message.body);
    let signature = format!("{by_other} {}", message.signature);
    let both = Message { signature, ..message };
    assert_eq!((both.told(), both.told_to(&[OTHER])), (Ok(()), Ok(())));
}

#[test]
fn signatures_that_are_none_match_nothing() {
    let message = Message::published();
    for signature in ["v1,", "v1", ",", "v1, v1,", "", "v1a,x", "V1,x", "v1,\u{0}", &"v1,x ".repeat(10_000)] {
        let signature = signature.to_owned();
        assert_eq!(Message { signature, ..message.clone() }.told(), Err(Rejection::Signature));
    }
}

#[test]
fn a_text_that_is_no_secret_is_refused_and_none_is_shown() {
    assert_eq!("whsec_not base64".parse::<Secret>().unwrap_err(), InvalidSecret::Base64);
    assert_eq!("whsec_".parse::<Secret>().unwrap_err(), InvalidSecret::Short);
    assert_eq!("whsec_c2hvcnQ=".parse::<Secret>().unwrap_err(), InvalidSecret::Short);
    let secret = Secret::new(&OTHER.into()).unwrap();
    assert_eq!(format!("{secret:?}"), "Secret(…)");
}

proptest! {
    /// Whatever bit is turned of what was signed, or of the signature, it is refused.
    #[test]
    fn any_bit_that_is_turned_is_noticed(part in 0..4_usize, byte in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut message = Message::published();
        let mut turned = match part {
            0 => message.id.clone().into_bytes(),
            1 => message.timestamp.clone().into_bytes(),
            2 => message.signature.clone().into_bytes(),
            _ => message.body.clone(),
        };
        let at = byte.index(turned.len());
        turned[at] ^= 1 << bit;
        if part == 3 {
            message.body = turned;
        } else {
            // A header that is no text is found by nobody.
            let Ok(text) = String::from_utf8(turned) else { return Ok(()) };
            match part {
                0 => message.id = text,
                1 => message.timestamp = text,
                _ => message.signature = text,
            }
        }
        prop_assert!(message.told().is_err());
    }

    #[test]
    fn what_is_signed_is_believed_and_nothing_else_is(
        id in "[a-zA-Z0-9_-]{1,40}",
        body in prop::collection::vec(any::<u8>(), 0..200),
        other in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let published = Message::published();
        let secret: Secret = published.secret.parse().unwrap();
        let signature = sign(&secret, &id, published.timestamp.parse().unwrap(), &body);
        let message = Message { id, signature, body, ..published };
        prop_assert_eq!(message.told(), Ok(()));
        if other != message.body {
            let other = Message { body: other, ..message };
            prop_assert!(other.told().is_err());
        }
    }
}
