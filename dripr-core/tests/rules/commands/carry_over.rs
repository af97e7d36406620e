//! A cycle that another system brought to its end.

use dripr_core::{
    campaign::{Action, CampaignStatus, LastCycle},
    email::DeliveryStatus,
};

use crate::scene::{NEXT_SLOT, SLOT, Scene, at};

/// The pending cycle, sent elsewhere.
fn sent_elsewhere() -> Action {
    let slot = Scene::planned().slot();
    Action::CarryOver { ended: LastCycle { slot, sent: Some(at(SLOT)) } }
}

#[test]
fn a_report_that_another_system_sent_is_not_sent_again() {
    for mut scene in [
        Scene::planned(),
        Scene::gathering(),
        Scene::analysing(),
        Scene::ready(),
        Scene::review(),
        Scene::sending(),
        Scene::failed(),
    ] {
        let email = scene.dossier.email.is_some();
        scene.did(sent_elsewhere());
        assert_eq!((scene.status(), scene.slot().at()), (CampaignStatus::Dormant, at(NEXT_SLOT)));
        assert_eq!(scene.dossier.campaign.last_sent_email_datetime, Some(at(SLOT)));
        assert!(scene.audited().contains(&"carried_over"));
        if email {
            assert_eq!(scene.written_email().0, DeliveryStatus::Superseded);
        }
    }
}

#[test]
fn told_again_it_changes_nothing() {
    let mut scene = Scene::ready();
    scene.did(sent_elsewhere());
    let before = scene.dossier.clone();
    scene.did(sent_elsewhere());
    assert!(scene.written.is_empty());
    assert_eq!(scene.dossier, before);
}

#[test]
fn an_attempt_under_way_goes_on_and_the_gap_counts_from_the_later_sending() {
    let mut scene = Scene::transmitting();
    scene.did(sent_elsewhere());
    assert_eq!(scene.status(), CampaignStatus::ReadyToSendEmail);
    scene.accepted();
    assert_eq!((scene.status(), scene.slot().at()), (CampaignStatus::Dormant, at(NEXT_SLOT)));
}
