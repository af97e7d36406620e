//! `[public]`: how the world reaches this deployment.

use dripr_core::email::{InvalidOptOutLink, OptOutLinks};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{ConfigProblem, Environment};

/// Overrides `public.opt_out_key`, so that the key need not stand in a file.
pub const OPT_OUT_KEY_VARIABLE: &str = "DRIPR_OPT_OUT_KEY";

/// The key of the example, which everybody knows.
const EXAMPLE_KEY: &str = "change-me-to-a-long-random-text";

/// How the world reaches this deployment.
#[derive(Debug, Clone)]
pub struct Public {
    /// Opt-out links under the public base URL, signed with the key.
    pub opt_out: OptOutLinks,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    url: Option<String>,
    opt_out_key: Option<SecretString>,
}

impl Written {
    pub(super) fn check(self, environment: Environment<'_>) -> Result<Public, ConfigProblem> {
        let url = self.url.ok_or_else(|| {
            ConfigProblem::key(
                "public.url",
                "missing: give the public base URL that opt-out links begin with, such as https://reports.example.com",
            )
        })?;
        let key = environment(OPT_OUT_KEY_VARIABLE).map(SecretString::from).or(self.opt_out_key).ok_or_else(|| {
            ConfigProblem::key(
                "public.opt_out_key",
                format!("missing: give a long random text that signs opt-out links, here or as {OPT_OUT_KEY_VARIABLE}"),
            )
        })?;
        if key.expose_secret() == EXAMPLE_KEY {
            return Err(ConfigProblem::key(
                "public.opt_out_key",
                "is still that of the example: give one of your own",
            ));
        }
        let opt_out = OptOutLinks::new(&url, key).map_err(|error| {
            let key = match error {
                InvalidOptOutLink::Base(_) => "public.url",
                InvalidOptOutLink::Key | InvalidOptOutLink::Link => "public.opt_out_key",
            };
            ConfigProblem::key(key, error)
        })?;
        Ok(Public { opt_out })
    }
}
