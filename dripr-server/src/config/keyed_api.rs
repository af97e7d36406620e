//! `[rentcast]`, `[google]` and `[fred]`: providers of which no more is to be said than the key, how often they may be
//! asked, and where they are.

use std::{path::PathBuf, time::Duration};

use secrecy::SecretString;
use serde::Deserialize;

use super::{ConfigProblem, Environment, pace::Pace, secret, url};

/// How a provider is asked.
#[derive(Debug, Clone)]
pub struct KeyedApi {
    /// The account's key.
    pub key: SecretString,
    /// Where its API is, if not where its makers have it.
    pub url: Option<String>,
    /// How often it is asked.
    pub pace: Pace,
}

/// A section, and what stands for what it leaves out.
pub(super) struct Section {
    pub(super) name: &'static str,
    pub(super) key_variable: &'static str,
    pub(super) pace: Pace,
}

/// As in older deployments; RentCast's own limit is 20 a second.
pub(super) const RENTCAST: Section = Section {
    name: "rentcast",
    key_variable: "DRIPR_RENTCAST_KEY",
    pace: Pace::new(1, Duration::from_secs(1)),
};

/// Google's own limit is 3,000 a minute.
pub(super) const GOOGLE: Section =
    Section { name: "google", key_variable: "DRIPR_GOOGLE_KEY", pace: Pace::new(10, Duration::from_secs(1)) };

/// FRED's own limit is 120 a minute.
pub(super) const FRED: Section =
    Section { name: "fred", key_variable: "DRIPR_FRED_KEY", pace: Pace::new(1, Duration::from_secs(1)) };

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    key_file: Option<PathBuf>,
    url: Option<String>,
    pace: Option<Pace>,
}

impl Written {
    /// The provider, if it is asked for anything.
    pub(super) fn check(
        self,
        section: &Section,
        is_asked: bool,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
    ) -> Result<Option<KeyedApi>, ConfigProblem> {
        let Section { name, key_variable, pace } = section;
        if !is_asked {
            let named = [
                ("key_file", self.key_file.is_some()),
                ("url", self.url.is_some()),
                ("pace", self.pace.is_some()),
            ];
            return super::unheeded(name, named).map(|()| None);
        }
        let key = format!("{name}.key_file");
        let secret = secret::required(environment, key_variable, &key, self.key_file, absolute)?;
        let url = url::checked(&format!("{name}.url"), self.url)?;
        Ok(Some(KeyedApi { key: secret, url, pace: self.pace.unwrap_or(*pace) }))
    }
}
