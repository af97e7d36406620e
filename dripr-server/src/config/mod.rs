//! What a deployment can choose: a file a section, read from `dripr.toml`.
//!
//! | section | what it holds |
//! |---|---|
//! | [`public`] | where opt-out links lead, and the key that signs them |
//! | [`database`], [`outbox`], [`archive`] | where things are kept |
//! | [`writing`] | who writes the words of reports |
//! | [`mail`] | who takes emails to their recipients |
//! | [`email_verification`] | who looks whether imported addresses take mail |
//! | [`data`] | the files of sales, listings and mortgage rates |
//! | [`templates`] | what emails look like |
//! | [`sending`] | when mail may leave |
//! | [`limits`] | how long, how often, how many |
//! | [`log`] | what is said while running |
//!
//! Every key has a default except those of [`public`] and the sales file. An unknown key, a wrong value and a missing
//! one are errors that name the key. Relative paths count from the folder of the file.

pub mod archive;
pub mod data;
pub mod database;
pub mod email_verification;
pub mod limits;
pub mod log;
pub mod mail;
pub mod outbox;
mod problem;
pub mod public;
#[cfg(any(feature = "openai-writer", feature = "s3-archive"))]
mod secret;
pub mod sending;
pub mod templates;
pub mod writing;

use std::path::{Path, PathBuf};

use dripr_core::policy::Policy;
use serde::Deserialize;

pub use problem::ConfigProblem;

/// Everything a deployment chose.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where opt-out links lead.
    pub public: public::Public,
    /// Where campaigns are kept.
    pub database: database::Database,
    /// Where emails go.
    pub outbox: outbox::Outbox,
    /// Who takes them from there.
    pub mail: mail::Mail,
    /// Who looks whether imported addresses take mail.
    pub email_verification: email_verification::EmailVerification,
    /// Where the HTML of emails is kept for people.
    pub archive: archive::Archive,
    /// Where market data comes from.
    pub data: data::Data,
    /// Who writes the words of reports.
    pub writing: writing::Writing,
    /// What emails look like.
    pub templates: templates::Templates,
    /// The send day of contacts that name none.
    pub default_send_day: Option<dripr_core::schedule::SendDay>,
    /// How long running work is waited for when the program is told to stop.
    pub drain: std::time::Duration,
    /// The numbers by which the engine works, sending rules included.
    pub policy: Policy,
    /// What is said while running.
    pub log: log::Log,
}

/// The file as it is written, before anybody looked at it.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct Written {
    public: public::Written,
    database: database::Database,
    outbox: outbox::Outbox,
    mail: mail::Written,
    email_verification: email_verification::Written,
    archive: archive::Written,
    data: data::Written,
    writing: writing::Written,
    templates: templates::Templates,
    sending: sending::Sending,
    limits: limits::Limits,
    log: log::Log,
}

/// Looks up environment variables; tests give their own.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The variables of the process.
#[must_use]
pub fn process_environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ConfigProblem`], naming the file and the key.
    pub fn load(path: &Path, environment: Environment<'_>) -> Result<Self, ConfigProblem> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigProblem::Unreadable { path: path.to_owned(), source })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, folder, environment).map_err(|problem| problem.in_file(path))
    }

    /// Reads the text of a file whose relative paths count from `folder`.
    ///
    /// # Errors
    /// [`ConfigProblem`], naming the key.
    pub fn parse(text: &str, folder: &Path, environment: Environment<'_>) -> Result<Self, ConfigProblem> {
        let written: Written = toml::from_str(text).map_err(|error| problem::of_toml(text, &error))?;
        let rules = written.sending.rules(environment)?;
        let policy = written.limits.policy(rules)?;
        let absolute = |path: PathBuf| folder.join(path);
        Ok(Self {
            public: written.public.check(environment)?,
            database: database::Database { path: absolute(written.database.path) },
            outbox: outbox::Outbox { dir: absolute(written.outbox.dir) },
            mail: written.mail.check(environment, absolute, policy.mail_timeout)?,
            email_verification: written.email_verification.check(environment)?,
            archive: written.archive.check(environment, absolute)?,
            writing: written.writing.check(environment, absolute, policy.writer_timeout)?,
            templates: templates::Templates { dir: written.templates.dir.map(absolute) },
            data: written.data.check(absolute)?,
            default_send_day: written.sending.default_send_day,
            drain: written.limits.drain(),
            policy,
            log: written.log.check()?,
        })
    }
}
