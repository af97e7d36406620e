use std::time::Duration;

use secrecy::SecretString;

/// Which server, and what its keys begin with.
#[derive(Debug, Clone)]
pub struct RedisOptions {
    /// `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`, or `rediss://` for TLS with a certificate that browsers know.
    pub address: SecretString,
    /// What all keys and channels begin with. Deployments that share a server each need one of their own.
    pub prefix: String,
    /// How long a call may take, connecting included.
    pub timeout: Duration,
}

impl RedisOptions {
    /// A server, with the prefix `dripr:` and five seconds for a call.
    #[must_use]
    pub fn new(address: impl Into<SecretString>) -> Self {
        Self { address: address.into(), prefix: "dripr:".to_owned(), timeout: Duration::from_secs(5) }
    }
}
