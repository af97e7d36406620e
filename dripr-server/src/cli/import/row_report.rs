//! What became of each row of a file, as CSV.

use std::{fs::File, path::PathBuf};

use dripr_core::{
    contact::ExternalId,
    ids::CampaignId,
    imports::{Fate, ImportLine},
};

use crate::{cli::new_file::new_file, failure::Failure, formula::neutral};

const HEADER: [&str; 9] = [
    "line",
    "outcome",
    "field",
    "value",
    "reason",
    "opted_out",
    "not_verified",
    "campaign_id",
    "external_id",
];

/// A report that is written row by row, so that one of any length takes no memory. What was written stays if the import fails.
pub(super) struct RowReport {
    lines: csv::Writer<File>,
    path: PathBuf,
}

impl RowReport {
    /// Begins one in a new file.
    pub(super) fn begin(path: PathBuf) -> Result<Self, Failure> {
        let lines = csv::Writer::from_writer(new_file(&path)?);
        let mut report = Self { lines, path };
        report.write(HEADER)?;
        Ok(report)
    }

    /// The next row.
    pub(super) fn add(&mut self, line: &ImportLine) -> Result<(), Failure> {
        let (field, value, reason) = match &line.fate {
            Fate::Refused { field, value, reason } => (field.as_str(), value.as_str(), reason.as_str()),
            Fate::Enrolled(_) | Fate::Acceptable | Fate::AlreadyEnrolled(_) => ("", "", ""),
        };
        let row = line.row.to_string();
        self.write([
            row.as_str(),
            line.fate.name(),
            field,
            value,
            reason,
            yes_or_no(line.opted_out),
            yes_or_no(line.not_verified),
            line.fate.campaign().map_or("", CampaignId::as_str),
            line.external_id.as_ref().map_or("", ExternalId::as_str),
        ])
    }

    /// Nothing more comes.
    pub(super) fn end(mut self) -> Result<(), Failure> {
        let written = self.lines.flush().and_then(|()| self.lines.get_ref().sync_all());
        written.map_err(|error| Failure::file("cannot write", &self.path, error))
    }

    fn write(&mut self, cells: [&str; HEADER.len()]) -> Result<(), Failure> {
        let cells = cells.map(|cell| neutral(cell).into_owned());
        self.lines.write_record(&cells).map_err(|error| Failure::file("cannot write", &self.path, error))
    }
}

const fn yes_or_no(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}
