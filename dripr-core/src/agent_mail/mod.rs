//! Mail to agents about their own account.
//!
//! | mail | when |
//! |---|---|
//! | the welcome | once, when the account is made |
//! | the morning mail | at 9:00 in the sending zone, at most once a day: the reports that wait for approval, and the campaigns that need the agent |
//! | a [`Concern`] | once each time one arises: their mail account is lost, their subscription has ended, their sending was stopped |
//!
//! Each is sent by the same protocol as a report ([`Progress`]): claimed before it is handed over, never sent twice. What an
//! agent was told is kept in their [`Notices`]; what is to be told now is decided by [`Standing::duty`], from what is
//! stored alone, so that a crash forgets nothing.

mod concern;
mod letter;
mod links;
mod notices;
mod progress;

pub use concern::Concern;
pub use letter::{CampaignInNeed, Letter, ReportLinks, WaitingReport};
pub use links::NoticeLinks;
pub use notices::{Duty, InHand, LetterName, MORNING, NOON, Notices, Standing};
pub use progress::Progress;
