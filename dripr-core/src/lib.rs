//! The domain of dripr, which sends every homeowner one personal, truthful home report a month on behalf of their
//! agent: the campaign state machine, the send dates, the ports, and the engine over them. No runtime, HTTP, SQL or
//! cloud crate.
//!
//! | module | what lives there |
//! |---|---|
//! | [`schedule`] | every instant at which an email may leave, as pure functions |
//! | [`campaign`] | the campaign, its state machine ([`campaign::TABLE`]), the commands that change it, and why it waits |
//! | [`content`] | facts and words of a report |
//! | [`guard`] | what a text must be before it is sent: true to the facts, lawful, plain |
//! | [`email`] | an email: content, approval, attempt, opt-out |
//! | [`consent`] | opting out and in by the links in emails |
//! | [`feedback`] | what comes back of an email: deliveries, bounces, complaints, opens, clicks, opt-outs |
//! | [`mail_account`] | the agent's own mail account, by which their emails are sent |
//! | [`safeguards`] | what keeps a deployment from doing harm |
//! | [`agent_mail`] | mail to agents about their own account |
//! | [`imports`] | contacts that come as files |
//! | [`access`] | who may do what: callers, their reach, their scopes and keys |
//! | [`statistics`] | what agents achieved |
//! | [`alerts`] | what an operator is alerted to |
//! | [`agent`], [`contact`] | who speaks, and to whom |
//! | [`street`] | how streets are written |
//! | [`events`] | what is announced, and which queue it wakes |
//! | [`ports`] | what the engine needs of the world, a trait a file |
//! | [`engine`] | the use cases: find what is due, do it, store it |
//! | [`policy`] | the numbers of a deployment |
//! | `testkit` | in-memory ports, a manual clock, samples and contract suites (feature `testkit`) |
//!
//! An engine in memory, on a clock that is set by hand:
//!
#![cfg_attr(feature = "testkit", doc = "```")]
#![cfg_attr(not(feature = "testkit"), doc = "```ignore")]
//! use std::sync::Arc;
//! use dripr_core::{ports::Clock, schedule::Instant, testkit::{Mailbox, ManualClock, MemoryStore, samples}};
//!
//! # let rt = tokio::runtime::Builder::new_current_thread().build()?;
//! # rt.block_on(async {
//! let start: Instant = "2026-03-01T12:00:00Z".parse()?;
//! let clock = Arc::new(ManualClock::at(start));
//! let mailbox = Arc::new(Mailbox::new());
//! let store = MemoryStore::new();
//!
//! // Three homeowners of one agent, to be written to on the 12th.
//! samples::fill(&store, 3, "98103", 12, start).await?;
//!
//! // A host gives its own ports here; the samples stand in for a provider, a writer and a template.
//! let dripr = samples::builder(&store, clock.clone(), mailbox.clone())?.build()?;
//!
//! // Let two months pass, from one due instant to the next.
//! let end: Instant = "2026-05-01T00:00:00Z".parse()?;
//! loop {
//!     let step = dripr.step().await?;
//!     match step.next.filter(|next| *next <= end) {
//!         Some(next) => clock.set(next),
//!         None => break,
//!     }
//! }
//!
//! // One email each in March and in April, at the opening of the sending window in New York.
//! let sent = mailbox.accepted();
//! assert_eq!(sent.len(), 6);
//! assert_eq!(sent[0].date.to_rfc3339(), "2026-03-12T15:00:00+00:00");
//! assert_eq!(clock.now(), sent[5].date);
//! # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
//! ```

pub mod access;
pub mod accounts;
pub mod agent;
pub mod agent_mail;
pub mod alerts;
pub mod billing;
pub mod campaign;
pub mod consent;
pub mod contact;
pub mod content;
pub mod email;
pub mod engine;
pub mod errors;
pub mod events;
pub mod feedback;
pub mod guard;
pub mod ids;
pub mod imports;
pub mod mail_account;
pub mod person;
pub mod policy;
pub mod ports;
pub mod restored;
pub mod safeguards;
pub mod schedule;
pub mod statistics;
pub mod street;
#[cfg(feature = "simulation")]
pub mod testkit;
pub mod webhooks;

pub use engine::Dripr;
