//! Rendering the email, once, and storing it. What is approved and sent later is exactly what is stored here.

use std::sync::Arc;

use super::{Engine, Outcome, Work};
use crate::{
    campaign::{Action, Operation, Provision},
    content::{AreaContent, AreaKey, Author, Words},
    email::{CommercialMessage, Message, Party},
    engine::within::within,
    errors::{Fault, PortError, PortResult},
    ids::EmailId,
    ports::ReportContext,
};

pub(super) async fn handle(engine: &Arc<Engine>, work: &Work) -> Outcome {
    match create(engine, work).await {
        Ok(Some(message)) => Outcome::Done(Action::CreateEmail { cycle: work.cycle, message }),
        Ok(None) => Outcome::Done(Action::GiveUp {
            operation: Operation::EmailCreation,
            cycle: work.cycle,
            reason: "there is nothing truthful to report this month".to_owned(),
            fetch_again: true,
        }),
        Err(error) if error.fault().may_heal() && !work.last_attempt(engine) => Outcome::Retry(error),
        Err(error) => Outcome::GiveUp(error.to_string()),
    }
}

/// The message; `None` if nothing is left to say.
async fn create(engine: &Arc<Engine>, work: &Work) -> PortResult<Option<CommercialMessage>> {
    let dossier = &work.dossier;
    let campaign = &dossier.campaign;
    let now = engine.ports.clock.now();
    let facts = dossier.facts(now, engine.policy());
    let leaves = facts.may_leave_at(campaign).unwrap_or(now);
    let home = campaign.home.as_ref();
    let context = ReportContext {
        agent: dossier.agent.clone(),
        contact: dossier.contact.clone(),
        home: home.filter(|_| work.before.property.is_some()).cloned(),
        zip_code: campaign.zip_code,
        date: facts.rules.civil_date(leaves),
        property: home.and(work.before.property.clone()),
        property_before: home
            .and(work.before.earlier_property.as_ref())
            .map(|(_, property)| property.clone()),
        intro: intro(engine, work).await?,
        home_report: home.and(work.before.home_report.clone()),
        listings: shared(engine, work, Operation::ActiveListings).await?,
        sales: shared(engine, work, Operation::RecentSales).await?,
        market: shared(engine, work, Operation::LocalMarketData).await?,
        opt_out_link: engine.ports.links.link(&campaign.user_id, &campaign.id, &dossier.contact.email),
    };
    let valued = context.property.as_ref().is_some_and(|property| property.valuation.is_some());
    let nothing =
        !valued && context.market.is_none() && context.sales.is_none() && context.listings.is_none();
    if nothing {
        return Ok(None);
    }
    let rendered = engine.ports.renderer.report(&context).await?;
    let message = Message {
        from: Party { name: dossier.agent.full_name(), address: dossier.agent.email.clone() },
        to: Party {
            name: format!("{} {}", dossier.contact.first_name, dossier.contact.last_name).trim().to_owned(),
            address: dossier.contact.email.clone(),
        },
        subject: rendered.subject,
        html: rendered.html,
        text: rendered.text,
        opt_out_link: Some(context.opt_out_link),
        opt_out_mailto: engine.ports.links.mailto(&campaign.user_id, &campaign.id, &dossier.contact.email),
    };
    let message = CommercialMessage::new(message, &dossier.agent)
        .map_err(|error| PortError::new(Fault::Invalid, error.to_string()).caused_by(error))?;
    if let Some(archive) = &engine.ports.archive {
        // The id the email is about to get; keeping it again after a crash replaces it.
        let id = EmailId::of(&campaign.id, campaign.email_revision + 1);
        let keep = archive.keep(&campaign.user_id, &id, &message.message().html);
        within(&*engine.ports.clock, engine.policy().data_timeout, "the archive", keep).await?;
    }
    Ok(Some(message))
}

async fn intro(engine: &Arc<Engine>, work: &Work) -> PortResult<Option<Words>> {
    if let Some(text) = &work.dossier.campaign.intro_edit {
        return Ok(Some(Words::new(text.clone(), Author::Agent)));
    }
    Ok(match shared(engine, work, Operation::Intro).await? {
        Some((_, content)) => match &*content {
            AreaContent::Intro(words) | AreaContent::IntroWithoutHome(words) => Some(words.clone()),
            _ => None,
        },
        None => None,
    })
}

/// The shared content that an operation referred to.
async fn shared(
    engine: &Arc<Engine>,
    work: &Work,
    operation: Operation,
) -> PortResult<Option<(AreaKey, Arc<AreaContent>)>> {
    let key = match &work.dossier.campaign.operations[operation].provision {
        Some(Provision::Shared(key) | Provision::Stale(key)) => key,
        Some(Provision::Own | Provision::Omitted(_)) | None => return Ok(None),
    };
    Ok(engine.shared_content(key).await?.map(|content| (key.clone(), content)))
}
