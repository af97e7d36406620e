//! Storing what the mailer said.

use chrono::TimeDelta;
use dripr_core::{
    campaign::{Action, Actor, CampaignStatus, LastCycle, Refusal, Reply},
    email::{ApprovedBy, Block, DeliveryStatus, NoMailCause, SuppressionCause},
    ids::AttemptId,
    ports::SendOutcome,
};

use crate::scene::{NEXT_SLOT, SLOT, Scene, at, minutes};

fn hour() -> TimeDelta {
    TimeDelta::hours(1)
}

fn needs_people() -> SendOutcome {
    SendOutcome::NeedsPeople { reason: "the key was refused".to_owned() }
}

#[test]
fn an_accepted_email_is_complete_and_the_next_slot_follows() {
    let mut scene = Scene::transmitting();
    scene.now += TimeDelta::seconds(7);
    scene.email_mut().cause = Some("an earlier trouble".to_owned());
    scene.accepted();
    let email = scene.written.emails.last().unwrap();
    assert_eq!((email.delivery_status, &email.cause), (DeliveryStatus::Complete, &None));
    assert_eq!(email.provider_message_id.as_deref(), Some("p-1"));
    assert_eq!(scene.audited(), ["sent"]);
    assert_eq!((scene.status(), scene.slot().at()), (CampaignStatus::Dormant, at(NEXT_SLOT)));
    assert_eq!(scene.dossier.campaign.last_sent_email_datetime, Some(at(SLOT)));
    assert_eq!(scene.dossier.email, None);
}

#[test]
fn an_email_that_was_not_sent_is_tried_again_after_a_pause() {
    for (asked, again) in [
        (None, at(SLOT) + hour()),
        (Some(at(SLOT) + minutes(20)), at(SLOT) + hour()),
        (Some(at(SLOT) + minutes(90)), at(SLOT) + minutes(90)),
    ] {
        let mut scene = Scene::transmitting();
        scene.record(SendOutcome::NotSent { reason: "busy".to_owned(), not_before: asked }).unwrap();
        assert_eq!(scene.written_email().0, DeliveryStatus::Approved);
        assert_eq!(scene.dossier.campaign.send_not_before, Some(again), "{asked:?}");
        assert_eq!(scene.dossier.campaign.send_deferred_because.as_deref(), Some("busy"));
        assert_eq!((scene.audited(), scene.status()), (vec!["not_sent"], CampaignStatus::ReadyToSendEmail));
        assert_eq!(scene.deadline(), Some(again));
    }
}

#[test]
fn approval_that_was_asked_for_meanwhile_is_waited_for_unless_a_person_gave_it() {
    for (asked, by_person, status) in [
        (false, false, DeliveryStatus::Approved),
        (false, true, DeliveryStatus::Approved),
        (true, false, DeliveryStatus::Created),
        (true, true, DeliveryStatus::Approved),
    ] {
        let mut scene = Scene::transmitting();
        scene.dossier.campaign.check_before_sending = asked;
        if by_person {
            let by = ApprovedBy::User("agent".parse().unwrap());
            scene.email_mut().approval.as_mut().unwrap().by = by;
        }
        scene.not_sent();
        assert_eq!(scene.email().delivery_status, status, "asked {asked}, by a person {by_person}");
        assert_eq!(scene.email().approval.is_some(), status == DeliveryStatus::Approved);
    }
}

#[test]
fn a_trouble_that_people_must_mend_fails_the_campaign_and_keeps_its_email() {
    let mut scene = Scene::transmitting();
    scene.record(needs_people()).unwrap();
    assert_eq!((scene.status(), scene.audited()), (CampaignStatus::Error, vec!["not_sent", "failed"]));
    let failure = scene.dossier.campaign.failure.clone().unwrap();
    assert_eq!(
        (failure.in_status, failure.reason.as_str()),
        (CampaignStatus::ReadyToSendEmail, "the key was refused")
    );
    assert_eq!(failure.retry_at, at(SLOT) + TimeDelta::hours(24));
    assert_eq!(scene.email().delivery_status, DeliveryStatus::Approved);
    scene.did(Action::Retry);
    assert_eq!(scene.status(), CampaignStatus::ReadyToSendEmail);
}

#[test]
fn a_recipient_who_is_refused_for_good_is_suppressed() {
    let mut scene = Scene::transmitting();
    scene.record(SendOutcome::BadRecipient { reason: "no such mailbox".to_owned() }).unwrap();
    assert_eq!(scene.status(), CampaignStatus::Unsubscribed);
    assert_eq!(scene.dossier.suppression.as_ref().unwrap().cause, SuppressionCause::HardBounce);
    assert_eq!(scene.audited(), ["not_sent", "unsubscribed"]);
    let cause = SuppressionCause::HardBounce.sentence().to_owned();
    assert_eq!(scene.written_email(), (DeliveryStatus::Skipped, Some(cause)));
}

#[test]
fn an_unknown_outcome_is_asked_about_later_and_stays_unknown_since_the_first_time() {
    let mut scene = Scene::transmitting();
    scene.now += TimeDelta::seconds(20);
    let since = scene.now;
    scene.record(SendOutcome::Unknown { reason: "no answer".to_owned() }).unwrap();
    assert_eq!(scene.written_email(), (DeliveryStatus::Unknown, Some("no answer".to_owned())));
    assert_eq!(scene.audited(), ["outcome_unknown"]);
    assert_eq!(scene.attempt().unknown_since, Some(since));
    assert_eq!(scene.attempt().look_up_at, Some(since + minutes(1)));
    scene.now += TimeDelta::seconds(30);
    scene.record(SendOutcome::Unknown { reason: "no answer".to_owned() }).unwrap();
    assert_eq!(scene.attempt().unknown_since, Some(since));
    assert_eq!(scene.attempt().look_up_at, Some(scene.now + minutes(1)));
}

fn record(scene: &mut Scene, attempt_id: &AttemptId, fence: u64) -> Result<Reply, Refusal> {
    let outcome = SendOutcome::Accepted { provider_message_id: None };
    scene.run(Action::Record { attempt_id: attempt_id.clone(), fence, outcome })
}

#[test]
fn an_outcome_of_another_attempt_changes_nothing() {
    let mut scene = Scene::transmitting();
    let (id, fence) = (scene.attempt().id, scene.attempt().fence);
    let other = AttemptId::new("agent-1.1.9").unwrap();
    for (id, given) in [(&other, fence), (&id, fence + 1), (&id, fence - 1)] {
        let refused = record(&mut scene, id, given);
        assert_eq!(refused, Err(Refusal::StaleFence { given, newest: fence }), "{id} {given}");
    }
    scene.not_sent();
    let refused = record(&mut scene, &id, fence);
    assert_eq!(refused, Err(Refusal::StaleFence { given: fence, newest: fence }), "it has its outcome");
    scene.now += hour();
    scene.claim();
    let refused = record(&mut scene, &id, fence);
    assert_eq!(refused, Err(Refusal::StaleFence { given: fence, newest: fence + 1 }), "a newer try");
    scene.accepted();
    let refused = record(&mut scene, &id, fence);
    assert_eq!(refused, Err(Refusal::StaleFence { given: fence, newest: fence + 1 }), "no email any more");
}

#[test]
fn what_was_sent_after_an_opt_out_or_a_removal_ends_its_cycle_all_the_same() {
    for mut scene in [Scene::unsubscribed_live(), Scene::removed_live()] {
        let (status, slot) = (scene.status(), scene.slot());
        // As if there had been an older one.
        scene.dossier.campaign.last_sent_email_datetime = Some(at("2026-02-12T16:00:00Z"));
        scene.accepted();
        assert_eq!(scene.status(), status);
        assert_eq!(scene.written_email().0, DeliveryStatus::Complete);
        let campaign = &scene.dossier.campaign;
        assert_eq!(campaign.last_sent_email_datetime, Some(at(SLOT)));
        assert_eq!(campaign.last_cycle, Some(LastCycle { slot, sent: Some(at(SLOT)) }));
        assert_eq!((scene.slot().at(), &campaign.email_id), (at(NEXT_SLOT), &None));
        assert_eq!(scene.dossier.email, None);
    }
}

#[test]
fn an_older_sending_never_hides_a_newer_one() {
    let mut scene = Scene::unsubscribed_live();
    let newer = Some(at(SLOT) + minutes(1));
    scene.dossier.campaign.last_sent_email_datetime = newer;
    scene.accepted();
    assert_eq!(scene.dossier.campaign.last_sent_email_datetime, newer);
}

#[test]
fn what_was_not_sent_after_an_opt_out_or_a_removal_is_skipped() {
    for mut scene in [Scene::unsubscribed_live(), Scene::removed_live()] {
        for people in [false, true] {
            let mut scene = scene.clone();
            let (status, slot) = (scene.status(), scene.slot());
            if people {
                scene.record(needs_people()).unwrap();
            } else {
                scene.not_sent();
            }
            let cause = if people { "the key was refused" } else { "busy" };
            assert_eq!(scene.written_email(), (DeliveryStatus::Skipped, Some(cause.to_owned())));
            assert_eq!((scene.audited(), scene.status()), (vec!["not_sent"], status));
            let campaign = &scene.dossier.campaign;
            assert_eq!(campaign.last_cycle, Some(LastCycle { slot, sent: None }));
            assert_eq!((&campaign.email_id, &campaign.failure), (&None, &None));
            assert_eq!(scene.slot().at(), at(NEXT_SLOT));
        }
        scene.tick();
        assert!(scene.written.is_empty());
    }
}

#[test]
fn a_recipient_who_is_refused_after_a_block_is_suppressed_besides() {
    let mut scene = Scene::transmitting();
    let address = scene.dossier.contact.email.clone();
    scene.dossier.block = Some(Block { address, since: scene.now, by: Actor::Operator, reason: None });
    scene.tick();
    let blocked = NoMailCause::Blocked.sentence();
    assert_eq!(scene.status(), CampaignStatus::Unsubscribed, "no other email follows");
    scene.record(SendOutcome::BadRecipient { reason: "no such mailbox".to_owned() }).unwrap();
    assert_eq!(scene.dossier.suppression.as_ref().unwrap().cause, SuppressionCause::HardBounce);
    assert_eq!(scene.written.suppressions.len(), 1, "so that it counts once the block is lifted");
    assert_eq!(scene.dossier.no_mail().unwrap().cause.sentence(), blocked, "until then the block is why");
}

#[test]
fn a_recipient_who_is_refused_after_an_opt_out_stays_opted_out_and_the_email_is_skipped() {
    let mut scene = Scene::unsubscribed_live();
    scene.record(SendOutcome::BadRecipient { reason: "no such mailbox".to_owned() }).unwrap();
    assert_eq!(scene.written_email(), (DeliveryStatus::Skipped, Some("no such mailbox".to_owned())));
    assert_eq!(scene.dossier.suppression.as_ref().unwrap().cause, SuppressionCause::OptOut);
    assert!(scene.written.suppressions.is_empty());
}

#[test]
fn a_bad_recipient_ends_the_cycle_after_an_opt_out_or_a_removal_too() {
    for mut scene in [Scene::unsubscribed_live(), Scene::removed_live()] {
        scene.record(SendOutcome::BadRecipient { reason: "no such mailbox".to_owned() }).unwrap();
        let email = scene.written.emails.last().unwrap();
        assert_eq!(email.delivery_status, DeliveryStatus::Skipped, "it is not sent any more");
        let campaign = &scene.dossier.campaign;
        assert_eq!(campaign.last_cycle.map(|last| (last.slot.at(), last.sent)), Some((at(SLOT), None)));
        assert_eq!((scene.slot().at(), &scene.dossier.email), (at(NEXT_SLOT), &None));
    }
}
