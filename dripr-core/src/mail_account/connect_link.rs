//! Links by which an agent connects their own mail account without signing in.

use secrecy::SecretString;

use crate::{
    email::{InvalidOptOutLink, check_base, check_key, signature},
    ids::UserId,
    schedule::Instant,
};

/// Makes and checks links by which an agent connects their own mail account. Whoever has one can connect an account of
/// their choice to the agent's: it is for the agent alone, and ends.
#[derive(Clone)]
pub struct ConnectLinks {
    base: String,
    key: SecretString,
}

impl std::fmt::Debug for ConnectLinks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConnectLinks").field("base", &self.base).finish_non_exhaustive()
    }
}

/// Why a link does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnusableConnectLink {
    /// It was not made by us.
    #[error("This link is not valid. It may have been cut off on its way.")]
    Forged,
    /// It is too old.
    #[error("This link has expired. Please ask for a new one.")]
    Expired,
}

impl ConnectLinks {
    /// Links under a public base address, signed with a key.
    ///
    /// # Errors
    /// The base address is none, or the key too short.
    pub fn new(base: &str, key: SecretString) -> Result<Self, InvalidOptOutLink> {
        check_key(&key)?;
        Ok(Self { base: check_base(base)?, key })
    }

    /// Where the provider leads back to.
    #[must_use]
    pub fn callback(&self, provider: &str) -> String {
        format!("{}/connect/{provider}/callback", self.base)
    }

    /// The link for an agent to connect an account at a provider such as `gmail`, which works until an instant.
    ///
    /// ```
    /// use dripr_core::{ids::UserId, mail_account::{ConnectLinks, UnusableConnectLink}, schedule::Instant};
    /// let links = ConnectLinks::new("https://mail.example", "a long random secret text".to_string().into())?;
    /// let (ana, until): (UserId, Instant) = (UserId::new("ana")?, "2026-03-01T12:00:00Z".parse()?);
    /// let link = links.link("gmail", &ana, until);
    /// let path = link.strip_prefix("https://mail.example/connect/gmail/").unwrap();
    /// assert_eq!(links.check(path, "2026-03-01T11:59:59Z".parse()?), Ok(ana));
    /// assert_eq!(links.check(path, until), Err(UnusableConnectLink::Expired));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn link(&self, provider: &str, user: &UserId, until: Instant) -> String {
        let until = until.timestamp().to_string();
        let signature = signature::sign(&self.key, &["connect", user.as_str(), &until]);
        format!("{}/connect/{provider}/{user}/{until}/{signature}", self.base)
    }

    /// Whom the part of a link after the provider's name is for.
    ///
    /// # Errors
    /// [`UnusableConnectLink`], a sentence for the agent.
    pub fn check(&self, path: &str, now: Instant) -> Result<UserId, UnusableConnectLink> {
        let mut parts = path.split('/');
        let (Some(user), Some(until), Some(given), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(UnusableConnectLink::Forged);
        };
        let genuine = signature::is_of(given, &self.key, &["connect", user, until]);
        let user = UserId::new(user).ok().filter(|_| genuine).ok_or(UnusableConnectLink::Forged)?;
        let until: i64 = until.parse().map_err(|_| UnusableConnectLink::Forged)?;
        if now.timestamp() < until { Ok(user) } else { Err(UnusableConnectLink::Expired) }
    }
}
