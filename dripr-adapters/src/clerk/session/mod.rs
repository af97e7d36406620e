//! Who somebody is that brings one of Clerk's session tokens (`clerk.com/docs/guides/sessions/manual-jwt-verification`).
//!
//! A token is a JWT signed with RS256, that lasts a minute. What is looked at, in this order:
//!
//! 1. It has three parts, its algorithm is RS256, and it names a key (`kid`) that Clerk publishes; parameters of its head that
//!    are not known are ignored, but for `crit` (RFC 7515, section 4.1.11).
//! 2. The key signed it.
//! 3. `exp`, `nbf` and `iat`, with a leeway of [`LEEWAY_SECONDS`]; `iss` is the deployment's Frontend API; `azp`, where there is
//!    one, is an origin that is allowed; `sts` is not `pending`.
//! 4. There is a `sid` and no `aud`: an instance signs other tokens with the same key, by templates of its own. Those are for other
//!    programs, and may last for years.
//!
//! Both versions of its claims are understood, with the active organisation in `o` or in `org_…`.
//!
//! The published keys are kept for an hour, and asked for again where a token names another one, twice a minute at most. While
//! they cannot be had, those that are known still count.

mod claims;
mod keys;
mod options;
mod problem;
mod token;

use std::{fmt, sync::Arc};

use dripr_core::{ids::UserId, ports::Clock, schedule::Instant};

use self::{keys::Keys, token::Token};
use crate::http::{HttpApi, UnusableApi};

pub use claims::LEEWAY_SECONDS;
pub use options::SessionOptions;
pub use problem::SessionProblem;

/// Who somebody is that is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who: the agent's id.
    pub user_id: UserId,
    /// The session's id.
    pub session_id: String,
    /// For which organisation they act, if for one.
    pub organization: Option<Organization>,
    /// Who really acts, where somebody was let in as another (`act.sub`).
    pub impersonated_by: Option<String>,
    /// When the token ends.
    pub expires_at: Instant,
}

/// The organisation that somebody acts for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: String,
    /// Its name in addresses.
    pub slug: Option<String>,
    /// Their role in it, such as `admin`; without `org:` before it.
    pub role: Option<String>,
}

/// Reads session tokens.
///
/// ```
/// use std::sync::Arc;
/// use dripr_adapters::clerk::session::{SessionOptions, SessionProblem, Sessions};
/// use dripr_core::testkit::ManualClock;
///
/// # let rt = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
/// # rt.block_on(async {
/// let clock = Arc::new(ManualClock::at("2026-03-01T12:00:00Z".parse()?));
/// let options = SessionOptions::new("https://clerk.brokerage.example", ["https://app.brokerage.example".to_owned()]);
/// let sessions = Sessions::new(options, clock)?;
/// assert!(matches!(sessions.verify("no token").await, Err(SessionProblem::Malformed(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct Sessions {
    issuer: Arc<str>,
    authorized_parties: Arc<[String]>,
    keys: Arc<Keys>,
    clock: Arc<dyn Clock>,
}

impl Sessions {
    /// Of a deployment's Clerk instance. Nothing is asked yet.
    ///
    /// # Errors
    /// [`UnusableApi`] if an address is none.
    pub fn new(options: SessionOptions, clock: Arc<dyn Clock>) -> Result<Self, UnusableApi> {
        let (folder, path) = options.jwks();
        let api = HttpApi::new(keys::PROVIDER, &folder, &options.http())?;
        Ok(Self {
            issuer: options.issuer.trim_end_matches('/').into(),
            authorized_parties: options.authorized_parties.into(),
            keys: Arc::new(Keys::new(api, path)),
            clock,
        })
    }

    /// Who brings a token: that of `Authorization: Bearer …`, or of the cookie `__session`.
    ///
    /// # Errors
    /// [`SessionProblem`]. Let nobody in; [`SessionProblem::is_ours`] tells whether it is worth trying again.
    pub async fn verify(&self, token: &str) -> Result<Session, SessionProblem> {
        let now = self.clock.now();
        let token = Token::read(token)?;
        let key = self.keys.key(token.key_id(), now).await?;
        let claims = token.claims(&key)?;
        claims.session(&self.issuer, &self.authorized_parties, now)
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}
