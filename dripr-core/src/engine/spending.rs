//! Counting provider calls against the cycle of the campaign that they are made for: durably, before each is made, so
//! that no crash makes one free.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;

use super::{Engine, handlers::Work};
use crate::{
    campaign::{Action, Actor, Command, Operation, Refusal},
    errors::{Fault, PortError, PortResult},
    ports::{Allowance, CallCounter},
};

/// Whose calls are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Callee {
    /// A data provider.
    Vendor,
    /// A writer.
    Model,
}

/// The calls of one operation on behalf of one campaign.
pub(super) struct Spending {
    engine: Arc<Engine>,
    spend: Command,
    unwanted: AtomicBool,
}

impl Spending {
    pub(super) fn new(engine: &Arc<Engine>, work: &Work, operation: Operation, callee: Callee) -> Arc<Self> {
        let (vendor_calls, model_calls) = match callee {
            Callee::Vendor => (1, 0),
            Callee::Model => (0, 1),
        };
        let spend = Command {
            campaign_id: work.dossier.campaign.id.clone(),
            actor: Actor::System,
            action: Action::Spend { operation, cycle: work.cycle, vendor_calls, model_calls },
            desk: engine.bench.clone(),
        };
        Arc::new(Self { engine: engine.clone(), spend, unwanted: AtomicBool::new(false) })
    }

    pub(super) fn allowance(self: &Arc<Self>) -> Allowance {
        Allowance::counted_by(self.clone())
    }

    /// Whether a call was refused because the campaign has moved on, and not because its calls are used up.
    pub(super) fn unwanted(&self) -> bool {
        self.unwanted.load(Ordering::Acquire)
    }
}

#[async_trait]
impl CallCounter for Spending {
    async fn count(&self) -> PortResult<()> {
        let executions = self.engine.execute(vec![self.spend.clone()]).await?;
        match executions.into_iter().next().map(|execution| execution.result) {
            Some(Ok(_)) => Ok(()),
            Some(Err(refusal @ Refusal::BudgetSpent(_))) => {
                Err(PortError::new(Fault::NotAllowed, refusal.to_string()))
            }
            Some(Err(refusal)) => {
                self.unwanted.store(true, Ordering::Release);
                Err(PortError::new(Fault::NotAllowed, refusal.to_string()))
            }
            None => Err(PortError::new(Fault::Garbled, "the store gave no answer")),
        }
    }
}
