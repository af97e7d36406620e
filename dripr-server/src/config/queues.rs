//! `[queues]`: where deliveries wait for their handlers.

use clap::ValueEnum;
use serde::Deserialize;

use super::ConfigProblem;

/// Where queues are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// In the database, beside the campaigns.
    #[default]
    Database,
    /// In the Redis server of `[redis]`.
    Redis,
    /// In SQS, at the URLs of `[aws]`.
    Aws,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    place: Place,
}

impl Written {
    /// `redis` and `aws`: whether those sections are there. What AWS lacks is said by whoever needs it, since it is made from
    /// this configuration.
    pub(super) fn check(self, redis: bool, aws: bool) -> Result<Place, ConfigProblem> {
        let missing = match self.place {
            Place::Redis if !redis => "redis.url_file names no server",
            Place::Aws if !aws => "aws.region names no region",
            Place::Database | Place::Redis | Place::Aws => return Ok(self.place),
        };
        Err(ConfigProblem::key("queues.place", missing))
    }
}
