//! What a transition leaves behind, and what is refused.

use chrono::TimeDelta;
use dripr_core::{
    campaign::{
        Campaign, CampaignStatus, Failure, LastCycle, Operation, OperationState, Operations, Row, SubStatus,
        Transition, apply,
    },
    email::DeliveryStatus,
};

use super::{every_stage, suppression};
use crate::scene::{NEXT_SLOT, PREPARATION, SLOT, Scene, at, just_before, minutes};
use CampaignStatus::{Dormant, Error, ReadyToCreateEmail, ReadyToSendEmail, Unsubscribed, WaitingForData};

/// Makes a transition on a copy of the campaign.
fn after(scene: &Scene, transition: &Transition) -> Campaign {
    let mut campaign = scene.dossier.campaign.clone();
    apply(&mut campaign, transition, &scene.facts()).unwrap();
    campaign
}

#[test]
fn a_removed_campaign_is_asked_for_nothing() {
    for mut scene in every_stage() {
        scene.dossier.campaign.deleted_at = Some(scene.now);
        scene.dossier.suppression = Some(suppression(&scene));
        assert_eq!(scene.decide(), None);
        let cause = "gone".to_owned();
        let refused =
            apply(&mut scene.dossier.campaign.clone(), &Transition::EndCycle { cause }, &scene.facts());
        assert_eq!(refused.unwrap_err().from, scene.status());
    }
}

#[test]
fn a_failure_is_not_noted_twice_and_recovers_at_its_time() {
    let mut scene = Scene::gathering();
    let reason = "the key was refused".to_owned();
    let retry_at = at(SLOT);
    scene.dossier.campaign.failure =
        Some(Failure { in_status: ReadyToSendEmail, reason: reason.clone(), retry_at });
    assert_eq!(scene.decide(), Some(Transition::Fail { reason: reason.clone() }));
    let campaign = after(&scene, &Transition::Fail { reason });
    assert_eq!(
        campaign.failure.as_ref().unwrap().in_status,
        ReadyToSendEmail,
        "it goes back where it failed"
    );
    assert_eq!(campaign.failure.as_ref().unwrap().retry_at, at(PREPARATION) + TimeDelta::hours(24));
    scene.dossier.campaign = campaign;
    scene.now = just_before(SLOT);
    assert_eq!(scene.decide(), None);
    scene.now = at(SLOT);
    assert_eq!(scene.decide(), Some(Transition::Recover { to: ReadyToSendEmail }));
}

#[test]
fn an_email_that_lost_its_approval_is_taken_back() {
    let mut scene = Scene::sending();
    assert_eq!(scene.decide(), None);
    scene.email_mut().delivery_status = DeliveryStatus::Created;
    assert_eq!(scene.decide(), Some(Transition::TakeBack));
    let kept = after(&scene, &Transition::TakeBack);
    assert_eq!(kept.operations[Operation::EmailCreation].status, SubStatus::Ready);
    scene.dossier.campaign.email_id = None;
    let gone = after(&scene, &Transition::TakeBack);
    assert_eq!(gone.operations[Operation::EmailCreation].status, SubStatus::WaitingForData);
    assert_eq!(gone.operations[Operation::HomeReport].status, SubStatus::Ready);
}

#[test]
fn a_sending_ends_its_cycle_with_the_start_of_its_attempt() {
    let mut scene = Scene::transmitting();
    scene.now += minutes(3);
    scene.email_mut().delivery_status = DeliveryStatus::Complete;
    let mut campaign = after(&scene, &Transition::Sent);
    assert_eq!(campaign.last_sent_email_datetime, Some(at(SLOT)));
    assert_eq!(campaign.last_cycle, Some(LastCycle { slot: scene.slot(), sent: Some(at(SLOT)) }));
    assert_eq!(campaign.slot.unwrap().at(), at(NEXT_SLOT));
    assert_eq!(
        (campaign.status, campaign.status_since, campaign.announced_at),
        (Dormant, scene.now, Some(scene.now))
    );
    assert_eq!((campaign.email_id.take(), campaign.operations), (None, Operations::default()));
}

#[test]
fn skipped_cycles_leave_the_last_of_them_behind() {
    let mut scene = Scene::planned();
    scene.now = at("2026-04-26T22:00:00Z");
    let skip = scene.decide().unwrap();
    let campaign = after(&scene, &skip);
    let april = scene.policy.rules.slot_of_cycle("2026-04-12".parse().unwrap());
    assert_eq!(campaign.last_cycle, Some(LastCycle { slot: april, sent: None }));
    assert_eq!(campaign.slot.unwrap().at(), at("2026-05-12T15:00:00Z"));
    assert_eq!((campaign.status, campaign.slot_basis.is_some()), (Dormant, true));
}

#[test]
fn standing_down_forgets_the_cycles_work_and_keeps_its_slot() {
    let mut scene = Scene::ready();
    let fresh = Scene::planned().dossier.campaign;
    let campaign = &mut scene.dossier.campaign;
    campaign.intro_edit = Some("Hello".to_owned());
    campaign.cycle_over = Some("skipped".to_owned());
    campaign.prepare_again = Some("again".to_owned());
    campaign.failure = Some(Failure { in_status: WaitingForData, reason: String::new(), retry_at: at(SLOT) });
    campaign.send_not_before = Some(at(SLOT));
    campaign.send_deferred_because = Some("busy".to_owned());
    campaign.calls.vendor = 3;
    let left = after(&scene, &Transition::StandDown { cause: String::new() });
    let expected = Campaign {
        status_since: scene.now,
        announced_at: Some(scene.now),
        email_revision: 1,
        last_scheduled_send_date: Some(scene.cycle().date()),
        version: left.version,
        ..fresh
    };
    assert_eq!(left, expected);
}

#[test]
fn a_cycle_without_an_email_ends_with_the_next_slot() {
    let scene = Scene::gathering();
    let campaign = after(&scene, &Transition::EndCycle { cause: String::new() });
    assert_eq!(campaign.last_cycle, Some(LastCycle { slot: scene.slot(), sent: None }));
    assert_eq!(campaign.slot.unwrap().at(), at(NEXT_SLOT));
    assert_eq!((campaign.status, campaign.operations), (Dormant, Operations::default()));
}

#[test]
fn preparing_again_asks_for_everything_again_within_the_same_budget() {
    let mut scene = Scene::ready();
    scene.dossier.campaign.calls.model = 2;
    scene.dossier.campaign.intro_edit = Some("Hello".to_owned());
    let campaign = after(&scene, &Transition::PrepareAgain { cause: String::new() });
    assert_eq!(campaign.status, WaitingForData);
    assert_eq!(campaign.operations.pending(WaitingForData).count(), 5);
    assert_eq!(campaign.operations[Operation::HomeReport], OperationState::default());
    assert_eq!((campaign.email_id, campaign.intro_edit, campaign.calls.model), (None, None, 2));
}

#[test]
fn an_opt_out_ends_the_cycle_of_an_email_that_was_not_sent_and_no_other() {
    let unsubscribe = Transition::Unsubscribe { cause: "" };
    let ready = Scene::ready();
    let skipped = after(&ready, &unsubscribe);
    assert_eq!((skipped.slot.unwrap().at(), skipped.email_id), (at(NEXT_SLOT), None));
    for scene in [Scene::planned(), Scene::gathering(), Scene::creating()] {
        let kept = after(&scene, &unsubscribe);
        assert_eq!((kept.slot, kept.email_id), (scene.dossier.campaign.slot, None), "there was no email yet");
        assert_eq!(kept.operations, Operations::default());
    }
    for scene in [Scene::transmitting(), Scene::unknown()] {
        let kept = after(&scene, &unsubscribe);
        assert_eq!(kept.slot, scene.dossier.campaign.slot, "the outcome is still to come");
        assert_eq!(kept.email_id, Some(scene.email().id));
    }
}

#[test]
fn a_recipient_who_comes_back_is_planned_anew_if_there_was_no_cycle_yet() {
    let last = LastCycle { slot: Scene::planned().slot(), sent: None };
    for (sent, last_cycle, keeps) in [
        (None, None, false),
        (None, Some(last), true),
        (Some(at(SLOT)), None, true),
        (Some(at(SLOT)), Some(last), true),
    ] {
        let mut scene = Scene::planned();
        scene.dossier.campaign.status = Unsubscribed;
        scene.dossier.campaign.last_sent_email_datetime = sent;
        scene.dossier.campaign.last_cycle = last_cycle;
        let campaign = after(&scene, &Transition::Resubscribe);
        assert_eq!(campaign.slot.is_some(), keeps, "{sent:?} {last_cycle:?}");
    }
}

#[test]
fn a_retry_does_again_what_failed_and_keeps_the_rest() {
    let scene = Scene::failed();
    assert_eq!(scene.operation(Operation::EmailCreation).status, SubStatus::Error);
    let campaign = after(&scene, &Transition::Recover { to: ReadyToCreateEmail });
    assert_eq!(campaign.failure, None);
    for operation in Operation::ALL {
        let state = &campaign.operations[operation];
        if operation == Operation::EmailCreation {
            assert_eq!(
                *state,
                OperationState { status: SubStatus::WaitingForData, ..OperationState::default() }
            );
        } else {
            assert_eq!(state, scene.operation(operation), "{operation}");
        }
    }
}

#[test]
fn a_change_outside_of_the_table_is_refused_with_both_statuses_and_the_row() {
    let scene = Scene::planned();
    for (transition, row) in [
        (Transition::DataReady, Row::DataReady),
        (Transition::Release, Row::Release),
        (Transition::Sent, Row::Sent),
        (Transition::Fail { reason: String::new() }, Row::Fail),
        (Transition::Recover { to: Dormant }, Row::Recover),
    ] {
        let mut campaign = scene.dossier.campaign.clone();
        let refused = apply(&mut campaign, &transition, &scene.facts()).unwrap_err();
        assert_eq!((refused.from, refused.to, refused.row), (Dormant, transition.to(), row));
        assert_eq!(campaign, scene.dossier.campaign);
    }
    let failed = Scene::failed();
    let refused =
        apply(&mut failed.dossier.campaign.clone(), &Transition::Recover { to: Error }, &failed.facts());
    let text = refused.unwrap_err().to_string();
    assert_eq!(text, "a campaign cannot go from ERROR to ERROR (Recover)", "not every target is in its row");
}
