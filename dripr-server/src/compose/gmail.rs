//! Gmail: sending by agents' own accounts, and asking them whether they agree.

use std::sync::Arc;

use dripr_adapters::{
    gmail::{GmailConsent, GmailMailer},
    token_vault::{TokenVault, TokenVaultError},
};

use super::Deployment;
use crate::{config::gmail::Gmail, failure::Failure};

fn vault(config: &Gmail, deployment: &Deployment) -> Result<Arc<TokenVault>, TokenVaultError> {
    let mut vault = TokenVault::new(&config.token_key, deployment.entropy.clone())?;
    for older in &config.older_token_keys {
        vault = vault.opening_also(older)?;
    }
    Ok(Arc::new(vault))
}

pub(super) fn mailer(config: &Gmail, deployment: &Deployment) -> Result<GmailMailer, Failure> {
    let vault = vault(config, deployment)?;
    Ok(GmailMailer::new(&config.options, deployment.store.clone(), vault, deployment.clock.clone())?)
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
    let back = public.connect.callback("gmail");
    Ok(Some(GmailConsent::new(&config.options, back, &public.key, store, vault, entropy)?))
}
