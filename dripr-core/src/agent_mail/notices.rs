//! What an agent was told, and what they are to be told now.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Concern, Progress};
use crate::{
    agent::Agent,
    errors::{Fault, PortError, PortResult},
    ids::{CampaignId, EmailId, UserId},
    mail_account::Grant,
    schedule::{Instant, SendingRules, TimeOfDay},
};

/// When the morning mail goes out, by the clocks of the sending zone.
pub const MORNING: TimeOfDay = TimeOfDay::from_hour(9);
/// From when on a morning mail that could not go out waits for the next morning.
pub const NOON: TimeOfDay = TimeOfDay::from_hour(12);

/// So many mornings are remembered.
const KEPT_MORNINGS: usize = 8;

/// What one agent was told, and the mail to them that is on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notices {
    /// The agent.
    pub user_id: UserId,
    /// When to look next whether there is something to tell; `None` for an agent who was removed.
    pub due_at: Option<Instant>,
    /// What stops their mail and was told.
    #[serde(default)]
    pub told: Vec<Concern>,
    /// The last days whose morning was seen to, the latest last: a clock that was ahead, or set back, repeats none of them.
    #[serde(default)]
    pub mornings: Vec<NaiveDate>,
    /// Campaigns that need them, and of which they were told.
    #[serde(default)]
    pub in_need: BTreeSet<CampaignId>,
    /// The mail that is on its way.
    #[serde(default)]
    pub in_hand: Option<InHand>,
    /// Grows with every change.
    #[serde(default)]
    pub version: u64,
}

/// A mail to an agent that is on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InHand {
    /// Which.
    pub letter: LetterName,
    /// Its id, the same for each try.
    pub email_id: EmailId,
    /// The campaigns in need that it tells of, or told of before.
    #[serde(default)]
    pub in_need: BTreeSet<CampaignId>,
    /// How far it got.
    pub progress: Progress,
}

/// Which mail to an agent: one that was sent is not sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterName {
    /// The mail about something that stops their mail.
    Concern(Concern),
    /// The morning mail of a day.
    Morning(NaiveDate),
}

impl LetterName {
    /// The id of such a mail that begins at a moment.
    ///
    /// # Errors
    /// [`Fault::Invalid`] if the agent's id is too long.
    pub fn email_id(self, user: &UserId, now: Instant) -> PortResult<EmailId> {
        let id = match self {
            Self::Morning(day) => format!("morning.{day}.{user}"),
            // What has no beginning of its own begins when it is told.
            Self::Concern(concern @ (Concern::PaymentFailed | Concern::SubscriptionEnded)) => {
                format!("{}.{}.{user}", concern.name(), now.timestamp())
            }
            Self::Concern(concern @ (Concern::AccountLost { since } | Concern::SendingPaused { since })) => {
                format!("{}.{}.{user}", concern.name(), since.timestamp())
            }
        };
        EmailId::new(id)
            .map_err(|error| PortError::new(Fault::Invalid, "the agent's id is too long").caused_by(error))
    }
}

/// An agent, with all that is looked at to decide what they are to be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// What they were told.
    pub notices: Notices,
    /// The agent.
    pub agent: Agent,
    /// How their consent stands, if they have connected a mail account.
    pub grant: Option<Grant>,
    /// Whether a report waits for their approval.
    pub waiting: bool,
    /// Whether a campaign needs them.
    pub in_need: bool,
}

/// What an agent is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// That mail, now.
    Tell(LetterName),
    /// Nothing now.
    Nothing,
}

impl Notices {
    /// Of an agent who was told nothing yet.
    #[must_use]
    pub fn new(user_id: UserId, due_at: Instant) -> Self {
        Self {
            user_id,
            due_at: Some(due_at),
            told: Vec::new(),
            mornings: Vec::new(),
            in_need: BTreeSet::new(),
            in_hand: None,
            version: 0,
        }
    }

    /// After a restore, what was to be told now may have been told since the backup: it counts as told.
    pub(crate) fn restored(
        &mut self,
        agent: &Agent,
        grant: Option<&Grant>,
        rules: &SendingRules,
        now: Instant,
    ) {
        if let Some(InHand { letter, in_need, .. }) = self.in_hand.take() {
            self.told(letter, in_need);
        }
        for concern in Concern::of(agent, grant, now) {
            if !self.told.contains(&concern) {
                self.told.push(concern);
            }
        }
        let today = rules.civil_date(now);
        if !self.mornings.contains(&today) {
            let in_need = std::mem::take(&mut self.in_need);
            self.told(LetterName::Morning(today), in_need);
        }
    }

    /// The mail that was in hand has ended: it is told, as far as it can be.
    pub(crate) fn told(&mut self, letter: LetterName, in_need: BTreeSet<CampaignId>) {
        self.in_hand = None;
        match letter {
            LetterName::Concern(concern) => self.told.push(concern),
            LetterName::Morning(day) => {
                self.mornings.push(day);
                let surplus = self.mornings.len().saturating_sub(KEPT_MORNINGS);
                self.mornings.drain(..surplus);
                self.in_need = in_need;
            }
        }
    }
}

impl Standing {
    /// What the agent is to be told at a moment.
    #[must_use]
    pub fn duty(&self, rules: &SendingRules, now: Instant) -> Duty {
        if self.agent.deleted_at.is_some() {
            return Duty::Nothing;
        }
        let concerns = Concern::of(&self.agent, self.grant.as_ref(), now);
        if let Some(new) = concerns.into_iter().find(|concern| !self.notices.told.contains(concern)) {
            return Duty::Tell(LetterName::Concern(new));
        }
        let today = rules.civil_date(now);
        let in_time = rules.reached(today, MORNING) <= now && now < rules.reached(today, NOON);
        let open = !self.notices.mornings.contains(&today);
        if in_time && open && (self.waiting || self.in_need) {
            return Duty::Tell(LetterName::Morning(today));
        }
        Duty::Nothing
    }

    /// The notices when there is nothing to tell now: what is over is forgotten, and they are looked at again when time
    /// alone may have brought something.
    #[must_use]
    pub fn seen(&self, rules: &SendingRules, now: Instant) -> Notices {
        let concerns = Concern::of(&self.agent, self.grant.as_ref(), now);
        let mut notices = self.notices.clone();
        notices.told.retain(|told| concerns.contains(told));
        if !self.in_need {
            notices.in_need.clear();
        }
        let today = rules.civil_date(now);
        let tomorrow = today.succ_opt().unwrap_or(today);
        let mornings = [today, tomorrow].map(|day| rules.reached(day, MORNING));
        let next = mornings.into_iter().find(|morning| *morning > now).unwrap_or(Instant::MAX_UTC);
        let lapses = self.agent.lapses_at().filter(|lapses| *lapses > now);
        let at = lapses.map_or(next, |lapses| lapses.min(next));
        notices.due_at = Some(at).filter(|_| self.agent.deleted_at.is_none());
        notices
    }
}
