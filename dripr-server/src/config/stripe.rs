//! `[stripe]`: whose webhooks about subscriptions are taken.

use std::path::PathBuf;

use serde::Deserialize;

use super::ConfigProblem;
#[cfg(feature = "stripe")]
use super::Environment;

/// The endpoint's signing secrets, so that they need not stand in a file.
pub const WEBHOOK_SECRET_VARIABLE: &str = "DRIPR_STRIPE_WEBHOOK_SECRET";

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    webhook_secret_file: Option<PathBuf>,
}

impl Written {
    #[cfg(not(feature = "stripe"))]
    pub(super) fn check(&self) -> Result<(), ConfigProblem> {
        match self.webhook_secret_file {
            Some(_) => {
                let reason = "this dripr was built without Stripe; build it with `cargo build --release --features stripe`";
                Err(ConfigProblem::key("stripe.webhook_secret_file", reason))
            }
            None => Ok(()),
        }
    }

    /// Whose events are believed, if a secret is given.
    #[cfg(feature = "stripe")]
    pub(super) fn check(
        self,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
    ) -> Result<Option<dripr_adapters::stripe::Verifier>, ConfigProblem> {
        let key = "stripe.webhook_secret_file";
        let secrets = super::secret::several(
            environment,
            WEBHOOK_SECRET_VARIABLE,
            key,
            self.webhook_secret_file,
            absolute,
        )?;
        if secrets.is_empty() {
            return Ok(None);
        }
        let webhook = dripr_adapters::stripe::Verifier::new(secrets);
        webhook.map(Some).map_err(|error| ConfigProblem::key(key, error))
    }
}
