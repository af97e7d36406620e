//! `[http]`: where this deployment is reached.

use std::net::SocketAddr;

use serde::Deserialize;

/// Where this deployment is reached.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Http {
    /// Where `dripr run` answers opt-out links, approval links and webhooks; nowhere if it is not given.
    pub listen: Option<SocketAddr>,
}
