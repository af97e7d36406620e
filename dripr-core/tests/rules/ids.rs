//! Names of things.

use dripr_core::ids::{AttemptId, CampaignId, EmailId, EventId, MAX_ID_LENGTH};

#[test]
fn an_id_has_one_to_ninety_six_plain_characters() {
    assert_eq!(MAX_ID_LENGTH, 96);
    assert!(CampaignId::new("x".repeat(96)).is_ok());
    let refused = CampaignId::new("x".repeat(97)).unwrap_err();
    assert_eq!((refused.kind, refused.value.len()), ("campaign_id", 97));
    assert_eq!(CampaignId::new("x".repeat(200)).unwrap_err().value.len(), 100);
    assert!(CampaignId::new("").is_err());
    assert!(CampaignId::new("aZ0._:-").is_ok());
    for bad in ["a/b", "a b", "a\u{e9}", "a\n", "a\0"] {
        assert!(CampaignId::new(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn derived_ids_name_what_they_belong_to() {
    let campaign: CampaignId = "c".parse().unwrap();
    let email = EmailId::of(&campaign, 3);
    assert_eq!(email.to_string(), "c.3");
    assert_eq!(AttemptId::of(&email, 2).to_string(), "c.3.2");
    assert_eq!(EventId::of(&campaign, 9).to_string(), "c:9");
    assert_eq!(format!("{email:?}"), "EmailId(c.3)");
}

#[test]
fn an_id_is_stored_as_its_text_and_checked_when_it_is_read() {
    let email: EmailId = serde_json::from_str("\"c.3\"").unwrap();
    assert_eq!(serde_json::to_string(&email).unwrap(), "\"c.3\"");
    assert!(serde_json::from_str::<EmailId>("\"c 3\"").is_err());
}
