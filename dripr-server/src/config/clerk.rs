//! `[clerk]`: what is taken of Clerk's webhooks, whose session tokens sign in, and how new agents begin.

use std::path::PathBuf;

use dripr_core::agent::Subscription;
use serde::Deserialize;

use super::ConfigProblem;
#[cfg(feature = "clerk")]
use super::Environment;

/// The webhook's signing secrets, so that they need not stand in a file.
pub const WEBHOOK_SECRET_VARIABLE: &str = "DRIPR_CLERK_WEBHOOK_SECRET";

/// What is taken of Clerk's webhooks.
#[cfg(feature = "clerk")]
#[derive(Debug, Clone)]
pub struct Clerk {
    /// Whose webhooks are taken.
    pub webhook: dripr_adapters::standard_webhooks::Verifier,
    /// How the subscription of a new agent stands.
    pub new_agents: Subscription,
}

/// How the subscription of a new agent stands, as it is written.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum NewAgents {
    #[default]
    None,
    Trialing,
    Active,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    webhook_secret_file: Option<PathBuf>,
    new_agents: Option<NewAgents>,
    issuer: Option<String>,
    authorized_parties: Option<Vec<String>>,
    jwks_url: Option<String>,
}

impl Written {
    /// How the subscription of a new agent stands whom no operator brings.
    pub(super) fn new_agents(&self) -> Subscription {
        match self.new_agents.unwrap_or_default() {
            NewAgents::None => Subscription::None,
            NewAgents::Trialing => Subscription::Trialing,
            NewAgents::Active => Subscription::Active,
        }
    }

    /// Whose tokens sign in to the API, if anybody's.
    #[cfg(feature = "clerk")]
    pub(super) fn sessions(
        &self,
    ) -> Result<Option<dripr_adapters::clerk::session::SessionOptions>, ConfigProblem> {
        use dripr_adapters::clerk::session::SessionOptions;

        let Some(issuer) = &self.issuer else {
            let unused = [
                ("clerk.authorized_parties", self.authorized_parties.is_some()),
                ("clerk.jwks_url", self.jwks_url.is_some()),
            ];
            return match unused.into_iter().find(|(_, named)| *named) {
                Some((key, _)) => Err(ConfigProblem::key(key, "is of no use without clerk.issuer")),
                None => Ok(None),
            };
        };
        let parties = self.authorized_parties.clone().unwrap_or_default();
        if parties.is_empty() {
            let reason = "missing: name the origins whose pages may bring tokens, such as [\"https://app.example.com\"]";
            return Err(ConfigProblem::key("clerk.authorized_parties", reason));
        }
        let mut options = SessionOptions::new(issuer.trim_end_matches('/'), parties);
        options.jwks_url.clone_from(&self.jwks_url);
        Ok(Some(options))
    }

    #[cfg(not(feature = "clerk"))]
    pub(super) fn check(&self) -> Result<(), ConfigProblem> {
        let named = [
            ("webhook_secret_file", self.webhook_secret_file.is_some()),
            ("issuer", self.issuer.is_some()),
            ("authorized_parties", self.authorized_parties.is_some()),
            ("jwks_url", self.jwks_url.is_some()),
        ];
        match named.into_iter().find(|(_, named)| *named) {
            Some((key, _)) => {
                let reason = "this dripr was built without Clerk; build it with `cargo build --release --features clerk`";
                Err(ConfigProblem::key(&format!("clerk.{key}"), reason))
            }
            None => Ok(()),
        }
    }

    /// What is taken, if a secret is given.
    #[cfg(feature = "clerk")]
    pub(super) fn check(
        self,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
    ) -> Result<Option<Clerk>, ConfigProblem> {
        use dripr_adapters::standard_webhooks::{Secret, Verifier};

        let new_agents = self.new_agents();
        let key = "clerk.webhook_secret_file";
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
        let secrets: Result<Vec<_>, _> = secrets.iter().map(Secret::new).collect();
        let webhook = Verifier::new(secrets.map_err(|error| ConfigProblem::key(key, error))?);
        Ok(Some(Clerk { webhook, new_agents }))
    }
}
