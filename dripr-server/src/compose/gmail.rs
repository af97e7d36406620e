//! Gmail: sending by agents' own accounts, and asking them whether they agree.

use std::sync::Arc;

use dripr_adapters::{
    gmail::{GmailConsent, GmailMailer},
    token_vault::{TokenVault, TokenVaultError},
};

use dripr_core::ports::Clock;

use super::{Deployment, MAILBOX_PROVIDER};
use crate::{config::gmail::Gmail, failure::Failure};

fn vault(config: &Gmail, deployment: &Deployment) -> Result<Arc<TokenVault>, TokenVaultError> {
    let mut vault = TokenVault::new(&config.token_key, deployment.entropy.clone())?;
    for older in &config.older_token_keys {
        vault = vault.opening_also(older)?;
    }
    Ok(Arc::new(vault))
}

pub(super) fn mailer(
    config: &Gmail,
    deployment: &Deployment,
    clock: &Arc<dyn Clock>,
) -> Result<GmailMailer, Failure> {
    let vault = vault(config, deployment)?;
    Ok(GmailMailer::new(&config.options, deployment.store.clone(), vault, clock.clone())?)
}

/// Who sends by agents' own Gmail accounts, and reads what mail systems wrote to them, if the deployment does that.
///
/// # Errors
/// A key or an address of the configuration cannot be used.
pub fn gmail_mailer(deployment: &Deployment) -> Result<Option<GmailMailer>, Failure> {
    let config = deployment.config.gmail.as_ref();
    config.map(|config| mailer(config, deployment, &deployment.clock)).transpose()
}

/// How agents are asked, if the deployment sends by Gmail.
///
/// # Errors
/// A key or an address of the configuration cannot be used.
pub fn gmail_consent(deployment: &Deployment) -> Result<Option<GmailConsent>, Failure> {
    let Some(config) = &deployment.config.gmail else { return Ok(None) };
    let vault = vault(config, deployment)?;
    let public = &deployment.config.public;
    let (store, entropy) = (deployment.store.clone(), deployment.entropy.clone());
    let back = public.connect.callback(MAILBOX_PROVIDER);
    Ok(Some(GmailConsent::new(&config.options, back, &public.key, store, vault, entropy)?))
}
