//! Taking an email in hand for sending, and sending it later.

use chrono::TimeDelta;
use dripr_core::{
    campaign::{Action, CampaignStatus, Refusal, Reply},
    email::DeliveryStatus,
};

use crate::scene::{CLOSING, NEXT_OPENING, SLOT, Scene, at, minutes};

fn claim(scene: &mut Scene) -> Result<Reply, Refusal> {
    let email_id = scene.email().id;
    scene.run(Action::Claim { email_id })
}

#[test]
fn a_claim_stores_an_attempt_with_a_fence_and_a_lease() {
    let mut scene = Scene::sending();
    scene.dossier.campaign.fence = 4;
    let reply = claim(&mut scene).unwrap();
    let attempt = scene.attempt();
    assert_eq!(reply, Reply::Claimed(Box::new(attempt.clone())));
    assert_eq!((attempt.number, attempt.fence, scene.dossier.campaign.fence), (1, 5, 5));
    assert_eq!(attempt.id.as_str(), "agent-1.1.1");
    assert_eq!(attempt.message_id.as_str(), "agent-1.1@brokerage.example");
    assert_eq!((attempt.started_at, attempt.lease_until), (at(SLOT), at(SLOT) + TimeDelta::seconds(30)));
    assert_eq!((attempt.look_up_at, attempt.unknown_since), (None, None));
    assert_eq!(scene.written_email(), (DeliveryStatus::Transmitting, None));
    assert_eq!(scene.audited(), ["claimed"]);
}

#[test]
fn another_try_has_another_number_and_the_same_message_id() {
    let mut scene = Scene::transmitting();
    let first = scene.attempt();
    scene.not_sent();
    scene.now += minutes(60);
    let second = scene.claim();
    assert_eq!((second.number, second.fence), (2, first.fence + 1));
    assert_eq!((second.id.as_str(), &second.message_id), ("agent-1.1.2", &first.message_id));
    assert_eq!(scene.dossier.campaign.send_not_before, None);
    assert_eq!(scene.dossier.campaign.send_deferred_because, None);
}

#[test]
fn only_an_approved_email_of_a_sending_campaign_is_claimed() {
    let mut live = Scene::transmitting();
    let email = live.email().id;
    let (status, wanted) = (DeliveryStatus::Transmitting, "only an approved email can be sent");
    assert_eq!(claim(&mut live), Err(Refusal::EmailState { email, status, wanted }));

    let mut early = Scene::ready();
    let (status, wanted) =
        (CampaignStatus::ReadyToCreateEmail, "its email may leave at READY_TO_SEND_EMAIL only");
    assert_eq!(claim(&mut early), Err(Refusal::CampaignState { status, wanted }));

    let mut changed = Scene::sending();
    changed.email_mut().content_hash = "00".repeat(32).parse().unwrap();
    let id = changed.email().id;
    assert_eq!(claim(&mut changed), Err(Refusal::OtherContent(id)));

    let mut review = Scene::review();
    assert!(matches!(claim(&mut review), Err(Refusal::EmailState { .. })));
}

#[test]
fn nothing_is_claimed_outside_the_window_or_during_a_deferral() {
    let closed = "the sending window is closed";
    for (now, not_before, until, why) in [
        (CLOSING, None, NEXT_OPENING, closed),
        ("2026-03-12T21:59:40Z", None, NEXT_OPENING, closed),
        // A deferral that is over does not hold: the window does.
        (CLOSING, Some("2026-03-12T20:00:00Z"), NEXT_OPENING, closed),
        (CLOSING, Some(CLOSING), NEXT_OPENING, closed),
        (CLOSING, Some("2026-03-12T22:00:00.001Z"), NEXT_OPENING, "busy"),
        (SLOT, Some("2026-03-12T15:00:00.001Z"), "2026-03-12T15:00:00.001Z", "busy"),
        (SLOT, Some("2026-03-13T16:00:00Z"), "2026-03-13T16:00:00Z", "busy"),
    ] {
        let mut scene = Scene::sending();
        scene.now = at(now);
        if let Some(not_before) = not_before {
            scene.dossier.campaign.send_not_before = Some(at(not_before));
            scene.dossier.campaign.send_deferred_because = Some("busy".to_owned());
        }
        let refused = claim(&mut scene);
        assert_eq!(
            refused,
            Err(Refusal::NotNow { until: at(until), why: why.to_owned() }),
            "{now} {not_before:?}"
        );
        assert_eq!(scene.email().delivery_status, DeliveryStatus::Approved);
    }
    let mut open = Scene::sending();
    open.now = at("2026-03-12T21:59:39.999Z");
    open.dossier.campaign.send_not_before = Some(open.now);
    assert!(claim(&mut open).is_ok());
}

fn defer(scene: &mut Scene) -> Result<Reply, Refusal> {
    let (email_id, until) = (scene.email().id, scene.now + minutes(10));
    scene.run(Action::DeferSending { email_id, until, reason: "the quota is used up".to_owned() })
}

#[test]
fn an_email_that_waits_to_be_sent_can_be_deferred() {
    let mut scene = Scene::sending();
    assert_eq!(defer(&mut scene), Ok(Reply::Done));
    assert_eq!(scene.dossier.campaign.send_not_before, Some(at(SLOT) + minutes(10)));
    assert_eq!(scene.dossier.campaign.send_deferred_because.as_deref(), Some("the quota is used up"));
    assert_eq!((scene.email().attempt, scene.status()), (None, CampaignStatus::ReadyToSendEmail));
}

#[test]
fn an_email_in_hand_or_not_yet_to_be_sent_cannot_be_deferred() {
    for mut scene in [Scene::ready(), Scene::transmitting(), Scene::unknown()] {
        let email = scene.email();
        let wanted = "only an email that waits to be sent can be deferred";
        let status = email.delivery_status;
        assert_eq!(defer(&mut scene), Err(Refusal::EmailState { email: email.id, status, wanted }));
    }
}
