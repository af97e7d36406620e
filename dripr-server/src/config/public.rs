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
    /// The base URL's path, without the slash at its end: what a proxy that leads here takes off.
    pub path: String,
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

/// A key that can be used, to see whether an address can.
const SOME_KEY: &str = "0123456789abcdef";
/// An address that can be used, to see whether a key can.
const SOME_URL: &str = "https://reports.example.com";

impl Written {
    pub(super) fn check(self, environment: Environment<'_>) -> Result<Public, Vec<ConfigProblem>> {
        match (self.url(), self.key(environment)) {
            (Ok(url), Ok(key)) => self.links(&url, key).map_err(|problem| vec![problem]),
            (url, key) => Err([url.err(), key.err()].into_iter().flatten().collect()),
        }
    }

    fn url(&self) -> Result<String, ConfigProblem> {
        let url = self.url.clone().ok_or_else(|| {
            ConfigProblem::key(
                "public.url",
                "missing: give the public base URL that opt-out links begin with, such as https://reports.example.com",
            )
        })?;
        OptOutLinks::new(&url, SOME_KEY.into()).map_err(unusable)?;
        Ok(url)
    }

    fn key(&self, environment: Environment<'_>) -> Result<SecretString, ConfigProblem> {
        let given = environment(OPT_OUT_KEY_VARIABLE).map(SecretString::from).or(self.opt_out_key.clone());
        let key = given.ok_or_else(|| {
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
        OptOutLinks::new(SOME_URL, key.clone()).map_err(unusable)?;
        Ok(key)
    }

    fn links(self, url: &str, key: SecretString) -> Result<Public, ConfigProblem> {
        let mut opt_out = OptOutLinks::new(url, key.clone()).map_err(unusable)?;
        if let Some(address) = self.opt_out_address {
            opt_out = opt_out.with_mailbox(address);
        }
        let approval = ApprovalLinks::new(url, key.clone()).map_err(unusable)?;
        let connect = ConnectLinks::new(url, key.clone()).map_err(unusable)?;
        let is_secure = url.starts_with("https://");
        Ok(Public { opt_out, approval, connect, is_secure, path: path(url).to_owned(), key })
    }
}

/// The path of an address, without the slash at its end.
fn path(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default().trim_end_matches('/')
}

fn unusable(error: InvalidOptOutLink) -> ConfigProblem {
    let key = match error {
        InvalidOptOutLink::Base(_) => "public.url",
        InvalidOptOutLink::Key | InvalidOptOutLink::Link => "public.opt_out_key",
    };
    ConfigProblem::key(key, error)
}
