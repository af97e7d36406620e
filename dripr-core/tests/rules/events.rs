//! What an event looks like, and which queues it wakes.

use dripr_core::{
    campaign::{CampaignStatus, Operation},
    events::{Event, Queue, StatusChanged},
    testkit::samples,
};

use crate::scene::{MADE, PREPARATION, at};

fn change(from_status: CampaignStatus, to_status: CampaignStatus) -> StatusChanged {
    StatusChanged {
        event_id: None,
        campaign_id: "c".parse().unwrap(),
        zip_code: "98103".parse().unwrap(),
        from_status,
        to_status,
        timestamp: at(PREPARATION),
        version: None,
        cycle: None,
        operations: None,
    }
}

fn woken(from: CampaignStatus, to: CampaignStatus) -> Vec<Queue> {
    Queue::woken_by(&Event::StatusChanged(change(from, to)))
}

#[test]
fn a_change_of_status_wakes_the_queues_of_its_work() {
    use CampaignStatus::*;
    let data = [
        Queue::PropertyValuation,
        Queue::ActiveListings,
        Queue::RecentSales,
        Queue::LocalMarketUpdates,
        Queue::Intro,
    ];
    assert_eq!(woken(Dormant, WaitingForData), data);
    assert_eq!(woken(WaitingForData, WaitingForHomeAnalysis), [Queue::HomeReport]);
    assert_eq!(woken(WaitingForHomeAnalysis, ReadyToCreateEmail), [Queue::EmailCreation]);
    assert_eq!(woken(ReadyToCreateEmail, ReadyToSendEmail), [Queue::EmailSending]);
    assert_eq!(woken(ReadyToSendEmail, Dormant), []);
    assert_eq!(woken(ReadyToSendEmail, Error), []);
}

#[test]
fn only_work_announced_again_wakes_the_sender_of_an_unsubscribed_campaign() {
    use CampaignStatus::*;
    assert_eq!(woken(ReadyToSendEmail, Unsubscribed), []);
    assert_eq!(woken(Dormant, Unsubscribed), []);
    assert_eq!(woken(Unsubscribed, Unsubscribed), [Queue::EmailSending]);
}

#[test]
fn an_event_that_names_operations_wakes_those_of_its_status_and_no_others() {
    let mut event = change(CampaignStatus::WaitingForData, CampaignStatus::WaitingForData);
    event.operations = Some(vec![Operation::Intro, Operation::RecentSales, Operation::HomeReport]);
    assert_eq!(Queue::woken_by(&Event::StatusChanged(event.clone())), [Queue::RecentSales, Queue::Intro]);
    event.operations = Some(Vec::new());
    assert_eq!(Queue::woken_by(&Event::StatusChanged(event)), []);
}

#[test]
fn a_new_agent_wakes_the_welcome_and_stays_out_of_logs() {
    let agent = samples::agent("agent", at(MADE)).unwrap();
    let created = samples::user_created(&agent);
    assert_eq!(format!("{created:?}"), r"UserCreated { user_id: UserId(agent), .. }");
    assert_eq!(Queue::woken_by(&Event::UserCreated(created)), [Queue::WelcomeEmails]);
}

#[test]
fn a_queue_has_one_name_that_is_read_back() {
    let names = [
        (Queue::PropertyValuation, "property_valuation"),
        (Queue::ActiveListings, "active_listings"),
        (Queue::RecentSales, "recent_sales"),
        (Queue::LocalMarketUpdates, "local_market_updates"),
        (Queue::Intro, "intro"),
        (Queue::HomeReport, "home_report"),
        (Queue::EmailCreation, "email_creation"),
        (Queue::EmailSending, "email_sending"),
        (Queue::WelcomeEmails, "welcome_emails"),
    ];
    for (queue, name) in names {
        assert_eq!(queue.as_str(), name);
        assert_eq!(queue.to_string(), name);
        assert_eq!(name.parse(), Ok(queue));
        assert_eq!(serde_json::to_string(&queue).unwrap(), format!("{name:?}"));
    }
    assert_eq!("mail".parse::<Queue>(), Err("queue \"mail\" is not known".to_owned()));
    assert_eq!(Queue::ALL.len(), names.len());
}

#[test]
fn an_event_travels_by_type_and_payload_without_what_is_absent() {
    let event = Event::StatusChanged(change(CampaignStatus::Dormant, CampaignStatus::WaitingForData));
    let text = serde_json::to_string(&event).unwrap();
    assert_eq!(
        text,
        r#"{"event_type":"STATUS_CHANGE","payload":{"campaign_id":"c","zip_code":"98103","from_status":"DORMANT","to_status":"WAITING_FOR_DATA","timestamp":"2026-03-11T15:00:00Z"}}"#
    );
    assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
}
