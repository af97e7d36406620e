//! Implementations of dripr's ports. Each is a feature and a folder; the folder belongs to its provider.
//!
//! | port | embedded default |
//! |---|---|
//! | `CampaignStore`, `EmailStore`, `AgentStore`, `ContactStore`, `AreaStore`, `MailAccountStore`, `EventQueue` | [`sql`] |
//! | `PropertySource`, `MarketSource`, `MortgageRateSource`, `Geocoder` | [`local_data`] |
//! | `LlmWriter` | [`composed_writer`] |
//! | `EmailRenderer` | [`templates`] |
//! | `Mailer` | [`file_outbox`] |
//! | `Archive` | [`folder_archive`] |
//!
//! Besides these, not switched on by default:
//!
//! | feature | port | who is asked |
//! |---|---|---|
//! | `smtp` | `Mailer` | a mail server |
//! | `gmail` | `Mailer` | Gmail, for each agent by their own account |
//! | `postmark` | `Mailer` | Postmark; its webhooks become feedback |
//! | `bedrock`, `openai-writer` | `LlmWriter` | a language model |
//! | `model-writer` | `LlmWriter` | a language model of one's own |
//! | `s3-archive` | `Archive` | S3, or what speaks its API |
//! | `google-geocoding` | `Geocoder` | Google |
//! | `fred` | `MortgageRateSource` | the Federal Reserve Bank of St. Louis |
//! | `rentcast` | `PropertySource`, `MarketSource` | RentCast |
//! | `reso` | `PropertySource`, `MarketSource` | an MLS, over the RESO Web API |
//! | `zillow` | `PropertySource` | Zillow, by either of two RapidAPI services |
//! | `quick-email-verification` | `EmailVerifier` | QuickEmailVerification |
//! | `alert-webhook` | `AlertRoute` | a program of the operator's |
//! | `webhooks` | `WebhookSender` | programs of agents and brokerages |
//! | `redis` | `EventQueue`, `EventBus`, `QueueDesk`, `RateLimiter` | a Redis server |
//! | `sns-sqs` | `EventBus`, `EventQueue`, `QueueDesk` | an AWS account |
//!
//! All of these but a model of one's own, and [`file_outbox`] and [`folder_archive`], can be asked whether they would work:
//! they are a [`Probe`](dripr_core::ports::Probe).
//!
//! `returned-mail` reads the mails that come back: bounces, complaints, automatic replies and opt-outs.
//!
//! `clerk` reads what Clerk tells of accounts, and its session tokens; `stripe` what Stripe tells of subscriptions.
//!
//! `standard-webhooks` checks and signs webhooks as Standard Webhooks says.
//!
//! `legacy-tables` reads the tables of an older deployment, for an import.
//!
//! `dns-records` says what a domain's DNS says about its mail: SPF, DKIM, DMARC and MX.
//!
//! `otlp` takes spans to a collector of OpenTelemetry's.
//!
//! `layers` has what is done around calls to them; `token_bucket` limits how many there are in one process, `redis` in all that
//! share a server.

#[cfg(feature = "alert-webhook")]
pub mod alert_webhook;
#[cfg(any(feature = "redis", feature = "sql"))]
mod api_rates;
#[cfg(any(feature = "reso", feature = "rentcast", feature = "zillow"))]
#[cfg_attr(
    not(any(feature = "rentcast", feature = "zillow")),
    allow(dead_code, reason = "an MLS looks for homes in its own way")
)]
mod around_zip;
#[cfg(feature = "bedrock")]
pub mod bedrock;
#[cfg(feature = "clerk")]
pub mod clerk;
#[cfg(feature = "composed-writer")]
pub mod composed_writer;
#[cfg(any(feature = "fred", feature = "reso", feature = "rentcast"))]
mod days_before;
#[cfg(feature = "dns-records")]
pub mod dns_records;
#[cfg(any(feature = "templates", feature = "composed-writer"))]
mod figures;
#[cfg(any(feature = "file-outbox", feature = "s3-archive"))]
mod file_name;
#[cfg(feature = "file-outbox")]
pub mod file_outbox;
#[cfg(feature = "file-outbox")]
pub mod folder_archive;
#[cfg(feature = "fred")]
pub mod fred;
#[cfg(feature = "gmail")]
pub mod gmail;
#[cfg(feature = "google-geocoding")]
pub mod google_geocoding;
#[cfg(feature = "http")]
#[allow(dead_code, unused_imports, reason = "each provider needs its part of it")]
pub mod http;
#[cfg(feature = "layers")]
pub mod layers;
#[cfg(feature = "local-data")]
pub mod local_data;
#[cfg(any(
    feature = "file-outbox",
    feature = "gmail",
    feature = "postmark",
    feature = "returned-mail",
    feature = "smtp"
))]
#[cfg_attr(
    not(any(feature = "file-outbox", feature = "gmail", feature = "postmark", feature = "smtp")),
    allow(dead_code, reason = "what came back only needs to know the header's name")
)]
mod mail_headers;
#[cfg(any(feature = "file-outbox", feature = "gmail", feature = "smtp"))]
mod mime;
#[cfg(feature = "model-writer")]
pub mod model_writer;
#[cfg(feature = "openai-writer")]
pub mod openai_writer;
#[cfg(feature = "otlp")]
pub mod otlp;
#[cfg(feature = "postmark")]
pub mod postmark;
#[cfg(any(feature = "file-outbox", feature = "sqlite"))]
#[cfg_attr(
    not(all(feature = "file-outbox", feature = "sqlite")),
    allow(dead_code, reason = "a folder needs no database, nor a database a folder")
)]
mod private_files;
#[cfg(feature = "quick-email-verification")]
pub mod quick_email_verification;
#[cfg(feature = "redis")]
pub mod redis;
#[cfg(feature = "rentcast")]
pub mod rentcast;
#[cfg(feature = "reso")]
pub mod reso;
#[cfg(feature = "returned-mail")]
pub mod returned_mail;
#[cfg(feature = "s3-archive")]
pub mod s3_archive;
#[cfg(any(feature = "postmark", feature = "smtp", feature = "returned-mail"))]
mod said;
#[cfg(any(feature = "gmail", feature = "webhooks"))]
mod sealing;
#[cfg(feature = "smtp")]
pub mod smtp;
#[cfg(feature = "sns-sqs")]
pub mod sns_sqs;
#[cfg(feature = "sql")]
pub mod sql;
#[cfg(feature = "standard-webhooks")]
pub mod standard_webhooks;
#[cfg(feature = "stripe")]
pub mod stripe;
#[cfg(feature = "templates")]
pub mod templates;
pub mod token_bucket;
#[cfg(feature = "gmail")]
pub mod token_vault;
#[cfg(feature = "webhooks")]
pub mod webhook_sender;
#[cfg(feature = "webhooks")]
pub mod webhook_vault;
#[cfg(feature = "zillow")]
pub mod zillow;
