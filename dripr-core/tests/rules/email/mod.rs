//! Addresses, fingerprints, statuses and links of an email.

mod address;
mod opt_in;
mod opt_out;
mod own_link;

use dripr_core::{
    campaign::Actor,
    email::{Approval, ApprovedBy, ContentHash, DeliveryStatus, Message, MessageId, SuppressionCause},
    ids::EmailId,
};

use crate::scene::{SLOT, Scene, at, message};

fn letter() -> Message {
    message(&"kim@home.example".parse().unwrap())
}

#[test]
fn a_message_id_is_the_emails_id_at_the_senders_domain_without_a_colon() {
    let email = EmailId::new("a:b:c.1").unwrap();
    let id = MessageId::of(&email, &"agent@brokerage.example".parse().unwrap());
    assert_eq!(id.as_str(), "a_b_c.1@brokerage.example");
    assert_eq!(id.to_string(), "a_b_c.1@brokerage.example");
    assert_eq!(serde_json::to_string(&id).unwrap(), "\"a_b_c.1@brokerage.example\"");
}

#[test]
fn every_part_of_a_message_has_a_part_in_its_fingerprint() {
    let hash = ContentHash::of(&letter());
    assert_eq!(hash, ContentHash::of(&letter()));
    let changes: [fn(&mut Message); 8] = [
        |m| m.to.address = "kim@house.example".parse().unwrap(),
        |m| m.to.name.push('x'),
        |m| m.from.address = "other@brokerage.example".parse().unwrap(),
        |m| m.from.name.push('x'),
        |m| m.subject.push('x'),
        |m| m.html.push('x'),
        |m| m.text.push('x'),
        |m| m.opt_out_link = None,
    ];
    for (n, change) in changes.into_iter().enumerate() {
        let mut other = letter();
        change(&mut other);
        assert_ne!(ContentHash::of(&other), hash, "change {n}");
    }
    let mut moved = letter();
    moved.text = moved.html.split_off(3) + &moved.text;
    assert_ne!(ContentHash::of(&moved), hash, "text that moved from one part to the next");
}

#[test]
fn a_fingerprint_is_sixty_four_hexadecimal_digits() {
    let text = "00ff10a5".repeat(8);
    let hash: ContentHash = text.parse().unwrap();
    assert_eq!(hash.to_string(), text);
    assert_eq!(format!("{hash:?}"), format!("ContentHash({text})"));
    assert_eq!(serde_json::to_string(&hash).unwrap(), format!("{text:?}"));
    assert_eq!(serde_json::from_str::<ContentHash>(&format!("{text:?}")).unwrap(), hash);
    let (short, long) = ("0".repeat(62), "0".repeat(66));
    for bad in ["", &short, &long, &"0".repeat(63), &"x".repeat(64), &"\u{e9}".repeat(32)] {
        assert!(bad.parse::<ContentHash>().is_err(), "{bad:?}");
        assert!(serde_json::from_str::<ContentHash>(&format!("{bad:?}")).is_err(), "{bad:?}");
    }
    let refused = "0g".parse::<ContentHash>().unwrap_err();
    assert_eq!(refused.to_string(), "content_hash \"0g\" is not 64 hexadecimal digits");
}

#[test]
fn a_delivery_status_has_one_name_and_says_what_may_still_happen() {
    use DeliveryStatus::*;
    let all = [
        (Created, "CREATED", "unsent"),
        (Approved, "APPROVED", "unsent"),
        (Rejected, "REJECTED", ""),
        (Superseded, "SUPERSEDED", ""),
        (Expired, "EXPIRED", ""),
        (Skipped, "SKIPPED", ""),
        (Transmitting, "TRANSMITTING", "live"),
        (Unknown, "UNKNOWN", "live"),
        (Held, "HELD", ""),
        (Complete, "COMPLETE", ""),
    ];
    let mut email = Scene::ready().email();
    for (status, name, stands) in all {
        assert_eq!(status.to_string(), name);
        assert_eq!(name.parse(), Ok(status));
        assert_eq!(serde_json::to_string(&status).unwrap(), format!("{name:?}"));
        assert_eq!(serde_json::from_str::<DeliveryStatus>(&format!("{name:?}")).unwrap(), status);
        assert_eq!((status.is_unsent(), status.is_live()), (stands == "unsent", stands == "live"), "{name}");
        email.delivery_status = status;
        assert_eq!(email.is_live(), stands == "live", "{name}");
    }
    let refused = "SENT".parse::<DeliveryStatus>().unwrap_err();
    assert_eq!((refused.column, refused.value.as_str()), ("delivery_status", "SENT"));
    assert!(serde_json::from_str::<DeliveryStatus>("\"SENT\"").is_err());
}

#[test]
fn an_email_is_stored_without_what_it_has_not() {
    let email = Scene::review().email();
    let stored = serde_json::to_value(&email).unwrap();
    for absent in ["approval", "attempt", "cause", "provider_message_id"] {
        assert!(stored.get(absent).is_none(), "{absent}");
    }
    assert_eq!(serde_json::from_value::<dripr_core::email::Email>(stored).unwrap(), email);
}

#[test]
fn an_approval_says_who_gave_it() {
    let content_hash = ContentHash::of(&letter());
    for (by, stored) in [
        (ApprovedBy::System, r#""system""#),
        (ApprovedBy::User("agent".parse().unwrap()), r#"{"user":"agent"}"#),
    ] {
        assert_eq!(serde_json::to_string(&by).unwrap(), stored);
        let approval = Approval { by, actor: None, content_hash, at: at(SLOT) };
        let read = serde_json::from_str::<Approval>(&serde_json::to_string(&approval).unwrap()).unwrap();
        assert_eq!(read, approval);
    }
}

#[test]
fn an_approval_is_read_whichever_version_stored_it() {
    let content_hash = ContentHash::of(&letter());
    let stored = |by: &str, actor: &str| {
        let text =
            format!(r#"{{"by":{by},{actor}"content_hash":"{content_hash}","at":"2026-03-12T15:00:00Z"}}"#);
        serde_json::from_str::<Approval>(&text).unwrap()
    };
    let agent = Actor::User("agent".parse().unwrap());
    assert_eq!(stored(r#"{"user":"agent"}"#, "").approver(), agent);
    assert_eq!(stored(r#""system""#, "").approver(), Actor::System);
    let by_key = stored(r#"{"user":"agent"}"#, r#""actor":{"api_key":"key-1"},"#);
    assert_eq!(by_key.approver(), Actor::ApiKey("key-1".parse().unwrap()));
    // Versions before have this field alone.
    assert_eq!(serde_json::to_value(&by_key).unwrap()["by"], serde_json::json!({"user": "agent"}));
}

#[test]
fn a_suppression_has_a_stored_name_and_a_sentence_and_a_complaint_is_the_most_final() {
    use SuppressionCause::*;
    for (cause, name, sentence) in [
        (HardBounce, "hard_bounce", "mail to this address came back for good"),
        (OptOut, "opt_out", "the recipient opted out"),
        (Complaint, "complaint", "the recipient reported the mail as spam"),
    ] {
        assert_eq!((cause.as_str(), cause.sentence()), (name, sentence));
        assert_eq!(serde_json::to_string(&cause).unwrap(), format!("{name:?}"));
    }
    assert!(HardBounce < OptOut && OptOut < Complaint);
}
