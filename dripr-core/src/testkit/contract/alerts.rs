use std::collections::BTreeSet;

use super::{START, at};
use crate::{
    alerts::{Alarm, Alert, Condition, Route},
    ports::AlertStore,
};

/// What every [`AlertStore`] must do: one row for each alert, and no change that somebody else's change was made without
/// knowing of.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn alert_store<S: AlertStore + ?Sized>(store: &S) {
    let read = async |alert| store.alarm(alert).await.expect("reading an alarm");
    let put = async |alarm: &Alarm| store.put_alarm(alarm.clone()).await.expect("storing an alarm");
    for alert in Alert::ALL {
        assert_eq!(read(alert).await, None, "nothing is known of an alert at first");
    }
    let new = Alarm::new(Alert::DeadLetters);
    let ahead = Alarm { version: 1, ..new.clone() };
    assert!(!put(&ahead).await, "a later version of an alarm that is not there is not stored");
    assert!(put(&new).await, "a new alarm is stored");
    assert!(!put(&new).await, "once");
    assert_eq!(read(Alert::DeadLetters).await, Some(ahead.clone()), "it comes back with the next version");
    let mut changed = ahead.clone();
    let routes = BTreeSet::from([Route::Mail, Route::Webhook]);
    changed.hear(&Condition::Wrong("5 \"deliveries\" \u{1F4A5}".to_owned()), at(START), &routes);
    changed.calm_since = Some(at("2026-03-01T12:00:00.000001Z"));
    changed.in_hand_until = Some(at("2026-03-01T12:03:00Z"));
    assert!(put(&changed).await, "the stored version is replaced");
    assert!(!put(&ahead).await, "an older version does not replace a newer one");
    let stored = Alarm { version: 2, ..changed };
    assert_eq!(read(Alert::DeadLetters).await, Some(stored.clone()), "it comes back as it was given");
    assert_eq!(read(Alert::MailPaused).await, None, "each alert is its own");
    assert!(put(&Alarm::new(Alert::MailPaused)).await, "another alarm is stored beside it");
    assert_eq!(read(Alert::DeadLetters).await, Some(stored), "and changes nothing about it");
}
