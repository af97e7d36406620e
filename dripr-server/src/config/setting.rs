//! What is set at the command line: `--set section.key=value`.

use std::{fmt, str::FromStr};

use super::keys::key_of;

/// A key that is set at the command line. It goes before the file and the environment.
#[derive(Clone)]
pub struct Setting {
    path: String,
    value: toml::Value,
}

impl Setting {
    /// The key, such as `sending.opens` or `aws.queues.intro`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Puts the value where it belongs.
    pub(super) fn put(&self, table: &mut toml::Table) {
        let mut parts: Vec<&str> = self.path.split('.').collect();
        let Some(name) = parts.pop() else { return };
        let mut table = table;
        for part in parts {
            let inner =
                table.entry(part).or_insert_with(|| toml::Value::Table(toml::Table::new())).as_table_mut();
            // What is no table is a mistake in the file, of which its reader will say so.
            let Some(inner) = inner else { return };
            table = inner;
        }
        table.insert(name.to_owned(), self.value.clone());
    }
}

/// The value may be a secret.
impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setting").field("path", &self.path).finish_non_exhaustive()
    }
}

/// `section.key=value`: the value as TOML has it, or else a text.
impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (path, value) = text.split_once('=').ok_or("must be written section.key=value")?;
        let path = path.trim();
        if key_of(path).is_none() || path.split('.').any(str::is_empty) {
            let shown: String = path.chars().take(60).collect();
            return Err(format!("there is no key {shown:?}; `dripr config show` lists them"));
        }
        let value = value.trim();
        let read = format!("value = {value}").parse::<toml::Table>().ok();
        // A line end would let more than a value be written.
        let read = read.filter(|table| table.len() == 1).and_then(|mut table| table.remove("value"));
        // No key is a time or a date of TOML's: `11:30` is the text that the key wants.
        let read = read.filter(|value| !value.is_datetime());
        Ok(Self { path: path.to_owned(), value: read.unwrap_or_else(|| value.into()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> Result<toml::Value, String> {
        text.parse().map(|setting: Setting| setting.value)
    }

    #[test]
    fn a_value_is_toml_or_else_a_text() {
        assert_eq!(set("sending.lead_hours=12"), Ok(12.into()));
        assert_eq!(set("sending.opens = 11:30"), Ok("11:30".into()));
        assert_eq!(set("data.listings_exported_on=2026-03-01"), Ok("2026-03-01".into()));
        assert_eq!(set("sending.zone=America/Chicago"), Ok("America/Chicago".into()));
        assert_eq!(set("mail.pace=\"10/s\""), Ok("10/s".into()));
        assert_eq!(set("mail.production=true"), Ok(true.into()));
        assert_eq!(set("sources.rates=[\"fred\"]"), Ok(toml::Value::Array(vec!["fred".into()])));
        assert_eq!(set("data.sales_source=a=b"), Ok("a=b".into()));
        assert_eq!(set("log.filter=info\nx = 1"), Ok("info\nx = 1".into()));
        assert_eq!(set("templates.dir="), Ok("".into()));
    }

    #[test]
    fn only_keys_can_be_set() {
        for wrong in ["", "mail", "mail=1", "mail.=1", "mail.pigeon=1", ".by=smtp", "mail.by"] {
            assert!(wrong.parse::<Setting>().is_err(), "{wrong}");
        }
        assert!("aws.queues.intro=https://q.example".parse::<Setting>().is_ok());
    }

    #[test]
    fn a_value_does_not_print() {
        let setting: Setting = "public.opt_out_key=a key for tests only".parse().unwrap();
        assert!(!format!("{setting:?}").contains("tests"));
    }
}
