//! The seven operations, and what a status does to them.

use dripr_core::{
    campaign::{CampaignStatus, Lease, Operation, OperationState, Operations, Provision, SubStatus},
    schedule::Instant,
};

use crate::scene::{SLOT, Scene, at, just_before, minutes};
use CampaignStatus::{
    Dormant, Error, ReadyToCreateEmail, ReadyToSendEmail, Unsubscribed, WaitingForData,
    WaitingForHomeAnalysis,
};

const TABLE: [(Operation, &str, &str, CampaignStatus); 7] = [
    (Operation::Property, "property", "property_status", WaitingForData),
    (Operation::ActiveListings, "active_listings", "active_listing_status", WaitingForData),
    (Operation::RecentSales, "recent_sales", "recent_sale_status", WaitingForData),
    (Operation::LocalMarketData, "local_market_data", "local_market_data_status", WaitingForData),
    (Operation::Intro, "intro", "intro_status", WaitingForData),
    (Operation::HomeReport, "home_report", "home_report_analysis_status", WaitingForHomeAnalysis),
    (Operation::EmailCreation, "email_creation", "email_creation_status", ReadyToCreateEmail),
];

#[test]
fn an_operation_has_a_name_a_column_and_a_status() {
    for (operation, name, column, status) in TABLE {
        assert_eq!((operation.as_str(), operation.column(), operation.status()), (name, column, status));
        assert_eq!(operation.to_string(), name);
        assert_eq!(serde_json::to_string(&operation).unwrap(), format!("{name:?}"));
    }
    assert_eq!(Operation::ALL, TABLE.map(|(operation, ..)| operation));
}

#[test]
fn a_status_begins_with_its_own_operations() {
    for status in CampaignStatus::ALL {
        let own: Vec<_> = TABLE.iter().filter(|line| line.3 == status).map(|line| line.0).collect();
        assert_eq!(Operation::of_status(status), own, "{status}");
    }
}

fn waiting(lease: Option<Instant>, not_before: Option<Instant>) -> OperationState {
    let lease = lease.map(|until| Lease { fence: 1, until });
    OperationState { status: SubStatus::WaitingForData, lease, not_before, ..OperationState::default() }
}

#[test]
fn an_operation_may_be_begun_when_nobody_has_it_in_hand_and_no_pause_holds_it() {
    let (now, later) = (at(SLOT), at(SLOT) + minutes(1));
    for (lease, not_before, expected) in [
        (None, None, true),
        (Some(now), None, true),
        (Some(later), None, false),
        (None, Some(now), true),
        (None, Some(later), false),
        (Some(now), Some(now), true),
        (Some(later), Some(now), false),
        (Some(now), Some(later), false),
    ] {
        assert_eq!(waiting(lease, not_before).may_start(now), expected, "{lease:?} {not_before:?}");
    }
    assert!(!waiting(Some(now), None).may_start(just_before(SLOT)));
    for status in [SubStatus::Dormant, SubStatus::Ready, SubStatus::Error] {
        assert!(!OperationState { status, ..OperationState::default() }.may_start(now), "{status}");
    }
}

#[test]
fn a_state_is_stored_without_what_it_has_not() {
    let mut state = waiting(None, None);
    assert_eq!(serde_json::to_string(&state).unwrap(), r#"{"status":"WAITING_FOR_DATA"}"#);
    state.attempts = 3;
    let stored = serde_json::to_string(&state).unwrap();
    assert_eq!(stored, r#"{"status":"WAITING_FOR_DATA","attempts":3}"#);
    assert_eq!(serde_json::from_str::<OperationState>(&stored).unwrap(), state);
}

/// Each operation READY with something of its own.
fn all_ready() -> Operations {
    let mut operations = Operations::default();
    for operation in Operation::ALL {
        let last_error = Some(operation.to_string());
        operations[operation] =
            OperationState { status: SubStatus::Ready, last_error, ..OperationState::default() };
    }
    operations
}

#[test]
fn entering_a_status_asks_for_its_own_operations_and_forgets_the_later_ones() {
    for entered in [WaitingForData, WaitingForHomeAnalysis, ReadyToCreateEmail] {
        let mut operations = all_ready();
        operations.enter(entered);
        for (operation, _, _, status) in TABLE {
            let expected = match status.cmp(&entered) {
                std::cmp::Ordering::Less => all_ready()[operation].clone(),
                std::cmp::Ordering::Equal => waiting(None, None),
                std::cmp::Ordering::Greater => OperationState::default(),
            };
            assert_eq!(operations[operation], expected, "{operation} on entering {entered}");
        }
    }
}

#[test]
fn the_other_statuses_forget_all_or_leave_all() {
    let mut operations = all_ready();
    for left in [ReadyToSendEmail, Unsubscribed, Error] {
        operations.enter(left);
        assert_eq!(operations, all_ready(), "{left}");
    }
    operations.enter(Dormant);
    assert_eq!(operations, Operations::default());
}

#[test]
fn pending_is_what_waits_and_ready_is_when_nothing_does() {
    let mut operations = Operations::default();
    operations.enter(WaitingForData);
    assert_eq!(operations.pending(WaitingForData).count(), 5);
    assert_eq!(operations.pending(WaitingForHomeAnalysis).count(), 0);
    for (n, operation) in Operation::of_status(WaitingForData).iter().enumerate() {
        assert!(!operations.all_ready(WaitingForData), "{operation} is missing");
        assert_eq!(operations.pending(WaitingForData).next(), Some(*operation));
        assert_eq!(operations.pending(WaitingForData).count(), 5 - n);
        operations[*operation].status = SubStatus::Ready;
    }
    assert!(operations.all_ready(WaitingForData));
    assert_eq!(operations.pending(WaitingForData).count(), 0);
    assert!(!operations.all_ready(ReadyToCreateEmail));
    operations[Operation::EmailCreation].status = SubStatus::Error;
    assert!(!operations.all_ready(ReadyToCreateEmail));
    assert_eq!(operations.pending(ReadyToCreateEmail).count(), 0);
}

#[test]
fn a_retry_with_the_data_asks_again_for_what_was_left_out_only() {
    let mut scene = Scene::gathering();
    for operation in Operation::of_status(WaitingForData) {
        let omitted = *operation == Operation::RecentSales;
        let provision = if omitted { Provision::Omitted("down".to_owned()) } else { Provision::Own };
        scene.finish_with(*operation, None, provision).unwrap();
    }
    scene.finish(Operation::HomeReport);
    scene.give_up("nothing truthful is left to say", true);
    scene.did(dripr_core::campaign::Action::Retry);
    assert_eq!(scene.status(), WaitingForData);
    for (operation, ..) in TABLE {
        let expected = match operation {
            Operation::RecentSales => SubStatus::WaitingForData,
            Operation::HomeReport | Operation::EmailCreation => SubStatus::Dormant,
            _ => SubStatus::Ready,
        };
        assert_eq!(scene.operation(operation).status, expected, "{operation}");
    }
    assert_eq!(scene.operation(Operation::RecentSales).provision, None);
    assert_eq!(scene.operation(Operation::Property).provision, Some(Provision::Own));
    let woken: Vec<_> = scene.written.events.iter().map(|event| event.operations.clone()).collect();
    assert_eq!(woken, [Some(vec![Operation::RecentSales])]);
}
