//! Which table and column each field comes from.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use serde::Deserialize;

use super::Table;

/// Which table and column each field comes from. Empty, tables and columns have the names of their fields.
///
/// Fields by field: `columns` names a field's column where it has another name, `defaults` says what holds where the column is
/// missing, NULL or empty, and `values` translates words of the older deployment into dripr's.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mapping {
    /// The zone of dates with a time that name none.
    pub zone: Tz,
    /// Agents.
    pub users: TableMapping,
    /// The people they write to.
    pub contacts: TableMapping,
    /// Campaigns.
    pub campaigns: TableMapping,
    /// Emails.
    pub emails: TableMapping,
}

/// Where one table's fields come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TableMapping {
    /// The table, if it has another name.
    pub table: Option<String>,
    /// Columns by field.
    pub columns: BTreeMap<String, String>,
    /// Values by field.
    pub defaults: BTreeMap<String, String>,
    /// By field: the older deployment's word, and dripr's.
    pub values: BTreeMap<String, BTreeMap<String, String>>,
}

/// A mapping that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} {value:?} {reason}")]
pub struct InvalidMapping {
    /// Where in the mapping, such as `users.columns`.
    pub key: String,
    /// What is there.
    pub value: String,
    /// What is wrong with it.
    pub reason: &'static str,
}

impl Default for Mapping {
    fn default() -> Self {
        let [users, contacts, campaigns, emails] = Table::ALL.map(|_| TableMapping::default());
        Self { zone: Tz::UTC, users, contacts, campaigns, emails }
    }
}

impl Mapping {
    /// The mapping of a table.
    #[must_use]
    pub fn of(&self, table: Table) -> &TableMapping {
        match table {
            Table::Users => &self.users,
            Table::Contacts => &self.contacts,
            Table::Campaigns => &self.campaigns,
            Table::Emails => &self.emails,
        }
    }

    /// Looks whether every name in it is one.
    ///
    /// # Errors
    /// [`InvalidMapping`]: a field that does not exist, or a table or column with characters that none should have.
    pub fn check(&self) -> Result<(), InvalidMapping> {
        for table in Table::ALL {
            let TableMapping { table: name, columns, defaults, values } = self.of(table);
            let key = |part: &str| format!("{}.{part}", table.as_str());
            let refuse =
                |key, value: &str, reason| Err(InvalidMapping { key, value: value.to_owned(), reason });
            let named = [
                ("columns", columns.keys().collect::<Vec<_>>()),
                ("defaults", defaults.keys().collect()),
                ("values", values.keys().collect()),
            ];
            for (part, fields) in named {
                if let Some(field) = fields.into_iter().find(|field| !table.fields().any(|f| f == *field)) {
                    return refuse(key(part), field, "is not a field of this table");
                }
            }
            if let Some(field) = ["id"].into_iter().find(|id| defaults.contains_key(*id)) {
                return refuse(key("defaults"), field, "is a key, which has no default");
            }
            const REASON: &str = "may only have letters, digits and underscores";
            if let Some(name) = name.as_deref().filter(|name| !is_name(name)) {
                return refuse(key("table"), name, REASON);
            }
            if let Some(name) = columns.values().find(|name| !is_name(name)) {
                return refuse(key("columns"), name, REASON);
            }
        }
        Ok(())
    }
}

/// Whether it can stand in a statement, quoted, in every database.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 64 && name.chars().all(|c| c == '_' || c.is_alphanumeric())
}

impl TableMapping {
    /// The table's name.
    pub(super) fn table(&self, table: Table) -> String {
        self.table.clone().unwrap_or_else(|| table.as_str().to_owned())
    }

    /// The name of a field's column.
    pub(super) fn column<'a>(&'a self, field: &'a str) -> &'a str {
        self.columns.get(field).map_or(field, String::as_str)
    }
}
