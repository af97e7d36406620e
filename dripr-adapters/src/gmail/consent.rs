//! How an agent agrees that emails are sent by their account: OAuth's authorization code, with PKCE (RFC 6749, 7636).

use std::{fmt, sync::Arc};

use dripr_core::{
    campaign::{Actor, AuditEntry},
    email::EmailAddress,
    errors::PortError,
    ids::UserId,
    mail_account::{AccountMark, Grant, MailAccount},
    ports::{Allowance, Entropy, MailAccountStore},
    schedule::Instant,
};
use reqwest::Url;
use secrecy::SecretString;
use serde::Deserialize;

use super::{
    GmailOptions, READ, SEND, scope,
    state::{Claim, States},
    token_service::{NoTokens, TokenService, Tokens},
};
use crate::{
    http::{HttpApi, UnusableApi, json},
    token_vault::{TokenVault, TokenVaultError},
};

/// How often the account is stored anew while others change it.
const TRIES: usize = 3;

/// Takes agents' consent.
///
/// An agent is sent to [`GmailConsent::url`]. Google sends them back to the redirect address with `state`, and with `code` or
/// `error`. Nothing is stored meanwhile: the state is signed, lasts ten minutes, and works once and only while the agent's account
/// stands as it did when they were sent there ([`AccountMark`]): who had it forgotten meanwhile does not get it back.
///
/// The state says which agent began, and not who came back. The page behind the redirect address must see that whoever is
/// logged in there is the agent of [`GmailConsent::user`]; or somebody could have another person's mailbox connected to their
/// own account.
///
/// ```no_run
/// use std::sync::Arc;
/// use dripr_adapters::{gmail::{ConsentError, GmailConsent, GmailOptions}, token_vault::TokenVault};
/// use dripr_core::{agent::Agent, mail_account::AccountMark, ports::{Entropy, MailAccountStore}, schedule::Instant};
///
/// # async fn example(
/// #     accounts: Arc<dyn MailAccountStore>, vault: Arc<TokenVault>, entropy: Arc<dyn Entropy>, ana: Agent, now: Instant,
/// # ) -> Result<(), Box<dyn std::error::Error>> {
/// let options = GmailOptions::new("1234.apps.googleusercontent.com", std::env::var("GOOGLE_CLIENT_SECRET")?.into());
/// let state_key = std::env::var("DRIPR_STATE_KEY")?.into();
/// let redirect = "https://dripr.example/gmail/connected";
/// let mark = AccountMark::of(accounts.mail_account(&ana.id).await?.as_ref());
/// let consent = GmailConsent::new(&options, redirect, &state_key, accounts, vault, entropy)?;
/// let link = consent.url(&ana.id, &ana.email, mark, now);
///
/// // Later, behind the redirect address, with what stands in its query:
/// # let (state, code) = ("", "");
/// let user = consent.user(state, now)?;
/// assert_eq!(user, ana.id, "who is logged in");
/// let account = consent.accept(&code.into(), state, &ana.email, now).await?;
/// # Ok(())
/// # }
/// ```
pub struct GmailConsent {
    tokens: TokenService,
    api: HttpApi,
    page: Url,
    client_id: String,
    redirect_uri: String,
    look_ups: bool,
    states: States,
    accounts: Arc<dyn MailAccountStore>,
    vault: Arc<TokenVault>,
    entropy: Arc<dyn Entropy>,
}

/// Why agents cannot be asked for consent.
#[derive(Debug, thiserror::Error)]
pub enum UnusableConsent {
    /// Google cannot be asked.
    #[error(transparent)]
    Api(#[from] UnusableApi),
    /// The address of Google's page is none.
    #[error("the address at which agents agree is not an http or https URL: {0:?}")]
    Page(String),
    /// The redirect address is none.
    #[error("the address to which Google sends agents back is not an http or https URL: {0:?}")]
    Redirect(String),
    /// The key is too easily guessed.
    #[error("the key that signs consents must have at least 16 characters")]
    StateKey,
}

/// Why a consent was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// The agent said no.
    #[error(
        "Gmail was not connected, because access was not allowed. Connect it again if that was a mistake."
    )]
    Denied,
    /// Google sent the agent back with an error of another kind.
    #[error("Gmail was not connected: Google reports the error {0:?}.")]
    Google(String),
    /// The state is not ours.
    #[error("This link was not made here. Begin again on the page where Gmail is connected.")]
    Forged,
    /// The state is too old.
    #[error("Connecting Gmail took too long. Begin again on the page where Gmail is connected.")]
    Expired,
    /// The state was used, or the account stands otherwise since it was made.
    #[error(
        "Gmail was connected or disconnected since this was begun. Begin again if it is not as you want it."
    )]
    Used,
    /// Google does not take the code.
    #[error(
        "Google does not take its own answer any more ({0}). Begin again on the page where Gmail is connected."
    )]
    CodeRefused(String),
    /// Sending was left out of what was allowed.
    #[error(
        "Gmail was not connected, because sending email was not allowed. Connect it again and leave the box for sending ticked."
    )]
    ScopeMissing,
    /// Access would end within the hour.
    #[error(
        "Google gave access for an hour only. Remove dripr at https://myaccount.google.com/connections and connect Gmail again."
    )]
    NoRefreshToken,
    /// There is no such agent, or their account was changed by somebody else all the time.
    #[error(
        "Gmail was not connected, because the account was changed by somebody else or is not there any more."
    )]
    NotStored,
    /// The token cannot be sealed.
    #[error("Gmail was not connected: {0}")]
    Vault(#[from] TokenVaultError),
    /// Google or the store failed.
    #[error("Gmail was not connected: {0}")]
    Failed(#[from] PortError),
}

impl GmailConsent {
    /// Takes consent for an OAuth client. `redirect_uri` is one that Google's console has for it; `state_key` is any secret
    /// of 16 characters at least, the same in every process.
    ///
    /// # Errors
    /// [`UnusableConsent`] naming what cannot be used.
    pub fn new(
        options: &GmailOptions,
        redirect_uri: impl Into<String>,
        state_key: &SecretString,
        accounts: Arc<dyn MailAccountStore>,
        vault: Arc<TokenVault>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, UnusableConsent> {
        let redirect_uri = redirect_uri.into();
        let web = |url: &str| Url::parse(url).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
        if web(&redirect_uri).is_none() {
            return Err(UnusableConsent::Redirect(redirect_uri));
        }
        let page = options.consent();
        Ok(Self {
            tokens: TokenService::new(options)?,
            api: options.gmail()?,
            page: web(page).ok_or_else(|| UnusableConsent::Page(page.to_owned()))?,
            client_id: options.client_id.clone(),
            redirect_uri,
            look_ups: options.look_ups,
            states: States::new(state_key).ok_or(UnusableConsent::StateKey)?,
            accounts,
            vault,
            entropy,
        })
    }

    /// The page at Google on which an agent agrees, with a new state in it. `address` is the account that it suggests; `mark` says
    /// how the agent's account stands.
    #[must_use]
    pub fn url(&self, user: &UserId, address: &EmailAddress, mark: AccountMark, now: Instant) -> String {
        let state = self.states.issue(user, mark, &*self.entropy, now);
        let scopes = if self.look_ups { format!("{SEND} {READ}") } else { SEND.to_owned() };
        let mut url = self.page.clone();
        url.query_pairs_mut().extend_pairs([
            ("client_id", self.client_id.as_str()),
            ("redirect_uri", &self.redirect_uri),
            ("response_type", "code"),
            ("scope", &scopes),
            ("access_type", "offline"),
            // Without it Google gives a refresh token at the first time only.
            ("prompt", "consent"),
            ("include_granted_scopes", "true"),
            ("login_hint", address.as_str()),
            ("code_challenge", &self.states.challenge(&state)),
            ("code_challenge_method", "S256"),
            ("state", &state),
        ]);
        url.into()
    }

    /// The agent who began, by a state that came back.
    ///
    /// # Errors
    /// [`ConsentError::Forged`] or [`ConsentError::Expired`].
    pub fn user(&self, state: &str, now: Instant) -> Result<UserId, ConsentError> {
        self.states.read(state, now).map(|claim| claim.user_id)
    }

    /// What the `error` means with which Google sent an agent back.
    #[must_use]
    pub fn refusal(error: &str) -> ConsentError {
        match error {
            "access_denied" => ConsentError::Denied,
            other => {
                let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
                ConsentError::Google(other.chars().filter(plain).take(60).collect())
            }
        }
    }

    /// Takes the consent for which Google gave a code: has it exchanged, and stores the account, with a line in the agent's
    /// history. `own` is the agent's address, which the account is taken to have where what was allowed does not let it be
    /// asked for.
    ///
    /// # Errors
    /// [`ConsentError`], a sentence for the agent. Then nothing was stored.
    pub async fn accept(
        &self,
        code: &SecretString,
        state: &str,
        own: &EmailAddress,
        now: Instant,
    ) -> Result<MailAccount, ConsentError> {
        let claim = self.states.read(state, now)?;
        self.unused(&claim).await?;
        let verifier = self.states.verifier(state);
        let given = self.tokens.exchange(code, &verifier, &self.redirect_uri).await;
        let given = given.map_err(|error| match error {
            NoTokens::InvalidGrant(said) => ConsentError::CodeRefused(said),
            NoTokens::Other(error) => ConsentError::Failed(error),
        })?;
        // What was asked for is what was given, where nothing else is said (RFC 6749, section 5.1).
        let asked =
            || if self.look_ups { vec![SEND.to_owned(), READ.to_owned()] } else { vec![SEND.to_owned()] };
        let scopes = given.scopes.clone().unwrap_or_else(asked);
        if !scope::can_send(&scopes) {
            return Err(ConsentError::ScopeMissing);
        }
        let refresh = given.refresh.as_ref().ok_or(ConsentError::NoRefreshToken)?;
        let address =
            if scope::can_tell_the_address(&scopes) { self.address(&given).await? } else { own.clone() };
        let refresh_token = self.vault.seal(&claim.user_id, refresh)?;
        for _ in 0..TRIES {
            let known = self.unused(&claim).await?;
            let mut account = MailAccount {
                user_id: claim.user_id.clone(),
                address: address.clone(),
                scopes: scopes.clone(),
                refresh_token: refresh_token.clone(),
                grant: Grant::Given,
                connected_at: now,
                may_fall_back: known.as_ref().is_some_and(|known| known.may_fall_back),
                fell_back_until: known.as_ref().and_then(|known| known.fell_back_until),
                version: known.map_or(0, |known| known.version),
            };
            let agreed = AuditEntry::of("gmail_connected", Actor::User(claim.user_id.clone()), now, None);
            if self.accounts.put_mail_account(account.clone(), Some(agreed)).await? {
                account.version += 1;
                return Ok(account);
            }
        }
        Err(ConsentError::NotStored)
    }

    /// The agent's account as it is, if it stands as it did when a state was issued.
    async fn unused(&self, claim: &Claim) -> Result<Option<MailAccount>, ConsentError> {
        let known = self.accounts.mail_account(&claim.user_id).await?;
        if !claim.mark.still_holds(known.as_ref()) {
            return Err(ConsentError::Used);
        }
        Ok(known)
    }

    /// The address of the account that agreed.
    async fn address(&self, given: &Tokens) -> Result<EmailAddress, ConsentError> {
        let garbled = |message: &str| PortError::new(dripr_core::errors::Fault::Garbled, message.to_owned());
        let api = self
            .api
            .clone()
            .keyed("authorization", "Bearer ", &given.access)
            .map_err(|_| garbled("Google gave a token that cannot be sent"))?;
        let answer = api.get("gmail/v1/users/me/profile", &[], &Allowance::unlimited()).await?;
        let profile: Profile = answer.json(&api)?;
        let address = profile.email_address.and_then(|address| address.parse().ok());
        Ok(address.ok_or_else(|| garbled("Gmail does not tell the address of the account"))?)
    }
}

impl fmt::Debug for GmailConsent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GmailConsent")
            .field("client_id", &self.client_id)
            .field("redirect_uri", &self.redirect_uri)
            .field("look_ups", &self.look_ups)
            .finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    #[serde(default, deserialize_with = "json::text")]
    email_address: Option<String>,
}
