use std::{collections::BTreeSet, time::Duration};

use super::{START, at, checks::within};
use crate::{
    campaign::{CampaignStatus, Operation},
    events::{Event, Queue, StatusChanged},
    ids::{CampaignId, EventId},
    ports::{EventBus, EventQueue},
    testkit::samples,
};

/// How often the suite looks for what was published before it gives up, and how long it waits in between.
const LOOKS: usize = 10;
const PAUSE: Duration = Duration::from_millis(500);

/// What every [`EventBus`] must do: an answer for each event, and each event in every queue it wakes and in no other.
///
/// `queue` is the receiving side of that bus. Both are empty, and nobody else receives.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn event_bus<B, Q>(bus: &B, queue: &Q)
where
    B: EventBus + ?Sized,
    Q: EventQueue + ?Sized,
{
    assert!(bus.publish(&[]).await.is_empty(), "no event, no answer");
    let events = events();
    publish(bus, &events).await;
    for name in Queue::ALL {
        let wanted: BTreeSet<EventId> =
            events.iter().filter(|event| Queue::woken_by(event).contains(&name)).filter_map(id).collect();
        let received = receive(queue, name, wanted.len(), &events).await;
        assert_eq!(received, wanted, "what was published reaches each queue that it wakes, here {name}");
    }
    // What was published may be published again, as after a crash: handlers know it.
    publish(bus, &events).await;
    for name in Queue::ALL {
        receive(queue, name, 0, &events).await;
    }
}

async fn publish<B: EventBus + ?Sized>(bus: &B, events: &[Event]) {
    let answers = bus.publish(events).await;
    assert_eq!(answers.len(), events.len(), "there is an answer for each event that is published");
    for (event, answer) in events.iter().zip(answers) {
        assert!(answer.is_ok(), "a bus that works publishes, but of {:?} it said: {answer:?}", id(event));
    }
}

/// The events of a queue until it is empty and as many as wanted came. Each is as it was published.
async fn receive<Q: EventQueue + ?Sized>(
    queue: &Q,
    name: Queue,
    wanted: usize,
    published: &[Event],
) -> BTreeSet<EventId> {
    let (now, visibility) = (at(START), Duration::from_secs(30));
    let mut received = BTreeSet::new();
    for _ in 0..LOOKS {
        let deliveries = queue.receive(name, 10, now, visibility).await.expect("receiving");
        if deliveries.is_empty() {
            if received.len() >= wanted {
                break;
            }
            // Whether it arrived or was only long, the next look tells.
            let _ = within(PAUSE, queue.arrived(&[name])).await;
        }
        let mut done = Vec::new();
        for delivery in deliveries {
            match delivery.event() {
                Ok(event) => {
                    assert!(
                        published.contains(event) && Queue::woken_by(event).contains(&name),
                        "what comes out of {name} is what was published for it, as it was: {event:?}"
                    );
                    received.extend(id(event));
                }
                Err(error) => panic!("what was published is understood where it is received, but: {error}"),
            }
            done.push(delivery.done());
        }
        queue.settle(done, now).await.expect("settling");
    }
    received
}

fn id(event: &Event) -> Option<EventId> {
    match event {
        Event::UserCreated(event) => event.event_id.clone(),
        Event::StatusChanged(event) => event.event_id.clone(),
    }
}

/// An agent, a campaign in work, one whose recent sales are announced again, and one that is to be sent.
fn events() -> Vec<Event> {
    let event_id = |text: &str| Some(EventId::new(text).expect("an id"));
    let agent = samples::agent("agent", at(START)).expect("a sample agent");
    let mut created = samples::user_created(&agent);
    created.event_id = event_id("contract:0");
    created.first_name = "Größe \u{1F3E0} \"\u{202e}\r\n{{x}}".to_owned();
    let change = |number: u64, from_status, to_status, operations| {
        Event::StatusChanged(StatusChanged {
            event_id: event_id(&format!("contract:{number}")),
            campaign_id: CampaignId::new("contract").expect("an id"),
            zip_code: "98103".parse().expect("a ZIP code"),
            from_status,
            to_status,
            timestamp: at(START),
            version: Some(number),
            cycle: None,
            operations,
        })
    };
    let (idle, data, send) =
        (CampaignStatus::Dormant, CampaignStatus::WaitingForData, CampaignStatus::ReadyToSendEmail);
    vec![
        Event::UserCreated(created),
        change(1, idle, data, None),
        change(2, data, data, Some(vec![Operation::RecentSales])),
        change(3, data, send, None),
    ]
}
