//! What is wrong, by what was read of a deployment.

use super::Alert;
use crate::safeguards::{
    Complaints,
    complaints::{DAYS, PER_THOUSAND},
};

/// What was read of a deployment. What could not be read decides nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Readings {
    /// Campaigns whose deadline passed longer ago than [`Policy::patience`](crate::policy::Policy::patience).
    pub stuck: Option<u64>,
    /// Deliveries that are parked, in all queues.
    pub dead_letters: Option<u64>,
    /// Emails that were sent in the last [`DAYS`] days, and that were reported as spam.
    pub complaints: Option<Complaints>,
    /// Why sending is paused, for each reason; none if it is not.
    pub paused: Option<Vec<String>>,
    /// Whose webhooks cannot be verified, and [how many in a row](super::Rejected::alarming); none if all can.
    pub rejected: Option<Vec<(&'static str, u64)>>,
}

/// What was found of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Nothing is known.
    Unknown,
    /// Nothing is wrong.
    Fine,
    /// It is wrong, with a sentence about it. No personal data is in it.
    Wrong(String),
}

impl Readings {
    /// What they say of an alert.
    ///
    /// ```
    /// use dripr_core::alerts::{Alert, Condition, Readings};
    ///
    /// let readings = Readings { stuck: Some(3), dead_letters: Some(0), ..Readings::default() };
    /// let said = "3 campaigns should have been dealt with minutes ago: does a process with the role cron run?";
    /// assert_eq!(readings.condition(Alert::StuckCampaigns), Condition::Wrong(said.to_owned()));
    /// assert_eq!(readings.condition(Alert::DeadLetters), Condition::Fine);
    /// assert_eq!(readings.condition(Alert::Complaints), Condition::Unknown);
    /// ```
    #[must_use]
    pub fn condition(&self, alert: Alert) -> Condition {
        let wrong = match alert {
            Alert::StuckCampaigns => self.stuck.map(|stuck| {
                (stuck > 0).then(|| {
                    format!(
                        "{stuck} campaigns should have been dealt with minutes ago: does a process with the role cron run?"
                    )
                })
            }),
            Alert::DeadLetters => self.dead_letters.map(|dead| {
                (dead > 0)
                    .then(|| format!("{dead} deliveries can never be handled; `dripr queues` shows why"))
            }),
            Alert::Complaints => self.complaints.map(|found| {
                let Complaints { sent, complained } = found;
                found.are_too_many().then(|| {
                    format!(
                        "{complained} of {sent} emails of the last {DAYS} days were reported as spam, more than {PER_THOUSAND} in a thousand"
                    )
                })
            }),
            Alert::MailPaused => {
                self.paused.as_ref().map(|reasons| (!reasons.is_empty()).then(|| reasons.join("; ")))
            }
            Alert::WebhooksRejected => self.rejected.as_ref().map(|found| {
                let said: Vec<String> =
                    found.iter().map(|(from, count)| format!("{count} in a row from {from}")).collect();
                (!said.is_empty()).then(|| {
                    format!(
                        "webhooks cannot be verified, and what they tell is not heard: {}; is the secret the same at both ends?",
                        said.join(", ")
                    )
                })
            }),
        };
        match wrong {
            None => Condition::Unknown,
            Some(None) => Condition::Fine,
            Some(Some(detail)) => Condition::Wrong(detail),
        }
    }
}
