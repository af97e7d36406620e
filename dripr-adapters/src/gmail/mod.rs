//! Emails sent by the agents' own Gmail accounts, with their consent.
//!
//! | module | what is in it |
//! |---|---|
//! | `options`, `scope` | who asks Google, and what agents may allow |
//! | `consent`, `state` | how an agent agrees |
//! | `token_service` | Google's token service |
//! | `accounts` | access to an agent's account |
//! | `pace` | how much an account sends |
//! | `verdict` | what becomes of an email, by what Gmail answers |
//! | `search` | whether Gmail has an email |
//! | `inbox` | bounces that came to an agent |
//!
//! # What becomes of an email
//!
//! Gmail has no idempotency key: handed over twice, an email is sent twice. So it is handed over once, and the outcome follows
//! from how that ended:
//!
//! | ended by | | the email |
//! |---|---|---|
//! | no account, no access, pace used up | nothing was asked of Gmail | not sent, or people |
//! | no connection: refused, no such name, TLS | | not sent |
//! | 200 with an id | | accepted |
//! | 200 with anything else, other 2xx, 3xx, 408, 5xx | | **unknown** |
//! | end, reset, timeout after the connection stood | | **unknown** |
//! | 401 | the token is refreshed, once | handed over once more; then people |
//! | 429; 403 `rateLimitExceeded`, `userRateLimitExceeded` | this account pauses until the time in the message, else `Retry-After`, else a minute, or four hours for `(Mail sending)` | not sent |
//! | 403 `dailyLimitExceeded` | this account pauses until quotas begin anew | not sent |
//! | 403 `insufficientPermissions`, `ACCESS_TOKEN_SCOPE_INSUFFICIENT` | the grant is noted as revoked | people |
//! | other 4xx | | people |
//!
//! No answer blames a recipient: Gmail takes every address and tells of a bad one by a mail to the agent. And even a 200 may
//! precede a refusal of that kind, where an account has sent too much.
//!
//! # When an agent takes the consent back
//!
//! Google says so when a token is refreshed (`invalid_grant`). The account is then stored as [revoked] once, and from there
//! on nothing is asked for this agent: each email comes back as one for people, who connect Gmail again. Other agents' emails
//! go on.
//!
//! # What an email looks like
//!
//! Gmail gets the bytes that every mailer of ours writes. It may put a `Message-ID` of its own in the place of ours, and it
//! puts the account's address in the place of a sender that is not the account's; so an email with another sender than the
//! account is not handed over, unless [`GmailOptions::aliases`] says that it may.
//!
//! # Looking up
//!
//! Only with a scope by which mail can be searched, see [`GmailOptions::look_ups`]. Without one an email of unknown outcome
//! stays so.
//!
//! # Probes
//!
//! [`GmailMailer`] as a [`Probe`] asks whether Google knows the OAuth client, by a token that is none.
//! [`GmailMailer::probe_account`] asks whether an agent's account can be used.
//!
//! # Unverified
//!
//! No call was made. From memory or from others' reports: that `raw` needs no padding; that Gmail keeps `X-` headers on the
//! sender's copy; that the client is looked at before the token; that more than 5 MB need the upload form; that a search by
//! `to:` finds every plain address.
//!
//! [revoked]: dripr_core::mail_account::Grant::Revoked
//!
//! ```no_run
//! use std::sync::Arc;
//! use dripr_adapters::{gmail::{GmailMailer, GmailOptions}, token_vault::TokenVault};
//! use dripr_core::ports::{Clock, Entropy, MailAccountStore};
//!
//! # fn example(
//! #     accounts: Arc<dyn MailAccountStore>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>,
//! # ) -> Result<(), Box<dyn std::error::Error>> {
//! let options = GmailOptions::new("1234.apps.googleusercontent.com", std::env::var("GOOGLE_CLIENT_SECRET")?.into());
//! let vault = Arc::new(TokenVault::new(&std::env::var("DRIPR_TOKEN_KEY")?.into(), entropy)?);
//! let mailer = GmailMailer::new(&options, accounts, vault, clock)?;
//! # Ok(())
//! # }
//! ```

mod accounts;
mod consent;
mod inbox;
mod options;
mod pace;
mod scope;
mod search;
mod state;
mod token_service;
mod verdict;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use base64::{
    Engine,
    engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD},
};
use chrono::TimeDelta;
use dripr_core::{
    email::OutgoingEmail,
    errors::{Fault, PortError, PortResult},
    ids::UserId,
    ports::{
        Allowance, Clock, Inquiry, LookUp, MailAccountStore, Mailer, Permit, Probe, RateLimiter, SendOutcome,
    },
    schedule::Instant,
};
use futures_util::{StreamExt, stream};
use reqwest::StatusCode;
use secrecy::SecretString;
use tokio::{
    runtime::Handle,
    time::{Instant as Moment, timeout, timeout_at},
};

use self::{
    accounts::{Access, Accounts, NoAccess},
    token_service::TokenService,
    verdict::Verdict,
};
pub use self::{
    consent::{ConsentError, GmailConsent, UnusableConsent},
    inbox::InboxMail,
    options::GmailOptions,
    pace::SendingPace,
    scope::{READ, SEND, can_search},
};
use crate::{
    http::{Answer, HttpApi, Unanswered, UnusableApi},
    mime,
    token_vault::TokenVault,
};

/// The largest email that goes as JSON; a larger one is uploaded as it is.
const LARGEST_IN_JSON: usize = 5_000_000;
/// The largest email that Gmail takes.
const LARGEST: usize = 36_700_160;
/// Agents whose emails are handed over at a time.
const AGENTS: usize = 8;
/// No pause is longer: what seems so was noted by a clock that was ahead.
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(25);

const SEND_PATH: &str = "gmail/v1/users/me/messages/send";
const UPLOAD_PATH: &str = "upload/gmail/v1/users/me/messages/send";
const NO_RUNTIME: &str = "the Gmail mailer was called outside of a tokio runtime";

/// Sends emails by the agents' own Gmail accounts. Works on a tokio runtime with its clock and I/O switched on. Cheap to
/// clone; all clones share what they know of the accounts.
#[derive(Clone)]
pub struct GmailMailer {
    shared: Arc<Shared>,
    pace: Arc<dyn RateLimiter>,
}

struct Shared {
    options: GmailOptions,
    api: HttpApi,
    accounts: Accounts,
    clock: Arc<dyn Clock>,
    /// Accounts that Gmail, or our own pace, lets rest: why, and until when.
    pauses: Mutex<HashMap<UserId, (String, Instant)>>,
}

/// How far handing an email over came.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Before,
    HandingOver,
}

impl GmailMailer {
    /// A mailer for the accounts that a store has, whose tokens a vault opens. Nothing is asked yet.
    ///
    /// # Errors
    /// [`UnusableApi`] if the options name an address that is none.
    pub fn new(
        options: &GmailOptions,
        accounts: Arc<dyn MailAccountStore>,
        vault: Arc<TokenVault>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, UnusableApi> {
        let accounts = Accounts {
            store: accounts,
            vault,
            tokens: TokenService::new(options)?,
            clock: clock.clone(),
            kept: Mutex::default(),
        };
        let pace = Arc::new(SendingPace::new(options.sends_per_minute, options.sends_per_day));
        let (options, api) = (options.clone(), options.gmail()?);
        Ok(Self {
            shared: Arc::new(Shared { options, api, accounts, clock, pauses: Mutex::default() }),
            pace,
        })
    }

    /// Asks a limiter for each email instead of its own [`SendingPace`]: for one call of `gmail:` and the agent's id.
    #[must_use]
    pub fn paced_by(self, limiter: Arc<dyn RateLimiter>) -> Self {
        Self { pace: limiter, ..self }
    }

    /// Finds out whether an agent's account can be used, by one call for a new access token. If Google says that the agent
    /// took the consent back, that is stored.
    ///
    /// # Errors
    /// [`Fault::NotFound`] if the agent connected none, [`Fault::Misconfigured`] if it must be connected again, and whatever
    /// else keeps Google from giving a token.
    pub async fn probe_account(&self, user: &UserId) -> PortResult<()> {
        on_a_runtime()?;
        let asked = timeout(self.shared.options.timeout, self.shared.accounts.fresh(user)).await;
        asked.map_err(|_| late())?.map_err(NoAccess::into_error)
    }

    async fn send_one(&self, email: &OutgoingEmail, deadline: Moment) -> SendOutcome {
        let mut stage = Stage::Before;
        match timeout_at(deadline, self.hand_over(email, &mut stage)).await {
            Ok(outcome) => outcome,
            Err(_) if stage == Stage::Before => verdict::not_sent(late(), self.shared.clock.now()),
            Err(_) => SendOutcome::Unknown { reason: "Gmail did not answer in time".to_owned() },
        }
    }

    async fn hand_over(&self, email: &OutgoingEmail, stage: &mut Stage) -> SendOutcome {
        let Shared { accounts, clock, options, .. } = &*self.shared;
        if let Some((reason, until)) = self.pause(&email.user_id) {
            return SendOutcome::NotSent { reason, not_before: Some(until) };
        }
        let letter = match Letter::of(email) {
            Ok(letter) => letter,
            Err(reason) => return SendOutcome::NeedsPeople { reason },
        };
        let mut access = match accounts.access(&email.user_id, None).await {
            Ok(access) => access,
            Err(trouble) => return verdict::without_access(trouble, clock.now()),
        };
        if !options.aliases && email.message.from.address.key() != access.account.address.key() {
            let reason =
                "the email is from another address than that of the agent's Gmail account".to_owned();
            return SendOutcome::NeedsPeople { reason };
        }
        let now = clock.now();
        match self.pace.take(&format!("gmail:{}", email.user_id), 1, now).await {
            Ok(Permit::Granted) => {}
            Ok(Permit::Exhausted { retry_at }) => {
                let reason = "the agent's account has sent as much as it is to for now".to_owned();
                return self.rest(&email.user_id, reason, retry_at);
            }
            Err(error) => return verdict::not_sent(error, now),
        }
        for refreshed in [false, true] {
            *stage = Stage::HandingOver;
            let verdict = match self.post(&access, &letter).await {
                Ok(verdict) => verdict,
                Err(outcome) => return outcome,
            };
            match verdict {
                Verdict::Outcome(outcome) => return outcome,
                Verdict::Pause { reason, until } => return self.rest(&email.user_id, reason, until),
                Verdict::Revoked(reason) => {
                    accounts.revoke(&access.account, reason).await;
                    return verdict::without_access(NoAccess::Revoked(reason.to_owned()), clock.now());
                }
                Verdict::Unauthorized if refreshed => break,
                Verdict::Unauthorized => {}
            }
            *stage = Stage::Before;
            access = match accounts.access(&email.user_id, Some(&access.token)).await {
                Ok(access) => access,
                Err(trouble) => return verdict::without_access(trouble, clock.now()),
            };
        }
        let reason = "Gmail takes no access token of this account, not even a new one (HTTP 401): it may have to be \
                      connected again";
        SendOutcome::NeedsPeople { reason: reason.to_owned() }
    }

    /// Hands an email over, once.
    async fn post(&self, access: &Access, letter: &Letter) -> Result<Verdict, SendOutcome> {
        let now = || self.shared.clock.now();
        let api = self.with(&access.token).map_err(|error| verdict::not_sent(error, now()))?;
        let (path, query, kind) = match letter {
            Letter::Json(_) => (SEND_PATH, &[][..], "application/json"),
            Letter::Upload(_) => (UPLOAD_PATH, &[("uploadType", "media")][..], "message/rfc822"),
        };
        let (Letter::Json(body) | Letter::Upload(body)) = letter;
        match api.hand_over(path, query, kind, body.clone(), None, &Allowance::unlimited()).await {
            Ok(answer) => Ok(verdict::of(&answer, now())),
            Err(Unanswered::NotHeard(error)) => Err(SendOutcome::Unknown { reason: error.to_string() }),
            Err(Unanswered::NotAsked(error)) => Err(verdict::not_sent(error, now())),
        }
    }

    /// Asks for something at Gmail by an agent's account.
    async fn get(&self, user: &UserId, path: &str, query: &[(&str, &str)]) -> Result<Answer, NoAccess> {
        let accounts = &self.shared.accounts;
        let access = accounts.access(user, None).await?;
        let answer = self.with(&access.token)?.get(path, query, &Allowance::unlimited()).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let access = accounts.access(user, Some(&access.token)).await?;
        Ok(self.with(&access.token)?.get(path, query, &Allowance::unlimited()).await?)
    }

    fn with(&self, token: &SecretString) -> PortResult<HttpApi> {
        let unusable = |_| PortError::new(Fault::Garbled, "Google gave a token that cannot be sent");
        self.shared.api.clone().keyed("authorization", "Bearer ", token).map_err(unusable)
    }

    /// Why and until when an agent's account rests, if it does.
    fn pause(&self, user: &UserId) -> Option<(String, Instant)> {
        let now = self.shared.clock.now();
        let mut pauses = self.shared.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        let pause = pauses.get(user)?;
        if now < pause.1 && pause.1 - now <= LONGEST_PAUSE {
            return Some(pause.clone());
        }
        pauses.remove(user);
        None
    }

    fn rest(&self, user: &UserId, reason: String, until: Instant) -> SendOutcome {
        // Each change is one insert; a panic elsewhere leaves the map whole.
        let mut pauses = self.shared.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        pauses.insert(user.clone(), (reason.clone(), until));
        SendOutcome::NotSent { reason, not_before: Some(until) }
    }
}

/// An email as Gmail gets it.
enum Letter {
    Json(Vec<u8>),
    Upload(Vec<u8>),
}

impl Letter {
    /// # Errors
    /// Why the email cannot be written, for people.
    fn of(email: &OutgoingEmail) -> Result<Self, String> {
        let bytes = mime::bytes(email)?;
        if bytes.len() > LARGEST {
            return Err("the email is too large for Gmail".to_owned());
        }
        if bytes.len() > LARGEST_IN_JSON {
            return Ok(Self::Upload(bytes));
        }
        Ok(Self::Json(format!(r#"{{"raw":"{}"}}"#, URL_SAFE.encode(bytes)).into_bytes()))
    }
}

fn on_a_runtime() -> PortResult<()> {
    match Handle::try_current() {
        Ok(_) => Ok(()),
        Err(_) => Err(PortError::new(Fault::Misconfigured, NO_RUNTIME)),
    }
}

fn late() -> PortError {
    PortError::new(Fault::Unavailable, "Google did not answer in time")
}

/// Bytes as they may stand in a link.
fn url_safe(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn from_url_safe(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[async_trait]
impl Mailer for GmailMailer {
    /// Emails of one agent one after the other, agents beside each other.
    async fn send(&self, emails: &[OutgoingEmail]) -> Vec<SendOutcome> {
        if let Err(error) = on_a_runtime() {
            return vec![SendOutcome::NeedsPeople { reason: error.to_string() }; emails.len()];
        }
        let deadline = Moment::now() + self.shared.options.timeout;
        let mut of_agents: HashMap<&UserId, Vec<usize>> = HashMap::new();
        for (n, email) in emails.iter().enumerate() {
            of_agents.entry(&email.user_id).or_default().push(n);
        }
        let unsaid = SendOutcome::Unknown { reason: "nobody said what became of the email".to_owned() };
        let mut outcomes = vec![unsaid; emails.len()];
        let sent = stream::iter(of_agents.into_values().map(|of_agent| async move {
            let mut outcomes = Vec::with_capacity(of_agent.len());
            for n in of_agent {
                outcomes.push((n, self.send_one(&emails[n], deadline).await));
            }
            outcomes
        }));
        let mut sent = sent.buffer_unordered(AGENTS);
        while let Some(of_agent) = sent.next().await {
            for (n, outcome) in of_agent {
                outcomes[n] = outcome;
            }
        }
        outcomes
    }

    async fn look_up(&self, inquiry: &Inquiry) -> LookUp {
        if on_a_runtime().is_err() {
            return LookUp::CannotTell;
        }
        let trouble = match timeout(self.shared.options.timeout, search::look_up(self, inquiry)).await {
            Ok(Ok(found)) => return found,
            Ok(Err(trouble)) => trouble.into_error(),
            Err(_) => late(),
        };
        tracing::info!(
            user_id = inquiry.user_id.as_str(),
            email_id = inquiry.email_id.as_str(),
            %trouble,
            "Gmail could not be asked about an email"
        );
        LookUp::CannotTell
    }

    fn settling_time(&self) -> Option<Duration> {
        Some(self.shared.options.settling)
    }
}

#[async_trait]
impl Probe for GmailMailer {
    /// Asks Google's token service for a token by a refresh token that is none: a client that is known hears that of the
    /// token, any other that of itself. No agent's account takes part in it.
    async fn probe(&self) -> PortResult<()> {
        on_a_runtime()?;
        self.shared.accounts.tokens.knows_the_client().await
    }
}

impl fmt::Debug for GmailMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GmailMailer").field("options", &self.shared.options).finish_non_exhaustive()
    }
}
