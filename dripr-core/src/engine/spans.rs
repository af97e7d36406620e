//! What log lines and traces of the engine's work are told in: which delivery they are about, by ids alone.

use tracing::{Span, field::Empty};

use crate::{
    events::{Event, Queue},
    ports::Delivery,
};

/// The span in which a delivery is worked on.
pub(super) fn of_delivery(queue: Queue, delivery: &Delivery) -> Span {
    let span = tracing::info_span!("delivery", %queue, campaign_id = Empty, user_id = Empty, event_id = Empty, outcome = Empty);
    if let Ok(event) = delivery.event() {
        match event {
            Event::StatusChanged(change) => span.record("campaign_id", change.campaign_id.as_str()),
            Event::UserCreated(created) => span.record("user_id", created.user_id.as_str()),
        };
        if let Some(id) = event.id() {
            span.record("event_id", id.as_str());
        }
    }
    span
}

/// The span in which emails are handed over together: in that of the delivery, if it is one, and after those of all if they
/// are several.
pub(super) fn of_sending<'a>(deliveries: impl ExactSizeIterator<Item = &'a Span> + Clone) -> Span {
    let emails = deliveries.len();
    let within = deliveries.clone().next().filter(|_| emails == 1).and_then(Span::id);
    let span = tracing::info_span!(parent: within, "sending", emails, accepted = Empty);
    if emails > 1 {
        for delivery in deliveries {
            span.follows_from(delivery);
        }
    }
    span
}
