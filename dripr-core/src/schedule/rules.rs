//! All that decides when an agent's mail leaves, in one valid value.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::{Delay, SendingHours, TimeOfDay, Window};

/// The largest minimum gap between two emails of a campaign, in calendar days.
pub const MAX_MINIMUM_GAP_DAYS: u8 = 28;
/// The largest grace of a late email, in calendar days.
pub const MAX_GRACE_DAYS: u8 = 14;

/// The rules that send dates are computed by: one set for a deployment, and for agents who have their own.
///
/// Always valid: made from the defaults and changed by `with_` methods that refuse what cannot be, or read
/// from a configuration through the same checks. Fields that are left out have their default.
///
/// | field | meaning | default |
/// |---|---|---|
/// | `zone` | IANA zone in which all calendar reasoning is done | `America/New_York` |
/// | `hours` | the window in which mail may leave, or the hour of a slot when it is off | 11:00 to 18:00 |
/// | `first_time_delay_hours` | hours from creation until the first email may leave | 24 |
/// | `lead_hours` | hours before its slot at which an email's preparation begins | 24 |
/// | `approval_lead_hours` | the same where the agent approves every email | 72 |
/// | `minimum_gap_days` | calendar days between two emails of a campaign, 0 to 28 | 14 |
/// | `grace_days` | calendar days by which an email may be late, 0 to 14 | 14 |
///
/// ```
/// use dripr_core::schedule::{Delay, SendingRules};
/// let rules = SendingRules::default()
///     .with_zone_name("Europe/London")?
///     .with_first_time_delay(Delay::from_hours(48))
///     .with_minimum_gap_days(20)?;
/// assert_eq!(rules.zone().name(), "Europe/London");
///
/// let refused = SendingRules::default().with_grace_days(15).unwrap_err();
/// assert_eq!(refused.to_string(), "grace_days must be at most 14, not \"15\"");
///
/// let read: SendingRules = serde_json::from_str(r#"{"zone": "Europe/London", "grace_days": 7}"#)?;
/// assert_eq!((read.grace_days(), read.minimum_gap_days()), (7, 14));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct SendingRules {
    zone: Tz,
    hours: SendingHours,
    first_time_delay: Delay,
    lead: Delay,
    approval_lead: Delay,
    minimum_gap_days: u8,
    grace_days: u8,
}

/// A value that sending rules cannot have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field} must be {expected}, not {value:?}")]
pub struct InvalidRules {
    /// The field, as it is called in a configuration.
    pub field: &'static str,
    /// What was given, cut to 80 characters.
    pub value: String,
    /// What would have been taken.
    pub expected: &'static str,
}

impl Default for SendingRules {
    fn default() -> Self {
        Self {
            zone: Tz::America__New_York,
            hours: SendingHours::default(),
            first_time_delay: Delay::from_hours(24),
            lead: Delay::from_hours(24),
            approval_lead: Delay::from_hours(72),
            minimum_gap_days: 14,
            grace_days: 14,
        }
    }
}

impl SendingRules {
    /// The zone in which all calendar reasoning is done.
    #[must_use]
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The hours in which mail may leave.
    #[must_use]
    pub fn hours(&self) -> SendingHours {
        self.hours
    }

    /// How long after its creation a campaign's first email may leave.
    #[must_use]
    pub fn first_time_delay(&self) -> Delay {
        self.first_time_delay
    }

    /// How long before its slot an email's preparation begins.
    #[must_use]
    pub fn lead(&self) -> Delay {
        self.lead
    }

    /// How long before its slot an email's preparation begins where the agent approves it.
    #[must_use]
    pub fn approval_lead(&self) -> Delay {
        self.approval_lead
    }

    /// Calendar days that lie between two emails of one campaign, at least.
    #[must_use]
    pub fn minimum_gap_days(&self) -> u8 {
        self.minimum_gap_days
    }

    /// Calendar days by which an email may be late before its cycle is skipped.
    #[must_use]
    pub fn grace_days(&self) -> u8 {
        self.grace_days
    }

    /// The same rules in another zone.
    #[must_use]
    pub fn with_zone(self, zone: Tz) -> Self {
        Self { zone, ..self }
    }

    /// The same rules in another zone, by its IANA name.
    ///
    /// # Errors
    /// [`InvalidRules`] if no zone has that name.
    pub fn with_zone_name(self, name: &str) -> Result<Self, InvalidRules> {
        let zone = name.parse().map_err(|_| InvalidRules {
            field: "zone",
            value: name.chars().take(80).collect(),
            expected: "the name of an IANA time zone",
        })?;
        Ok(Self { zone, ..self })
    }

    /// The same rules with other hours.
    ///
    /// # Errors
    /// [`InvalidRules`] if the window is off and slots would lie at 24:00.
    pub fn with_hours(self, hours: SendingHours) -> Result<Self, InvalidRules> {
        // A slot at 24:00 would lie on the day after its send day.
        if hours.opens() >= TimeOfDay::END_OF_DAY {
            return Err(InvalidRules {
                field: "hours.anytime.opens",
                value: hours.opens().to_string(),
                expected: "before 24:00",
            });
        }
        Ok(Self { hours, ..self })
    }

    /// The same rules with a window.
    #[must_use]
    pub fn with_window(self, window: Window) -> Self {
        Self { hours: SendingHours::Within(window), ..self }
    }

    /// The same rules with the window switched off. Slots stay at the time at which it opened.
    #[must_use]
    pub fn without_window(self) -> Self {
        Self { hours: SendingHours::Anytime { opens: self.hours.opens() }, ..self }
    }

    /// The same rules with another first-time delay.
    #[must_use]
    pub fn with_first_time_delay(self, first_time_delay: Delay) -> Self {
        Self { first_time_delay, ..self }
    }

    /// The same rules with another lead.
    #[must_use]
    pub fn with_lead(self, lead: Delay) -> Self {
        Self { lead, ..self }
    }

    /// The same rules with another lead where the agent approves.
    #[must_use]
    pub fn with_approval_lead(self, approval_lead: Delay) -> Self {
        Self { approval_lead, ..self }
    }

    /// The same rules with another minimum gap, in calendar days.
    ///
    /// # Errors
    /// [`InvalidRules`] above [`MAX_MINIMUM_GAP_DAYS`]: a longer one would skip whole months.
    pub fn with_minimum_gap_days(self, minimum_gap_days: u8) -> Result<Self, InvalidRules> {
        let expected = "at most 28";
        let minimum_gap_days =
            at_most(MAX_MINIMUM_GAP_DAYS, "minimum_gap_days", expected, minimum_gap_days.into())?;
        Ok(Self { minimum_gap_days, ..self })
    }

    /// The same rules with another grace, in calendar days.
    ///
    /// # Errors
    /// [`InvalidRules`] above [`MAX_GRACE_DAYS`].
    pub fn with_grace_days(self, grace_days: u8) -> Result<Self, InvalidRules> {
        let grace_days = at_most(MAX_GRACE_DAYS, "grace_days", "at most 14", grace_days.into())?;
        Ok(Self { grace_days, ..self })
    }
}

fn at_most(limit: u8, field: &'static str, expected: &'static str, value: i64) -> Result<u8, InvalidRules> {
    u8::try_from(value).ok().filter(|value| *value <= limit).ok_or_else(|| InvalidRules {
        field,
        value: value.to_string(),
        expected,
    })
}

fn whole_hours(field: &'static str, value: i64) -> Result<Delay, InvalidRules> {
    u16::try_from(value).map(Delay::from_hours).map_err(|_| InvalidRules {
        field,
        value: value.to_string(),
        expected: "from 0 to 65535 hours",
    })
}

/// Rules as they are written, before anybody looked at them. Numbers are wide, so that the refusal of a
/// wrong one comes from here and names its field.
#[derive(Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Written {
    zone: String,
    hours: SendingHours,
    first_time_delay_hours: i64,
    lead_hours: i64,
    approval_lead_hours: i64,
    minimum_gap_days: i64,
    grace_days: i64,
}

impl Default for Written {
    fn default() -> Self {
        SendingRules::default().into()
    }
}

impl From<SendingRules> for Written {
    fn from(rules: SendingRules) -> Self {
        Self {
            zone: rules.zone.name().to_owned(),
            hours: rules.hours,
            first_time_delay_hours: rules.first_time_delay.hours().into(),
            lead_hours: rules.lead.hours().into(),
            approval_lead_hours: rules.approval_lead.hours().into(),
            minimum_gap_days: rules.minimum_gap_days.into(),
            grace_days: rules.grace_days.into(),
        }
    }
}

impl TryFrom<Written> for SendingRules {
    type Error = InvalidRules;
    fn try_from(written: Written) -> Result<Self, InvalidRules> {
        let rules = Self {
            first_time_delay: whole_hours("first_time_delay_hours", written.first_time_delay_hours)?,
            lead: whole_hours("lead_hours", written.lead_hours)?,
            approval_lead: whole_hours("approval_lead_hours", written.approval_lead_hours)?,
            minimum_gap_days: at_most(
                MAX_MINIMUM_GAP_DAYS,
                "minimum_gap_days",
                "at most 28",
                written.minimum_gap_days,
            )?,
            grace_days: at_most(MAX_GRACE_DAYS, "grace_days", "at most 14", written.grace_days)?,
            ..Self::default()
        };
        rules.with_zone_name(&written.zone)?.with_hours(written.hours)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_configuration_gives_the_defaults() {
        assert_eq!(serde_json::from_str::<SendingRules>("{}").unwrap(), SendingRules::default());
    }

    #[test]
    fn rules_are_read_back_as_written() {
        let rules = SendingRules::default()
            .with_zone(Tz::Australia__Lord_Howe)
            .without_window()
            .with_lead(Delay::from_hours(5))
            .with_grace_days(3)
            .unwrap();
        let json = serde_json::to_string(&rules).unwrap();
        assert_eq!(serde_json::from_str::<SendingRules>(&json).unwrap(), rules);
    }

    #[test]
    fn every_refusal_names_its_field_and_value() {
        for (json, field, value) in [
            (r#"{"zone": "EST5"}"#, "zone", "EST5"),
            (r#"{"hours": {"anytime": {"opens": "24:00"}}}"#, "hours.anytime.opens", "24:00"),
            (r#"{"first_time_delay_hours": -1}"#, "first_time_delay_hours", "-1"),
            (r#"{"lead_hours": 65536}"#, "lead_hours", "65536"),
            (r#"{"approval_lead_hours": 100000}"#, "approval_lead_hours", "100000"),
            (r#"{"minimum_gap_days": 29}"#, "minimum_gap_days", "29"),
            (r#"{"grace_days": 270}"#, "grace_days", "270"),
            (r#"{"grace": 7}"#, "grace", "unknown field"),
        ] {
            let error = serde_json::from_str::<SendingRules>(json).unwrap_err().to_string();
            assert!(error.contains(field) && error.contains(value), "{json}: {error}");
        }
        assert!(SendingRules::default().with_minimum_gap_days(28).is_ok());
        assert!(SendingRules::default().with_minimum_gap_days(29).is_err());
        assert!(SendingRules::default().with_grace_days(14).is_ok());
    }
}
