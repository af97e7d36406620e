//! Links by which an agent connects their own mail account without signing in.

use secrecy::SecretString;

use super::AccountMark;
use crate::{
    campaign::Actor,
    email::{InvalidOptOutLink, check_base, check_key, signature},
    ids::{ApiKeyId, UserId},
    schedule::Instant,
};

/// What their signatures are for.
const PURPOSE: &str = "connect";

/// Makes and checks links by which an agent connects their own mail account. Whoever has one can connect an account of
/// their choice to the agent's: it is for the agent alone, and ends. [`invited`](super::invited()) says when.
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

/// What a link says, besides until when it works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectClaim {
    /// Which agent it is for.
    pub user_id: UserId,
    /// Who made it.
    pub by: Actor,
    /// How the agent's account stood then.
    pub mark: AccountMark,
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
    /// The agent was removed.
    #[error("There is no such account any more.")]
    NoAccount,
    /// Who made it may not any more.
    #[error("Whoever made this link may not do so any more. Please ask for a new one.")]
    Withdrawn,
    /// It was used, or the account stands otherwise for another reason.
    #[error("An account was connected or disconnected since this link was made. Please ask for a new one.")]
    Spent,
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

    /// The link for an agent to connect an account at a provider such as `gmail`, which works until an instant at most.
    ///
    /// ```
    /// use dripr_core::{
    ///     campaign::Actor, mail_account::{AccountMark, ConnectClaim, ConnectLinks, UnusableConnectLink}, schedule::Instant,
    /// };
    /// let links = ConnectLinks::new("https://mail.example", "a long random secret text".to_string().into())?;
    /// let until: Instant = "2026-03-01T12:00:00Z".parse()?;
    /// let claim = ConnectClaim { user_id: "ana".parse()?, by: Actor::User("amy".parse()?), mark: AccountMark::Nothing };
    /// let link = links.link("gmail", &claim, until);
    /// let path = link.strip_prefix("https://mail.example/connect/gmail/").unwrap();
    /// assert_eq!(links.check(path, "2026-03-01T11:59:59Z".parse()?), Ok(claim));
    /// assert_eq!(links.check(path, until), Err(UnusableConnectLink::Expired));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn link(&self, provider: &str, claim: &ConnectClaim, until: Instant) -> String {
        let (user, until) = (claim.user_id.as_str(), until.timestamp().to_string());
        let (by, mark) = (maker(&claim.by), claim.mark.to_string());
        let signature = signature::sign(&self.key, &[PURPOSE, user, &until, &by, &mark]);
        format!("{}/connect/{provider}/{user}/{until}/{by}/{mark}/{signature}", self.base)
    }

    /// What the part of a link after the provider's name says, if it was made by us and its time is not over. Whether it still
    /// works is what [`invited`](super::invited()) says.
    ///
    /// # Errors
    /// [`UnusableConnectLink`], a sentence for the agent.
    pub fn check(&self, path: &str, now: Instant) -> Result<ConnectClaim, UnusableConnectLink> {
        let parts: Vec<&str> = path.split('/').collect();
        let &[user, until, by, mark, given] = parts.as_slice() else {
            return Err(UnusableConnectLink::Forged);
        };
        if !signature::is_of(given, &self.key, &[PURPOSE, user, until, by, mark]) {
            return Err(UnusableConnectLink::Forged);
        }
        let (user_id, by, mark) = (UserId::new(user).ok(), made_by(by), mark.parse::<AccountMark>().ok());
        let (Some(user_id), Some(by), Some(mark), Ok(until)) = (user_id, by, mark, until.parse::<i64>())
        else {
            return Err(UnusableConnectLink::Forged);
        };
        if now.timestamp() >= until {
            return Err(UnusableConnectLink::Expired);
        }
        Ok(ConnectClaim { user_id, by, mark })
    }
}

/// Who made a link, as it says it.
fn maker(by: &Actor) -> String {
    match by {
        Actor::System => "system".to_owned(),
        Actor::Recipient => "recipient".to_owned(),
        Actor::Provider => "provider".to_owned(),
        Actor::Operator => "operator".to_owned(),
        Actor::User(id) => format!("agent:{id}"),
        Actor::ApiKey(id) => format!("key:{id}"),
    }
}

fn made_by(text: &str) -> Option<Actor> {
    Some(match text.split_once(':') {
        None if text == "system" => Actor::System,
        None if text == "recipient" => Actor::Recipient,
        None if text == "provider" => Actor::Provider,
        None if text == "operator" => Actor::Operator,
        Some(("agent", id)) => Actor::User(UserId::new(id).ok()?),
        Some(("key", id)) => Actor::ApiKey(ApiKeyId::new(id).ok()?),
        None | Some(_) => return None,
    })
}
