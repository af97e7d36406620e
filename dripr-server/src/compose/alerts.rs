//! How an operator is told that something is wrong.

use std::{collections::BTreeMap, sync::Arc};

use dripr_core::{
    alerts::{Route, Telling},
    ports::AlertRoute,
};

use super::{Deployment, mailer};
use crate::{failure::Failure, operations::alert_mail::AlertMail};

/// What it takes to alert the operator of a deployment; none if nobody is to be told.
///
/// # Errors
/// A way cannot be used as it is configured.
pub fn telling(deployment: &Deployment) -> Result<Option<Telling>, Failure> {
    let config = &deployment.config;
    let mut routes: BTreeMap<Route, Arc<dyn AlertRoute>> = BTreeMap::new();
    if let Some(to) = config.alerts.mail_to.clone() {
        let mailer = mailer::to_operator(deployment)?;
        let (clock, timeout) = (deployment.clock.clone(), config.policy.mail_timeout);
        routes.insert(Route::Mail, Arc::new(AlertMail::new(to, mailer, clock, timeout)));
    }
    #[cfg(feature = "alert-webhook")]
    if let Some(webhook) = &config.alerts.webhook {
        use dripr_adapters::{
            alert_webhook::{AlertWebhook, UnusableWebhook},
            http::HttpOptions,
        };
        use secrecy::ExposeSecret;

        let (url, secret) = (webhook.url.expose_secret(), webhook.secret.as_ref());
        let way = AlertWebhook::new(url, secret, HttpOptions::default(), deployment.clock.clone()).map_err(
            |error| match error {
                // It may repeat the address, and who knows that may write to it.
                UnusableWebhook::Api(_) => {
                    Failure::new("alerts.webhook_url: is no address that can be asked")
                }
                UnusableWebhook::Secret => Failure::new(format!("alerts.webhook_secret_file: {error}")),
            },
        )?;
        routes.insert(Route::Webhook, Arc::new(way));
    }
    let (store, clock) = (deployment.store.clone(), deployment.clock.clone());
    Ok((!routes.is_empty()).then_some(Telling { store, clock, routes }))
}
