use std::{collections::BTreeSet, pin::pin, time::Duration};

use futures_util::poll;

use super::{START, Stage, at, checks::within};
use crate::{
    campaign::CampaignStatus,
    events::Event,
    ids::EventId,
    policy::{FARTHEST, after},
    ports::{AgentStore, CampaignStore, Outbox, OutboxEntry},
    testkit::samples,
};

/// What every [`Outbox`] must do: each event is there once, in order, until it is marked.
///
/// `store` is the store that writes into it. Both are empty, and nobody else works on them.
///
/// # Panics
/// With a sentence, if it does not.
pub async fn outbox<S, O>(store: &S, outbox: &O)
where
    S: AgentStore + CampaignStore + ?Sized,
    O: Outbox + ?Sized,
{
    let empty = take(outbox, 10, START, SOON).await;
    assert!(empty.is_empty(), "where nothing happened there is nothing to publish: {empty:?}");
    let stage = Stage::new(store, 1).await;
    stage.begin(0).await;
    register_another(store).await;

    let all = take(outbox, 100, START, START).await;
    let said: Vec<String> = all.iter().map(|entry| said(&entry.event)).collect();
    assert_eq!(
        said,
        ["agent was made", "agent-1 is to be prepared", "another was made"],
        "every change that is announced is in the outbox once, the oldest first"
    );
    let ids: BTreeSet<&EventId> = all.iter().map(|entry| &entry.id).collect();
    assert_eq!(ids.len(), all.len(), "each event has an id of its own");
    for entry in &all {
        assert!(
            own_id(&entry.event).is_none_or(|id| *id == entry.id),
            "an event that carries an id is kept under it"
        );
    }
    assert_eq!(
        take(outbox, 100, START, START).await,
        all,
        "what nobody marks is there again when its time is over"
    );
    assert!(take(outbox, 0, START, SOON).await.is_empty(), "none asked for, none given");
    is_given_to_one(outbox, &all).await;
    marks_only_what_it_is_told(outbox, &all).await;
    says_when_something_is_added(store, outbox).await;
}

const SOON: &str = "2026-03-01T12:01:00Z";
const LATER: &str = "2026-03-01T12:02:00Z";

async fn take<O: Outbox + ?Sized>(outbox: &O, limit: usize, now: &str, until: &str) -> Vec<OutboxEntry> {
    outbox.unpublished(limit, at(now), at(until)).await.expect("the outbox")
}

async fn is_given_to_one<O: Outbox + ?Sized>(outbox: &O, all: &[OutboxEntry]) {
    let first = take(outbox, 2, START, SOON).await;
    assert_eq!(first, all[..2], "a page is the oldest, as many as asked for");
    assert_eq!(
        take(outbox, 100, START, SOON).await,
        all[2..],
        "what one relay has in hand no other is given"
    );
    assert!(take(outbox, 100, START, SOON).await.is_empty(), "nor is it given twice to the same");
    outbox.give_back(&[all[1].id.clone()]).await.expect("giving back");
    assert_eq!(take(outbox, 100, START, LATER).await, all[1..2], "what is given back is there again at once");
    let back = take(outbox, 100, SOON, SOON).await;
    assert_eq!(
        back,
        [all[0].clone(), all[2].clone()],
        "what is not marked is there again when its time is over"
    );
    let far = after(at(LATER), 2 * FARTHEST);
    outbox.unpublished(100, at(LATER), far).await.expect("the outbox");
    assert_eq!(
        take(outbox, 100, LATER, LATER).await,
        all,
        "what is in hand for longer than anything is to be was taken by a wrong clock"
    );
}

async fn marks_only_what_it_is_told<O: Outbox + ?Sized>(outbox: &O, all: &[OutboxEntry]) {
    let unknown = EventId::new("contract:unknown").expect("an id");
    let rest = [all[0].clone(), all[2].clone()];
    outbox.mark_published(&[]).await.expect("marking nothing");
    outbox.mark_published(std::slice::from_ref(&unknown)).await.expect("marking what is not there");
    assert_eq!(take(outbox, 100, LATER, LATER).await, all, "marking none marks none");
    for times in ["once", "twice"] {
        outbox.mark_published(&[all[1].id.clone(), unknown.clone()]).await.expect("marking");
        outbox.give_back(&[all[1].id.clone(), unknown.clone()]).await.expect("giving back too late");
        assert_eq!(
            take(outbox, 100, LATER, LATER).await,
            rest,
            "what is marked {times} is gone, and nothing else is"
        );
    }
    let ids: Vec<EventId> = all.iter().map(|entry| entry.id.clone()).collect();
    outbox.mark_published(&ids).await.expect("marking");
    assert!(take(outbox, 100, LATER, LATER).await.is_empty(), "in the end nothing is left");
}

async fn says_when_something_is_added<S, O>(store: &S, outbox: &O)
where
    S: AgentStore + ?Sized,
    O: Outbox + ?Sized,
{
    let mut added = pin!(outbox.added());
    let early = poll!(&mut added).is_ready();
    let agent = samples::agent("third", at(START)).expect("a sample agent");
    let event = samples::user_created(&agent);
    assert!(
        store.register(agent, event, crate::campaign::Actor::Operator).await.expect("registering an agent"),
        "a new agent is registered"
    );
    assert!(
        early || within(Duration::from_secs(5), added).await.is_some(),
        "whoever waits for the outbox hears of what is added after the first poll"
    );
    let left = take(outbox, 100, LATER, LATER).await;
    assert_eq!(left.len(), 1, "what is added later is there, and what was marked does not come back");
}

async fn register_another<S: AgentStore + ?Sized>(store: &S) {
    let agent = samples::agent("another", at(START)).expect("a sample agent");
    let event = samples::user_created(&agent);
    let registered = store
        .register(agent.clone(), event.clone(), crate::campaign::Actor::Operator)
        .await
        .expect("registering an agent");
    assert!(registered, "a new agent is registered");
    let twice =
        store.register(agent, event, crate::campaign::Actor::Operator).await.expect("registering an agent");
    assert!(!twice, "an agent is registered once");
}

fn said(event: &Event) -> String {
    match event {
        Event::UserCreated(event) => format!("{} was made", event.user_id),
        Event::StatusChanged(event) if event.to_status == CampaignStatus::WaitingForData => {
            format!("{} is to be prepared", event.campaign_id)
        }
        Event::StatusChanged(event) => format!("{} is {:?}", event.campaign_id, event.to_status),
    }
}

fn own_id(event: &Event) -> Option<&EventId> {
    match event {
        Event::UserCreated(event) => event.event_id.as_ref(),
        Event::StatusChanged(event) => event.event_id.as_ref(),
    }
}
