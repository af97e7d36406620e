//! `[redis]`: where processes count together how fast providers may be called.

use std::path::PathBuf;

use serde::Deserialize;

use super::ConfigProblem;
#[cfg(feature = "redis")]
use super::Environment;

/// The server's address, which may hold a password, so that it need not stand in a file.
pub const ADDRESS_VARIABLE: &str = "DRIPR_REDIS_URL";

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    url_file: Option<PathBuf>,
    prefix: Option<String>,
}

impl Written {
    /// A server that nobody asks would be thought to be asked.
    #[cfg(not(feature = "redis"))]
    pub(super) fn check(self) -> Result<(), ConfigProblem> {
        let given = [("url_file", self.url_file.is_some()), ("prefix", self.prefix.is_some())];
        match given.into_iter().find(|(_, given)| *given) {
            Some((key, _)) => {
                let reason = "this dripr was built without Redis; build it with `cargo build --release --features redis`";
                Err(ConfigProblem::key(&format!("redis.{key}"), reason))
            }
            None => Ok(()),
        }
    }

    /// The server, if one is named. It is not asked yet.
    #[cfg(feature = "redis")]
    pub(super) fn check(
        self,
        environment: Environment<'_>,
        absolute: impl Fn(PathBuf) -> PathBuf,
    ) -> Result<Option<dripr_adapters::redis::Redis>, ConfigProblem> {
        use dripr_adapters::redis::{Redis, RedisOptions};

        let key = "redis.url_file";
        let address = super::secret::secret(environment, ADDRESS_VARIABLE, key, self.url_file, absolute)?;
        let Some(address) = address else {
            return match self.prefix {
                Some(_) => {
                    let reason =
                        format!("missing: give the file of the server's address, or {ADDRESS_VARIABLE}");
                    Err(ConfigProblem::key(key, reason))
                }
                None => Ok(None),
            };
        };
        let mut options = RedisOptions::new(address);
        if let Some(prefix) = self.prefix {
            options.prefix = prefix;
        }
        Redis::new(options).map(Some).map_err(|error| ConfigProblem::key(key, error))
    }
}
