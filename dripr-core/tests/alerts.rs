//! Alerts: raised once for each episode, resolved once, and told until somebody hears.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use chrono::TimeDelta;
use dripr_core::{
    alerts::{Alert, Readings, Route, Telling, What, Word, look},
    errors::{Fault, PortError, PortResult},
    ports::{AlertRoute, AlertStore, Clock},
    safeguards::Complaints,
    testkit::{ManualClock, MemoryStore},
};
use proptest::prelude::*;

/// A way that takes words, or does not.
#[derive(Default)]
struct Ear {
    deaf: Mutex<bool>,
    heard: Mutex<Vec<Word>>,
}

#[async_trait]
impl AlertRoute for Ear {
    async fn tell(&self, word: &Word) -> PortResult<()> {
        if *self.deaf.lock().unwrap() {
            return Err(PortError::new(Fault::Unavailable, "nobody is there"));
        }
        self.heard.lock().unwrap().push(word.clone());
        Ok(())
    }
}

impl Ear {
    fn is_deaf(&self, deaf: bool) {
        *self.deaf.lock().unwrap() = deaf;
    }

    fn ids(&self) -> Vec<String> {
        self.heard.lock().unwrap().iter().map(|word| word.id.clone()).collect()
    }
}

struct Stage {
    store: MemoryStore,
    clock: Arc<ManualClock>,
    mail: Arc<Ear>,
    webhook: Arc<Ear>,
    telling: Telling,
}

impl Stage {
    fn new() -> Self {
        let store = MemoryStore::new();
        let clock = Arc::new(ManualClock::at("2026-03-01T12:00:00Z".parse().unwrap()));
        let (mail, webhook) = (Arc::new(Ear::default()), Arc::new(Ear::default()));
        let routes: BTreeMap<Route, Arc<dyn AlertRoute>> =
            BTreeMap::from([(Route::Mail, mail.clone() as _), (Route::Webhook, webhook.clone() as _)]);
        let telling = Telling { store: Arc::new(store.clone()), clock: clock.clone(), routes };
        Self { store, clock, mail, webhook, telling }
    }

    async fn look(&self, readings: &Readings) -> usize {
        look(&self.telling, readings).await.unwrap()
    }

    fn pass(&self, minutes: i64) {
        self.clock.set(self.clock.now() + TimeDelta::minutes(minutes));
    }
}

fn dead(letters: u64) -> Readings {
    Readings { dead_letters: Some(letters), ..Readings::default() }
}

const RAISED: &str = "alert.dead_letters.1.1772366400.raised";
const RESOLVED: &str = "alert.dead_letters.1.1772366400.resolved";

#[tokio::test]
async fn an_episode_is_told_once_when_it_begins_and_once_when_it_is_over() {
    let stage = Stage::new();
    assert_eq!(stage.look(&dead(0)).await, 0);
    assert_eq!(stage.look(&dead(2)).await, 1);
    for letters in [2, 3, 1] {
        stage.pass(1);
        assert_eq!(stage.look(&dead(letters)).await, 0);
    }
    // What comes and goes is one episode.
    assert_eq!(stage.look(&dead(0)).await, 0);
    stage.pass(9);
    stage.look(&dead(0)).await;
    stage.look(&dead(1)).await;
    stage.pass(30);
    // What is not known ends nothing.
    stage.look(&Readings::default()).await;
    stage.look(&dead(0)).await;
    stage.pass(10);
    stage.look(&Readings::default()).await;
    assert_eq!(stage.mail.ids(), [RAISED]);
    stage.look(&dead(0)).await;
    assert_eq!(stage.mail.ids(), [RAISED, RESOLVED]);
    assert_eq!(stage.webhook.ids(), [RAISED, RESOLVED]);
    stage.look(&dead(1)).await;
    let again = format!("alert.dead_letters.2.{}.raised", stage.clock.now().timestamp());
    assert_eq!(stage.mail.ids()[2], again);
    let word = stage.mail.heard.lock().unwrap()[1].clone();
    assert_eq!((word.alert, word.what), (Alert::DeadLetters, What::Resolved));
    assert_eq!(word.since, "2026-03-01T12:00:00Z".parse::<dripr_core::schedule::Instant>().unwrap());
}

#[tokio::test]
async fn a_way_that_does_not_take_it_is_told_later_and_in_order_and_the_other_not_again() {
    let stage = Stage::new();
    stage.mail.is_deaf(true);
    assert_eq!(stage.look(&dead(1)).await, 0);
    stage.pass(1);
    stage.look(&dead(0)).await;
    stage.pass(10);
    stage.look(&dead(0)).await;
    assert_eq!(
        (stage.mail.ids(), stage.webhook.ids()),
        (vec![], vec![RAISED.to_owned(), RESOLVED.to_owned()])
    );
    stage.mail.is_deaf(false);
    stage.pass(1);
    assert_eq!(stage.look(&dead(0)).await, 2);
    assert_eq!(stage.mail.ids(), [RAISED, RESOLVED]);
    assert_eq!(stage.webhook.ids().len(), 2);
    assert_eq!(stage.store.alarm(Alert::DeadLetters).await.unwrap().unwrap().words, []);
}

#[tokio::test]
async fn what_somebody_has_in_hand_is_told_by_another_only_if_they_died() {
    let stage = Stage::new();
    stage.mail.is_deaf(true);
    stage.look(&dead(1)).await;
    let mut alarm = stage.store.alarm(Alert::DeadLetters).await.unwrap().unwrap();
    alarm.in_hand_until = Some(stage.clock.now() + TimeDelta::seconds(180));
    assert!(stage.store.put_alarm(alarm).await.unwrap());
    stage.mail.is_deaf(false);
    stage.pass(2);
    assert_eq!(stage.look(&dead(1)).await, 0);
    stage.pass(1);
    assert_eq!(stage.look(&dead(1)).await, 1);
    assert_eq!(stage.mail.ids(), [RAISED]);
}

#[tokio::test]
async fn a_store_that_forgot_an_episode_does_not_give_its_id_to_another() {
    let (stage, restored) = (Stage::new(), Stage::new());
    stage.look(&dead(1)).await;
    restored.pass(90);
    restored.look(&dead(1)).await;
    assert_eq!(stage.mail.ids(), [RAISED]);
    assert_ne!(restored.mail.ids(), [RAISED], "whoever knows an id already would let the word pass");
}

#[tokio::test]
async fn each_alert_is_judged_by_its_own_figures() {
    let stage = Stage::new();
    let readings = Readings {
        stuck: Some(1),
        dead_letters: Some(1),
        complaints: Some(Complaints { sent: 100, complained: 3 }),
        paused: Some(vec!["Postmark's webhooks: nothing came back".to_owned()]),
        rejected: Some(vec![("clerk", 3), ("stripe", 7)]),
    };
    assert_eq!(stage.look(&readings).await, 5);
    let fine = Readings {
        stuck: Some(0),
        dead_letters: Some(0),
        complaints: Some(Complaints { sent: 100, complained: 2 }),
        paused: Some(Vec::new()),
        rejected: Some(Vec::new()),
    };
    stage.look(&fine).await;
    stage.pass(10);
    assert_eq!(stage.look(&fine).await, 5);
    let details: Vec<String> =
        stage.mail.heard.lock().unwrap().iter().map(|word| word.detail.clone()).collect();
    assert!(details[2].contains("3 of 100") && details[3].contains("Postmark's webhooks"), "{details:?}");
    assert!(details[4].contains("3 in a row from clerk, 7 in a row from stripe"), "{details:?}");
}

proptest! {
    /// Whatever is found and whoever hears: raised and resolved take turns, and nothing is told twice.
    #[test]
    fn raised_and_resolved_take_turns(steps in prop::collection::vec((0_u8..3, -20_i64..40, any::<bool>()), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let stage = Stage::new();
        runtime.block_on(async {
            for (found, minutes, deaf) in steps {
                stage.mail.is_deaf(deaf);
                let readings = match found { 0 => dead(0), 1 => dead(1), _ => Readings::default() };
                stage.look(&readings).await;
                stage.pass(minutes);
            }
            stage.mail.is_deaf(false);
            stage.pass(200);
            stage.look(&Readings::default()).await;
        });
        let heard = stage.webhook.heard.lock().unwrap();
        for (n, word) in heard.iter().enumerate() {
            let wanted = if n % 2 == 0 { What::Raised } else { What::Resolved };
            prop_assert_eq!(word.what, wanted);
            let began = word.since.timestamp();
            let id = format!("alert.dead_letters.{}.{began}.{}", n / 2 + 1, wanted.as_str());
            prop_assert_eq!(&word.id, &id);
        }
    }
}
