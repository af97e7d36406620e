use super::{START, at};
use crate::{ports::ChannelStore, safeguards::Channel};

/// What every [`ChannelStore`] must do: one row for each channel, and no change that somebody else's change was made
/// without knowing of.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn channel_store<S: ChannelStore + ?Sized>(store: &S) {
    let read = async |name: &str| store.channel(name).await.expect("reading a channel");
    let put = async |channel: &Channel| store.put_channel(channel.clone()).await.expect("storing a channel");
    assert_eq!(read("webhooks").await, None, "nothing is known of a channel at first");
    let new = Channel::new("webhooks");
    let ahead = Channel { version: 1, ..new.clone() };
    assert!(!put(&ahead).await, "a later version of a channel that is not there is not stored");
    assert!(put(&new).await, "a new channel is stored");
    assert!(!put(&new).await, "once");
    assert_eq!(read("webhooks").await, Some(ahead.clone()), "it comes back with the next version");
    let changed = Channel {
        last_heard: Some(at(START)),
        unanswered_since: Some(at("2026-03-01T12:00:00.000001Z")),
        refused: 12,
        ..ahead.clone()
    };
    assert!(put(&changed).await, "the stored version is replaced");
    assert!(!put(&Channel { refused: 1, ..ahead }).await, "an older version does not replace a newer one");
    assert_eq!(
        read("webhooks").await,
        Some(Channel { version: 2, ..changed }),
        "it comes back as it was given"
    );
    assert_eq!(read("other \"channel\"").await, None, "each channel is its own");
    assert!(put(&Channel::new("other \"channel\"")).await, "another channel is stored beside it");
    assert_eq!(
        read("webhooks").await.map(|channel| channel.refused),
        Some(12),
        "and changes nothing about it"
    );
}
