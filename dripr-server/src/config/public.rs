//! `[public]`: how the world reaches this deployment.

use dripr_core::{
    email::{ApprovalLinks, EmailAddress, InvalidOptOutLink, OptOutLinks},
    mail_account::ConnectLinks,
};
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
    /// Approval links, likewise.
    pub approval: ApprovalLinks,
    /// Links by which agents connect their own mail accounts, likewise.
    pub connect: ConnectLinks,
    /// Whether the base URL is one of https.
    pub is_secure: bool,
    /// The key.
    pub key: SecretString,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    url: Option<String>,
    opt_out_key: Option<SecretString>,
    opt_out_address: Option<EmailAddress>,
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
        let unusable = |error| {
            let key = match error {
                InvalidOptOutLink::Base(_) => "public.url",
                InvalidOptOutLink::Key | InvalidOptOutLink::Link => "public.opt_out_key",
            };
            ConfigProblem::key(key, error)
        };
        let mut opt_out = OptOutLinks::new(&url, key.clone()).map_err(unusable)?;
        if let Some(address) = self.opt_out_address {
            opt_out = opt_out.with_mailbox(address);
        }
        let approval = ApprovalLinks::new(&url, key.clone()).map_err(unusable)?;
        let connect = ConnectLinks::new(&url, key.clone()).map_err(unusable)?;
        Ok(Public { opt_out, approval, connect, is_secure: url.starts_with("https://"), key })
    }
}
