//! Webhooks, sent by several processes on one database.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    pin::pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use dripr_adapters::sql::{ServerOptions, SqlStore};
use dripr_core::{
    access::{Caller, Reach},
    campaign::Actor,
    ids::{WebhookId, WebhookMessageId},
    ports::{WebhookSender, WebhookStore},
    schedule::Instant,
    testkit::{ManualClock, SeededEntropy},
    webhooks::{Answer, Courier, Endpoint, KeptSecret, Kinds, Message, NewEndpoint, Outcome, Standing},
};
use futures_util::poll;

use crate::place::{Place, Server};

const ENDPOINTS: usize = 12;
const MESSAGES: usize = 40;

/// Takes everything, and counts how often each message came.
#[derive(Default)]
struct Counting(Mutex<BTreeMap<(WebhookId, WebhookMessageId), usize>>);

#[async_trait]
impl WebhookSender for Counting {
    async fn send(&self, endpoint: &Endpoint, message: &Message) -> Answer {
        let key = (endpoint.id.clone(), message.id.clone());
        *self.0.lock().unwrap().entry(key).or_default() += 1;
        // Others get a turn while this is under way.
        tokio::task::yield_now().await;
        Answer { outcome: Outcome::Answered(200), retry_after: None }
    }
}

/// Works until nothing is due any more that it can take, a few endpoints at a time.
async fn work(courier: Courier) {
    let mut idle = 0;
    while idle < 3 {
        let turns = courier.claim(3).await.unwrap();
        idle = if turns.is_empty() { idle + 1 } else { 0 };
        for turn in turns {
            courier.serve(turn).await.unwrap();
        }
        tokio::task::yield_now().await;
    }
}

fn endpoint(nr: usize, now: Instant) -> Endpoint {
    let new = NewEndpoint {
        id: format!("endpoint-{nr}").parse().unwrap(),
        reach: Reach::Deployment,
        description: String::new(),
        url: "https://crm.example".to_owned(),
        kinds: Kinds::default(),
        secret: KeptSecret::Plain("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()),
    };
    Endpoint::new(new, &Caller::operator(), now)
}

async fn each_message_is_sent_once(server: Server) {
    let place = Place::new(server).await;
    let now: Instant = "2026-04-01T12:00:00Z".parse().unwrap();
    let stores: Vec<Arc<SqlStore>> = vec![
        Arc::new(place.open(ServerOptions::default()).await),
        Arc::new(place.open(ServerOptions::default()).await),
    ];
    for nr in 0..ENDPOINTS {
        let endpoint = endpoint(nr, now);
        let deed = endpoint.deed("webhook_made", Actor::Operator, now, None);
        assert!(stores[0].put_webhook(endpoint.clone(), deed.clone()).await.unwrap());
        let messages = (0..MESSAGES).map(|message| {
            let message = Message::test(format!("msg_{nr}_{message}").parse().unwrap(), now);
            stores[0].put_message(&endpoint.id, message, deed.clone())
        });
        for put in futures_util::future::join_all(messages).await {
            assert!(put.unwrap());
        }
    }
    let sender = Arc::new(Counting::default());
    let clock = Arc::new(ManualClock::at(now));
    let workers = (0_u64..4).zip(stores.iter().cycle()).map(|(seed, store)| {
        let entropy = Arc::new(SeededEntropy::new(seed));
        let courier = Courier { store: store.clone(), sender: sender.clone(), clock: clock.clone(), entropy };
        tokio::spawn(work(courier))
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.unwrap();
    }
    // Whoever came when all was in others' hands left; what is left is done by one.
    let entropy = Arc::new(SeededEntropy::new(9));
    work(Courier { store: stores[1].clone(), sender: sender.clone(), clock, entropy }).await;
    let sent = sender.0.lock().unwrap().clone();
    assert_eq!(sent.len(), ENDPOINTS * MESSAGES, "each message was sent");
    let twice: Vec<_> = sent.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "in one hand at a time, none is sent twice: {twice:?}");
    for nr in 0..ENDPOINTS {
        let id = format!("endpoint-{nr}").parse().unwrap();
        let delivered = stores[0].deliveries(&id, Some(Standing::Delivered), None, 99).await.unwrap();
        assert_eq!(delivered.len(), MESSAGES, "what came of each try is stored");
        assert!(delivered.iter().all(|delivery| delivery.attempted == 1), "once");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_message_is_sent_once_by_several_processes_on_postgres() {
    each_message_is_sent_once(Server::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_message_is_sent_once_by_several_processes_on_mysql() {
    each_message_is_sent_once(Server::MySql).await;
}

async fn within_seconds(heard: impl Future<Output = ()>) {
    tokio::time::timeout(Duration::from_secs(20), heard).await.unwrap();
}

/// What another process does about a webhook is heard of within seconds. `at_first`: who begins to look hears of what was before.
async fn what_is_changed_elsewhere_is_heard_of(server: Server, at_first: bool) {
    let place = Place::new(server).await;
    let here = place.open(ServerOptions::default()).await;
    let there = place.open(ServerOptions::default()).await;
    let now: Instant = "2026-04-01T12:00:00Z".parse().unwrap();
    let mut endpoint = endpoint(0, now);
    let deed = endpoint.deed("webhook_made", Actor::Operator, now, None);
    let later = now + chrono::TimeDelta::hours(1);
    let message = Message::test("msg_a".parse().unwrap(), later);
    assert!(here.put_webhook(endpoint.clone(), deed.clone()).await.unwrap());
    assert!(here.put_message(&endpoint.id, message.clone(), deed.clone()).await.unwrap());
    if at_first {
        within_seconds(there.message_added()).await;
    }
    // What is replayed tells of nothing new, and no message comes.
    let mut heard = pin!(there.message_added());
    assert!(poll!(&mut heard).is_pending());
    assert!(here.replay(&endpoint.id, &message.id, deed.clone()).await.unwrap());
    within_seconds(heard).await;
    let mut heard = pin!(there.message_added());
    assert!(poll!(&mut heard).is_pending());
    endpoint.version = 1;
    endpoint.switch(false, now);
    assert!(here.put_webhook(endpoint, deed).await.unwrap());
    within_seconds(heard).await;
}

#[tokio::test]
async fn what_another_process_changes_is_heard_of_on_postgres() {
    what_is_changed_elsewhere_is_heard_of(Server::Postgres, false).await;
}

#[tokio::test]
async fn what_another_process_changes_is_heard_of_on_mysql() {
    what_is_changed_elsewhere_is_heard_of(Server::MySql, true).await;
}
