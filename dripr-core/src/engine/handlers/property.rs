//! Finding and valuing the home.

use std::sync::Arc;

use chrono::TimeDelta;

use super::{Engine, Outcome, Work, shared_content::finish};
use crate::{
    campaign::{Action, Actor, Command, Operation, Provision, Refusal, Reply},
    content::{CycleContent, Property, plausible},
    engine::{
        spending::{Callee, Spending},
        within::within,
    },
    errors::{Fault, PortError, PortResult},
    ports::Subject,
};

pub(super) async fn handle(engine: &Arc<Engine>, work: &Work) -> Outcome {
    let Some(home) = &work.dossier.campaign.home else {
        // An address-less campaign has no home to find.
        return finish(work, Provision::Own);
    };
    let geocoder = engine.ports.geocoder.as_ref().filter(|_| home.location.is_none());
    let fence = match begin(engine, work).await {
        Ok(fence) => fence,
        Err(outcome) => return outcome,
    };
    let spending = Spending::new(engine, work, work.operation, Callee::Vendor);
    let allowance = spending.allowance();
    let (clock, limit) = (&*engine.ports.clock, engine.policy().data_timeout);
    let mut subject = Subject { home: home.clone(), location: home.location, formatted_address: None };
    if let Some(geocoder) = geocoder {
        match within(clock, limit, "the geocoder", geocoder.locate(home, &allowance)).await {
            Ok(place) => {
                subject.location = Some(place.location);
                subject.formatted_address = Some(place.formatted_address);
            }
            Err(_) if spending.unwanted() => return Outcome::Skipped,
            Err(error) if work.may_try_again(engine, &error) => return work.again(engine, error),
            // A source may know the address although the geocoder does not.
            Err(_) => {}
        }
    }
    let today = engine.today(&work.dossier);
    let call = engine.ports.properties.property(&subject, today, &allowance);
    let answer = within(clock, limit, "the property source", call).await;
    match answer.and_then(|property| plausible::property(property, home.zip_code, today)) {
        Ok(property) => done(work, fence, property),
        Err(_) if spending.unwanted() => Outcome::Skipped,
        Err(error) if work.may_try_again(engine, &error) => work.again(engine, error),
        Err(error) => stand_in(engine, work, fence, error.to_string()).await,
    }
}

fn done(work: &Work, fence: u64, property: Property) -> Outcome {
    Outcome::Done(Action::Finish {
        operation: Operation::Property,
        cycle: work.cycle,
        fence: Some(fence),
        provision: Provision::Own,
        content: Some(Box::new(CycleContent::Property(property))),
    })
}

/// The home as an earlier report had it, whose value says its own date; or none, and the reason.
async fn stand_in(engine: &Arc<Engine>, work: &Work, fence: u64, reason: String) -> Outcome {
    let of = [(work.dossier.campaign.id.clone(), work.cycle)];
    let earlier = match engine.ports.campaigns.earlier_content(&of, Operation::Property).await {
        Ok(mut earlier) => earlier.pop().flatten(),
        Err(error) => return Outcome::Retry(error),
    };
    let oldest = engine
        .today(&work.dossier)
        .checked_sub_signed(TimeDelta::days(i64::from(engine.policy().stale_after_days)))
        .unwrap_or(chrono::NaiveDate::MIN);
    // An earlier home that was since exchanged for another must not stand in.
    let same_home = |property: &Property| {
        work.dossier.campaign.home.as_ref().is_some_and(|home| home.zip_code == property.zip_code)
    };
    match earlier {
        Some((cycle, CycleContent::Property(property))) if cycle.date() >= oldest && same_home(&property) => {
            Outcome::Done(Action::Finish {
                operation: Operation::Property,
                cycle: work.cycle,
                fence: Some(fence),
                provision: Provision::Own,
                content: Some(Box::new(CycleContent::Property(property))),
            })
        }
        _ => Outcome::Done(Action::Finish {
            operation: Operation::Property,
            cycle: work.cycle,
            fence: Some(fence),
            provision: Provision::Omitted(reason),
            content: None,
        }),
    }
}

/// Takes the operation in hand, or says what becomes of the work instead.
pub(super) async fn begin(engine: &Arc<Engine>, work: &Work) -> Result<u64, Outcome> {
    let command = Command {
        campaign_id: work.dossier.campaign.id.clone(),
        actor: Actor::System,
        action: Action::Begin { operation: work.operation, cycle: work.cycle },
        desk: engine.bench.clone(),
    };
    let result: PortResult<_> = engine.execute(vec![command]).await;
    match result.map(|executions| executions.into_iter().next().map(|execution| execution.result)) {
        Ok(Some(Ok(Reply::Begun { fence }))) => Ok(fence),
        Ok(Some(Err(Refusal::InHand { until, .. }))) => {
            // A twin of this delivery is at it. Should it die, the tick comes back when its lease ends.
            tracing::debug!(operation = %work.operation, %until, "already in hand");
            Err(Outcome::Skipped)
        }
        Ok(Some(_)) => Err(Outcome::Skipped),
        Ok(None) => Err(Outcome::Retry(PortError::new(Fault::Garbled, "the store gave no answer"))),
        Err(error) => Err(Outcome::Retry(error)),
    }
}
