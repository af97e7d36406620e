//! A mailer that hands emails to an SMTP server (RFC 5321).
//!
//! SMTP has one dangerous moment: between the last byte of an email and the server's answer. A connection that ends there
//! leaves nobody knowing, and SMTP cannot be asked afterwards. So the steps are taken one by one, and the outcome follows
//! from the step at which a session ended:
//!
//! | ended by | connect, TLS, EHLO | AUTH | MAIL FROM | RCPT TO | DATA | the email |
//! |---|---|---|---|---|---|---|
//! | 2xx | | | | | | accepted |
//! | 4xx | not sent | not sent | not sent | not sent | not sent | not sent |
//! | 5xx | not sent | people | people | recipient | people | people |
//! | end, reset, timeout, nonsense | not sent | not sent | not sent | not sent | not sent | **unknown** |
//!
//! Where a 5xx carries an enhanced status code (RFC 3463), the code decides between recipient and people: X.1.1 and its
//! like blame the recipient even after the email, and X.7.z, a policy, blames nobody's mailbox at RCPT TO either. A full
//! mailbox at RCPT TO is not sent. A bad recipient gets no mail any more, so every doubt goes to people.
//!
//! [`Mailer::look_up`] always says that it cannot tell; what stays unknown is held by the engine.
//!
//! A probe connects, logs in and leaves, and hands nothing over. That a server wants a login where none is configured, or
//! does not take an agent's address, it would say at MAIL FROM; a probe does not come to that.
//!
//! Connections are few, and used again for a few seconds. Dropping a call closes its connection.
//!
//! ```no_run
//! use std::time::Duration;
//! use dripr_adapters::smtp::{Login, Security, SmtpMailer, SmtpOptions};
//!
//! let mut options = SmtpOptions::new("smtp.example.com");
//! options.security = Security::StartTls;
//! options.port = options.security.usual_port();
//! let password = std::env::var("SMTP_PASSWORD").unwrap_or_default().into();
//! options.login = Some(Login { username: "mailer".to_owned(), password });
//! // The policy's mail timeout is 20 s.
//! options.timeout = Duration::from_secs(18);
//! let mailer = SmtpMailer::new(options)?;
//! # Ok::<(), dripr_adapters::smtp::InvalidSmtpOptions>(())
//! ```

mod idle;
mod options;
mod reply;
mod session;
mod verdict;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use dripr_core::{
    email::OutgoingEmail,
    errors::{Fault, PortError, PortResult},
    ports::{Inquiry, LookUp, Mailer, Probe, SendOutcome},
};
use lettre::transport::smtp::{client::TlsParameters, response::Response};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, timeout_at},
};

pub use self::options::{InvalidSmtpOptions, Login, Security, SmtpOptions};
use self::{
    idle::Idle,
    session::{Letter, Session},
    verdict::{Stage, Trouble},
};

/// Connections at a time: more than enough for an agent's homeowners, and fewer than any server turns a client away for.
/// An engine that claims more emails at a time than this lets the others wait, claimed; if it dies, they are held for
/// nothing.
pub const CONNECTIONS: usize = 8;

/// Hands emails to an SMTP server. Works on a tokio runtime with its clock and I/O switched on.
#[derive(Clone)]
pub struct SmtpMailer {
    shared: Arc<Shared>,
}

struct Shared {
    options: SmtpOptions,
    tls: Option<TlsParameters>,
    turns: Semaphore,
    idle: Idle,
}

impl SmtpMailer {
    /// A mailer. Nothing is connected yet.
    ///
    /// # Errors
    /// [`InvalidSmtpOptions`] naming the option.
    pub fn new(options: SmtpOptions) -> Result<Self, InvalidSmtpOptions> {
        options.check()?;
        let tls = options.tls()?;
        let shared = Shared { options, tls, turns: Semaphore::new(CONNECTIONS), idle: Idle::default() };
        Ok(Self { shared: Arc::new(shared) })
    }

    async fn send_one(&self, email: &OutgoingEmail, deadline: Instant) -> SendOutcome {
        let letter = match Letter::of(email) {
            Ok(letter) => letter,
            Err(outcome) => return outcome,
        };
        let mut stage = Stage::Connect;
        let handed = timeout_at(deadline, self.hand_over(&letter, &mut stage)).await;
        match handed {
            Ok(Ok(reply)) => SendOutcome::Accepted { provider_message_id: reply::queue_id(&reply) },
            Ok(Err(trouble)) => verdict::of(stage, trouble),
            Err(_) => verdict::of(stage, Trouble::Late(self.shared.options.timeout)),
        }
    }

    /// Waits until there may be another connection.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, Trouble> {
        self.shared.turns.acquire().await.map_err(|closed| Trouble::Broken(closed.to_string()))
    }

    /// A new connection over which nothing is handed.
    async fn look_in(&self, stage: &mut Stage) -> Result<(SemaphorePermit<'_>, Session), Trouble> {
        let turn = self.turn().await?;
        let Shared { options, tls, .. } = &*self.shared;
        Ok((turn, Session::open(options, tls.as_ref(), stage).await?))
    }

    async fn hand_over(&self, letter: &Letter, stage: &mut Stage) -> Result<Response, Trouble> {
        let Shared { options, tls, idle, .. } = &*self.shared;
        let _turn = self.turn().await?;
        if let Some(mut session) = idle.take() {
            match session.deliver(letter, stage).await {
                // The server had enough of this connection. It has heard no more than a sender's name.
                Err(trouble) if *stage == Stage::Sender && trouble.ends_connection() => {}
                answer => return answer.inspect(|_| idle.put(session)),
            }
        }
        let mut session = Session::open(options, tls.as_ref(), stage).await?;
        let reply = session.deliver(letter, stage).await?;
        idle.put(session);
        Ok(reply)
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, emails: &[OutgoingEmail]) -> Vec<SendOutcome> {
        if Handle::try_current().is_err() {
            return vec![SendOutcome::NeedsPeople { reason: NO_RUNTIME.to_owned() }; emails.len()];
        }
        let deadline = Instant::now() + self.shared.options.timeout;
        let mut outcomes = Vec::with_capacity(emails.len());
        for email in emails {
            outcomes.push(self.send_one(email, deadline).await);
        }
        outcomes
    }

    async fn look_up(&self, _inquiry: &Inquiry) -> LookUp {
        LookUp::CannotTell
    }
}

#[async_trait]
impl Probe for SmtpMailer {
    /// Opens a connection of its own as an email would, logs in where there is a login, and says good-bye.
    async fn probe(&self) -> PortResult<()> {
        if Handle::try_current().is_err() {
            return Err(PortError::new(Fault::Misconfigured, NO_RUNTIME));
        }
        let deadline = Instant::now() + self.shared.options.timeout;
        let mut stage = Stage::Connect;
        match timeout_at(deadline, self.look_in(&mut stage)).await {
            Ok(Ok((_turn, session))) => {
                // The server has said all that matters; how it takes its leave does not.
                let _ = timeout_at(deadline, session.leave()).await;
                Ok(())
            }
            Ok(Err(trouble)) => Err(verdict::on_the_server(stage, trouble)),
            Err(_) => Err(verdict::on_the_server(stage, Trouble::Late(self.shared.options.timeout))),
        }
    }
}

const NO_RUNTIME: &str = "the SMTP mailer was called outside of a tokio runtime";

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpMailer").field("options", &self.shared.options).finish_non_exhaustive()
    }
}
