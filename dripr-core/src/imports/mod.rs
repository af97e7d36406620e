//! Contacts that come as a file: how far an import is, and what became of its rows.
//!
//! An [`Import`] is made first and its file sent after that, so that whoever sends it, and anybody else, can look how far it is.
//! A file that broke off is sent again, whole: what was stored already is found to be there.

mod import;
mod line;
mod tally;

pub use import::{FileRefused, Import, ImportOptions, Stage};
pub use line::{Fate, ImportLine};
pub use tally::Tally;

/// For how long an import and its lines are kept, in days. They repeat values of the file, which are personal data.
pub const KEPT_DAYS: i64 = 30;

/// After so many seconds without progress whoever reads a file is taken for dead.
pub const ALIVE_SECONDS: i64 = 60;
