//! The simple view for people.

use dripr_core::{
    campaign::{CampaignStatus, LastCycle, Operation, Phase, Stage, SubStatus},
    email::DeliveryStatus,
};

use crate::scene::{SLOT, Scene, at};

fn view(scene: &Scene) -> (Phase, Stage) {
    Phase::of(&scene.dossier.campaign, scene.dossier.email.as_ref())
}

#[test]
fn people_see_where_a_report_stands() {
    let mut unsubscribed = Scene::planned();
    unsubscribed.dossier.campaign.status = CampaignStatus::Unsubscribed;
    for (scene, phase) in [
        (Scene::planned(), Phase::Dormant),
        (Scene::gathering(), Phase::Processing),
        (Scene::analysing(), Phase::Processing),
        (Scene::creating(), Phase::Processing),
        (Scene::review(), Phase::ReadyForReview),
        (Scene::ready(), Phase::ReadyToSend),
        (Scene::sending(), Phase::ReadyToSend),
        (Scene::transmitting(), Phase::ReadyToSend),
        (Scene::failed(), Phase::Error),
        (unsubscribed, Phase::Unsubscribed),
    ] {
        assert_eq!(view(&scene).0, phase, "{}", scene.status());
    }
}

#[test]
fn a_dormant_campaign_shows_whether_its_last_cycle_was_sent() {
    let mut scene = Scene::planned();
    let slot = scene.slot();
    scene.dossier.campaign.last_cycle = Some(LastCycle { slot, sent: None });
    assert_eq!(view(&scene), (Phase::Dormant, Stage::Idle));
    scene.dossier.campaign.last_cycle = Some(LastCycle { slot, sent: Some(at(SLOT)) });
    assert_eq!(view(&scene), (Phase::Sent, Stage::Idle));
}

#[test]
fn an_email_that_is_made_again_is_being_processed() {
    let mut scene = Scene::ready();
    for status in DeliveryStatus::ALL {
        scene.email_mut().delivery_status = status;
        let expected = match status {
            DeliveryStatus::Created => Phase::ReadyForReview,
            DeliveryStatus::Approved => Phase::ReadyToSend,
            _ => Phase::Processing,
        };
        assert_eq!(view(&scene).0, expected, "{status}");
    }
}

#[test]
fn the_stage_is_the_first_unfinished_part() {
    let stages = [
        Stage::PropertyData,
        Stage::ActiveListings,
        Stage::RecentSales,
        Stage::MarketData,
        Stage::MarketData,
        Stage::HomeAnalysis,
        Stage::EmailCreation,
    ];
    let mut scene = Scene::gathering();
    for (operation, stage) in Operation::ALL.into_iter().zip(stages) {
        assert_eq!(view(&scene), (Phase::Processing, stage), "{operation}");
        scene.dossier.campaign.operations[operation].status = SubStatus::Ready;
    }
    assert_eq!(view(&scene), (Phase::Processing, Stage::Idle));
    let mut gap = Scene::gathering();
    gap.finish(Operation::Intro);
    assert_eq!(
        view(&gap).1,
        Stage::PropertyData,
        "a later part that is finished does not hide an earlier one"
    );
}

#[test]
fn only_a_report_in_the_making_has_a_stage() {
    assert_eq!(view(&Scene::planned()), (Phase::Dormant, Stage::Idle));
    assert_eq!(view(&Scene::review()), (Phase::ReadyForReview, Stage::Idle));
    assert_eq!(view(&Scene::failed()), (Phase::Error, Stage::Idle));
    assert_eq!(serde_json::to_string(&view(&Scene::review())).unwrap(), r#"["READY_FOR_REVIEW","idle"]"#);
}
