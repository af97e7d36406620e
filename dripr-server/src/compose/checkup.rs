//! The parts of a deployment that can be asked whether they would work.

use std::sync::Arc;

#[cfg(feature = "postmark")]
use dripr_adapters::postmark::PostmarkMailer;
#[cfg(feature = "quick-email-verification")]
use dripr_adapters::quick_email_verification::QuickEmailVerification;
#[cfg(feature = "s3-archive")]
use dripr_adapters::s3_archive::S3Archive;
#[cfg(feature = "smtp")]
use dripr_adapters::smtp::SmtpMailer;
use dripr_adapters::{file_outbox::FileOutbox, folder_archive::FolderArchive, templates::Templates};
use dripr_core::ports::{Clock, Probe};

use super::{sources, writer};
use crate::{
    config::{Config, archive::Archive, email_verification::EmailVerification, mail::Mailer},
    failure::Failure,
};

/// Whom to ask, or why nobody can be asked.
pub(super) type Asked = Result<Arc<dyn Probe>, Failure>;

/// A part of a deployment.
pub struct Part {
    /// What it is, for people.
    pub name: String,
    /// What is known of it without asking anybody else.
    pub state: State,
}

/// What is known of a part without asking anybody else.
pub enum State {
    /// It works.
    Works,
    /// It has to be asked.
    Ask(Arc<dyn Probe>),
    /// It does not work.
    Broken(Failure),
}

impl Part {
    fn asked<P: Probe + 'static, E: Into<Failure>>(name: &str, probe: Result<P, E>) -> Self {
        let state = match probe {
            Ok(probe) => State::Ask(Arc::new(probe)),
            Err(error) => State::Broken(error.into()),
        };
        Self { name: name.to_owned(), state }
    }

    fn looked_at<T>(name: &str, found: Result<T, Failure>) -> Self {
        Self { name: name.to_owned(), state: found.map_or_else(State::Broken, |_| State::Works) }
    }
}

/// The parts of a deployment: each that was chosen, in the order in which a report needs them. Nothing is made that is
/// not there.
pub async fn parts(config: &Config, clock: &Arc<dyn Clock>) -> Vec<Part> {
    let mut parts = vec![
        Part::looked_at("the database", database(config).await),
        Part::looked_at("the data files", sources::data_files(config)),
    ];
    parts.extend(sources::probes(config, clock).into_iter().map(|(name, probe)| Part {
        name: name.to_owned(),
        state: probe.map_or_else(State::Broken, State::Ask),
    }));
    parts.extend(writer::probe(config).await.map(|(name, probe)| Part {
        name: name.to_owned(),
        state: probe.map_or_else(State::Broken, State::Ask),
    }));
    if let Some(folder) = &config.templates.dir {
        parts.push(Part::looked_at("the templates", Templates::from_dir(folder).map_err(Failure::from)));
    }
    parts.push(match &config.archive {
        Archive::Folder(folder) => Part::asked("the archive", FolderArchive::open(folder)),
        #[cfg(feature = "s3-archive")]
        Archive::S3(options) => Part::asked("the archive", S3Archive::new(options.clone())),
    });
    parts.push(match &config.mail.by {
        Mailer::Outbox => Part::asked("the outbox", FileOutbox::open(&config.outbox.dir)),
        #[cfg(feature = "smtp")]
        Mailer::Smtp(options) => Part::asked("the SMTP server", SmtpMailer::new(options.clone())),
        #[cfg(feature = "postmark")]
        Mailer::Postmark(config) => {
            Part::asked("Postmark", PostmarkMailer::new(&config.token, config.options.clone()))
        }
    });
    // Whatever takes mail, what may reach nobody is written there.
    if config.mail.by.leaves_the_machine() && config.mail.only_to.is_some() {
        parts.push(Part::asked("the outbox", FileOutbox::open(&config.outbox.dir)));
    }
    #[cfg(feature = "redis")]
    if let Some(redis) = &config.redis {
        parts.push(Part { name: "Redis".to_owned(), state: State::Ask(Arc::new(redis.clone())) });
    }
    #[cfg(feature = "sns-sqs")]
    if let Some(messaging) = &config.aws {
        use dripr_adapters::sns_sqs::{Aws, SnsBus, SqsQueue};

        let aws = Aws::new(messaging.options.clone()).await;
        if let Some(topics) = &messaging.topics {
            let bus: Arc<dyn Probe> = Arc::new(SnsBus::new(aws.clone(), topics.clone()));
            parts.push(Part { name: "the topics in SNS".to_owned(), state: State::Ask(bus) });
        }
        if !messaging.queues.is_empty() {
            let queue: Arc<dyn Probe> = Arc::new(SqsQueue::new(aws, messaging.queues.clone(), clock.clone()));
            parts.push(Part { name: "the queues in SQS".to_owned(), state: State::Ask(queue) });
        }
    }
    match &config.email_verification {
        EmailVerification::Nobody => {}
        #[cfg(feature = "quick-email-verification")]
        EmailVerification::QuickEmailVerification { key, options, .. } => {
            parts.push(Part::asked("QuickEmailVerification", QuickEmailVerification::new(key, options)));
        }
    }
    parts
}

/// The agents' own mail accounts, as far as the database is there and knows any.
///
/// # Errors
/// The database cannot be read, or Gmail cannot be used as it is configured.
#[cfg(feature = "gmail")]
pub async fn accounts(config: &Config, clock: &Arc<dyn Clock>) -> Result<Vec<Part>, Failure> {
    use dripr_core::{
        access::Reach,
        ports::{AgentStore, MailAccountStore},
    };

    let Some(gmail) = &config.gmail else { return Ok(Vec::new()) };
    if !super::database::is_there(config) {
        return Ok(Vec::new());
    }
    let deployment = super::deployment(config.clone()).await?;
    let mailer = super::gmail::mailer(gmail, &deployment, clock)?;
    let mut parts = vec![Part { name: "Gmail".to_owned(), state: State::Ask(Arc::new(mailer.clone())) }];
    let mut after = None;
    loop {
        let agents = deployment.store.agents(&Reach::Deployment, after.take(), AGENTS).await?;
        let Some(last) = agents.last() else { return Ok(parts) };
        after = Some(last.id.clone());
        for agent in agents.into_iter().filter(|agent| agent.deleted_at.is_none()) {
            let account = deployment.store.mail_account(&agent.id).await?;
            if account.is_some_and(|account| account.is_connected()) {
                let name = format!("Gmail of {}", agent.id);
                let account = Account { mailer: mailer.clone(), user: agent.id };
                parts.push(Part { name, state: State::Ask(Arc::new(account)) });
            }
        }
    }
}

/// How many agents are read at once.
#[cfg(feature = "gmail")]
const AGENTS: usize = 500;

/// An agent's own account.
#[cfg(feature = "gmail")]
struct Account {
    mailer: dripr_adapters::gmail::GmailMailer,
    user: dripr_core::ids::UserId,
}

#[cfg(feature = "gmail")]
#[async_trait::async_trait]
impl Probe for Account {
    async fn probe(&self) -> dripr_core::errors::PortResult<()> {
        self.mailer.probe_account(&self.user).await
    }
}

/// Opens a database that is there already. One that is not is made by whoever first needs it.
async fn database(config: &Config) -> Result<(), Failure> {
    if super::database::is_there(config) {
        super::database::open(config).await?.close().await;
    }
    Ok(())
}
