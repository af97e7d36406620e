//! What is given of a configuration: a file, and what the command line sets over it.

use std::path::Path;

use super::{
    Config, ConfigProblem, Environment, Setting, Written,
    keys::{key_of, queue_variable},
    problem,
    shown::shown,
};

/// A file's text, and what the command line sets over it.
#[derive(Debug, Clone)]
pub struct Given {
    text: String,
    /// The text as values, with what is set over it, once that differs from the text.
    merged: Option<toml::Table>,
    settings: Vec<Setting>,
    /// Keys and variables of which enough is said: no variable of theirs is looked at.
    passed_over: Vec<String>,
}

impl Given {
    /// A file's text.
    ///
    /// # Errors
    /// [`ConfigProblem`], if it is no TOML and something is set over it.
    pub fn new(text: String, settings: Vec<Setting>) -> Result<Self, ConfigProblem> {
        let mut given = Self { text, merged: None, settings, passed_over: Vec::new() };
        if !given.settings.is_empty() {
            let mut table = given.values()?;
            for setting in &given.settings {
                setting.put(&mut table);
            }
            given.merged = Some(table);
        }
        Ok(given)
    }

    /// A file and what is set over it.
    ///
    /// # Errors
    /// [`ConfigProblem`], naming the file, if it cannot be read or is no TOML.
    pub fn load(path: &Path, settings: Vec<Setting>) -> Result<Self, ConfigProblem> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigProblem::Unreadable { path: path.to_owned(), source })?;
        Self::new(text, settings).map_err(|problem| problem.in_file(path))
    }

    /// All that is given, as values.
    ///
    /// # Errors
    /// [`ConfigProblem`], if the text is no TOML.
    pub fn values(&self) -> Result<toml::Table, ConfigProblem> {
        match &self.merged {
            Some(table) => Ok(table.clone()),
            None => self.text.parse().map_err(|error| problem::of_toml(&self.text, &error)),
        }
    }

    /// Whether the command line sets a key, or anything in it.
    #[must_use]
    pub fn sets(&self, path: &str) -> bool {
        let own =
            |set: &str| set == path || key_of(path).is_some_and(|key| key.path == path && key.holds(set));
        self.settings.iter().any(|setting| own(setting.path()))
    }

    /// The environment without the variables of what the command line sets.
    pub fn environment<'a>(&'a self, outer: Environment<'a>) -> impl Fn(&str) -> Option<String> + 'a {
        move |variable| {
            let own = |path: &str| {
                let queue = path.strip_prefix("aws.queues.").map(queue_variable);
                path == variable
                    || queue.as_deref() == Some(variable)
                    || key_of(path).is_some_and(|key| key.variables.contains(&variable))
            };
            let set = self.settings.iter().map(Setting::path);
            if set.chain(self.passed_over.iter().map(String::as_str)).any(own) {
                None
            } else {
                outer(variable)
            }
        }
    }

    /// Reads it; relative paths count from `folder`.
    ///
    /// # Errors
    /// What can be said of it at once, each naming the key. [`problems`](Self::problems) says more.
    pub fn read(&self, folder: &Path, environment: Environment<'_>) -> Result<Config, Vec<ConfigProblem>> {
        let environment = self.environment(environment);
        let written = match &self.merged {
            None => toml::from_str(&self.text).map_err(|error| vec![problem::of_toml(&self.text, &error)])?,
            Some(table) => self.written(table).map_err(|problem| vec![problem])?,
        };
        let config = Config::check(written, folder, &environment).map_err(|problems| {
            problems.into_iter().map(|problem| self.with_setting(problem)).collect::<Vec<_>>()
        })?;
        Ok(Config { shown: shown(self, &environment), ..config })
    }

    fn written(&self, table: &toml::Table) -> Result<Written, ConfigProblem> {
        // Written anew, so that the parser knows where a mistake is and thereby which key it is about.
        let text = toml::to_string(table).map_err(|error| ConfigProblem::key("--set", error))?;
        toml::from_str(&text).map_err(|error| {
            let found = problem::of_toml(&text, &error);
            let line = found.path().and_then(|path| problem::line_of(&self.text, path));
            self.with_setting(found.at_line(line))
        })
    }

    fn with_setting(&self, problem: ConfigProblem) -> ConfigProblem {
        match problem.path() {
            Some(path) if self.settings.iter().any(|setting| setting.path() == path) => problem.by_setting(),
            _ => problem,
        }
    }

    /// Everything that is wrong with it, as far as that can be told at once: what is wrong is left out and the rest is
    /// looked at again.
    #[must_use]
    pub fn problems(&self, folder: &Path, environment: Environment<'_>) -> Vec<ConfigProblem> {
        let mut found: Vec<ConfigProblem> = Vec::new();
        let mut rest = self.clone();
        // Each round finds something about another key, or is the last.
        while let Err(problems) = rest.read(folder, environment) {
            let new: Vec<ConfigProblem> =
                problems.into_iter().filter(|new| !found.iter().any(|old| new.follows(old))).collect();
            let values = rest.values();
            let paths: Vec<String> = new.iter().filter_map(ConfigProblem::path).map(str::to_owned).collect();
            found.extend(new);
            match values {
                Ok(mut table) if !paths.is_empty() => {
                    for path in &paths {
                        leave_out(&mut table, path);
                    }
                    rest.merged = Some(table);
                    rest.passed_over.extend(paths);
                }
                _ => break,
            }
        }
        found
    }
}

fn leave_out(table: &mut toml::Table, path: &str) {
    match path.split_once('.') {
        None => {
            table.remove(path);
        }
        Some((first, rest)) => {
            if let Some(inner) = table.get_mut(first).and_then(toml::Value::as_table_mut) {
                leave_out(inner, rest);
            }
        }
    }
}
