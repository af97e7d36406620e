//! Which slot a campaign has.

use std::sync::Arc;

use dripr_core::{
    campaign::{Action, CampaignStatus, LastCycle},
    schedule::{SendDay, SendingRules, Slot, Window},
};

use crate::scene::{MADE, NEXT_SLOT, PREPARATION, SLOT, Scene, at, minutes};

fn slot(text: &str) -> Slot {
    Slot::from_stored(at(text), text[..10].parse().unwrap())
}

/// A campaign whose last cycle ended, enabled again at an instant: the slot that is planned for it.
fn planned(last: &str, sent: bool, enabled: &str) -> Slot {
    let mut scene = Scene::new();
    let campaign = &mut scene.dossier.campaign;
    let sent = sent.then(|| at(last));
    campaign.last_cycle = Some(LastCycle { slot: slot(last), sent });
    campaign.last_sent_email_datetime = sent;
    campaign.enabled_at = at(enabled);
    scene.tick_at(enabled);
    scene.slot()
}

#[test]
fn the_first_slot_follows_from_the_enabling() {
    assert_eq!(Scene::planned().slot(), slot(SLOT));
    let basis = Scene::planned().dossier.campaign.slot_basis.unwrap();
    let rules = SendingRules::default();
    assert_eq!((basis.day.get(), basis.zone, basis.hours), (12, rules.zone(), rules.hours()));
}

#[test]
fn after_a_sending_the_next_slot_follows_from_it() {
    assert_eq!(planned(SLOT, true, "2026-03-20T12:00:00Z"), slot(NEXT_SLOT));
    assert_eq!(planned(SLOT, true, "2026-04-20T12:00:00Z"), slot(NEXT_SLOT));
}

#[test]
fn while_nothing_was_sent_the_first_time_delay_holds_and_no_month_has_two_slots() {
    for (last, enabled, expected) in [
        // The month of the last slot had its slot: the next one is a month later.
        (SLOT, "2026-03-20T12:00:00Z", NEXT_SLOT),
        (SLOT, "2026-03-11T12:00:00Z", NEXT_SLOT),
        // In a later month the first slot counts, even where a send day has passed.
        (SLOT, "2026-04-20T12:00:00Z", "2026-04-21T15:00:00Z"),
        (SLOT, "2027-03-20T12:00:00Z", "2027-03-21T15:00:00Z"),
        // Slots only move forward.
        (NEXT_SLOT, MADE, "2026-05-12T15:00:00Z"),
    ] {
        assert_eq!(planned(last, false, enabled), slot(expected), "{last}, enabled {enabled}");
    }
}

#[test]
fn a_slot_stands_as_it_was_stored_while_its_rules_are_the_same() {
    let mut scene = Scene::planned();
    let stored = Slot::from_stored(at(SLOT) + minutes(60), scene.cycle());
    scene.dossier.campaign.slot = Some(stored);
    scene.tick();
    assert_eq!(scene.slot(), stored);
    assert!(scene.written.is_empty());
}

#[test]
fn rules_that_leave_the_slot_where_it_is_are_noted_and_change_nothing_else() {
    for mut scene in [Scene::planned(), Scene::gathering(), Scene::ready()] {
        let (status, email) = (scene.status(), scene.dossier.email.clone());
        let window = Window::new("11:00".parse().unwrap(), "17:00".parse().unwrap()).unwrap();
        let rules = SendingRules::default().with_window(window);
        Arc::make_mut(&mut scene.dossier.agent).sending_rules = Some(rules);
        scene.tick();
        assert_eq!((scene.status(), scene.slot()), (status, slot(SLOT)));
        assert_eq!(scene.dossier.campaign.slot_basis.unwrap().hours, rules.hours());
        assert_eq!(scene.dossier.email, email);
        assert!(scene.written.campaign && scene.written.events.is_empty());
    }
}

#[test]
fn another_send_day_moves_the_slot_of_a_dormant_campaign_at_once() {
    let mut scene = Scene::planned();
    scene.did(Action::EditSchedule { fixed_send_day: SendDay::new(20).unwrap() });
    assert_eq!(scene.slot(), slot("2026-03-20T15:00:00Z"));
    assert_eq!(scene.dossier.campaign.slot_basis.unwrap().day.get(), 20);
    assert!(scene.written.events.is_empty(), "nothing changed its status");
}

#[test]
fn another_send_day_takes_a_working_campaign_back_to_wait_for_it() {
    let mut scene = Scene::gathering();
    scene.did(Action::EditSchedule { fixed_send_day: SendDay::new(20).unwrap() });
    assert_eq!(scene.status(), CampaignStatus::Dormant);
    assert_eq!(scene.slot(), slot("2026-03-20T15:00:00Z"));
    assert_eq!(scene.dossier.campaign.slot_basis.unwrap().day.get(), 20);
    assert_eq!(scene.audited(), ["schedule_edited", "rescheduled"]);
}

#[test]
fn another_opening_moves_the_slot_within_its_day() {
    let mut scene = Scene::planned();
    let window = Window::new("09:00".parse().unwrap(), "18:00".parse().unwrap()).unwrap();
    let rules = SendingRules::default().with_window(window);
    Arc::make_mut(&mut scene.dossier.agent).sending_rules = Some(rules);
    scene.tick();
    assert_eq!(scene.slot(), slot("2026-03-12T13:00:00Z"));
}

#[test]
fn an_unsubscribed_campaign_is_not_planned() {
    let mut scene = Scene::planned();
    scene.did(Action::Suppress { cause: dripr_core::email::SuppressionCause::OptOut });
    scene.did(Action::EditSchedule { fixed_send_day: SendDay::new(20).unwrap() });
    assert_eq!(scene.slot(), slot(SLOT));
    scene.now = at(PREPARATION);
    scene.dossier.suppression = None;
    scene.tick();
    assert_eq!(scene.status(), CampaignStatus::Dormant);
    assert_eq!(scene.slot(), slot("2026-03-20T15:00:00Z"));
}
