//! Config in, ports out: the one place where implementations are chosen.
//!
//! Another store, source, writer or mailer is one more arm here; nothing else of the program knows which it works
//! with.

mod alerts;
mod archive;
pub mod checkup;
mod database;
#[cfg(feature = "gmail")]
mod gmail;
mod limiters;
mod mailboxes;
mod mailer;
mod queues;
mod sources;
#[cfg(feature = "postmark")]
mod suppressions;
mod verifier;
#[cfg(feature = "webhooks")]
mod webhooks;
mod writer;

pub use alerts::telling;
pub use archive::html_archive;
#[cfg(feature = "gmail")]
pub use gmail::{gmail_consent, gmail_mailer};
pub use limiters::Limiters;
pub use mailboxes::{MAILBOX_PROVIDER, connect_links};
#[cfg(feature = "postmark")]
pub use mailer::POSTMARK_WEBHOOKS;
pub use mailer::{channels, leaves_the_machine};
pub use sources::{Sources, local_data, sources};
#[cfg(feature = "postmark")]
pub use suppressions::suppression_list;
pub use verifier::email_verifier;
#[cfg(feature = "webhooks")]
pub use webhooks::{webhook_courier, webhook_sender, webhook_vault};
pub use writer::writer;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use dripr_adapters::{
    composed_writer::ComposedWriter,
    file_outbox::FileOutbox,
    layers::Metrics,
    local_data::zip_centres,
    sql::{SqlStore, SqliteOptions},
    templates::Templates,
};
use dripr_core::{
    Dripr,
    agent_mail::NoticeLinks,
    campaign::command::Bench,
    content::ZipCode,
    email::OptOutLinks,
    engine::Builder,
    policy::Policy,
    ports::{Archive, Clock, Entropy, LlmWriter, Mailer},
};

use self::mailer::Mailers;
use crate::{
    config::Config,
    failure::Failure,
    os_entropy::OsEntropy,
    role::{Role, Roles},
    system_clock::SystemClock,
};

/// The store that everything is kept in.
pub type Store = SqlStore;

/// A configuration with its database open.
pub struct Deployment {
    /// What was chosen.
    pub config: Config,
    /// The database.
    pub store: Arc<Store>,
    /// The real time.
    pub clock: Arc<dyn Clock>,
    /// Real randomness.
    pub entropy: Arc<dyn Entropy>,
    /// What calls to providers were counted.
    pub metrics: Metrics,
    /// Where it is counted how fast they are called.
    pub limiters: Limiters,
}

impl Deployment {
    /// The clock and the numbers by which commands are judged.
    #[must_use]
    pub fn desk(&self) -> Arc<Bench> {
        Arc::new(Bench { clock: self.clock.clone(), policy: self.config.policy.clone() })
    }

    /// Closes the database in an orderly way.
    pub async fn close(&self) {
        self.store.close().await;
    }
}

/// Opens the database of a configuration; an older one is brought up to date.
///
/// # Errors
/// The database cannot be opened, or is damaged.
pub async fn deployment(config: Config) -> Result<Deployment, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = Arc::new(database::open(&config).await?);
    let (limiters, entropy) = (Limiters::of(&config, &store), Arc::new(OsEntropy));
    Ok(Deployment { config, store, clock, entropy, metrics: Metrics::default(), limiters })
}

/// Opens a database that is not kept: a power failure may take back its last changes.
///
/// # Errors
/// It cannot be opened.
pub async fn passing_store(path: &Path) -> Result<Arc<Store>, Failure> {
    let mut options = SqliteOptions::default();
    options.durable = false;
    Ok(Arc::new(SqlStore::sqlite(path, options).await?))
}

/// The engine of a deployment, as far as it has roles.
///
/// # Errors
/// A data file is missing or cannot be read, or the outbox or the archive cannot be used.
pub async fn engine(deployment: &Deployment, roles: &Roles) -> Result<Dripr, Failure> {
    let config = &deployment.config;
    let sources = sources(config, &deployment.limiters, &deployment.clock, &deployment.metrics)?;
    let choices = Choices {
        clock: deployment.clock.clone(),
        entropy: deployment.entropy.clone(),
        store: deployment.store.clone(),
        sources,
        links: config.public.opt_out.clone(),
        policy: config.policy.clone(),
        templates: config.templates.dir.clone(),
        outbox: config.outbox.dir.clone(),
        archive: Some(archive::archive(&config.archive)?),
        writer: writer(config, &deployment.limiters, &deployment.clock, &deployment.metrics).await?,
        welcome: true,
    };
    let Mailers { reports, common, concurrency } = mailer::mailers(deployment)?;
    let mut builder = builder(reports, Some(common), choices)?;
    if let Some(concurrency) = concurrency {
        builder = builder.concurrency(concurrency);
    }
    if let Some(quota) = mailer::quota(config, &deployment.limiters) {
        builder = builder.quota(quota);
    }
    builder = builder.notices(deployment.store.clone(), notice_links(config)).queues(roles.queues());
    if !roles.has(Role::Cron) {
        builder = builder.without_ticks();
    }
    if let Some(queues::Elsewhere { queue, bus }) = queues::elsewhere(deployment).await? {
        builder = builder.queue(queue);
        if roles.has(Role::Relay) {
            builder = builder.relay(deployment.store.clone(), bus);
        }
    }
    Ok(builder.build()?)
}

/// The links in mail to agents.
fn notice_links(config: &Config) -> NoticeLinks {
    let links = NoticeLinks::new(config.public.approval.clone());
    match connect_links(config) {
        Some(connect) => links.with_connect(connect, MAILBOX_PROVIDER),
        None => links,
    }
}

/// Who takes reports to their recipients.
///
/// # Errors
/// It cannot be used as it is configured.
pub fn mailer_for_reports(deployment: &Deployment) -> Result<Arc<dyn Mailer>, Failure> {
    Ok(mailer::mailers(deployment)?.reports)
}

/// What an engine is made of.
pub struct Choices {
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub entropy: Arc<dyn Entropy>,
    /// Where everything is kept.
    pub store: Arc<Store>,
    /// Homes, markets, rates and places.
    pub sources: Sources,
    /// How opt-out links are made.
    pub links: OptOutLinks,
    /// The numbers by which it works.
    pub policy: Policy,
    /// A folder of templates besides the shipped ones.
    pub templates: Option<PathBuf>,
    /// Where emails go, if not to a mailer of another kind.
    pub outbox: PathBuf,
    /// Where their HTML is kept for people, if anywhere besides the store.
    pub archive: Option<Arc<dyn Archive>>,
    /// Who writes the words, if they are not composed without a model.
    pub writer: Option<Arc<dyn LlmWriter>>,
    /// Whether agents are welcomed by mail.
    pub welcome: bool,
}

/// An engine made of choices, whose emails go to its outbox.
///
/// # Errors
/// The outbox or the archive cannot be used.
pub fn engine_from(choices: Choices) -> Result<Dripr, Failure> {
    let outbox = Arc::new(FileOutbox::open(&choices.outbox)?);
    Ok(builder(outbox.clone(), Some(outbox), choices)?.build()?)
}

/// `welcome` takes mail to agents, if they get any.
fn builder(
    mailer: Arc<dyn Mailer>,
    welcome: Option<Arc<dyn Mailer>>,
    choices: Choices,
) -> Result<Builder, Failure> {
    let templates = match &choices.templates {
        Some(folder) => Templates::from_dir(folder)?,
        None => Templates::builtin()?,
    };
    let mut builder = Dripr::builder()
        .clock(choices.clock)
        .entropy(choices.entropy)
        .store(choices.store)
        .properties(choices.sources.properties)
        .markets(choices.sources.markets)
        .rates(choices.sources.rates)
        .renderer(Arc::new(templates))
        .mailer(mailer)
        .opt_out_links(choices.links)
        .policy(choices.policy);
    if let Some(places) = choices.sources.places {
        builder = builder.geocoder(places);
    }
    if let Some(welcome) = welcome.filter(|_| choices.welcome) {
        builder = builder.agent_mailer(welcome);
    }
    if let Some(archive) = choices.archive {
        builder = builder.archive(archive);
    }
    let composer: Arc<dyn LlmWriter> = Arc::new(ComposedWriter::new());
    Ok(match choices.writer {
        Some(writer) => builder.writer(writer).composer(composer),
        None => builder.writer(composer),
    })
}

/// Whether there is an area with a ZIP code.
#[must_use]
pub fn knows_zip(zip: ZipCode) -> bool {
    zip_centres::centre(zip).is_some()
}
