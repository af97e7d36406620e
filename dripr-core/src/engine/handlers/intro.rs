//! The opening words, from the ZIP code's market and the mortgage rate. One agent's campaigns in one ZIP code share
//! them for a day; names come from the template.

use std::sync::Arc;

use super::{Engine, Outcome, Work, local_market_data, shared_content::provide};
use crate::{
    campaign::Operation,
    content::{AreaContent, AreaKind, LocalMarket},
    engine::{
        areas::{Cost, Obtained},
        within::within,
    },
    policy::after,
    ports::IntroFacts,
};

pub(super) async fn handle(engine: &Arc<Engine>, work: &Work) -> Outcome {
    let key = engine.area_key(work, AreaKind::Intro);
    let market_key = engine.area_key(work, AreaKind::LocalMarketData);
    // Another operation of this campaign may be at it already: obtaining joins that fetch, in whichever process it is.
    let fetch = local_market_data::fetch(engine.clone(), key.zip_code, key.day, work.last_attempt(engine));
    let market = match engine.obtain(work, Operation::Intro, local_market_data::COST, market_key, fetch).await
    {
        Obtained::Content(content) => match &*content {
            AreaContent::LocalMarketData(market) => market.clone(),
            _ => LocalMarket { statistics: None, mortgage_rate: None },
        },
        Obtained::Busy(_) => {
            let now = engine.ports.clock.now();
            return Outcome::DeferUntil(after(now, std::time::Duration::from_secs(1)));
        }
        // Words can be written without it; the market operation says what became of it.
        Obtained::BudgetSpent | Obtained::Failed(_) => LocalMarket { statistics: None, mortgage_rate: None },
    };
    let (at, facts) = (engine.clone(), IntroFacts { zip_code: key.zip_code, as_of: key.day, market });
    let fetch = async move {
        let call = at.ports.writer.intro(&facts);
        let words = within(&*at.ports.clock, at.policy().writer_timeout, "the writer", call).await?;
        Ok(AreaContent::Intro(words))
    };
    provide(engine, work, key, Cost { vendor: 0, model: 1 }, fetch).await
}
