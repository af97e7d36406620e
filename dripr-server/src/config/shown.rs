//! What every key is, and why: given by the file, by an environment variable, at the command line, or by nobody.

use std::fmt;

use super::{
    Environment, Given,
    keys::{KEYS, Key, REGION_VARIABLES, queue_variable},
};

/// A key as it is shown to people. Secrets are not.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The key with its section.
    pub path: &'static str,
    /// Its value; none if it is not set.
    pub value: Option<Value>,
    /// Where that comes from.
    pub from: From,
}

/// A value as it is shown to people.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A value, without the login of an address.
    Plain(toml::Value),
    /// A secret.
    Secret,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// Nobody gives it.
    Default,
    /// The file.
    File,
    /// `--set` at the command line.
    Setting,
    /// Environment variables.
    Variables(Vec<String>),
}

impl fmt::Display for From {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File => f.write_str("file"),
            Self::Setting => f.write_str("--set"),
            Self::Variables(names) => write!(f, "environment {}", names.join(", ")),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(value) => value.fmt(f),
            Self::Secret => f.write_str("(set)"),
        }
    }
}

/// Every key there is, in the order of the example.
#[must_use]
pub fn shown(given: &Given, environment: Environment<'_>) -> Vec<Shown> {
    let table = given.values().unwrap_or_default();
    let environment = given.environment(environment);
    KEYS.iter().map(|key| of_key(key, given, &table, &environment)).collect()
}

fn of_key(key: &Key, given: &Given, table: &toml::Table, environment: Environment<'_>) -> Shown {
    let (section, name) = key.parts();
    let written = table.get(section).and_then(|section| section.get(name)).cloned();
    let from_file = if given.sets(key.path) { From::Setting } else { From::File };
    let set = |variable: &str| environment(variable).filter(|value| !value.trim().is_empty());
    let of_variable = key.variables.iter().find_map(|name| Some((*name, set(name)?)));
    let stand_in = || REGION_VARIABLES.iter().find_map(|name| Some((*name, set(name)?)));
    let (value, from) = match (of_variable, written) {
        _ if key.path == "aws.queues" => queues(table, from_file, &set),
        (Some((name, text)), _) => (Some(typed(key, text)), From::Variables(vec![name.to_owned()])),
        (None, Some(value)) => (Some(value), from_file),
        (None, None) if key.path == "aws.region" => match stand_in() {
            Some((name, text)) => (Some(text.into()), From::Variables(vec![name.to_owned()])),
            None => (None, From::Default),
        },
        (None, None) => (default(key), From::Default),
    };
    let value = value.map(|value| match key.is_secret {
        // An empty list of files has no secret.
        true if value.as_array().is_some_and(Vec::is_empty) => Value::Plain(value),
        true => Value::Secret,
        false => Value::Plain(without_logins(value)),
    });
    Shown { path: key.path, value, from }
}

/// The queues of the file, and over them those of the environment.
fn queues(
    table: &toml::Table,
    from_file: From,
    set: &dyn Fn(&str) -> Option<String>,
) -> (Option<toml::Value>, From) {
    let written = table.get("aws").and_then(|aws| aws.get("queues")).and_then(toml::Value::as_table);
    let mut queues = written.cloned().unwrap_or_default();
    let mut names = Vec::new();
    for queue in dripr_core::events::Queue::ALL {
        let queue = queue.to_string();
        let variable = queue_variable(&queue);
        if let Some(url) = set(&variable) {
            queues.insert(queue, url.into());
            names.push(variable);
        }
    }
    let from = match (written, names.is_empty()) {
        (_, false) => From::Variables(names),
        (Some(_), true) => from_file,
        (None, true) => From::Default,
    };
    ((!queues.is_empty()).then_some(toml::Value::Table(queues)), from)
}

fn default(key: &Key) -> Option<toml::Value> {
    format!("value = {}", key.default).parse::<toml::Table>().ok()?.remove("value")
}

/// A variable's text, as a number where the key is one.
fn typed(key: &Key, text: String) -> toml::Value {
    match default(key) {
        Some(toml::Value::Integer(_)) => text.trim().parse::<i64>().map_or(text.into(), toml::Value::Integer),
        Some(toml::Value::Float(_)) => text.trim().parse::<f64>().map_or(text.into(), toml::Value::Float),
        _ => text.into(),
    }
}

/// An address may hold a name and a password before its host.
fn without_logins(value: toml::Value) -> toml::Value {
    match value {
        toml::Value::String(text) => toml::Value::String(without_login(text)),
        toml::Value::Array(values) => toml::Value::Array(values.into_iter().map(without_logins).collect()),
        toml::Value::Table(table) => {
            toml::Value::Table(table.into_iter().map(|(key, value)| (key, without_logins(value))).collect())
        }
        other => other,
    }
}

fn without_login(text: String) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match host.rsplit_once('@') {
        Some((login, _)) => {
            let rest = rest.get(login.len()..).unwrap_or_default();
            format!("{scheme}://(hidden){rest}")
        }
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_login() {
        for (text, shown) in [
            ("https://api.example/v1", "https://api.example/v1"),
            ("https://user:hush@api.example/v1?a=b@c", "https://(hidden)@api.example/v1?a=b@c"),
            ("http://hu@sh@api.example", "http://(hidden)@api.example"),
            ("kim@example.com", "kim@example.com"),
        ] {
            assert_eq!(without_login(text.to_owned()), shown);
        }
    }
}
