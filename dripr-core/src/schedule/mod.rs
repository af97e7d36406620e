//! When an email leaves: pure functions from instants and a campaign's send day to instants.
//!
//! Three kinds of time are kept apart. An [`Instant`] is a point on the one time line, in UTC. A
//! [`TimeOfDay`] is what a clock on the wall of the sending zone shows. A civil date ([`Cycle`]) is a
//! day on the calendar of that zone. All calendar reasoning is done in the sending zone and nothing in
//! here asks what time it is: every moment is given.
//!
//! | file | what it answers |
//! |---|---|
//! | `rules` | [`SendingRules`]: zone, sending hours, delays, gap and grace, always valid |
//! | `window` | [`Window`], [`SendingHours`]: the hours of a day in which mail may leave |
//! | `local_time` | which instant first shows a wall-clock time, clock changes included; when a day begins |
//! | `clamp` | the first instant from a given one on at which mail may leave |
//! | `first_slot`, `next_slot` | the [`Slot`]s of a campaign, one after the other |
//! | `preparation` | when work on an email begins |
//! | `resume` | what becomes of a slot that has come and gone |
//! | `start` | the narrower hours in which a sender may begin a call |
//! | `supported` | the years in which all of this holds |
//!
//! A campaign's life, from its creation on:
//!
//! ```
//! use dripr_core::schedule::{Instant, SendDay, SendingRules};
//!
//! let rules = SendingRules::default(); // New York, 11:00 to 18:00
//! let day = SendDay::new(28)?;
//! let created: Instant = "2026-02-10T15:00:00Z".parse()?;
//!
//! let first = rules.first_slot(created, day);
//! assert_eq!(first.at(), "2026-02-28T16:00:00Z".parse::<Instant>()?); // 11:00 in winter
//! let second = rules.next_slot(first, Some(first.at()), day);
//! assert_eq!(second.at(), "2026-03-28T15:00:00Z".parse::<Instant>()?); // 11:00 in summer
//! assert_eq!(second.cycle().to_string(), "2026-03-28");
//! assert_eq!(rules.preparation(created, second, false), "2026-03-27T15:00:00Z".parse::<Instant>()?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Supported range
//! Everything above holds for instants from [`EARLIEST`] to [`LATEST`], the years 1 to 9998. An instant
//! outside is taken for the nearer end, and an answer that would lie past the end is [`LATEST`]: no
//! input panics or loops for ever. The clock changes of a zone are known up to the year 2099; later
//! dates use the zone's last known offset.

mod clamp;
mod cycle;
mod delay;
mod first_slot;
mod local_time;
mod next_slot;
mod preparation;
mod resume;
mod rules;
mod send_day;
mod slot;
mod start;
mod supported;
mod time_of_day;
mod window;

pub use cycle::{Cycle, InvalidCycle};
pub use delay::Delay;
pub use local_time::start_of_day;
pub use resume::Resumed;
pub use rules::{InvalidRules, MAX_GRACE_DAYS, MAX_MINIMUM_GAP_DAYS, SendingRules};
pub use send_day::{InvalidSendDay, SendDay};
pub use slot::Slot;
pub use start::WindowTooShort;
pub use supported::{EARLIEST, LATEST};
pub use time_of_day::{InvalidTimeOfDay, TimeOfDay};
pub use window::{InvalidWindow, SendingHours, Window};

/// A point in time, in UTC.
///
/// ```
/// use dripr_core::schedule::Instant;
/// let at: Instant = "2026-07-18T15:00:00Z".parse()?;
/// assert_eq!(at.timestamp(), 1_784_386_800);
/// # Ok::<(), chrono::ParseError>(())
/// ```
pub type Instant = chrono::DateTime<chrono::Utc>;
