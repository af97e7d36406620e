//! What a campaign of another system has behind it.

use chrono::{NaiveDate, TimeDelta};
use dripr_core::{
    campaign::{CampaignStatus, LastCycle, Standing, Untold},
    schedule::{Instant, SendDay, SendingRules},
};
use proptest::prelude::*;

use crate::scene::at;

const NOW: &str = "2026-03-20T12:00:00Z";

fn resting() -> Standing {
    Standing {
        status: CampaignStatus::Dormant,
        said_sent: false,
        email_made: false,
        last_sent_email_datetime: None,
        last_scheduled_send_date: None,
    }
}

fn day(text: &str) -> Option<NaiveDate> {
    Some(text.parse().unwrap())
}

fn last(standing: Standing) -> Option<(String, Option<Instant>)> {
    let past = standing.carried_over(&SendingRules::default(), at(NOW)).unwrap();
    past.last_cycle.map(|last| (last.slot.cycle().to_string(), last.sent))
}

#[test]
fn a_sending_spends_the_cycle_it_was_made_for_or_else_its_own_date() {
    let sent = at("2026-03-15T16:00:00Z");
    let standing = Standing { last_sent_email_datetime: Some(sent), ..resting() };
    assert_eq!(last(standing), Some(("2026-03-15".into(), Some(sent))));
    let late = Standing { last_scheduled_send_date: day("2026-03-12"), ..standing };
    assert_eq!(last(late), Some(("2026-03-12".into(), Some(sent))));
    let too_late = Standing { last_scheduled_send_date: day("2026-02-12"), ..standing };
    assert_eq!(last(too_late), Some(("2026-03-15".into(), Some(sent))));
}

#[test]
fn a_later_cycle_of_a_campaign_at_rest_has_ended_without_an_email() {
    let sent = at("2026-02-12T16:00:00Z");
    let standing = Standing {
        last_sent_email_datetime: Some(sent),
        last_scheduled_send_date: day("2026-03-12"),
        ..resting()
    };
    assert_eq!(last(standing), Some(("2026-03-12".into(), None)));
    let ahead = Standing { last_scheduled_send_date: day("2026-03-28"), ..standing };
    assert_eq!(last(ahead), Some(("2026-02-12".into(), Some(sent))));
}

#[test]
fn a_cycle_in_the_middle_is_begun_again() {
    for status in [
        CampaignStatus::WaitingForData,
        CampaignStatus::WaitingForHomeAnalysis,
        CampaignStatus::ReadyToCreateEmail,
    ] {
        let standing = Standing { status, last_scheduled_send_date: day("2026-03-12"), ..resting() };
        assert_eq!(last(standing), None, "{status}");
    }
}

#[test]
fn an_email_that_may_have_left_counts_as_sent_once_its_time_has_come() {
    for (status, email_made) in [(CampaignStatus::ReadyToSendEmail, false), (CampaignStatus::Error, true)] {
        let standing =
            Standing { status, email_made, last_scheduled_send_date: day("2026-03-12"), ..resting() };
        let past = standing.carried_over(&SendingRules::default(), at(NOW)).unwrap();
        assert!(past.in_doubt && past.last_sent_email_datetime == Some(at("2026-03-12T15:00:00Z")));
        let ahead = Standing { last_scheduled_send_date: day("2026-03-28"), ..standing };
        assert_eq!(last(ahead), None, "{status}");
        let dateless = Standing { last_scheduled_send_date: None, ..standing };
        assert_eq!(dateless.carried_over(&SendingRules::default(), at(NOW)), Err(Untold::When));
    }
    let failed_early = Standing { status: CampaignStatus::Error, ..resting() };
    assert_eq!(last(failed_early), None);
}

#[test]
fn the_old_sent_needs_a_date_and_takes_the_one_it_was_made_for() {
    let sent = Standing { said_sent: true, ..resting() };
    assert_eq!(sent.carried_over(&SendingRules::default(), at(NOW)), Err(Untold::When));
    let dated = Standing { last_scheduled_send_date: day("2026-03-12"), ..sent };
    assert_eq!(last(dated), Some(("2026-03-12".into(), Some(at("2026-03-12T15:00:00Z")))));
    let ahead = Standing { last_sent_email_datetime: Some(at("2027-01-01T00:00:00Z")), ..resting() };
    assert_eq!(ahead.carried_over(&SendingRules::default(), at(NOW)), Err(Untold::Future));
}

proptest! {
    /// Whatever the row says: no email of ours in the month, or within the gap, of one that was sent.
    #[test]
    fn the_next_slot_keeps_off_every_sending(
        status in prop::sample::select(&CampaignStatus::ALL[..]),
        said_sent: bool,
        email_made: bool,
        sent_days in prop::option::of(0..400_i64),
        scheduled_days in prop::option::of(-60..400_i64),
        send_day in 1..=28_u8,
    ) {
        let rules = SendingRules::default();
        let now = at(NOW);
        let sent = sent_days.map(|days| now - TimeDelta::days(days));
        let scheduled = scheduled_days.map(|days| rules.civil_date(now - TimeDelta::days(days)));
        let standing = Standing {
            status,
            said_sent,
            email_made,
            last_sent_email_datetime: sent,
            last_scheduled_send_date: scheduled,
        };
        let Ok(past) = standing.carried_over(&rules, now) else { return Ok(()) };
        prop_assert!(past.last_sent_email_datetime >= sent);
        let Some(LastCycle { slot, sent: of_cycle }) = past.last_cycle else {
            prop_assert_eq!(sent, None);
            return Ok(());
        };
        let next = rules.next_slot(slot, of_cycle, SendDay::new(send_day).unwrap());
        if let Some(sent) = past.last_sent_email_datetime {
            let gap = next.cycle().date() - rules.civil_date(sent);
            prop_assert!(gap.num_days() >= i64::from(rules.minimum_gap_days()), "{gap}");
        }
    }
}
