//! The stored names of statuses.

use dripr_core::campaign::{CampaignStatus, SubStatus};

#[test]
fn a_campaigns_status_has_one_name_and_is_read_from_its_old_ones() {
    use CampaignStatus::*;
    for (status, name, old, working) in [
        (Dormant, "DORMANT", Some("SENT"), false),
        (WaitingForData, "WAITING_FOR_DATA", Some("FETCHING"), true),
        (WaitingForHomeAnalysis, "WAITING_FOR_HOME_ANALYSIS", None, true),
        (ReadyToCreateEmail, "READY_TO_CREATE_EMAIL", Some("WAITING_FOR_MANUAL_APPROVAL"), true),
        (ReadyToSendEmail, "READY_TO_SEND_EMAIL", None, true),
        (Unsubscribed, "UNSUBSCRIBED", None, false),
        (Error, "ERROR", None, false),
    ] {
        assert_eq!(status.as_str(), name);
        assert_eq!(status.to_string(), name);
        assert_eq!(status.is_working(), working, "{name}");
        for text in [Some(name), old].into_iter().flatten() {
            assert_eq!(text.parse(), Ok(status));
            assert_eq!(serde_json::from_str::<CampaignStatus>(&format!("{text:?}")).unwrap(), status);
        }
        assert_eq!(serde_json::to_string(&status).unwrap(), format!("{name:?}"));
    }
}

#[test]
fn an_operations_status_has_one_name_and_is_read_from_its_old_ones() {
    use SubStatus::*;
    for (status, name, old) in [
        (Dormant, "DORMANT", None),
        (WaitingForData, "WAITING_FOR_DATA", Some("FETCHING")),
        (Ready, "READY", Some("READY_TO_CREATE_EMAIL")),
        (Error, "ERROR", None),
    ] {
        assert_eq!(status.as_str(), name);
        assert_eq!(status.to_string(), name);
        for text in [Some(name), old].into_iter().flatten() {
            assert_eq!(text.parse(), Ok(status));
            assert_eq!(serde_json::from_str::<SubStatus>(&format!("{text:?}")).unwrap(), status);
        }
        assert_eq!(serde_json::to_string(&status).unwrap(), format!("{name:?}"));
    }
}

#[test]
fn a_status_that_nobody_knows_is_refused_with_those_that_are_known() {
    let long = "X".repeat(100);
    let refused = long.parse::<CampaignStatus>().unwrap_err();
    assert_eq!((refused.column, refused.value.len()), ("campaign_status", 60));
    assert!(refused.known.contains("READY_TO_SEND_EMAIL"));
    let refused = "dormant".parse::<SubStatus>().unwrap_err();
    assert_eq!((refused.column, refused.value.as_str()), ("sub-status", "dormant"));
    assert!(refused.to_string().starts_with("sub-status \"dormant\" is not a status; known are DORMANT"));
}
