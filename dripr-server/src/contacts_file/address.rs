//! Which of a row's addresses is that of the home.
//!
//! Address books have several. Each belongs to a family of columns, and all parts are taken from one of them: a street with
//! another address's city is nobody's home.

use super::{
    columns::{Family, Part},
    row::Row,
};

/// The parts of the address that was chosen; empty where the row says nothing.
pub(super) struct Address<'a> {
    row: &'a Row<'a>,
    /// The first family with a street in this row.
    chosen: Option<&'a Family>,
}

impl<'a> Address<'a> {
    pub(super) fn of(row: &'a Row<'a>) -> Self {
        let chosen = row.columns.families().iter().find(|family| has_street(row, family));
        Self { row, chosen }
    }

    /// A part of the address. Where its family has no column for it at all, a column of a family without a street in this row
    /// stands in, unless it might belong to another street of the row as well.
    pub(super) fn part(&self, part: Part) -> &'a str {
        if let Some(own) = self.chosen.filter(|family| family.has(part)) {
            return self.row.first(own.places(part)).unwrap_or_default();
        }
        let families = self.row.columns.families();
        let is_chosen = |family: &Family| self.chosen.is_some_and(|chosen| std::ptr::eq(chosen, family));
        let with_street = |family: &&Family| has_street(self.row, family);
        if families.iter().filter(with_street).any(|family| !is_chosen(family) && !family.has(part)) {
            return "";
        }
        let mut free = families.iter().filter(|family| !with_street(family));
        free.find_map(|family| self.row.first(family.places(part))).unwrap_or_default()
    }
}

fn has_street(row: &Row<'_>, family: &Family) -> bool {
    row.first(family.places(Part::Street)).is_some()
}
