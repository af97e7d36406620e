//! Storing what was decided. The only caller of `CampaignStore::execute`.

use std::sync::atomic::Ordering;

use super::Engine;
use crate::{
    campaign::Command,
    errors::{Fault, PortError, PortResult},
    ports::Execution,
    schedule::Instant,
};

impl Engine {
    /// Executes commands and wakes the ticker for deadlines that lie before the one it sleeps for.
    pub(super) async fn execute(&self, commands: Vec<Command>) -> PortResult<Vec<Execution>> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = commands.len();
        let executions = self.ports.campaigns.execute(commands).await?;
        if executions.len() != wanted {
            let message = format!("the store answered {} of {wanted} commands", executions.len());
            return Err(PortError::new(Fault::Garbled, message));
        }
        self.look_at(executions.iter().filter_map(|execution| execution.deadline).min());
        Ok(executions)
    }

    /// Wakes the ticker if it would sleep past an instant.
    pub(super) fn look_at(&self, instant: Option<Instant>) {
        if let Some(instant) = instant
            && instant.timestamp_millis() < self.sleeps_until.load(Ordering::Acquire)
        {
            self.earlier_deadline.notify_one();
        }
    }
}
