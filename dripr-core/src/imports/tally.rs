//! How many rows fared how.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How the contacts of a file fared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Rows of the file, the header not counted.
    pub rows: u64,
    /// New campaigns; in a dry run, rows that would be stored.
    pub enrolled: u64,
    /// Rows whose campaign was there already.
    pub already_enrolled: u64,
    /// Rows whose person wants no mail. They are among the others: also those that cannot be used are, if they name an address.
    pub opted_out: u64,
    /// New campaigns about a ZIP code alone.
    pub without_address: u64,
    /// New campaigns whose agent approves each email.
    pub to_approve: u64,
    /// Rows with a problem.
    pub refused: u64,
    /// Rows that were taken though nobody could tell whether their address takes mail, where that was asked.
    pub not_verified: u64,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, enrolled, already_enrolled, refused, .. } = self;
        write!(f, "of {rows} rows {enrolled} enrolled, {already_enrolled} already there, {refused} refused")
    }
}

impl Tally {
    /// Adds those of another file, or of another part of one.
    pub fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.enrolled += other.enrolled;
        self.already_enrolled += other.already_enrolled;
        self.opted_out += other.opted_out;
        self.without_address += other.without_address;
        self.to_approve += other.to_approve;
        self.refused += other.refused;
        self.not_verified += other.not_verified;
    }
}
