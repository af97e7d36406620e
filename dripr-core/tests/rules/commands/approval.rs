//! Approving an email, and choosing whether each one is approved.

use dripr_core::{
    campaign::{Action, Actor, Refusal, Reply},
    email::{ApprovedBy, ContentHash, DeliveryStatus, Email},
    ids::UserId,
};

use crate::scene::{SLOT, Scene, at, minutes};

fn approve(scene: &mut Scene, content_hash: ContentHash, of: &str) -> Result<Reply, Refusal> {
    let (email_id, of) = (scene.email().id, UserId::new(of).unwrap());
    scene.run(Action::Approve { email_id, content_hash, of })
}

fn other_content() -> ContentHash {
    "00".repeat(32).parse().unwrap()
}

#[test]
fn an_email_is_approved_by_its_content_and_by_its_own_agent() {
    let mut scene = Scene::review();
    let email = scene.email();
    let hash = email.content_hash;
    assert_eq!(approve(&mut scene, hash, "another"), Err(Refusal::NoEmail(email.id.clone())));
    assert_eq!(approve(&mut scene, other_content(), "agent"), Err(Refusal::OtherContent(email.id)));
    scene.now += minutes(5);
    assert_eq!(approve(&mut scene, hash, "agent"), Ok(Reply::Done));
    assert_eq!(scene.audited(), ["approved"]);
    assert_eq!(scene.email().delivery_status, DeliveryStatus::Approved);
    let approval = scene.email().approval.unwrap();
    assert_eq!((approval.by, approval.content_hash), (ApprovedBy::User("agent".parse().unwrap()), hash));
    assert_eq!(approval.at, scene.now);
}

#[test]
fn who_approved_an_email_is_kept_and_the_first_one_counts() {
    let lead = Actor::User("lead".parse().unwrap());
    for actor in [lead, Actor::ApiKey("key-1".parse().unwrap()), Actor::Operator] {
        let mut scene = Scene::review();
        let hash = scene.email().content_hash;
        scene.actor = actor.clone();
        assert_eq!(approve(&mut scene, hash, "agent"), Ok(Reply::Done));
        let approval = scene.email().approval.unwrap();
        assert_eq!(
            (approval.approver(), approval.by),
            (actor.clone(), ApprovedBy::User("agent".parse().unwrap()))
        );
        scene.actor = Actor::User("agent".parse().unwrap());
        assert_eq!(approve(&mut scene, hash, "agent"), Ok(Reply::Done));
        assert_eq!(scene.email().approval.unwrap().approver(), actor);
    }
}

#[test]
fn approving_twice_is_approving_once_and_only_the_same_content() {
    let mut scene = Scene::ready();
    let Email { id, content_hash, .. } = scene.email();
    assert_eq!(approve(&mut scene, content_hash, "agent"), Ok(Reply::Done));
    assert!(scene.written.is_empty());
    let refused = approve(&mut scene, other_content(), "agent").unwrap_err();
    let wanted = "only an email that waits for approval can be approved";
    assert_eq!(refused, Refusal::EmailState { email: id, status: DeliveryStatus::Approved, wanted });
}

#[test]
fn an_email_in_hand_is_not_approved_and_one_that_is_none_does_not_exist() {
    let mut scene = Scene::transmitting();
    let hash = scene.email().content_hash;
    assert!(matches!(approve(&mut scene, hash, "agent"), Err(Refusal::EmailState { .. })));
    let id = dripr_core::ids::EmailId::new("agent-1.9").unwrap();
    let of = UserId::new("agent").unwrap();
    let refused = scene.run(Action::Approve { email_id: id.clone(), content_hash: hash, of });
    assert_eq!(refused, Err(Refusal::NoEmail(id)));
}

fn require(scene: &mut Scene, check_before_sending: bool) {
    scene.did(Action::RequireApproval { check_before_sending });
}

#[test]
fn asking_for_approval_takes_back_what_the_system_approved() {
    for mut scene in [Scene::ready(), Scene::sending()] {
        require(&mut scene, true);
        assert!(scene.dossier.campaign.check_before_sending);
        assert_eq!(scene.audited(), ["approval_required"]);
        assert_eq!(scene.written_email().0, DeliveryStatus::Created);
        assert_eq!(scene.email().approval, None);
    }
}

#[test]
fn asking_for_approval_leaves_what_a_person_approved_and_what_is_in_hand() {
    let mut approved = Scene::ready();
    approved.email_mut().approval.as_mut().unwrap().by = ApprovedBy::User("agent".parse().unwrap());
    require(&mut approved, true);
    assert_eq!(approved.email().delivery_status, DeliveryStatus::Approved);
    assert!(approved.email().approval.is_some());
    let mut live = Scene::transmitting();
    require(&mut live, true);
    assert_eq!(live.email().delivery_status, DeliveryStatus::Transmitting);
    assert!(live.written.emails.is_empty());
}

#[test]
fn asking_for_no_approval_approves_nothing_that_waits() {
    let mut scene = Scene::review();
    require(&mut scene, false);
    assert_eq!(scene.audited(), ["approval_not_required"]);
    assert!(!scene.dossier.campaign.check_before_sending);
    assert_eq!(scene.email().delivery_status, DeliveryStatus::Created);
}

#[test]
fn asking_for_what_already_holds_does_nothing() {
    for (mut scene, holds) in [(Scene::ready(), false), (Scene::review(), true)] {
        require(&mut scene, holds);
        assert!(scene.written.is_empty());
    }
}

#[test]
fn an_approved_email_leaves_at_its_slot() {
    let mut scene = Scene::review();
    let hash = scene.email().content_hash;
    scene.now = at(SLOT);
    approve(&mut scene, hash, "agent").unwrap();
    assert_eq!(scene.status(), dripr_core::campaign::CampaignStatus::ReadyToSendEmail);
}
