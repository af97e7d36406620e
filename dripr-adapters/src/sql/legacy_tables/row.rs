//! One row: its fields, checked one by one.

use std::{collections::BTreeMap, sync::Arc};

use chrono::NaiveDate;
use chrono_tz::Tz;
use dripr_core::schedule::{Instant, SendingRules};

use super::{Mapping, RowProblem, Table, dates};

/// The longest text that is taken, in characters.
const LONGEST_TEXT: usize = 200;

/// A row of an older deployment, its values as text.
#[derive(Clone)]
pub struct LegacyRow {
    pub(super) mapping: Arc<Mapping>,
    pub(super) table: Table,
    pub(super) values: BTreeMap<&'static str, Value>,
}

/// A row's values are personal data, which stays out of logs.
impl std::fmt::Debug for LegacyRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LegacyRow")
            .field("table", &self.table)
            .field("key", &self.key())
            .finish_non_exhaustive()
    }
}

/// What a column has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    /// Bytes that are no UTF-8.
    NotText,
}

impl LegacyRow {
    /// A row with these fields; one that is not given is NULL.
    pub fn new(
        mapping: Arc<Mapping>,
        table: Table,
        values: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Self {
        let values = values.into_iter().map(|(field, text)| (field, Value::Text(text))).collect();
        Self { mapping, table, values }
    }

    /// The row's key as it is stored; empty if it is NULL or no text.
    #[must_use]
    pub fn key(&self) -> &str {
        self.stored("id").unwrap_or_default()
    }

    /// What a column has, as it is stored.
    #[must_use]
    pub fn stored(&self, field: &str) -> Option<&str> {
        match self.values.get(field)? {
            Value::Text(text) => Some(text),
            Value::NotText => None,
        }
    }

    /// A problem of this row with a field.
    #[must_use]
    pub fn problem(&self, field: &str, reason: impl ToString) -> RowProblem {
        let mapping = self.mapping.of(self.table);
        let value = self.stored(field).unwrap_or_default();
        RowProblem::new(&mapping.table(self.table), self.key(), mapping.column(field), value, reason)
    }

    /// What a field says: its column's value or the default, in dripr's words; `None` if there is neither.
    pub(super) fn get(&self, field: &str) -> Result<Option<&str>, RowProblem> {
        let mapping = self.mapping.of(self.table);
        let text = match self.values.get(field) {
            Some(Value::NotText) => return Err(self.problem(field, "is not text in UTF-8")),
            Some(Value::Text(text)) => text.trim(),
            None => "",
        };
        let text = match mapping.values.get(field).and_then(|words| words.get(text)) {
            Some(word) => word.trim(),
            None => text,
        };
        let said = Some(text).filter(|text| !text.is_empty());
        Ok(said.or_else(|| mapping.defaults.get(field).map(|default| default.trim())))
    }

    pub(super) fn must(&self, field: &str) -> Result<&str, RowProblem> {
        self.get(field)?.ok_or_else(|| self.problem(field, "is empty"))
    }

    /// A value read by its type's own rule.
    pub(super) fn parsed<T>(&self, field: &str, reason: impl ToString) -> Result<T, RowProblem>
    where
        T: std::str::FromStr,
    {
        self.must(field)?.parse().map_err(|_| self.problem(field, reason))
    }

    /// A flag: a number, a bit, or the usual words; `None` if it is empty.
    pub(super) fn flag(&self, field: &str) -> Result<Option<bool>, RowProblem> {
        // A bit is read as one byte, which looks like nothing but a blank.
        match self.stored(field) {
            Some("\u{1}") => return Ok(Some(true)),
            Some("\u{0}") => return Ok(Some(false)),
            _ => {}
        }
        let Some(text) = self.get(field)? else { return Ok(None) };
        match text.to_ascii_lowercase().as_str() {
            "1" | "true" | "t" | "yes" | "y" | "on" => Ok(Some(true)),
            "0" | "false" | "f" | "no" | "n" | "off" => Ok(Some(false)),
            _ => Err(self.problem(field, "must be 1 or 0, true or false, yes or no")),
        }
    }

    pub(super) fn must_flag(&self, field: &str) -> Result<bool, RowProblem> {
        self.flag(field)?.ok_or_else(|| self.problem(field, "is empty"))
    }

    pub(super) fn instant(&self, field: &str) -> Result<Option<Instant>, RowProblem> {
        let Some(text) = self.get(field)? else { return Ok(None) };
        let reason = "must be a date with a time such as 2026-03-01 15:00:00, with its zone if it has one";
        dates::instant(text, self.zone()).map(Some).ok_or_else(|| self.problem(field, reason))
    }

    /// The same, but not later than now.
    pub(super) fn past(&self, field: &str, now: Instant) -> Result<Option<Instant>, RowProblem> {
        match self.instant(field)? {
            Some(at) if at > now => Err(self.problem(field, "lies in the future")),
            at => Ok(at),
        }
    }

    pub(super) fn date(&self, field: &str, rules: &SendingRules) -> Result<Option<NaiveDate>, RowProblem> {
        let Some(text) = self.get(field)? else { return Ok(None) };
        let date = dates::date(text, self.zone(), rules);
        date.map(Some).ok_or_else(|| self.problem(field, "must be a date such as 2026-03-01"))
    }

    /// A text on one line and without control characters; empty if there is none.
    pub(super) fn line(&self, field: &str) -> Result<String, RowProblem> {
        let text = self.get(field)?.unwrap_or_default();
        if text.chars().count() > LONGEST_TEXT {
            return Err(self.problem(field, format!("is longer than {LONGEST_TEXT} characters")));
        }
        let blank = |c: char| c.is_control() || c.is_whitespace();
        Ok(text.split(blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
    }

    fn zone(&self) -> Tz {
        self.mapping.zone
    }
}
