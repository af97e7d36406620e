//! What Stripe tells, in both forms of its API.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use chrono::{DateTime, TimeDelta};
use dripr_adapters::stripe::{FailedPayment, Rejection, Told, Unreadable, Verifier, read};
use dripr_core::{
    agent::Subscription,
    billing::{Change, Stage},
    schedule::Instant,
};
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use serde_json::{Value, json};

macro_rules! sample {
    ($name:literal) => {
        include_str!(concat!("data/providers/stripe/", $name, ".json"))
    };
}

const CREATED: &str = sample!("webhook.customer.subscription.created.2020-08-27");
const UPDATED: &str = sample!("webhook.customer.subscription.updated.2020-08-27");
const DELETED: &str = sample!("webhook.customer.subscription.deleted.2020-08-27");
const FAILED: &str = sample!("webhook.invoice.payment_failed.2020-08-27");

struct Signed {
    secret: String,
    header: String,
    body: Vec<u8>,
    now: Instant,
}

impl Signed {
    fn published() -> Self {
        let vector: Value = serde_json::from_str(sample!("signature.vector-1")).unwrap();
        let text = |name: &str| vector[name].as_str().unwrap().to_owned();
        Self {
            secret: text("secret"),
            header: text("header"),
            body: text("payload").into_bytes(),
            now: DateTime::from_timestamp(vector["timestamp"].as_i64().unwrap(), 0).unwrap(),
        }
    }

    fn told(&self) -> Result<(), Rejection> {
        self.told_to(&[&self.secret])
    }

    fn told_to(&self, secrets: &[&str]) -> Result<(), Rejection> {
        let secrets = secrets.iter().map(|secret| (*secret).into()).collect();
        Verifier::new(secrets).unwrap().verify(Some(&self.header), &self.body, self.now)
    }
}

#[test]
fn the_vector_that_stripes_own_library_takes_is_taken() {
    let signed = Signed::published();
    assert_eq!(signed.told(), Ok(()));
    assert_eq!(signed.told_to(&["whsec_other"]), Err(Rejection::Signature));
    assert_eq!(signed.told_to(&["whsec_other", &signed.secret]), Ok(()));
    assert_eq!(signed.told_to(&[]), Err(Rejection::Signature));
    for no_secret in ["", "whsec_", "sk_live_1"] {
        assert!(Verifier::new(vec![no_secret.into()]).is_err(), "{no_secret}");
    }
}

#[test]
fn an_event_counts_for_five_minutes_before_and_after() {
    for (seconds, expected) in
        [(300, Ok(())), (301, Err(Rejection::TooOld)), (-300, Ok(())), (-301, Err(Rejection::TooNew))]
    {
        let signed = Signed::published();
        let now = signed.now + TimeDelta::seconds(seconds);
        assert_eq!(Signed { now, ..signed }.told(), expected, "{seconds}");
    }
}

#[test]
fn all_signatures_of_the_first_version_count_and_no_others() {
    let signed = Signed::published();
    let (time, good) = signed.header.split_once(',').unwrap();
    let digits = good.strip_prefix("v1=").unwrap();
    let wrong = "0".repeat(64);
    for (header, expected) in [
        (format!("{time},v1={wrong},{good}"), Ok(())),
        (format!("{time},{good},v1={wrong},v0={wrong}"), Ok(())),
        (format!("{good},{time}"), Ok(())),
        (format!("{time},v0={digits}"), Err(Rejection::Signature)),
        (format!("{time},v1={}", digits.to_uppercase()), Err(Rejection::Signature)),
        (format!("{time},v1="), Err(Rejection::Signature)),
        (time.to_owned(), Err(Rejection::Signature)),
        (good.to_owned(), Err(Rejection::Timestamp)),
        (format!("t=-1700000000,{good}"), Err(Rejection::Timestamp)),
        (format!("t=,{good}"), Err(Rejection::Timestamp)),
        (format!("t=1,{time},{good}"), Err(Rejection::TooOld)),
        (format!("t=01700000000,{good}"), Err(Rejection::Signature)),
        (String::new(), Err(Rejection::Missing)),
    ] {
        let signed = Signed { header, ..Signed::published() };
        assert_eq!(signed.told(), expected, "{}", signed.header);
    }
}

fn event(sample: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut event = serde_json::from_str(sample).unwrap();
    change(&mut event);
    event
}

fn told(event: &Value) -> Option<Told> {
    read(event.to_string().as_bytes()).unwrap()
}

fn change(sample: &str, change: impl FnOnce(&mut Value)) -> Change {
    let Some(Told::Subscription(told)) = told(&event(sample, change)) else { unreachable!("a subscription") };
    told
}

#[test]
fn each_sample_says_how_a_subscription_stands() {
    for (sample, at, stage, status) in [
        (CREATED, 1_648_320_110, Stage::Created, Subscription::Active),
        (UPDATED, 1_648_320_106, Stage::Updated, Subscription::Active),
        (DELETED, 1_648_320_097, Stage::Deleted, Subscription::Canceled),
    ] {
        let expected = Change {
            subscription: "sub_000000000000000000000000".parse().unwrap(),
            customer: "cus_00000000000000".parse().unwrap(),
            user_id: None,
            at: DateTime::from_timestamp(at, 0).unwrap(),
            stage,
            status,
            from: None,
        };
        assert_eq!(change(sample, |_| ()), expected);
    }
}

#[test]
fn the_later_form_says_the_same() {
    let object: Value = serde_json::from_str(sample!("openapi-fixture.subscription")).unwrap();
    let told = change(UPDATED, |event| event["data"]["object"] = object.clone());
    assert_eq!(told.customer.as_str(), "cus_QXg1o8vcGmoR32");
    assert_eq!(told.subscription.as_str(), object["id"].as_str().unwrap());
    assert_eq!(told.status, Subscription::Active);
}

#[test]
fn states_customers_and_users_are_read_as_they_come() {
    let state = |name: &str| change(UPDATED, |event| event["data"]["object"]["status"] = name.into()).status;
    let since = DateTime::from_timestamp(1_648_320_106, 0).unwrap();
    assert_eq!(state("past_due"), Subscription::PastDue { since });
    assert_eq!(state("incomplete"), Subscription::Incomplete);
    assert_eq!(state("paused"), Subscription::Paused);
    assert_eq!(state("on_the_moon"), Subscription::Other);
    let expanded = json!({"id": "cus_9", "object": "customer", "email": "kim@home.example"});
    let told = change(UPDATED, |event| {
        event["data"]["object"]["customer"] = expanded;
        event["data"]["object"]["metadata"] = json!({"user_id": "user_1"});
    });
    assert_eq!((told.customer.as_str(), told.user_id.unwrap().as_str()), ("cus_9", "user_1"));
    let told = change(UPDATED, |event| event["data"]["object"]["metadata"] = json!({"user_id": "'; DROP"}));
    assert_eq!(told.user_id, None);
    let before = |old: Value| change(UPDATED, |event| event["data"]["previous_attributes"] = old).from;
    assert_eq!(
        before(json!({"status": "past_due", "cancel_at": null})),
        Some(Subscription::PastDue { since })
    );
    for nothing in [json!({}), json!(null), json!(7), json!({"status": null}), json!({"status": {}})] {
        assert_eq!(before(nothing.clone()), None, "{nothing}");
    }
}

#[test]
fn a_failed_payment_is_read_in_both_forms() {
    let expected = |customer: &str, subscription: Option<&str>, next: Option<i64>| {
        Some(Told::PaymentFailed(FailedPayment {
            customer: customer.parse().unwrap(),
            subscription: subscription.map(|id| id.parse().unwrap()),
            attempts: Some(1),
            next_attempt_at: next.and_then(|at| DateTime::from_timestamp(at, 0)),
        }))
    };
    assert_eq!(told(&event(FAILED, |_| ())), expected("cus_00000000000000", None, None));
    let for_one = event(FAILED, |event| event["data"]["object"]["subscription"] = "sub_7".into());
    assert_eq!(told(&for_one), expected("cus_00000000000000", Some("sub_7"), None));
    let later: Value = serde_json::from_str(sample!("event-data.invoice.payment_failed.2025-basil")).unwrap();
    let next = later["object"]["next_payment_attempt"].as_i64();
    let later = event(FAILED, |event| event["data"] = later);
    assert_eq!(told(&later), expected("cus_1234", Some("sub_1234"), next));
}

#[test]
fn what_dripr_does_not_need_says_nothing_and_what_stripe_never_wrote_is_refused() {
    for kind in ["customer.created", "invoice.paid", "customer.subscription.trial_will_end", "later.invented"]
    {
        assert_eq!(told(&event(UPDATED, |event| event["type"] = kind.into())), None, "{kind}");
    }
    let thin = json!({"id": "evt_1", "object": "v2.core.event", "type": "v1.billing.meter.error"});
    assert_eq!(told(&thin), None);
    let refused = |event: &Value| read(event.to_string().as_bytes()).unwrap_err();
    for (field, pointer) in [
        ("object", "/object"),
        ("type", "/type"),
        ("created", "/created"),
        ("data.object", "/data"),
        ("data.object.id", "/data/object/id"),
        ("data.object.customer", "/data/object/customer"),
        ("data.object.status", "/data/object/status"),
    ] {
        for nothing in [json!(null), json!([]), json!({"a": 1}), json!(-1.5e300)] {
            let event = event(UPDATED, |event| *event.pointer_mut(pointer).unwrap() = nothing.clone());
            // A number can be a word that is not known.
            if nothing.is_number() && ["type", "object", "data.object.status"].contains(&field) {
                continue;
            }
            assert!(refused(&event).to_string().contains(&format!("{field} is")), "{field} {nothing}");
        }
    }
    assert_eq!(refused(&json!([1])), Unreadable::Field("object"));
    assert!(matches!(read(b"{"), Err(Unreadable::Json { line: 1, column: 1 })));
    let deep = [&b"["[..], &b"[".repeat(100_000)].concat();
    assert!(matches!(read(&deep), Err(Unreadable::Json { .. })));
}

proptest! {
    #[test]
    fn any_bit_that_is_turned_is_noticed(in_header in any::<bool>(), byte in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let mut signed = Signed::published();
        let mut turned = if in_header { signed.header.clone().into_bytes() } else { signed.body.clone() };
        let at = byte.index(turned.len());
        turned[at] ^= 1 << bit;
        if in_header {
            let Ok(header) = String::from_utf8(turned) else { return Ok(()) };
            signed.header = header;
        } else {
            signed.body = turned;
        }
        prop_assert!(signed.told().is_err());
    }

    #[test]
    fn nothing_makes_it_panic(
        sample in prop::sample::select(vec![CREATED, DELETED, FAILED]),
        byte in any::<prop::sample::Index>(),
        to in any::<u8>(),
    ) {
        let mut body = sample.as_bytes().to_vec();
        let at = byte.index(body.len());
        body[at] = to;
        let _ = read(&body);
        let _ = read(&body[..at]);
    }

    #[test]
    fn what_is_signed_with_the_whole_secret_is_believed(body in prop::collection::vec(any::<u8>(), 0..200)) {
        let signed = Signed::published();
        let sent = signed.now.timestamp().to_string();
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(signed.secret.as_bytes()).unwrap();
        mac.update(sent.as_bytes());
        mac.update(b".");
        mac.update(&body);
        let header = format!("t={sent},v1={}", hex::encode(mac.finalize().into_bytes()));
        prop_assert_eq!(Signed { header, body, ..signed }.told(), Ok(()));
    }
}
