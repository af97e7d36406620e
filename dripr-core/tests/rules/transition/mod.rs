//! What time and facts ask for.

mod apply;

use std::sync::Arc;

use dripr_core::{
    agent::Subscription,
    campaign::{Action, CampaignStatus, Operation, Row, SubStatus, Transition},
    email::{DeliveryStatus, Suppression, SuppressionCause},
    ports::SendOutcome,
    schedule::SendDay,
};

use crate::scene::{GRACE_END, NEXT_SLOT, PREPARATION, SLOT, Scene, at, just_before};
use CampaignStatus::{
    Dormant, Error, ReadyToCreateEmail, ReadyToSendEmail, Unsubscribed, WaitingForData,
    WaitingForHomeAnalysis,
};

fn suppression(scene: &Scene) -> Suppression {
    let (user_id, address) = (scene.dossier.agent.id.clone(), scene.dossier.contact.email.clone());
    Suppression { user_id, address, cause: SuppressionCause::OptOut, since: scene.now, carried_from: None }
}

fn every_stage() -> [Scene; 7] {
    let mut unsubscribed = Scene::planned();
    unsubscribed.did(Action::Suppress { cause: SuppressionCause::OptOut });
    [
        Scene::planned(),
        Scene::gathering(),
        Scene::analysing(),
        Scene::ready(),
        Scene::sending(),
        unsubscribed,
        Scene::failed(),
    ]
}

#[test]
fn only_the_sending_of_this_cycle_ends_with_a_sent_or_held_email() {
    let email = Scene::transmitting().email();
    for mut scene in every_stage() {
        for delivery_status in DeliveryStatus::ALL {
            let sent = matches!(delivery_status, DeliveryStatus::Complete | DeliveryStatus::Held);
            scene.dossier.email = Some(dripr_core::email::Email { delivery_status, ..email.clone() });
            let expected = sent && scene.status() == ReadyToSendEmail;
            assert_eq!(
                scene.decide() == Some(Transition::Sent),
                expected,
                "{delivery_status} at {}",
                scene.status()
            );
        }
    }
}

#[test]
fn a_suppression_ends_everything_but_itself() {
    for mut scene in every_stage().into_iter().chain([Scene::transmitting(), Scene::unknown()]) {
        scene.dossier.suppression = Some(suppression(&scene));
        let cause = "the recipient opted out";
        let expected = (scene.status() != Unsubscribed).then_some(Transition::Unsubscribe { cause });
        assert_eq!(scene.decide(), expected, "{}", scene.status());
    }
}

#[test]
fn a_recipient_who_is_not_suppressed_any_more_may_be_written_to_again() {
    for mut scene in every_stage() {
        scene.dossier.suppression = None;
        let resubscribed = scene.decide() == Some(Transition::Resubscribe);
        assert_eq!(resubscribed, scene.status() == Unsubscribed, "{}", scene.status());
    }
}

#[test]
fn while_an_attempt_is_live_nothing_else_is_asked_for() {
    for mut scene in [Scene::transmitting(), Scene::unknown()] {
        scene.dossier.campaign.enabled = false;
        scene.dossier.campaign.prepare_again = Some("the home changed".to_owned());
        scene.now = at(GRACE_END);
        assert_eq!(scene.decide(), None);
    }
}

#[test]
fn preparation_begins_to_the_millisecond_and_a_slot_past_its_grace_is_skipped() {
    let mut scene = Scene::planned();
    let next = scene.policy.rules.slot_of_cycle("2026-04-12".parse().unwrap());
    let skip = Transition::SkipMissed { skipped: vec![scene.cycle()], slot: next };
    for (now, expected) in [
        (just_before(PREPARATION), None),
        (at(PREPARATION), Some(Transition::Prepare)),
        (just_before(GRACE_END), Some(Transition::Prepare)),
        (at(GRACE_END), Some(skip)),
    ] {
        scene.now = now;
        assert_eq!(scene.decide(), expected, "{now}");
        scene.dossier.campaign.enabled = false;
        assert_eq!(scene.decide(), None, "a disabled campaign waits");
        scene.dossier.campaign.enabled = true;
    }
}

#[test]
fn a_cycle_that_is_worked_on_ends_with_its_grace_and_says_what_it_waited_for() {
    let late = |what: &str| {
        let cause = format!("{what}; an email may go out at most 14 days late");
        Some(Transition::EndCycle { cause })
    };
    let mut deferred = Scene::sending();
    deferred.dossier.campaign.send_deferred_because = Some("the quota is used up".to_owned());
    let mut failed = Scene::failed();
    failed.dossier.campaign.failure.as_mut().unwrap().retry_at = at(NEXT_SLOT);
    for (mut scene, what) in [
        (Scene::gathering(), "it was not ready in time"),
        (Scene::sending(), "it was not ready in time"),
        (Scene::review(), "it was not approved in time"),
        (deferred, "the quota is used up"),
        (failed, "the template is broken"),
    ] {
        // An email that was made so long before is another matter.
        if let Some(email) = &mut scene.dossier.email {
            email.created_at = at(GRACE_END);
        }
        scene.now = just_before(GRACE_END);
        assert_eq!(scene.decide(), None, "{what}");
        scene.now = at(GRACE_END);
        assert_eq!(scene.decide(), late(what));
    }
}

#[test]
fn of_several_interruptions_the_more_final_comes_first() {
    let mut scene = Scene::gathering();
    let campaign = &mut scene.dossier.campaign;
    campaign.prepare_again = Some("the home changed".to_owned());
    campaign.fixed_send_day = SendDay::new(20).unwrap();
    campaign.cycle_over = Some("the agent skipped it".to_owned());
    campaign.enabled = false;
    let rows = |scene: &Scene| scene.decide().map(|transition| transition.row());
    assert_eq!(rows(&scene), Some(Row::StandDown));
    scene.dossier.campaign.enabled = true;
    assert_eq!(rows(&scene), Some(Row::EndCycle));
    scene.dossier.campaign.cycle_over = None;
    assert_eq!(rows(&scene), Some(Row::Reschedule));
    scene.dossier.campaign.fixed_send_day = SendDay::new(12).unwrap();
    assert_eq!(rows(&scene), Some(Row::PrepareAgain));
    scene.dossier.campaign.prepare_again = None;
    assert_eq!(rows(&scene), None);
}

#[test]
fn an_email_is_released_when_it_is_made_approved_and_due_and_not_before() {
    let mut scene = Scene::ready();
    scene.now = just_before(SLOT);
    assert_eq!(scene.decide(), None, "not yet its slot");
    scene.now = at(SLOT);
    assert_eq!(scene.decide(), Some(Transition::Release));
    scene.dossier.campaign.operations[Operation::EmailCreation].status = SubStatus::WaitingForData;
    assert_eq!(scene.decide(), None, "it is to be made again");
    let mut review = Scene::review();
    review.now = at(SLOT);
    assert_eq!(review.decide(), None, "not approved");
}

#[test]
fn a_whole_month_goes_through_every_status() {
    let mut scene = Scene::transmitting();
    scene.record(SendOutcome::Accepted { provider_message_id: None }).unwrap();
    assert_eq!((scene.status(), scene.slot().at()), (Dormant, at(NEXT_SLOT)));
    for (stage, status) in [
        (Scene::gathering(), WaitingForData),
        (Scene::analysing(), WaitingForHomeAnalysis),
        (Scene::creating(), ReadyToCreateEmail),
        (Scene::sending(), ReadyToSendEmail),
        (Scene::failed(), Error),
    ] {
        assert_eq!(stage.status(), status);
    }
    let mut unpaid = Scene::sending();
    Arc::make_mut(&mut unpaid.dossier.agent).subscription_status = Subscription::Canceled;
    unpaid.tick();
    assert_eq!((unpaid.status(), unpaid.slot().at()), (Dormant, at(SLOT)));
}
