//! `[sending]`: when mail may leave.

use dripr_core::schedule::{Delay, SendDay, SendingHours, SendingRules, TimeOfDay, Window};
use serde::Deserialize;

use super::{ConfigProblem, Environment};

/// Overrides `sending.first_time_delay_hours`, as in older deployments.
pub const FIRST_TIME_DELAY_VARIABLE: &str = "FIRST_TIME_CAMPAIGN_DELAY_HOURS";

/// When mail may leave, as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sending {
    /// IANA zone of all calendar reasoning.
    pub zone: String,
    /// Whether mail keeps to a window.
    pub window: bool,
    /// When the window opens; the hour of a slot even where the window is off.
    pub opens: TimeOfDay,
    /// When the window closes.
    pub closes: TimeOfDay,
    /// Hours from a campaign's creation until its first email may leave.
    pub first_time_delay_hours: u16,
    /// Hours before its slot at which an email's preparation begins.
    pub lead_hours: u16,
    /// The same where the agent approves every email.
    pub approval_lead_hours: u16,
    /// Calendar days between two emails of a campaign.
    pub minimum_gap_days: u8,
    /// Calendar days by which an email may be late.
    pub grace_days: u8,
    /// The send day of imported contacts that name none.
    pub default_send_day: Option<SendDay>,
}

impl Default for Sending {
    fn default() -> Self {
        let rules = SendingRules::default();
        Self {
            zone: rules.zone().name().to_owned(),
            window: true,
            opens: rules.hours().opens(),
            closes: rules.hours().closes(),
            first_time_delay_hours: rules.first_time_delay().hours(),
            lead_hours: rules.lead().hours(),
            approval_lead_hours: rules.approval_lead().hours(),
            minimum_gap_days: rules.minimum_gap_days(),
            grace_days: rules.grace_days(),
            default_send_day: None,
        }
    }
}

impl Sending {
    /// The rules, checked.
    ///
    /// # Errors
    /// [`ConfigProblem`] naming the key.
    pub fn rules(&self, environment: Environment<'_>) -> Result<SendingRules, ConfigProblem> {
        let first_time_delay = match environment(FIRST_TIME_DELAY_VARIABLE) {
            None => self.first_time_delay_hours,
            Some(hours) => hours.trim().parse().map_err(|_| {
                let shown: String = hours.chars().take(40).collect();
                let reason = format!("must be whole hours from 0 to 65535, not {shown:?}");
                ConfigProblem::key(FIRST_TIME_DELAY_VARIABLE, reason)
            })?,
        };
        let key = |name: &str| format!("sending.{name}");
        SendingRules::default()
            .with_zone_name(&self.zone)
            .and_then(|rules| rules.with_minimum_gap_days(self.minimum_gap_days))
            .and_then(|rules| rules.with_grace_days(self.grace_days))
            .map_err(|error| ConfigProblem::key(&key(error.field), error))?
            .with_hours(hours(self.window, self.opens, self.closes)?)
            .map_err(|error| ConfigProblem::key(&key("opens"), error))
            .map(|rules| {
                rules
                    .with_first_time_delay(Delay::from_hours(first_time_delay))
                    .with_lead(Delay::from_hours(self.lead_hours))
                    .with_approval_lead(Delay::from_hours(self.approval_lead_hours))
            })
    }
}

fn hours(window: bool, opens: TimeOfDay, closes: TimeOfDay) -> Result<SendingHours, ConfigProblem> {
    if !window {
        return Ok(SendingHours::Anytime { opens });
    }
    Window::new(opens, closes)
        .map(SendingHours::Within)
        .map_err(|error| ConfigProblem::key("sending.closes", error))
}
