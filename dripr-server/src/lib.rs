//! The parts of the program `dripr`, as a library that its tests can reach.
//!
//! | module | what it holds |
//! |---|---|
//! | [`cli`] | the subcommands, a file each |
//! | [`config`] | what a deployment can choose, a file a section |
//! | [`compose`] | config in, ports out: the one place where implementations are chosen |
//! | [`contacts_file`] | reading contacts from CSV exports |
//! | [`formula`] | cells that a spreadsheet would take for a formula |
//! | [`enrolment`] | from contacts to campaigns |
//! | [`forgetting`], [`orphans`] | imports that are too old, and those whose reader died before it could end them |
//! | `legacy_import` | from the tables of an older deployment to agents, contacts and campaigns |
//! | [`http`] | what the world reaches: opt-out and approval pages, consent, webhooks |
//! | [`operations`] | what those who watch a deployment are answered |
//! | `returned`, `gmail_inboxes` | mail that came back, handed over or found in agents' inboxes |
//! | `suppression_list` | the addresses to which Postmark delivers nothing any more |
//! | [`account`] | what a campaign's report cost |
//! | [`newcomer`], [`users_file`] | agents who are brought by an operator, one or many |
//! | [`queue_desk`] | where the queues are looked at |
//! | [`restoring`] | putting a backup in the place of the database |
//! | [`verifying`] | whether addresses of contacts take mail |
//! | `webhooks` | taking messages to the programs of agents and brokerages |
//! | [`demo`] | months of campaigns on a virtual clock |
//! | [`sample`] | the data that the demonstration ships with |
//! | [`system_clock`], [`os_entropy`] | the real time and real randomness |
//! | [`json_log`] | a log as JSON |
//! | `traces` | traces to a collector |
//! | [`failure`] | why a subcommand failed, in one sentence |

pub mod account;
pub mod api;
pub mod cli;
pub mod compose;
pub mod config;
pub mod contacts_file;
pub mod demo;
pub mod enrolment;
pub mod failure;
pub mod first_key;
pub mod forgetting;
pub mod formula;
#[cfg(all(feature = "gmail", feature = "returned-mail"))]
pub mod gmail_inboxes;
pub mod http;
pub mod json_log;
#[cfg(feature = "legacy-tables")]
pub mod legacy_import;
pub mod newcomer;
pub mod operations;
pub mod orphans;
pub mod os_entropy;
pub mod queue_desk;
pub mod restoring;
#[cfg(feature = "returned-mail")]
pub mod returned;
pub mod role;
pub mod sample;
#[cfg(feature = "postmark")]
pub mod suppression_list;
pub mod system_clock;
#[cfg(feature = "otlp")]
pub mod traces;
pub mod users_file;
pub mod verifying;
#[cfg(feature = "webhooks")]
pub mod webhooks;
