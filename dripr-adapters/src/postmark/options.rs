//! How Postmark is used.

use std::time::Duration;

use dripr_core::ports::Allowance;

use crate::http::HttpOptions;

/// How Postmark is used. The defaults suit campaign mail.
#[derive(Debug, Clone)]
pub struct PostmarkOptions {
    /// Where Postmark is, and how long one [`Mailer::send`](dripr_core::ports::Mailer::send) may take: 18 s, shorter
    /// than the policy's mail timeout. The mailer can tell whether Postmark may have an email, a timeout around it cannot.
    pub http: HttpOptions,
    /// The message stream. Reports belong into one of broadcasts, which is the default.
    pub message_stream: String,
    /// Whether Postmark puts a picture into each email that tells when it is opened.
    pub track_opens: bool,
    /// Which links Postmark leads over a server of its own, to tell when they are followed.
    pub track_links: TrackLinks,
    /// How long Postmark may take to show an email in its search. It promises no time; a quarter of an hour is many
    /// times what people saw, and costs nothing but a later answer about the few emails whose sending ended in doubt.
    pub settling_time: Duration,
    /// The calls that may be made, probes excepted. Each request is one, of however many emails.
    pub allowance: Allowance,
}

impl Default for PostmarkOptions {
    fn default() -> Self {
        Self {
            http: HttpOptions { timeout: Duration::from_secs(18), ..HttpOptions::default() },
            message_stream: "broadcast".to_owned(),
            track_opens: true,
            track_links: TrackLinks::None,
            settling_time: Duration::from_secs(15 * 60),
            allowance: Allowance::unlimited(),
        }
    }
}

/// Which links are led over Postmark's server. It changes where they seem to lead, the opt-out link's among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrackLinks {
    /// None.
    #[default]
    None,
    /// Those of both parts.
    HtmlAndText,
    /// Those of the HTML part.
    HtmlOnly,
    /// Those of the text part.
    TextOnly,
}

impl TrackLinks {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::HtmlAndText => "HtmlAndText",
            Self::HtmlOnly => "HtmlOnly",
            Self::TextOnly => "TextOnly",
        }
    }
}
