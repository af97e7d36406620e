use super::at;
use crate::{
    access::{KeptReply, Repetition},
    ports::ReplyStore,
};

/// What every [`ReplyStore`] must do: of calls under one key one is done, and the others are answered alike.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn reply_store<S: ReplyStore + ?Sized>(store: &S) {
    let begin = async |caller: &str, key: &str, call: &str, now: &str| {
        store.begin_call(caller, key, call, at(now)).await.expect("beginning a call")
    };
    let end = async |caller: &str, key: &str, begun: &str, reply: Option<KeptReply>| {
        store.end_call(caller, key, at(begun), reply).await.expect("ending a call");
    };
    let reply = KeptReply {
        status: 201,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: "{\"a\": \"\\u00e9 \u{1F3E0}\"}".to_owned(),
    };
    let (noon, later) = ("2026-03-01T12:00:00Z", "2026-03-01T12:00:59Z");
    assert_eq!(begin("one", "key", "call", noon).await, Repetition::First, "the first call is done");
    assert_eq!(
        begin("one", "key", "call", later).await,
        Repetition::UnderWay,
        "the same is not done at once"
    );
    assert_eq!(begin("one", "key", "other", later).await, Repetition::OtherCall, "a key is for one call");
    assert_eq!(begin("two", "key", "other", noon).await, Repetition::First, "keys are their callers' own");
    assert_eq!(begin("one", "Key", "call", noon).await, Repetition::First, "keys differ by case");
    end("one", "key", noon, Some(reply.clone())).await;
    let answered = begin("one", "key", "call", "2026-03-02T11:59:59Z").await;
    assert_eq!(answered, Repetition::Answered(reply), "a call that comes again is answered alike for a day");
    assert_eq!(begin("one", "key", "other", later).await, Repetition::OtherCall, "and no other call is");
    let next_day = begin("one", "key", "other", "2026-03-02T12:00:00Z").await;
    assert_eq!(next_day, Repetition::First, "then it is forgotten");

    end("two", "key", later, None).await;
    let known = begin("two", "key", "call", later).await;
    assert_eq!(known, Repetition::OtherCall, "whoever did not begin it ends nothing");
    end("two", "key", noon, None).await;
    assert_eq!(
        begin("two", "key", "call", later).await,
        Repetition::First,
        "a call that was not done is forgotten"
    );
    let abandoned = begin("one", "Key", "call", "2026-03-01T12:01:00Z").await;
    assert_eq!(abandoned, Repetition::First, "a call that was never answered is done again after a minute");
    let late = KeptReply { status: 200, headers: Vec::new(), body: "late".to_owned() };
    end("one", "Key", noon, Some(late)).await;
    let known = begin("one", "Key", "call", "2026-03-01T12:01:01Z").await;
    assert_eq!(known, Repetition::UnderWay, "whose time was over answers no more for it");
}
