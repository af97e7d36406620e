//! Outgoing webhooks: who sends them, and what keeps their secrets.

use std::sync::Arc;

use dripr_adapters::{
    webhook_sender::{SendOptions, Sender},
    webhook_vault::WebhookVault,
};
use dripr_core::webhooks::Courier;

use super::Deployment;
use crate::failure::Failure;

/// What keeps secrets of webhooks.
///
/// # Errors
/// A key of the configuration is none.
pub fn webhook_vault(deployment: &Deployment) -> Result<WebhookVault, Failure> {
    let vault = WebhookVault::new(deployment.entropy.clone());
    let config = &deployment.config.webhooks;
    let Some(key) = &config.key else { return Ok(vault) };
    vault
        .sealing(key, &config.older_keys)
        .map_err(|error| Failure::new(format!("webhooks.key_file: {error}")))
}

/// Who sends webhooks.
///
/// # Errors
/// There is no TLS, or a key of the configuration is none.
pub fn webhook_sender(deployment: &Deployment) -> Result<Sender, Failure> {
    let options =
        SendOptions { allow_private: deployment.config.webhooks.allow_private, ..SendOptions::default() };
    let vault = webhook_vault(deployment)?;
    Sender::new(options, vault, deployment.clock.clone())
        .map_err(|error| Failure::new(format!("webhooks cannot be sent: {error}")))
}

/// Who takes messages to endpoints.
///
/// # Errors
/// As for [`webhook_sender`].
pub fn webhook_courier(deployment: &Deployment) -> Result<Courier, Failure> {
    Ok(Courier {
        store: deployment.store.clone(),
        sender: Arc::new(webhook_sender(deployment)?),
        clock: deployment.clock.clone(),
        entropy: deployment.entropy.clone(),
    })
}
