//! What a campaign of another system has behind it when it is taken over.
//!
//! Such a system says where a campaign stands and when it last sent, not which cycle that was. Where its words leave a doubt
//! whether an email left, the cycle counts as sent: a homeowner who misses a report is told next month, one who gets it
//! twice cannot be helped.

use chrono::NaiveDate;

use super::{CampaignStatus, LastCycle};
use crate::schedule::{Cycle, Instant, SendingRules, Slot};

/// How a campaign stood in the system it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its status, old names read as today's.
    pub status: CampaignStatus,
    /// Whether the status was the old `SENT`: it is DORMANT today, but says that an email left.
    pub said_sent: bool,
    /// Whether the cycle's email was made (`email_creation_status` READY).
    pub email_made: bool,
    /// When it last sent: the latest of what its row and its emails tell.
    pub last_sent_email_datetime: Option<Instant>,
    /// The civil date of the last email that was made, sent or not.
    pub last_scheduled_send_date: Option<NaiveDate>,
}

/// What is taken over of a campaign's past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CarriedOver {
    /// The last cycle that is over, for [`Campaign::last_cycle`](super::Campaign::last_cycle).
    pub last_cycle: Option<LastCycle>,
    /// For [`Campaign::last_sent_email_datetime`](super::Campaign::last_sent_email_datetime).
    pub last_sent_email_datetime: Option<Instant>,
    /// Whether the last sending is only a possibility: the system may have stopped between sending and storing.
    pub in_doubt: bool,
}

/// Why nobody can tell what a campaign has behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Untold {
    /// An email left or may have left, and no date says for which month.
    #[error(
        "an email was sent or may have been, and neither last_sent_email_datetime nor last_scheduled_send_date says when"
    )]
    When,
    /// The last sending lies ahead.
    #[error("its last sending lies in the future")]
    Future,
}

impl Standing {
    /// What is taken over, by the rules under which the campaign will go on.
    ///
    /// ```
    /// use dripr_core::{campaign::{CampaignStatus, Standing}, schedule::SendingRules};
    /// // Its email was on its way out when the old system was stopped.
    /// let standing = Standing {
    ///     status: CampaignStatus::ReadyToSendEmail,
    ///     said_sent: false,
    ///     email_made: true,
    ///     last_sent_email_datetime: None,
    ///     last_scheduled_send_date: Some("2026-03-12".parse()?),
    /// };
    /// let past = standing.carried_over(&SendingRules::default(), "2026-03-14T12:00:00Z".parse()?)?;
    /// assert!(past.in_doubt);
    /// assert_eq!(past.last_cycle.unwrap().slot.cycle(), "2026-03-12".parse()?);
    /// assert!(past.last_cycle.unwrap().sent.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Untold`]: the campaign cannot be taken over without risking a second email.
    pub fn carried_over(&self, rules: &SendingRules, now: Instant) -> Result<CarriedOver, Untold> {
        if self.last_sent_email_datetime.is_some_and(|sent| sent > now) {
            return Err(Untold::Future);
        }
        let slot_of = |date| rules.slot_of_cycle(Cycle::new(date));
        let begun = |slot: &Slot| slot.at() <= now;
        let mut sent = self.last_sent_email_datetime;
        // A cycle later than what is known to be sent, whose time has come.
        let later = self
            .last_scheduled_send_date
            .filter(|date| sent.is_none_or(|sent| *date > rules.civil_date(sent)))
            .map(slot_of);
        let may_have_left = self.status == CampaignStatus::ReadyToSendEmail
            || (self.status == CampaignStatus::Error && self.email_made);
        let mut in_doubt = false;
        if self.said_sent || may_have_left {
            if sent.is_none() && self.last_scheduled_send_date.is_none() {
                return Err(Untold::When);
            }
            if let Some(slot) = later.filter(begun) {
                sent = Some(slot.at());
                in_doubt = !self.said_sent;
            } else if self.said_sent && sent.is_none() {
                return Err(Untold::Future);
            }
        }
        let mut last_cycle = sent.map(|sent| {
            let date = rules.civil_date(sent);
            LastCycle { slot: slot_of(self.cycle_sent_on(date, rules)), sent: Some(sent) }
        });
        // At rest, so that the later cycle ended, though nothing says that its email left.
        let at_rest = matches!(self.status, CampaignStatus::Dormant | CampaignStatus::Unsubscribed);
        if let Some(slot) = later.filter(begun).filter(|_| at_rest) {
            let ended = LastCycle { slot, sent: None };
            last_cycle = LastCycle::later(last_cycle, Some(ended));
        }
        Ok(CarriedOver { last_cycle, last_sent_email_datetime: sent, in_doubt })
    }

    /// Which cycle an email of a date was for: the one it was made for, if it was on time or late by no more than an email
    /// may be; else its own date, so that the month in which it arrived has had its email.
    fn cycle_sent_on(&self, date: NaiveDate, rules: &SendingRules) -> NaiveDate {
        let grace = i64::from(rules.grace_days());
        let late = |slot: &NaiveDate| (0..=grace).contains(&date.signed_duration_since(*slot).num_days());
        self.last_scheduled_send_date.filter(late).unwrap_or(date)
    }
}
