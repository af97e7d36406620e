//! From facts and words to an email.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::{
    agent::Agent,
    agent_mail::Letter,
    contact::{Contact, Home},
    content::{AreaContent, AreaKey, Property, Words, ZipCode},
    errors::PortResult,
};

/// Renders emails. Pure: the same context gives the same bytes.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait EmailRenderer: Send + Sync {
    /// Renders one home report, HTML and plain text. Both carry the agent's identity and postal address and the
    /// opt-out link; text from people, providers and models is escaped where it is used.
    ///
    /// # Errors
    /// [`Fault::Invalid`](crate::errors::Fault::Invalid) if the template cannot be rendered; it names the template.
    async fn report(&self, context: &ReportContext) -> PortResult<Rendered>;

    /// Renders the mail that welcomes an agent.
    async fn welcome(&self, context: &WelcomeContext) -> PortResult<Rendered>;

    /// Renders a mail that tells an agent what they must know.
    async fn notice(&self, context: &NoticeContext) -> PortResult<Rendered>;
}

/// Everything a home report shows.
///
/// What an area shares comes with its key, so that a renderer can keep what it made of it for the day.
#[derive(Debug, Clone)]
pub struct ReportContext {
    /// The agent who speaks.
    pub agent: Arc<Agent>,
    /// The homeowner.
    pub contact: Contact,
    /// The home, if the report is about one.
    pub home: Option<Home>,
    /// The ZIP code.
    pub zip_code: ZipCode,
    /// The day of the report.
    pub date: NaiveDate,
    /// The home as found and valued.
    pub property: Option<Arc<Property>>,
    /// The home as the last report had it.
    pub property_before: Option<Arc<Property>>,
    /// The opening words.
    pub intro: Option<Words>,
    /// The words about the home.
    pub home_report: Option<Words>,
    /// Homes for sale.
    pub listings: Option<(AreaKey, Arc<AreaContent>)>,
    /// Homes sold.
    pub sales: Option<(AreaKey, Arc<AreaContent>)>,
    /// The market and the mortgage rate.
    pub market: Option<(AreaKey, Arc<AreaContent>)>,
    /// The opt-out link.
    pub opt_out_link: String,
}

/// What a welcome mail shows.
#[derive(Debug, Clone)]
pub struct WelcomeContext {
    /// The agent.
    pub agent: Arc<Agent>,
}

/// What a mail that tells an agent something shows.
#[derive(Debug, Clone)]
pub struct NoticeContext {
    /// The agent.
    pub agent: Arc<Agent>,
    /// The zone in which times are shown.
    pub zone: Tz,
    /// What it says.
    pub letter: Letter,
}

/// A rendered email.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The subject line.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The plain-text part, not HTML-escaped.
    pub text: String,
}
