use super::{Stage, Store, at};
use crate::ports::StoreCheck;

/// What every [`StoreCheck`] must do: find a store that works in order, however often it is asked and whatever the clock
/// says, and leave what is stored as it is.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn store_check<S: Store + StoreCheck + ?Sized>(store: &S) {
    for stored in [false, true] {
        for time in ["2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z", "1969-12-31T23:59:59.5Z"] {
            store.check_reading().await.expect("a store that works can be read");
            store.check_writing(at(time)).await.expect("a store that works can be written");
            store.check_layout().await.expect("a store that was just made is laid out as it should be");
        }
        if !stored {
            Stage::new(store, 1).await;
        }
    }
    let before = super::super::samples::agent("agent", at(super::START)).expect("a sample agent");
    let after = store.agent(&before.id).await.expect("an agent");
    assert_eq!(after.map(|agent| agent.email), Some(before.email), "what is stored stays as it is");
}
