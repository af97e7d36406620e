//! What time has made due.

use super::{Dripr, Engine};
use crate::{
    campaign::{Action, Actor, Command},
    errors::{Fault, PortResult},
    ids::CampaignId,
    ports::Execution,
};

impl Dripr {
    /// Looks at every campaign whose deadline has come, and gives how many there were.
    ///
    /// # Errors
    /// The store's; what was done before it is stored.
    pub async fn tick(&self) -> PortResult<usize> {
        self.engine.tick().await
    }
}

impl Engine {
    pub(super) async fn tick(&self) -> PortResult<usize> {
        let mut looked_at = 0;
        loop {
            let now = self.ports.clock.now();
            let due = self.ports.campaigns.due(now, self.pace.batch).await?;
            let found = due.len();
            let commands: Vec<_> = due.into_iter().map(|id| self.ticking(id)).collect();
            let executions = match self.execute(commands.clone()).await {
                Err(error) if error.fault() == Fault::Corrupt => self.one_by_one(commands).await?,
                executions => executions?,
            };
            looked_at += found;
            for execution in &executions {
                if let Err(refusal) = &execution.result {
                    tracing::warn!(%refusal, "a due campaign could not be looked at");
                }
            }
            // A campaign that stays due although it was looked at must not keep the ticker busy.
            let moved = executions.iter().any(|execution| execution.deadline.is_none_or(|at| at > now));
            if found < self.pace.batch || !moved {
                return Ok(looked_at);
            }
        }
    }

    /// A campaign whose row is damaged must not hold up the others.
    async fn one_by_one(&self, commands: Vec<Command>) -> PortResult<Vec<Execution>> {
        let mut executions = Vec::with_capacity(commands.len());
        for command in commands {
            let campaign_id = command.campaign_id.clone();
            match self.execute(vec![command]).await {
                Ok(done) => executions.extend(done),
                Err(error) if error.fault() == Fault::Corrupt => {
                    tracing::error!(%campaign_id, %error, "a campaign cannot be read");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(executions)
    }

    fn ticking(&self, campaign_id: CampaignId) -> Command {
        Command { campaign_id, actor: Actor::System, action: Action::Tick, desk: self.bench.clone() }
    }
}
