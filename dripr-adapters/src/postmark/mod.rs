//! A mailer that hands emails to Postmark, what Postmark's webhooks say of them ([`webhook`]), and its list of the addresses to
//! which it delivers nothing any more ([`PostmarkSuppressions`]).
//!
//! Rules are those of Postmark's developer pages, of its official clients, and of error bodies that others recorded:
//!
//! - One email goes to `POST /email`, several to `POST /email/batch`: 500 at the most, and as many as stay under 50 MB,
//!   counted in the very bytes that are sent. An email over its own limits (5 MB a part, 10 MB in all) is not handed over.
//! - Each email has one recipient, answers go to the agent, and the headers are those that every mailer sends.
//! - Nothing makes a repeated request harmless, so a request is made once. Postmark is asked afterwards for what it may
//!   have: by the metadata `dripr_email_id`, which is the email's id. A value has 80 characters; for a longer id it is
//!   `sha256:` and the id's SHA-256, and the id itself goes along in two pieces, `dripr_email_id_1` and `dripr_email_id_2`.
//!   `dripr_attempt` is the number of the try.
//!
//! What became of an email follows from Postmark's `ErrorCode`, which each email of a batch has for itself:
//!
//! | answer | outcome |
//! |---|---|
//! | no connection: refused, no such name, TLS, half the time is over; no call was allowed | not sent |
//! | 0 | accepted |
//! | 0, but Postmark will not deliver it; 406, the recipient is inactive | bad recipient |
//! | 300, "Invalid 'To' address" | bad recipient |
//! | any other code, or HTTP 4xx without one | people |
//! | HTTP 429 | not sent; `Retry-After` is obeyed, from the instant of sending |
//! | a request refused because of a recipient that it names | bad recipient; the others of the request are not sent |
//! | HTTP 408, 5xx or 3xx; none, a broken or an unreadable answer; none for this email | **unknown** |
//!
//! A 503 is maintenance, says Postmark, and does not say that nothing was taken before. So it is unknown too: a look-up
//! costs a quarter of an hour, a second copy costs a homeowner's trust. After a request that did not succeed the rest
//! of the same [`Mailer::send`] is not handed over, and not sent.
//!
//! # Unverified
//!
//! No call was made. That the header `X-PM-KeepID: true` keeps the `Message-ID` is said on Postmark's support pages, and
//! is in no recorded answer. From memory: the limits of metadata and what 400 and 401 mean as an `ErrorCode`. How long an
//! email takes to appear in the search is not documented, whence [`PostmarkOptions::settling_time`]; nor is a `Retry-After`.
//! What a stream of broadcasts makes of a `List-Unsubscribe` of ours beside its own way of unsubscribing is not known.
//! The search forgets an email when its time of retention is over, 45 days if nobody changed it. How long a list of suppressed
//! addresses can be, and how long Postmark takes for it, is not documented.
//!
//! ```no_run
//! use dripr_adapters::postmark::{PostmarkMailer, PostmarkOptions, TrackLinks};
//! use dripr_core::ports::Probe;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let token = std::env::var("POSTMARK_SERVER_TOKEN")?.into();
//! let options = PostmarkOptions { track_links: TrackLinks::HtmlOnly, ..PostmarkOptions::default() };
//! let mailer = PostmarkMailer::new(&token, options)?;
//! mailer.probe().await?;
//! # Ok(())
//! # }
//! ```

mod instant;
mod letter;
mod metadata;
mod options;
mod refused;
mod search;
mod suppression_reason;
mod suppressions;
mod verdict;
pub mod webhook;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use dripr_core::{
    email::OutgoingEmail,
    errors::{Fault, PortError, PortResult},
    ports::{Inquiry, LookUp, Mailer, Probe, SendOutcome},
};
use secrecy::SecretString;
use tokio::{runtime::Handle, time::Instant};

use self::verdict::Verdict;
pub use self::{
    options::{PostmarkOptions, TrackLinks},
    suppressions::{PostmarkSuppressions, SuppressionOptions},
};
use crate::http::{HttpApi, UnusableApi};

const PROVIDER: &str = "Postmark";
const USUAL_BASE: &str = "https://api.postmarkapp.com";
const TOKEN_HEADER: &str = "x-postmark-server-token";
const NO_RUNTIME: &str = "Postmark was to be asked outside of a tokio runtime";

/// Hands emails to Postmark. Works on a tokio runtime with its clock and I/O switched on. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PostmarkMailer {
    api: HttpApi,
    options: Arc<PostmarkOptions>,
}

impl PostmarkMailer {
    /// With the token of a server. Nothing is asked yet.
    ///
    /// # Errors
    /// [`UnusableApi`] if the token cannot be sent or the options name no address.
    pub fn new(server_token: &SecretString, options: PostmarkOptions) -> Result<Self, UnusableApi> {
        let api = HttpApi::new(PROVIDER, USUAL_BASE, &options.http)?;
        let api = api.keyed(TOKEN_HEADER, "", server_token)?;
        Ok(Self { api, options: Arc::new(options) })
    }

    /// Hands over emails of one request.
    async fn hand_over(&self, emails: &[&OutgoingEmail], letters: &[Vec<u8>], deadline: Instant) -> Verdict {
        let path = if letters.len() == 1 { "email" } else { "email/batch" };
        let left = deadline.saturating_duration_since(Instant::now());
        let answer = self
            .api
            .hand_over(
                path,
                &[],
                "application/json",
                letter::body(letters),
                Some(left),
                &self.options.allowance,
            )
            .await;
        Verdict::of(emails, answer)
    }
}

#[async_trait]
impl Mailer for PostmarkMailer {
    async fn send(&self, emails: &[OutgoingEmail]) -> Vec<SendOutcome> {
        if Handle::try_current().is_err() {
            return vec![SendOutcome::NeedsPeople { reason: NO_RUNTIME.to_owned() }; emails.len()];
        }
        let deadline = Instant::now() + self.options.http.timeout;
        // What is said of an email that its turn does not come to.
        let untried = |reason: &str| SendOutcome::NotSent { reason: reason.to_owned(), not_before: None };
        let mut outcomes =
            vec![untried("it was not handed over: Postmark had trouble with others"); emails.len()];
        let (mut places, mut letters) = (Vec::new(), Vec::new());
        for (place, email) in emails.iter().enumerate() {
            match letter::of(email, &self.options) {
                Ok(letter) => {
                    places.push(place);
                    letters.push(letter);
                }
                Err(reason) => outcomes[place] = SendOutcome::NeedsPeople { reason },
            }
        }
        let sizes: Vec<usize> = letters.iter().map(Vec::len).collect();
        for load in letter::loads(&sizes) {
            let places = &places[load.clone()];
            let handed: Vec<&OutgoingEmail> = places.iter().map(|place| &emails[*place]).collect();
            let verdict = self.hand_over(&handed, &letters[load], deadline).await;
            for (place, outcome) in places.iter().zip(verdict.outcomes) {
                outcomes[*place] = outcome;
            }
            if !verdict.go_on {
                break;
            }
        }
        outcomes
    }

    async fn look_up(&self, inquiry: &Inquiry) -> LookUp {
        if Handle::try_current().is_err() {
            return LookUp::CannotTell;
        }
        search::look_up(&self.api, &inquiry.email_id, &self.options.allowance).await
    }

    fn batch(&self) -> usize {
        letter::MOST_EMAILS
    }

    fn settling_time(&self) -> Option<Duration> {
        Some(self.options.settling_time)
    }
}

#[async_trait]
impl Probe for PostmarkMailer {
    /// Searches for an email that there is not: it takes the token, shows nobody's mail, and is how emails are looked up.
    async fn probe(&self) -> PortResult<()> {
        if Handle::try_current().is_err() {
            return Err(PortError::new(Fault::Misconfigured, NO_RUNTIME));
        }
        search::probe(&self.api).await
    }
}
