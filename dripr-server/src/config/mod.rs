//! What a deployment can choose: a file a section, read from `dripr.toml`.
//!
//! | section | what it holds |
//! |---|---|
//! | [`public`] | where opt-out links lead, and the key that signs them |
//! | [`database`], [`outbox`], [`archive`] | where things are kept |
//! | [`writing`] | who writes the words of reports |
//! | [`mail`] | who takes emails to their recipients |
//! | [`postmark`], [`gmail`] | how Postmark, and agents' own Gmail accounts, are used |
//! | [`redis`] | where processes count together how fast providers may be called |
//! | [`aws`] | the topics and queues of SNS and SQS |
//! | [`http`] | where opt-out links and webhooks are answered |
//! | [`operations`] | where those who watch the deployment are answered |
//! | [`alerts`] | who is told when something is wrong |
//! | [`email_verification`] | who looks whether imported addresses take mail |
//! | [`sources`] | who is asked for homes, listings, sales, markets, rates and places |
//! | [`data`] | the files of sales, listings and mortgage rates |
//! | [`zillow`], [`mls`], [`keyed_api`] | how each [provider](providers) is asked |
//! | [`templates`] | what emails look like |
//! | [`sending`] | when mail may leave |
//! | [`limits`] | how long, how often, how many |
//! | [`log`] | what is said while running |
//!
//! Every key has a default except those of [`public`], the sales file and the keys of providers. An unknown key, a wrong value and a missing
//! one are errors that name the key. Relative paths count from the folder of the file.

pub mod alerts;
pub mod archive;
pub mod aws;
pub mod data;
pub mod database;
pub mod email_verification;
pub mod gmail;
pub mod http;
pub mod keyed_api;
pub mod limits;
pub mod log;
pub mod mail;
pub mod mls;
pub mod operations;
pub mod outbox;
pub mod pace;
pub mod postmark;
mod problem;
pub mod providers;
pub mod public;
pub mod queues;
pub mod redis;
mod secret;
pub mod sending;
pub mod sources;
pub mod templates;
mod url;
pub mod writing;
pub mod zillow;

use std::path::{Path, PathBuf};

use dripr_core::policy::Policy;
use serde::Deserialize;

pub use problem::ConfigProblem;
use providers::Provider;
use sources::{Homes, Places, Rates};

/// Everything a deployment chose.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where opt-out links lead.
    pub public: public::Public,
    /// Where campaigns are kept.
    pub database: database::Database,
    /// Where deliveries wait for their handlers.
    pub queues: queues::Place,
    /// Where emails go.
    pub outbox: outbox::Outbox,
    /// Who takes them from there.
    pub mail: mail::Mail,
    /// How agents' own Gmail accounts are used, if they are.
    #[cfg(feature = "gmail")]
    pub gmail: Option<gmail::Gmail>,
    /// Where processes count together, if they do.
    #[cfg(feature = "redis")]
    pub redis: Option<dripr_adapters::redis::Redis>,
    /// Topics and queues in AWS, if there are any.
    #[cfg(feature = "sns-sqs")]
    pub aws: Option<aws::Messaging>,
    /// Where links and webhooks are answered.
    pub http: http::Http,
    /// Where those who watch the deployment are answered.
    pub operations: operations::Operations,
    /// Who is told when something is wrong.
    pub alerts: alerts::Alerts,
    /// Who looks whether imported addresses take mail.
    pub email_verification: email_verification::EmailVerification,
    /// Where the HTML of emails is kept for people.
    pub archive: archive::Archive,
    /// Who is asked for what.
    pub sources: sources::Sources,
    /// The files that market data comes from.
    pub data: data::Data,
    /// The providers that are asked for anything.
    pub providers: Vec<Provider>,
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
    database: database::Written,
    queues: queues::Written,
    outbox: outbox::Outbox,
    mail: mail::Written,
    postmark: postmark::Written,
    gmail: gmail::Written,
    redis: redis::Written,
    aws: aws::Written,
    http: http::Http,
    operations: operations::Written,
    alerts: alerts::Written,
    email_verification: email_verification::Written,
    archive: archive::Written,
    sources: sources::Written,
    data: data::Written,
    zillow: zillow::Written,
    rentcast: keyed_api::Written,
    google: keyed_api::Written,
    fred: keyed_api::Written,
    mls: mls::Written,
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
        let sources = written.sources.check()?;
        #[cfg(not(feature = "gmail"))]
        written.gmail.check()?;
        #[cfg(not(feature = "redis"))]
        written.redis.check()?;
        #[cfg(not(feature = "sns-sqs"))]
        written.aws.check()?;
        let providers = [
            written
                .zillow
                .check(sources.ask_for_homes(Homes::Zillow), environment, absolute)?
                .map(Provider::Zillow),
            written
                .rentcast
                .check(&keyed_api::RENTCAST, sources.ask_rentcast(), environment, absolute)?
                .map(Provider::RentCast),
            written
                .google
                .check(&keyed_api::GOOGLE, sources.places.contains(&Places::Google), environment, absolute)?
                .map(Provider::Google),
            written
                .fred
                .check(&keyed_api::FRED, sources.rates.contains(&Rates::Fred), environment, absolute)?
                .map(Provider::Fred),
            written.mls.check(sources.ask_mls(), environment, absolute)?.map(Provider::Mls),
        ];
        #[cfg(feature = "redis")]
        let redis = written.redis.check(environment, absolute)?;
        #[cfg(feature = "redis")]
        let has_redis = redis.is_some();
        #[cfg(not(feature = "redis"))]
        let has_redis = false;
        #[cfg(feature = "sns-sqs")]
        let aws = written.aws.check(environment, policy.operation_lease)?;
        #[cfg(feature = "sns-sqs")]
        let has_aws = aws.is_some();
        #[cfg(not(feature = "sns-sqs"))]
        let has_aws = false;
        let queues = written.queues.check(has_redis, has_aws)?;
        Ok(Self {
            public: written.public.check(environment)?,
            database: written.database.check(environment, absolute)?,
            queues,
            outbox: outbox::Outbox { dir: absolute(written.outbox.dir) },
            mail: written.mail.check(written.postmark, environment, absolute, policy.mail_timeout)?,
            #[cfg(feature = "gmail")]
            gmail: written.gmail.check(environment, absolute, policy.mail_timeout)?,
            #[cfg(feature = "redis")]
            redis,
            #[cfg(feature = "sns-sqs")]
            aws,
            operations: written.operations.check(written.http.listen)?,
            http: written.http,
            alerts: written.alerts.check(environment, absolute)?,
            email_verification: written.email_verification.check(environment, absolute)?,
            archive: written.archive.check(environment, absolute)?,
            writing: written.writing.check(environment, absolute, policy.writer_timeout)?,
            templates: templates::Templates { dir: written.templates.dir.map(absolute) },
            data: written.data.check(sources.need_sales_file(), absolute)?,
            providers: providers.into_iter().flatten().collect(),
            sources,
            default_send_day: written.sending.default_send_day,
            drain: written.limits.drain(),
            policy,
            log: written.log.check()?,
        })
    }
}

/// A provider that is set up and not asked would be thought to be.
fn unheeded<const N: usize>(section: &str, keys: [(&str, bool); N]) -> Result<(), ConfigProblem> {
    match keys.into_iter().find(|(_, named)| *named) {
        Some((key, _)) => {
            let reason = format!("nobody heeds it: [sources] does not name \"{section}\"");
            Err(ConfigProblem::key(&format!("{section}.{key}"), reason))
        }
        None => Ok(()),
    }
}
