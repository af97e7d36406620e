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
//! | [`clerk`], [`stripe`] | whose webhooks about accounts and subscriptions are taken |
//! | [`http`] | where opt-out links and webhooks are answered |
//! | [`operations`] | where those who watch the deployment are answered |
//! | [`alerts`] | who is told when something is wrong |
//! | [`webhooks`] | where messages to programs of agents and brokerages may go |
//! | [`traces`] | which collector gets traces |
//! | [`email_verification`] | who looks whether imported addresses take mail |
//! | [`sources`] | who is asked for homes, listings, sales, markets, rates and places |
//! | [`data`] | the files of sales, listings and mortgage rates |
//! | [`zillow`], [`mls`], [`keyed_api`] | how each [provider](providers) is asked |
//! | [`templates`] | what emails look like |
//! | [`sending`] | when mail may leave |
//! | [`limits`] | how long, how often, how many |
//! | [`log`] | what is said while running |
//!
//! [`Given`] is a file and what the command line sets over it, [`keys`] lists every key, [`shown`] says what each one is and why.
//!
//! Every key has a default except those of [`public`], the sales file and the keys of providers. An unknown key, a wrong value and a missing
//! one are errors that name the key. Relative paths count from the folder of the file.

pub mod alerts;
pub mod archive;
pub mod aws;
pub mod clerk;
pub mod data;
pub mod database;
pub mod email_verification;
mod given;
pub mod gmail;
pub mod http;
pub mod keyed_api;
pub mod keys;
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
mod setting;
pub mod shown;
pub mod sources;
pub mod stripe;
pub mod templates;
pub mod traces;
mod url;
pub mod webhooks;
pub mod writing;
pub mod zillow;

use std::path::{Path, PathBuf};

use dripr_core::policy::Policy;
use serde::Deserialize;

pub use given::Given;
pub use problem::ConfigProblem;
use providers::Provider;
pub use setting::Setting;
use sources::{Homes, Places, Rates};

/// Everything a deployment chose.
#[derive(Debug, Clone)]
pub struct Config {
    /// What every key is, and why, for people.
    pub shown: Vec<shown::Shown>,
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
    /// What is taken of Clerk's webhooks, if anything is.
    #[cfg(feature = "clerk")]
    pub clerk: Option<clerk::Clerk>,
    /// How the subscription of a new agent stands whom no operator brings.
    pub new_agents: dripr_core::agent::Subscription,
    /// Whose session tokens sign in to the API, if anybody's.
    #[cfg(feature = "clerk")]
    pub sessions: Option<dripr_adapters::clerk::session::SessionOptions>,
    /// Whose webhooks about subscriptions are taken, if anybody's are.
    #[cfg(feature = "stripe")]
    pub stripe: Option<dripr_adapters::stripe::Verifier>,
    /// Where links and webhooks are answered.
    pub http: http::Http,
    /// Where those who watch the deployment are answered.
    pub operations: operations::Operations,
    /// Who is told when something is wrong.
    pub alerts: alerts::Alerts,
    /// Where outgoing webhooks may go.
    #[cfg(feature = "webhooks")]
    pub webhooks: webhooks::Webhooks,
    /// Which collector gets traces, if any does.
    #[cfg(feature = "otlp")]
    pub traces: Option<traces::Traces>,
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
    clerk: clerk::Written,
    stripe: stripe::Written,
    http: http::Http,
    operations: operations::Written,
    alerts: alerts::Written,
    webhooks: webhooks::Written,
    traces: traces::Written,
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

/// The folder that relative paths of a file count from.
fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
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
        Self::load_with(path, Vec::new(), environment)
    }

    /// Reads a file, with what the command line sets over it.
    ///
    /// # Errors
    /// [`ConfigProblem`], naming the file and the key.
    pub fn load_with(
        path: &Path,
        settings: Vec<Setting>,
        environment: Environment<'_>,
    ) -> Result<Self, ConfigProblem> {
        let given = Given::load(path, settings)?;
        given.read(folder_of(path), environment).map_err(|problems| first(problems).in_file(path))
    }

    /// Everything that is wrong with a file, as far as that can be told at once; nothing if it can be used.
    ///
    /// # Errors
    /// [`ConfigProblem`], if it cannot be read at all.
    pub fn problems(
        path: &Path,
        settings: Vec<Setting>,
        environment: Environment<'_>,
    ) -> Result<Vec<ConfigProblem>, ConfigProblem> {
        let problems = Given::load(path, settings)?.problems(folder_of(path), environment);
        Ok(problems.into_iter().map(|problem| problem.in_file(path)).collect())
    }

    /// Reads the text of a file whose relative paths count from `folder`.
    ///
    /// # Errors
    /// [`ConfigProblem`], naming the key.
    pub fn parse(text: &str, folder: &Path, environment: Environment<'_>) -> Result<Self, ConfigProblem> {
        Given::new(text.to_owned(), Vec::new())?.read(folder, environment).map_err(first)
    }

    /// What is no mistake, and hardly what was meant.
    pub fn warnings(&self) -> impl Iterator<Item = &'static str> {
        self.alerts.unheard(&self.mail).into_iter()
    }

    /// What was written, looked at section by section.
    fn check(
        written: Written,
        folder: &Path,
        environment: Environment<'_>,
    ) -> Result<Self, Vec<ConfigProblem>> {
        let mut problems = Problems::default();
        let rules = problems.take(written.sending.rules(environment));
        let policy = problems.take(written.limits.policy(rules.unwrap_or_default()));
        let numbers = policy.clone().unwrap_or_default();
        let absolute = |path: PathBuf| folder.join(path);
        let sources = problems.take(written.sources.check());
        #[cfg(not(feature = "gmail"))]
        problems.take(written.gmail.check());
        #[cfg(not(feature = "redis"))]
        problems.take(written.redis.check());
        #[cfg(not(feature = "sns-sqs"))]
        problems.take(written.aws.check());
        #[cfg(not(feature = "clerk"))]
        problems.take(written.clerk.check());
        #[cfg(not(feature = "stripe"))]
        problems.take(written.stripe.check());
        #[cfg(not(feature = "webhooks"))]
        problems.take(written.webhooks.check());
        #[cfg(not(feature = "otlp"))]
        problems.take(written.traces.check());
        let mut providers = Vec::new();
        let mut data = None;
        // Without knowing who is asked, nothing can be said of them.
        if let Some(sources) = &sources {
            let asked = sources.ask_for_homes(Homes::Zillow);
            let zillow = written.zillow.check(asked, environment, absolute);
            providers.extend(problems.take(zillow).flatten().map(Provider::Zillow));
            let asked = sources.ask_rentcast();
            let rentcast = written.rentcast.check(&keyed_api::RENTCAST, asked, environment, absolute);
            providers.extend(problems.take(rentcast).flatten().map(Provider::RentCast));
            let asked = sources.places.contains(&Places::Google);
            let google = written.google.check(&keyed_api::GOOGLE, asked, environment, absolute);
            providers.extend(problems.take(google).flatten().map(Provider::Google));
            let asked = sources.rates.contains(&Rates::Fred);
            let fred = written.fred.check(&keyed_api::FRED, asked, environment, absolute);
            providers.extend(problems.take(fred).flatten().map(Provider::Fred));
            let mls = written.mls.check(sources.ask_mls(), environment, absolute);
            providers.extend(problems.take(mls).flatten().map(Provider::Mls));
        }
        #[cfg(feature = "redis")]
        let redis = problems.take(written.redis.check(environment, absolute));
        // What is there and wrong is not missing.
        #[cfg(feature = "redis")]
        let has_redis = redis.as_ref().is_none_or(Option::is_some);
        #[cfg(not(feature = "redis"))]
        let has_redis = false;
        #[cfg(feature = "sns-sqs")]
        let aws = problems.take(written.aws.check(environment, numbers.operation_lease));
        #[cfg(feature = "sns-sqs")]
        let has_aws = aws.as_ref().is_none_or(Option::is_some);
        #[cfg(not(feature = "sns-sqs"))]
        let has_aws = false;
        let queues = problems.take(written.queues.check(has_redis, has_aws));
        let public = written.public.check(environment).map_err(|found| problems.0.extend(found)).ok();
        let database = problems.take(written.database.check(environment, absolute));
        let mail =
            problems.take(written.mail.check(written.postmark, environment, absolute, numbers.mail_timeout));
        #[cfg(feature = "gmail")]
        let gmail = problems.take(written.gmail.check(environment, absolute, numbers.mail_timeout));
        let email_verification = problems.take(written.email_verification.check(environment, absolute));
        let archive = problems.take(written.archive.check(environment, absolute));
        let writing = problems.take(written.writing.check(environment, absolute, numbers.writer_timeout));
        if let Some(sources) = &sources {
            data = problems.take(written.data.check(sources.need_sales_file(), absolute));
        }
        let new_agents = written.clerk.new_agents();
        #[cfg(feature = "clerk")]
        let sessions = problems.take(written.clerk.sessions());
        #[cfg(feature = "clerk")]
        let clerk = problems.take(written.clerk.check(environment, absolute));
        #[cfg(feature = "stripe")]
        let stripe = problems.take(written.stripe.check(environment, absolute));
        let operations = problems.take(written.operations.check(written.http.listen.address()));
        let alerts = problems.take(written.alerts.check(environment, absolute));
        #[cfg(feature = "webhooks")]
        let webhooks = problems.take(written.webhooks.check(environment, absolute));
        #[cfg(feature = "otlp")]
        let traces = problems.take(written.traces.check(environment, absolute));
        let log = problems.take(written.log.check());
        let whole = || {
            Some(Self {
                shown: Vec::new(),
                public: public?,
                database: database?,
                queues: queues?,
                outbox: outbox::Outbox { dir: absolute(written.outbox.dir) },
                mail: mail?,
                #[cfg(feature = "gmail")]
                gmail: gmail?,
                #[cfg(feature = "redis")]
                redis: redis?,
                #[cfg(feature = "sns-sqs")]
                aws: aws?,
                #[cfg(feature = "clerk")]
                clerk: clerk?,
                new_agents,
                #[cfg(feature = "clerk")]
                sessions: sessions?,
                #[cfg(feature = "stripe")]
                stripe: stripe?,
                operations: operations?,
                alerts: alerts?,
                #[cfg(feature = "webhooks")]
                webhooks: webhooks?,
                #[cfg(feature = "otlp")]
                traces: traces?,
                http: written.http,
                email_verification: email_verification?,
                archive: archive?,
                writing: writing?,
                templates: templates::Templates { dir: written.templates.dir.map(absolute) },
                data: data?,
                providers,
                sources: sources?,
                default_send_day: written.sending.default_send_day,
                drain: written.limits.drain(),
                policy: policy?,
                log: log?,
            })
        };
        match problems.0.is_empty().then(whole).flatten() {
            Some(config) => Ok(config),
            None => Err(problems.0),
        }
    }
}

/// What was found wrong so far.
#[derive(Default)]
struct Problems(Vec<ConfigProblem>);

impl Problems {
    fn take<T>(&mut self, checked: Result<T, ConfigProblem>) -> Option<T> {
        checked.map_err(|problem| self.0.push(problem)).ok()
    }
}

/// The problem that is said where there is room for one.
fn first(problems: Vec<ConfigProblem>) -> ConfigProblem {
    let none = || ConfigProblem::key("configuration", "cannot be used");
    problems.into_iter().next().unwrap_or_else(none)
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
