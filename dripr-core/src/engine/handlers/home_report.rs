//! The words about the home.

use std::sync::Arc;

use super::{Engine, Outcome, Work, property::begin, shared_content::finish};
use crate::{
    campaign::{Action, Provision},
    content::CycleContent,
    engine::{
        spending::{Callee, Spending},
        writing::Task,
    },
    ports::HomeReportFacts,
};

pub(super) async fn handle(engine: &Arc<Engine>, work: &Work) -> Outcome {
    // Without a home there is nothing to write about: address-less, or nobody could find it.
    let Some(property) = work.dossier.campaign.home.as_ref().and(work.before.property.clone()) else {
        return finish(work, Provision::Own);
    };
    let fence = match begin(engine, work).await {
        Ok(fence) => fence,
        Err(outcome) => return outcome,
    };
    let facts = HomeReportFacts {
        as_of: engine.today(&work.dossier),
        property,
        before: work.before.earlier_property.as_ref().map(|(_, property)| property.clone()),
    };
    let spending = Spending::new(engine, work, work.operation, Callee::Model);
    match engine.written(work, &Task::HomeReport(facts), &spending).await {
        Ok(words) => Outcome::Done(Action::Finish {
            operation: work.operation,
            cycle: work.cycle,
            fence: Some(fence),
            provision: Provision::Own,
            content: Some(Box::new(CycleContent::HomeReport(words))),
        }),
        Err(_) if spending.unwanted() => Outcome::Skipped,
        Err(error) if work.may_try_again(engine, &error) => work.again(engine, error),
        Err(error) => Outcome::Done(Action::Finish {
            operation: work.operation,
            cycle: work.cycle,
            fence: Some(fence),
            provision: Provision::Omitted(error.to_string()),
            content: None,
        }),
    }
}
