//! `[webhooks]`: where messages to programs of agents and brokerages may go, and what seals their secrets.

use std::path::PathBuf;

use serde::Deserialize;

use super::ConfigProblem;
#[cfg(feature = "webhooks")]
use super::Environment;

/// The key that seals secrets of webhooks, so that it need not stand in a file.
pub const KEY_VARIABLE: &str = "DRIPR_WEBHOOK_KEY";

/// Where messages may go, and what seals their secrets.
#[cfg(feature = "webhooks")]
#[derive(Debug, Clone, Default)]
pub struct Webhooks {
    /// Whether `http://` and private addresses may be asked too: for developers.
    pub allow_private: bool,
    /// What seals secrets: 64 hexadecimal digits. Without it they are stored as they are.
    pub key: Option<secrecy::SecretString>,
    /// What sealed older ones.
    pub older_keys: Vec<secrecy::SecretString>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    allow_private: bool,
    key_file: Option<PathBuf>,
    older_key_files: Vec<PathBuf>,
}

impl Written {
    /// What nobody heeds would be thought to be heeded.
    #[cfg(not(feature = "webhooks"))]
    pub(super) fn check(&self) -> Result<(), ConfigProblem> {
        let given = [
            ("allow_private", self.allow_private),
            ("key_file", self.key_file.is_some()),
            ("older_key_files", !self.older_key_files.is_empty()),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            Some((key, _)) => {
                let reason = "this dripr was built without webhooks; build it with `cargo build --release --features webhooks`";
                Err(ConfigProblem::key(&format!("webhooks.{key}"), reason))
            }
            None => Ok(()),
        }
    }

    /// Where messages may go.
    #[cfg(feature = "webhooks")]
    pub(super) fn check(
        self,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
    ) -> Result<Webhooks, ConfigProblem> {
        let key =
            super::secret::secret(environment, KEY_VARIABLE, "webhooks.key_file", self.key_file, &absolute)?;
        if key.is_none() && !self.older_key_files.is_empty() {
            let reason = "nobody heeds them: webhooks.key_file is not given, nor DRIPR_WEBHOOK_KEY";
            return Err(ConfigProblem::key("webhooks.older_key_files", reason));
        }
        let nothing = |_: &str| None;
        let older = self.older_key_files.into_iter().map(|file| {
            super::secret::required(&nothing, KEY_VARIABLE, "webhooks.older_key_files", Some(file), &absolute)
        });
        Ok(Webhooks { allow_private: self.allow_private, key, older_keys: older.collect::<Result<_, _>>()? })
    }
}
