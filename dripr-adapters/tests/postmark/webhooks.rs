//! What Postmark tells of emails that it took.

use dripr_adapters::postmark::webhook::{self, Credentials, Told, Unreadable, UnusableCredentials};
use dripr_core::{
    email::SuppressionCause,
    feedback::{Bounce, BounceKind, Feedback, Happening, Refusal},
    schedule::Instant,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::sample;

const MESSAGE: &str = "883953f4-6105-42a2-a16a-77a8eac79483";

const SAMPLES: [(&str, &str); 7] = [
    ("Delivery", sample!("webhook.delivery")),
    ("Bounce", sample!("webhook.bounce")),
    ("SpamComplaint", sample!("webhook.spamcomplaint")),
    ("SpamComplaint", sample!("webhook.spam_complaint.b")),
    ("Open", sample!("webhook.open")),
    ("Click", sample!("webhook.click")),
    ("SubscriptionChange", sample!("webhook.subscriptionchange")),
];

/// A sample about the email `c.1`, changed.
fn changed(sample: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut body: Value = serde_json::from_str(sample).unwrap();
    body["Metadata"]["dripr_email_id"] = "c.1".into();
    change(&mut body);
    body
}

fn told_at() -> Instant {
    "2026-03-12T15:00:00Z".parse().unwrap()
}

fn read(body: &Value) -> Option<Feedback> {
    match webhook::read(body.to_string().as_bytes(), told_at()).unwrap() {
        Some(Told::Email(feedback)) => Some(feedback),
        Some(Told::Address(_)) | None => None,
    }
}

/// What a sample says, changed.
fn told(sample: &str, change: impl FnOnce(&mut Value)) -> Feedback {
    let feedback = read(&changed(sample, change)).unwrap();
    assert_eq!(feedback.email_id.as_str(), "c.1");
    feedback
}

#[test]
fn each_sample_is_understood() {
    let user_agent = || "Mozilla/5.0 ...".to_owned();
    let said = "smtp;550 5.1.1 The email account that you tried to reach does not exist.".to_owned();
    let at = "2025-04-05T16:33:54.907025900Z";
    let expected = [
        (at, format!("postmark:delivery:{MESSAGE}"), Happening::Delivered),
        (
            at,
            format!("postmark:bounce:{MESSAGE}:42"),
            Happening::Bounced(Bounce { kind: BounceKind::NoMailbox, detail: said }),
        ),
        (at, format!("postmark:spamcomplaint:{MESSAGE}:42"), Happening::Complained),
        // It is tied to no message of Postmark's.
        ("2022-09-02T14:29:57.123456Z", "postmark:spamcomplaint:c.1:42".to_owned(), Happening::Complained),
        (
            at,
            format!("postmark:open:{MESSAGE}:2025-04-05T16:33:54.9070259Z"),
            Happening::Opened { user_agent: user_agent() },
        ),
        (
            at,
            "postmark:click:".to_owned(),
            Happening::Clicked {
                link: "https://yourdomain.com/pricing".to_owned(),
                user_agent: user_agent(),
            },
        ),
        (
            at,
            format!("postmark:subscriptionchange:{MESSAGE}:2025-04-05T16:33:54.9070259Z"),
            Happening::OptedOut,
        ),
    ];
    for ((_, sample), (at, id, what)) in SAMPLES.into_iter().zip(expected) {
        let feedback = told(sample, |_| {});
        assert_eq!(feedback.what, what);
        assert_eq!(feedback.at, at.parse::<chrono::DateTime<chrono::Utc>>().unwrap());
        assert_eq!(feedback.recipient.unwrap().as_str(), "john@example.com");
        // A link cannot stand in an id.
        let hashed = id.ends_with(':').then(|| &feedback.id.as_str()[..id.len()]);
        assert_eq!(hashed.unwrap_or(feedback.id.as_str()), id);
    }
}

#[test]
fn what_is_about_no_email_of_dripr_s_is_nothing() {
    for (_, sample) in SAMPLES {
        let others: Value = serde_json::from_str(sample).unwrap();
        assert_eq!(read(&others), None, "it has others' metadata");
        for metadata in [json!(null), json!({}), json!([]), json!("c.1"), json!({"dripr_email_id": "no id"})]
        {
            assert_eq!(read(&changed(sample, |body| body["Metadata"] = metadata.clone())), None);
        }
        assert_eq!(read(&changed(sample, |body| body["RecordType"] = "Inbound".into())), None);
    }
}

#[test]
fn a_date_that_cannot_be_gives_way_to_what_protects_the_recipient() {
    let change = |sends: bool, date: Option<&str>| {
        let suppresses = !sends;
        let mut body = json!({"RecordType": "SubscriptionChange", "SuppressSending": suppresses, "MessageID": MESSAGE,
            "SuppressionReason": "ManualSuppression", "Origin": "Recipient", "Metadata": {"dripr_email_id": "c.1"}});
        if let Some(date) = date {
            body["ChangedAt"] = date.into();
        }
        read(&body).unwrap()
    };
    for date in [None, Some("yesterday"), Some("2026-02-30T00:00:00Z"), Some("2036-03-12T15:00:00Z")] {
        let out = change(false, date);
        assert_eq!((out.what, out.at), (Happening::OptedOut, told_at()), "{date:?}");
        let again = change(true, date);
        assert_eq!(again.what, Happening::OptedIn);
        assert!(
            again.at <= told_at() && (again.at.timestamp() == 0 || date == Some("2036-03-12T15:00:00Z")),
            "{date:?}"
        );
    }
    assert_eq!(change(false, Some("2026-03-11T15:00:00Z")).at, told_at() - chrono::TimeDelta::days(1));
}

#[test]
fn only_the_type_of_record_has_to_be_there() {
    for (record_type, expected) in [
        ("Delivery", Some(Happening::Delivered)),
        (
            "Bounce",
            Some(Happening::Bounced(Bounce {
                kind: BounceKind::Unclear,
                detail: "Postmark tells no reason".to_owned(),
            })),
        ),
        ("SpamComplaint", Some(Happening::Complained)),
        ("Open", Some(Happening::Opened { user_agent: String::new() })),
        ("Click", Some(Happening::Clicked { link: String::new(), user_agent: String::new() })),
        // It does not say whether they come or go.
        ("SubscriptionChange", None),
    ] {
        let least = json!({"RecordType": record_type, "Metadata": {"dripr_email_id": "c.1"}});
        let feedback = read(&least);
        assert_eq!(feedback.as_ref().map(|feedback| feedback.what.clone()), expected);
        if let Some(feedback) = feedback {
            assert_eq!(
                (feedback.recipient, feedback.at),
                (None, told_at()),
                "it counts as of when it was told"
            );
        }
    }
    for body in ["{}", "[]", "null", r#"["Delivery"]"#, r#"{"RecordType":null}"#, r#"{"RecordType":""}"#] {
        assert_eq!(webhook::read(body.as_bytes(), told_at()), Err(Unreadable::RecordType), "{body}");
    }
    let deep = format!(r#"{{"RecordType":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    for body in ["", "kim@home.example", r#"{"RecordType":"Delivery""#, "\u{0}", deep.as_str()] {
        let error = webhook::read(body.as_bytes(), told_at()).unwrap_err();
        assert!(matches!(error, Unreadable::Json { .. }), "{error}");
        assert!(!error.to_string().contains("kim"));
    }
}

#[test]
fn each_type_of_bounce_means_something_whatever_its_number() {
    for (name, kind) in [
        ("HardBounce", Some(BounceKind::NoMailbox)),
        ("BadEmailAddress", Some(BounceKind::NoMailbox)),
        ("SoftBounce", Some(BounceKind::FullMailbox)),
        ("Transient", Some(BounceKind::Unreachable)),
        ("DnsError", Some(BounceKind::Unreachable)),
        ("SpamNotification", Some(BounceKind::Refused)),
        ("VirusNotification", Some(BounceKind::Refused)),
        ("Blocked", Some(BounceKind::Refused)),
        ("DMARCPolicy", Some(BounceKind::Refused)),
        ("AutoResponder", Some(BounceKind::AutoReply)),
        ("AddressChange", Some(BounceKind::AutoReply)),
        ("ChallengeVerification", Some(BounceKind::AutoReply)),
        ("Subscribe", Some(BounceKind::AutoReply)),
        ("OpenRelayTest", Some(BounceKind::Unclear)),
        ("Unknown", Some(BounceKind::Unclear)),
        ("Unconfirmed", Some(BounceKind::Unclear)),
        ("SMTPApiError", Some(BounceKind::Unclear)),
        ("InboundError", Some(BounceKind::Unclear)),
        ("TemplateRenderingFailed", Some(BounceKind::Unclear)),
        ("SomethingNew", Some(BounceKind::Unclear)),
        ("Unsubscribe", None),
        ("ManuallyDeactivated", None),
        ("SpamComplaint", None),
    ] {
        for inactive in [false, true] {
            let feedback = told(sample!("webhook.bounce"), |body| {
                (body["Type"], body["TypeCode"]) = (name.into(), 1.into());
                body["Inactive"] = inactive.into();
            });
            match (kind, feedback.what) {
                (Some(BounceKind::Unclear), Happening::Bounced(bounce)) if inactive => {
                    assert_eq!(bounce.kind, BounceKind::NoMailbox, "{name}: Postmark gave it up");
                }
                (Some(kind), Happening::Bounced(bounce)) => assert_eq!(bounce.kind, kind, "{name}"),
                (None, Happening::Complained) => assert_eq!(name, "SpamComplaint"),
                (None, Happening::OptedOut) => assert_ne!(name, "SpamComplaint"),
                (_, what) => panic!("{name}: {what:?}"),
            }
        }
    }
}

#[test]
fn a_bounce_tells_why_in_one_short_line_without_addresses() {
    let detail = |details: Value| {
        let feedback = told(sample!("webhook.bounce"), |body| body["Details"] = details);
        let Happening::Bounced(bounce) = feedback.what else { panic!("it is a bounce") };
        bounce.detail
    };
    assert_eq!(detail("550 <john@example.com>:\r\n\u{1b}no such user".into()), "550 … no such user");
    assert_eq!(detail("x ".repeat(5_000).into()).chars().count(), 200);
    let description = "The server was unable to deliver your message (ex: unknown user, mailbox not found).";
    for none in [Value::Null, "".into(), " \r\n".into(), json!([])] {
        assert_eq!(detail(none), description);
    }
}

#[test]
fn a_change_of_a_subscription_goes_both_ways() {
    let changed_to = |suppress: Value, why: Value| {
        let body = changed(sample!("webhook.subscriptionchange"), |body| {
            (body["SuppressSending"], body["SuppressionReason"]) = (suppress, why);
        });
        read(&body).map(|feedback| feedback.what)
    };
    for why in [json!(null), json!("ManualSuppression"), json!("HardBounce"), json!("SpamComplaint")] {
        assert_eq!(changed_to(json!(false), why), Some(Happening::OptedIn));
    }
    for suppress in [json!(true), json!(null)] {
        assert_eq!(changed_to(suppress.clone(), "ManualSuppression".into()), Some(Happening::OptedOut));
        assert_eq!(changed_to(suppress.clone(), "SomethingNew".into()), Some(Happening::OptedOut));
        assert_eq!(changed_to(suppress.clone(), "SpamComplaint".into()), Some(Happening::Complained));
        let Some(Happening::Bounced(bounce)) = changed_to(suppress, "HardBounce".into()) else {
            panic!("it is a bounce")
        };
        assert_eq!(bounce.kind, BounceKind::NoMailbox);
    }
    assert_eq!(changed_to(json!(true), json!(null)), Some(Happening::OptedOut));
    assert_eq!(changed_to(json!(null), json!(null)), None);
    for origin in ["Recipient", "Customer", "Admin"] {
        let feedback = told(sample!("webhook.subscriptionchange"), |body| body["Origin"] = origin.into());
        assert_eq!(feedback.what, Happening::OptedOut);
    }
    for origin in [json!("Customer"), json!("Admin"), json!(null), json!("Somebody")] {
        let body = changed(sample!("webhook.subscriptionchange"), |body| {
            (body["SuppressSending"], body["Origin"]) = (false.into(), origin.clone());
        });
        assert_eq!(read(&body), None, "{origin}: nobody's consent but the recipient's own");
    }
}

#[test]
fn what_is_done_at_the_account_is_about_an_address_and_lets_nobody_in_again() {
    let told = |change: &dyn Fn(&mut Value)| {
        let body = changed(sample!("webhook.subscriptionchange"), |body| {
            body["Metadata"] = json!(null);
            body["MessageID"] = json!(null);
            body["Origin"] = "Customer".into();
            change(body);
        });
        webhook::read(body.to_string().as_bytes(), told_at()).unwrap()
    };
    let refused = |cause| {
        let address = "john@example.com".parse().unwrap();
        let since = "2025-04-05T16:33:54.907025900Z".parse().unwrap();
        Some(Told::Address(Refusal { address, cause, since }))
    };
    for (reason, cause) in [
        (json!("ManualSuppression"), SuppressionCause::OptOut),
        (json!(null), SuppressionCause::OptOut),
        (json!("SomethingNew"), SuppressionCause::OptOut),
        (json!("SpamComplaint"), SuppressionCause::Complaint),
        (json!("HardBounce"), SuppressionCause::HardBounce),
    ] {
        assert_eq!(told(&|body| body["SuppressionReason"] = reason.clone()), refused(cause), "{reason}");
    }
    for origin in ["Recipient", "Customer", "Admin"] {
        let again = |body: &mut Value| {
            (body["SuppressSending"], body["Origin"]) = (false.into(), origin.into());
        };
        assert_eq!(told(&again), None, "{origin}");
    }
    for nobody in [json!(null), json!("nobody"), json!([])] {
        assert_eq!(told(&|body| body["Recipient"] = nobody.clone()), None, "{nobody}");
    }
    let Some(Told::Address(undated)) = told(&|body| body["ChangedAt"] = json!("later")) else { panic!() };
    assert_eq!(undated.since, told_at());
}

#[test]
fn the_same_thing_has_the_same_id_and_another_has_another() {
    for (record_type, sample) in SAMPLES {
        let id = |change: &dyn Fn(&mut Value)| told(sample, change).id;
        let first = id(&|_| {});
        // What may differ when it is told again.
        let again = id(&|body| {
            body["ServerID"] = 7.into();
            body["UserAgent"] = "another".into();
            body["Details"] = "another".into();
            body["Metadata"]["x"] = "y".into();
        });
        assert_eq!(first, again, "{record_type}");
        let key: &[&str] = match record_type {
            "Delivery" => &["MessageID"],
            "Bounce" | "SpamComplaint" => &["MessageID", "ID"],
            "Open" => &["MessageID", "ReceivedAt"],
            "Click" => &["MessageID", "ReceivedAt", "OriginalLink"],
            _ => &["MessageID", "ChangedAt"],
        };
        for field in key {
            let other = id(&|body| body[*field] = "2026-01-01T00:00:00Z".into());
            assert_ne!(first, other, "{record_type} {field}");
        }
        let other = id(&|body| {
            body["RecordType"] = if record_type == "Delivery" { "Open" } else { "Delivery" }.into();
        });
        assert_ne!(first, other, "{record_type}");
    }
}

#[test]
fn parts_of_an_id_do_not_run_into_one_another() {
    let id = |message: &str, number: &str| {
        let change = |body: &mut Value| {
            (body["MessageID"], body["ID"]) = (message.into(), number.into());
        };
        told(sample!("webhook.bounce"), change).id
    };
    assert_ne!(id("a:b", "c"), id("a", "b:c"));
    assert_ne!(id("a b", "c"), id("a", "b c"));
    assert_ne!(id("a", ""), id("a", "b"));
    assert_ne!(id(&"a".repeat(200), "c"), id(&"a".repeat(201), "c"));
}

#[test]
fn long_texts_are_cut() {
    let long = "x".repeat(100_000);
    let feedback = told(sample!("webhook.click"), |body| {
        (body["OriginalLink"], body["UserAgent"]) = (long.clone().into(), long.clone().into());
    });
    let Happening::Clicked { link, user_agent } = feedback.what else { panic!("it is a click") };
    assert_eq!((link.len(), user_agent.len()), (2_000, 2_000));
}

#[test]
fn only_who_knows_the_password_is_admitted() {
    let credentials = Credentials::new("Aladdin", &"open sesame".into()).unwrap();
    for good in [
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        "basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        " BASIC   QWxhZGRpbjpvcGVuIHNlc2FtZQ== ",
    ] {
        assert!(credentials.admit(Some(good)), "{good:?}");
    }
    for bad in [
        "",
        "Basic",
        "Basic ",
        "QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        "Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ",
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZR==",
        "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==x",
        "Basic qwxhzgrpbjpvcgvuihnlc2ftzq==",
        // Without a password, and without a name.
        "Basic QWxhZGRpbjo=",
        "Basic Om9wZW4gc2VzYW1l",
        "Basic Aladdin:open sesame",
        "Básic 💥",
    ] {
        assert!(!credentials.admit(Some(bad)), "{bad:?}");
    }
    assert!(!credentials.admit(None));
    assert_eq!(format!("{credentials:?}"), "Credentials(…)");
    let unusable = |username, password: &str| Credentials::new(username, &password.into()).unwrap_err();
    assert_eq!(unusable("a:b", "c"), UnusableCredentials::Username);
    assert_eq!(unusable("a", ""), UnusableCredentials::Password);
}

fn json_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(json!([1, "a"])),
        Just(json!({"dripr_email_id": "c.1"})),
        Just(json!("9999-12-31T23:59:60.9999999+23:59")),
        Just(json!("-262143-01-01T00:00:00-23:59")),
    ]
}

proptest! {
    #[test]
    fn a_body_cut_or_changed_anywhere_breaks_nothing(
        of in 0..SAMPLES.len(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let whole = changed(SAMPLES[of].1, |_| {}).to_string().into_bytes();
        let at = at.index(whole.len());
        prop_assert!(webhook::read(&whole[..at], told_at()).is_err());
        let mut body = whole;
        body[at] = byte;
        let _ = webhook::read(&body, told_at());
    }

    #[test]
    fn a_field_of_any_shape_costs_nothing_but_itself(
        of in 0..SAMPLES.len(), field in any::<prop::sample::Index>(), value in json_value(),
    ) {
        let mut name = String::new();
        let body = changed(SAMPLES[of].1, |body| {
            let fields = body.as_object_mut().unwrap();
            name = fields.keys().nth(field.index(fields.len())).unwrap().clone();
            fields.insert(name.clone(), value);
        });
        match webhook::read(body.to_string().as_bytes(), told_at()) {
            Ok(Some(Told::Address(_))) => prop_assert_eq!(name.as_str(), "Metadata"),
            Ok(Some(Told::Email(feedback))) => {
                prop_assert_eq!(feedback.email_id.as_str(), "c.1");
                prop_assert!(feedback.id.as_str().starts_with("postmark:") && feedback.id.as_str().len() <= 96);
                if let Happening::Bounced(bounce) = feedback.what {
                    prop_assert!(!bounce.detail.contains('@') && !bounce.detail.contains(char::is_control));
                }
            }
            Ok(None) => {
                let matters = ["Metadata", "RecordType", "SuppressSending"].contains(&name.as_str());
                prop_assert!(matters, "{}", name);
            }
            Err(error) => prop_assert_eq!((error, name.as_str()), (Unreadable::RecordType, "RecordType")),
        }
    }

    #[test]
    fn bytes_of_any_kind_break_nothing(body in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = webhook::read(&body, told_at());
    }
}
