//! The hours of a day in which mail may leave.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use super::TimeOfDay;

/// A daily stretch of wall-clock time, half open: mail may leave from `opens` on and before `closes`.
///
/// It never crosses midnight. At its widest it is 00:00 to 24:00.
///
/// ```
/// use dripr_core::schedule::Window;
/// let window = Window::new("11:00".parse()?, "18:00".parse()?)?;
/// assert_eq!(window.to_string(), "11:00-18:00");
/// assert!(Window::new("22:00".parse()?, "06:00".parse()?).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Bounds", into = "Bounds")]
pub struct Window {
    opens: TimeOfDay,
    closes: TimeOfDay,
}

/// A window that would not open before it closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("window must open before it closes, and not cross midnight: opens {opens}, closes {closes}")]
pub struct InvalidWindow {
    /// The opening that was given.
    pub opens: TimeOfDay,
    /// The closing that was given.
    pub closes: TimeOfDay,
}

impl Window {
    /// The window of the defaults, 11:00 to 18:00.
    pub const ELEVEN_TO_SIX: Self = Self { opens: TimeOfDay::ELEVEN, closes: TimeOfDay::EIGHTEEN };

    /// A window between two times of one day.
    ///
    /// # Errors
    /// [`InvalidWindow`] unless `opens` is before `closes`.
    pub fn new(opens: TimeOfDay, closes: TimeOfDay) -> Result<Self, InvalidWindow> {
        if opens < closes { Ok(Self { opens, closes }) } else { Err(InvalidWindow { opens, closes }) }
    }

    /// The first time inside.
    #[must_use]
    pub fn opens(self) -> TimeOfDay {
        self.opens
    }

    /// The first time that is outside again.
    #[must_use]
    pub fn closes(self) -> TimeOfDay {
        self.closes
    }

    /// How long the window lasts on a day without a clock change.
    ///
    /// ```
    /// use dripr_core::schedule::Window;
    /// assert_eq!(Window::ELEVEN_TO_SIX.length().as_secs(), 7 * 3600);
    /// ```
    #[must_use]
    pub fn length(self) -> Duration {
        Duration::from_secs(60 * u64::from(self.closes.minutes() - self.opens.minutes()))
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.opens, self.closes)
    }
}

/// A window as it is written, before anybody looked at it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    opens: TimeOfDay,
    closes: TimeOfDay,
}

impl TryFrom<Bounds> for Window {
    type Error = InvalidWindow;
    fn try_from(Bounds { opens, closes }: Bounds) -> Result<Self, InvalidWindow> {
        Self::new(opens, closes)
    }
}

impl From<Window> for Bounds {
    fn from(Window { opens, closes }: Window) -> Self {
        Self { opens, closes }
    }
}

/// Whether mail keeps to a window, and at which hour a slot lies.
///
/// The two are written apart, `{"within": {"opens": "11:00", "closes": "18:00"}}` and
/// `{"anytime": {"opens": "11:00"}}`, so that a forgotten `closes` never switches the window off.
///
/// ```
/// use dripr_core::schedule::{SendingHours, Window};
/// let hours: SendingHours = serde_json::from_str(r#"{"within": {"opens": "11:00", "closes": "18:00"}}"#)?;
/// assert_eq!(hours, SendingHours::Within(Window::ELEVEN_TO_SIX));
/// assert_eq!(hours.opens().to_string(), "11:00");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SendingHours {
    /// Mail leaves inside this window and at no other time.
    Within(Window),
    /// The window is switched off: mail may leave at any time.
    Anytime {
        /// The hour of a slot, before 24:00. [`SendingRules`](super::SendingRules) refuses 24:00.
        opens: TimeOfDay,
    },
}

impl SendingHours {
    /// The time at which a send day opens, with a window or without.
    #[must_use]
    pub fn opens(self) -> TimeOfDay {
        match self {
            Self::Within(window) => window.opens,
            Self::Anytime { opens } => opens,
        }
    }

    /// The time at which a send day closes: its end, when the window is off.
    #[must_use]
    pub fn closes(self) -> TimeOfDay {
        match self {
            Self::Within(window) => window.closes,
            Self::Anytime { .. } => TimeOfDay::END_OF_DAY,
        }
    }
}

impl Default for SendingHours {
    fn default() -> Self {
        Self::Within(Window::ELEVEN_TO_SIX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_crosses_midnight_is_refused_in_json_too() {
        let error = serde_json::from_str::<Window>(r#"{"opens": "22:00", "closes": "06:00"}"#).unwrap_err();
        assert!(error.to_string().contains("opens 22:00, closes 06:00"), "{error}");
        assert!(serde_json::from_str::<Window>(r#"{"opens": "11:00", "closes": "11:00"}"#).is_err());
    }

    #[test]
    fn a_forgotten_closing_does_not_switch_the_window_off() {
        assert!(serde_json::from_str::<SendingHours>(r#"{"within": {"opens": "11:00"}}"#).is_err());
        assert!(serde_json::from_str::<SendingHours>(r#"{"opens": "11:00"}"#).is_err());
        assert!(
            serde_json::from_str::<SendingHours>(r#"{"anytime": {"opens": "11:00", "closes": "18:00"}}"#)
                .is_err()
        );
        let off: SendingHours = serde_json::from_str(r#"{"anytime": {"opens": "11:00"}}"#).unwrap();
        assert_eq!(off.closes(), TimeOfDay::END_OF_DAY);
    }
}
