//! The opening words, from the ZIP code's market and the mortgage rate. One agent's campaigns in one ZIP code share
//! them for a day, those about a home and those about the area alone; names come from the template.

use std::sync::Arc;

use futures_util::FutureExt;

use super::{Engine, Outcome, Work, local_market_data, shared_content::provide};
use crate::{
    campaign::{Operation, SubStatus},
    content::{AreaContent, AreaKind, LocalMarket},
    engine::{
        areas::Obtained,
        spending::{Callee, Spending},
        writing::Task,
    },
    policy::after,
    ports::IntroFacts,
};

pub(super) async fn handle(engine: &Arc<Engine>, work: &Work) -> Outcome {
    let has_home = work.dossier.campaign.home.is_some();
    let kind = if has_home { AreaKind::Intro } else { AreaKind::IntroWithoutHome };
    let key = engine.area_key(work, kind);
    let market_key = engine.area_key(work, AreaKind::LocalMarketData);
    // Another operation of this campaign may be at it already: obtaining joins that fetch, in whichever process it is.
    let fetch = local_market_data::fetch(engine.clone(), key.zip_code, key.day, work.last_attempt(engine));
    let market = match engine.obtain(work, Operation::Intro, Callee::Vendor, market_key, fetch).await {
        Obtained::Content(content) => match &*content {
            AreaContent::LocalMarketData(market) => market.clone(),
            _ => LocalMarket { statistics: None, mortgage_rate: None },
        },
        Obtained::Busy(_) => {
            let now = engine.ports.clock.now();
            return Outcome::DeferUntil(after(now, std::time::Duration::from_secs(1)));
        }
        // The market operation tries again as often as it may; until then there may be something to write about.
        Obtained::Failed(error)
            if error.fault().may_heal()
                && work.dossier.campaign.operations[Operation::LocalMarketData].status
                    != SubStatus::Ready =>
        {
            let pause = engine.policy().backoff.max(error.pause().unwrap_or_default());
            return Outcome::DeferUntil(after(engine.ports.clock.now(), pause));
        }
        // Words can be written without it.
        Obtained::Failed(_) => LocalMarket { statistics: None, mortgage_rate: None },
    };
    let task = Task::Intro(IntroFacts { zip_code: key.zip_code, has_home, as_of: key.day, market });
    let (at, for_work) = (engine.clone(), work.clone());
    let fetch = move |spending: Arc<Spending>| {
        async move {
            let words = at.written(&for_work, &task, &spending).await?;
            Ok(if has_home { AreaContent::Intro(words) } else { AreaContent::IntroWithoutHome(words) })
        }
        .boxed()
    };
    provide(engine, work, key, Callee::Model, fetch).await
}
