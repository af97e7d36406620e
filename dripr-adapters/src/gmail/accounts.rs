//! The agents' accounts, and access to each.
//!
//! An access token is asked for when it is needed and kept in memory until shortly before it expires. Whoever needs one
//! that is being asked for waits for it; agents do not wait for each other. The account is read from the store each time, so
//! that an agent who disconnects, or connects another account, is obeyed at once and by every process.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::TimeDelta;
use dripr_core::{
    errors::{Fault, PortError, PortResult},
    ids::UserId,
    mail_account::{Grant, MailAccount, lose},
    ports::{Clock, MailAccountStore},
    schedule::Instant,
};
use futures_util::lock::Mutex as AsyncMutex;
use secrecy::{ExposeSecret, SecretString};

use super::{
    scope,
    token_service::{NoTokens, TokenService, Tokens},
};
use crate::token_vault::TokenVault;

/// A token is not used any more so long before it expires.
const MARGIN: TimeDelta = TimeDelta::seconds(60);
/// How often a change of an account is tried while others change it.
const TRIES: usize = 5;

/// The agents' accounts.
pub(super) struct Accounts {
    pub(super) store: Arc<dyn MailAccountStore>,
    pub(super) vault: Arc<TokenVault>,
    pub(super) tokens: TokenService,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) kept: Mutex<HashMap<UserId, Arc<AsyncMutex<Option<Kept>>>>>,
}

/// What is known of an agent's grant.
pub(super) struct Kept {
    /// Of which grant.
    of: GrantId,
    /// The token, or what Google said when it refused.
    known: Result<Token, String>,
}

/// Which grant of an agent's: another version, or another consent, is another one.
type GrantId = (u64, Instant);

fn id(account: &MailAccount) -> GrantId {
    (account.version, account.connected_at)
}

struct Token {
    secret: SecretString,
    from: Instant,
    until: Instant,
}

/// Access to an agent's account.
pub(super) struct Access {
    pub(super) account: MailAccount,
    pub(super) token: SecretString,
}

/// Why there is no access.
#[derive(Debug)]
pub(super) enum NoAccess {
    /// The agent has connected no account.
    NotConnected,
    /// The agent took it back, or it ran out.
    Revoked(String),
    /// It could not be found out.
    Trouble(PortError),
}

impl From<PortError> for NoAccess {
    fn from(error: PortError) -> Self {
        Self::Trouble(error)
    }
}

impl NoAccess {
    /// As an error of a port.
    pub(super) fn into_error(self) -> PortError {
        match self {
            Self::NotConnected => PortError::new(Fault::NotFound, "this agent has not connected Gmail"),
            Self::Revoked(reason) => {
                let message = format!(
                    "Gmail must be connected again, since Google gives no access any more ({reason})"
                );
                PortError::new(Fault::Misconfigured, message)
            }
            Self::Trouble(error) => error,
        }
    }
}

impl Accounts {
    /// An agent's account, if it can be used. Nobody but the store is asked.
    pub(super) async fn usable(&self, user: &UserId) -> Result<MailAccount, NoAccess> {
        let account = self.store.mail_account(user).await?.ok_or(NoAccess::NotConnected)?;
        match account.grant {
            Grant::Given => Ok(account),
            Grant::Revoked { reason, .. } => Err(NoAccess::Revoked(reason)),
            Grant::Forgotten { .. } => Err(NoAccess::NotConnected),
        }
    }

    /// Access to an agent's account, with a token other than the one that was refused.
    pub(super) async fn access(
        &self,
        user: &UserId,
        refused: Option<&SecretString>,
    ) -> Result<Access, NoAccess> {
        let place = self.place(user);
        let mut kept = place.lock().await;
        let account = self.usable(user).await?;
        let now = self.clock.now();
        match kept.as_ref().filter(|kept| kept.of == id(&account)).map(|kept| &kept.known) {
            Some(Ok(token)) if token.is_good(now) && !token.is(refused) => {
                return Ok(Access { token: token.secret.clone(), account });
            }
            // Google said so before, and only the store has not heard of it.
            Some(Err(reason)) => {
                let reason = reason.clone();
                self.revoke(&account, &reason).await;
                return Err(NoAccess::Revoked(reason));
            }
            Some(Ok(_)) | None => *kept = None,
        }
        match self.fetch(&account).await {
            Ok((account, token)) => {
                let secret = token.secret.clone();
                *kept = Some(Kept { of: id(&account), known: Ok(token) });
                Ok(Access { account, token: secret })
            }
            Err(NoAccess::Revoked(reason)) => {
                *kept = Some(Kept { of: id(&account), known: Err(reason.clone()) });
                self.revoke(&account, &reason).await;
                Err(NoAccess::Revoked(reason))
            }
            Err(other) => Err(other),
        }
    }

    /// Asks for a token, whether one is kept or not, and keeps it.
    pub(super) async fn fresh(&self, user: &UserId) -> Result<(), NoAccess> {
        if let Some(kept) = &mut *self.place(user).lock().await
            && kept.known.is_ok()
        {
            kept.of = (0, Instant::MIN_UTC);
        }
        self.access(user, None).await.map(drop)
    }

    /// Notes that an agent has to agree again. If somebody else changed the account meanwhile, that stands.
    pub(super) async fn revoke(&self, account: &MailAccount, reason: &str) {
        match lose(&*self.store, account, reason, self.clock.now()).await {
            Ok(true) => tracing::warn!(
                user_id = account.user_id.as_str(),
                reason,
                "Gmail gives no access to this agent's account any more: it must be connected again"
            ),
            Ok(false) => {}
            Err(error) => tracing::error!(
                user_id = account.user_id.as_str(),
                %error,
                "that Gmail must be connected again could not be stored"
            ),
        }
    }

    fn place(&self, user: &UserId) -> Arc<AsyncMutex<Option<Kept>>> {
        // Each change is one insert; a panic elsewhere leaves the map whole.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).entry(user.clone()).or_default().clone()
    }

    async fn fetch(&self, account: &MailAccount) -> Result<(MailAccount, Token), NoAccess> {
        let refresh = self.vault.open(&account.user_id, &account.refresh_token).map_err(|error| {
            let message = "Gmail must be connected again, or the deployment's older key be given";
            PortError::new(Fault::Misconfigured, message).caused_by(error)
        })?;
        let given = self.tokens.refresh(&refresh).await.map_err(|error| match error {
            NoTokens::InvalidGrant(said) => NoAccess::Revoked(said),
            NoTokens::Other(error) => NoAccess::Trouble(error),
        })?;
        if given.scopes.as_ref().is_some_and(|scopes| !scope::can_send(scopes)) {
            return Err(NoAccess::Revoked("sending is not allowed any more".to_owned()));
        }
        let token = Token::new(&given, self.clock.now());
        let rotated = given.refresh.filter(|new| new.expose_secret() != refresh.expose_secret());
        let account = match rotated {
            Some(new) => self.keep_rotated(account, &new).await,
            None => account.clone(),
        };
        Ok((account, token))
    }

    /// Stores the refresh token that takes the place of the former. Where that fails the token that was given with it is
    /// used all the same, and what Google makes of the former one turns out later.
    async fn keep_rotated(&self, account: &MailAccount, new: &SecretString) -> MailAccount {
        let stored = match self.vault.seal(&account.user_id, new) {
            Ok(sealed) => self.change(account, |account| account.refresh_token = sealed.clone()).await,
            Err(error) => Err(PortError::new(Fault::Invalid, error.to_string())),
        };
        match stored {
            Ok(changed) => changed.unwrap_or_else(|| account.clone()),
            Err(error) => {
                tracing::error!(
                    user_id = account.user_id.as_str(),
                    %error,
                    "a new refresh token of Gmail could not be stored"
                );
                account.clone()
            }
        }
    }

    /// Changes an account, as long as its grant is still the same. `None` if it is not.
    async fn change(
        &self,
        account: &MailAccount,
        change: impl Fn(&mut MailAccount) + Send + Sync,
    ) -> PortResult<Option<MailAccount>> {
        let mut known = account.clone();
        for _ in 0..TRIES {
            let mut changed = known.clone();
            change(&mut changed);
            if self.store.put_mail_account(changed.clone(), None).await? {
                changed.version += 1;
                return Ok(Some(changed));
            }
            match self.store.mail_account(&account.user_id).await? {
                Some(now) if now.is_of_the_consent_of(account) => known = now,
                Some(_) | None => return Ok(None),
            }
        }
        Ok(None)
    }
}

impl Token {
    fn new(given: &Tokens, now: Instant) -> Self {
        // A token that lasts a minute or two is used for half of that.
        let usable = (given.lasts - MARGIN).max(given.lasts / 2);
        Self { secret: given.access.clone(), from: now, until: now.checked_add_signed(usable).unwrap_or(now) }
    }

    /// A clock that was ahead and is right again keeps no token alive.
    fn is_good(&self, now: Instant) -> bool {
        self.from <= now && now < self.until
    }

    fn is(&self, other: Option<&SecretString>) -> bool {
        other.is_some_and(|other| other.expose_secret() == self.secret.expose_secret())
    }
}
