//! Where it is kept what alerts have come to.

use async_trait::async_trait;

use crate::{
    alerts::{Alarm, Alert},
    errors::PortResult,
};

/// Keeps what alerts have come to.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait AlertStore: Send + Sync {
    /// What an alert has come to; `None` if it was never raised.
    async fn alarm(&self, alert: Alert) -> PortResult<Option<Alarm>>;

    /// Stores an alarm with the next version. It must be new (version 0), or its version the stored one's. `false`, and
    /// nothing changed, if somebody else was faster.
    async fn put_alarm(&self, alarm: Alarm) -> PortResult<bool>;
}
