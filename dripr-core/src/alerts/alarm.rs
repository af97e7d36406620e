//! What an alert has come to, and what is still to be told of it.

use std::{collections::BTreeSet, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Alert, Condition};
use crate::{policy::after, schedule::Instant};

/// For how long nothing must be wrong before an episode is over: what comes and goes is one episode.
const CALM: Duration = Duration::from_secs(600);
/// So many words are kept for those who do not take them; the oldest go first.
const MOST_WORDS: usize = 20;

/// What an alert has come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// Which alert.
    pub alert: Alert,
    /// How many episodes there have been.
    #[serde(default)]
    pub episodes: u64,
    /// Since when the present episode lasts; none if nothing is wrong.
    #[serde(default)]
    pub raised_at: Option<Instant>,
    /// Since when nothing is wrong in the present episode.
    #[serde(default)]
    pub calm_since: Option<Instant>,
    /// What is still to be told, oldest first.
    #[serde(default)]
    pub words: Vec<Word>,
    /// Until when somebody has the words in hand.
    #[serde(default)]
    pub in_hand_until: Option<Instant>,
    /// Grows with every change.
    #[serde(default)]
    pub version: u64,
}

/// Something that an operator is to be told once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    /// Its name, the same each time that it is told: whoever gets it twice can know it.
    pub id: String,
    /// Which alert it is about.
    pub alert: Alert,
    /// What happened.
    pub what: What,
    /// When.
    pub at: Instant,
    /// Since when the episode lasts, or lasted.
    pub since: Instant,
    /// A sentence about it, without personal data.
    pub detail: String,
    /// The ways that have not taken it yet.
    pub to: BTreeSet<Route>,
}

/// What happened to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Something is wrong.
    Raised,
    /// It is not wrong any more.
    Resolved,
}

impl What {
    /// The stored name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Resolved => "resolved",
        }
    }
}

/// A way to an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// A mail.
    Mail,
    /// A message to a program.
    Webhook,
}

impl Alarm {
    /// One that was never raised.
    #[must_use]
    pub fn new(alert: Alert) -> Self {
        Self {
            alert,
            episodes: 0,
            raised_at: None,
            calm_since: None,
            words: Vec::new(),
            in_hand_until: None,
            version: 0,
        }
    }

    /// Takes in what was found, and says whether that changed anything. An episode begins when something is wrong, and
    /// ends when nothing was for ten minutes.
    pub fn hear(&mut self, condition: &Condition, now: Instant, routes: &BTreeSet<Route>) -> bool {
        match (condition, self.raised_at) {
            (Condition::Unknown, _) | (Condition::Fine, None) => false,
            (Condition::Wrong(_), Some(_)) => self.calm_since.take().is_some(),
            (Condition::Wrong(detail), None) => {
                self.raised_at = Some(now);
                self.episodes = self.episodes.saturating_add(1);
                self.say(What::Raised, detail.clone(), now, now, routes);
                true
            }
            (Condition::Fine, Some(since)) => match self.calm_since {
                // A clock that was put back begins anew.
                Some(calm) if calm <= now && now < after(calm, CALM) => false,
                Some(calm) if calm <= now => {
                    (self.raised_at, self.calm_since) = (None, None);
                    self.say(What::Resolved, "nothing is wrong any more".to_owned(), now, since, routes);
                    true
                }
                _ => {
                    self.calm_since = Some(now);
                    true
                }
            },
        }
    }

    fn say(&mut self, what: What, detail: String, at: Instant, since: Instant, routes: &BTreeSet<Route>) {
        let alert = self.alert;
        // When it began, since a store that was restored from a backup counts the same episodes again.
        let (began, what_id) = (since.timestamp(), what.as_str());
        let id = format!("alert.{}.{}.{began}.{what_id}", alert.as_str(), self.episodes);
        let excess = (self.words.len() + 1).saturating_sub(MOST_WORDS);
        self.words.drain(..excess);
        self.words.push(Word { id, alert, what, at, since, detail, to: routes.clone() });
    }

    /// Whether there is something to tell that nobody has in hand.
    #[must_use]
    pub fn is_to_be_told(&self, now: Instant, longest: Duration) -> bool {
        // A lease farther ahead than leases are was left behind by a wrong clock.
        let in_hand = self.in_hand_until.is_some_and(|until| now < until && until <= after(now, longest));
        !in_hand && self.words.iter().any(|word| !word.to.is_empty())
    }

    /// Some ways have taken a word.
    pub fn told(&mut self, id: &str, by: &BTreeSet<Route>) {
        for word in self.words.iter_mut().filter(|word| word.id == id) {
            word.to.retain(|route| !by.contains(route));
        }
        self.words.retain(|word| !word.to.is_empty());
    }
}
