//! Homes for sale around the ZIP code's centre. No home is needed, so address-less campaigns have them too.

use std::sync::Arc;

use super::{Engine, Outcome, Work, shared_content::provide};
use crate::{
    content::{AreaContent, AreaKind},
    engine::{areas::Cost, within::within},
};

pub(super) async fn handle(engine: &Arc<Engine>, work: &Work) -> Outcome {
    let key = engine.area_key(work, AreaKind::ActiveListings);
    let (at, zip, day) = (engine.clone(), key.zip_code, key.day);
    let fetch = async move {
        let limit = usize::from(at.policy().shown_homes);
        let call = at.ports.properties.active_listings(zip, day, limit);
        let listings =
            within(&*at.ports.clock, at.policy().data_timeout, "the listings source", call).await?;
        Ok(AreaContent::ActiveListings(listings))
    };
    provide(engine, work, key, Cost { vendor: 1, model: 0 }, fetch).await
}
