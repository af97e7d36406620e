//! Contacts that come as a file: how far an import is, and what became of its rows.
//!
//! An [`Import`] is made first and its file sent after that, so that whoever sends it, and anybody else, can look how far it is.
//! A file that broke off is sent again, whole: what was stored already is found to be there.

mod import;
mod line;
mod tally;

pub use import::{FileRefused, Import, ImportOptions, ReadWhole, Stage};
pub use line::{Fate, ImportLine, Reported};
pub use tally::Tally;

/// For how long an import and its lines are kept, in days. They repeat values of the file, which are personal data.
pub const KEPT_DAYS: i64 = 30;

/// After so many seconds without a sign of life whoever reads a file is taken for dead.
pub const ALIVE_SECONDS: i64 = 60;

/// Whoever reads a file gives a sign of life every so many seconds, whether rows came or not.
pub const BEAT_SECONDS: u64 = 20;

/// After so many rows that cannot be used a file is not read on: it is another one than was meant, and each of these rows is
/// kept. Those of people who want no mail are of use.
pub const MOST_REFUSED: u64 = 100_000;
