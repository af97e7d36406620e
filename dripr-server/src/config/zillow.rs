//! `[zillow]`: Zillow's data, by either of two RapidAPI services.

use std::{path::PathBuf, time::Duration};

use secrecy::SecretString;
use serde::Deserialize;

use super::{ConfigProblem, Environment, pace::Pace, secret, url};

/// Overrides `zillow.primary`, as in older deployments.
pub const PRIMARY_VARIABLE: &str = "DEFAULT_PRIMARY_SOURCE";
/// The RapidAPI key, so that it need not stand in a file.
pub const KEY_VARIABLE: &str = "DRIPR_ZILLOW_KEY";

/// How Zillow is asked.
#[derive(Debug, Clone)]
pub struct Zillow {
    /// The key of the RapidAPI account, which both services take.
    pub key: SecretString,
    /// Which service is asked first; the other one is asked where it has no answer.
    pub primary: Version,
    /// Where the first service is, if not where RapidAPI has it.
    pub v1_url: Option<String>,
    /// Where the second service is, if not where RapidAPI has it.
    pub v2_url: Option<String>,
    /// How often both together are asked.
    pub pace: Pace,
}

/// Which of the two services.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum Version {
    /// `zillow-com1`.
    #[default]
    V1,
    /// `zillow56`.
    V2,
}

/// As in older deployments.
const PACE: Pace = Pace::new(10, Duration::from_secs(60));

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    key_file: Option<PathBuf>,
    primary: Option<Version>,
    v1_url: Option<String>,
    v2_url: Option<String>,
    pace: Option<Pace>,
}

impl Written {
    /// Zillow, if it is asked for anything.
    pub(super) fn check(
        self,
        is_asked: bool,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
    ) -> Result<Option<Zillow>, ConfigProblem> {
        if !is_asked {
            let named = [
                ("key_file", self.key_file.is_some()),
                ("primary", self.primary.is_some()),
                ("v1_url", self.v1_url.is_some()),
                ("v2_url", self.v2_url.is_some()),
                ("pace", self.pace.is_some()),
            ];
            return super::unheeded("zillow", named).map(|()| None);
        }
        let primary = match environment(PRIMARY_VARIABLE).as_deref().map(str::trim) {
            None => self.primary.unwrap_or_default(),
            Some("V1") => Version::V1,
            Some("V2") => Version::V2,
            Some(other) => {
                let shown: String = other.chars().take(40).collect();
                return Err(ConfigProblem::key(PRIMARY_VARIABLE, format!("must be V1 or V2, not {shown:?}")));
            }
        };
        Ok(Some(Zillow {
            key: secret::required(environment, KEY_VARIABLE, "zillow.key_file", self.key_file, absolute)?,
            primary,
            v1_url: url::checked("zillow.v1_url", self.v1_url)?,
            v2_url: url::checked("zillow.v2_url", self.v2_url)?,
            pace: self.pace.unwrap_or(PACE),
        }))
    }
}
