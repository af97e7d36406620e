//! Homes for sale around the ZIP code's centre. No home is needed, so address-less campaigns have them too.

use std::sync::Arc;

use futures_util::FutureExt;

use super::{Engine, Outcome, Work, shared_content::provide};
use crate::{
    content::{AreaContent, AreaKind, plausible},
    engine::{
        spending::{Callee, Spending},
        within::within,
    },
};

pub(super) async fn handle(engine: &Arc<Engine>, work: &Work) -> Outcome {
    let key = engine.area_key(work, AreaKind::ActiveListings);
    let (at, zip, day) = (engine.clone(), key.zip_code, key.day);
    let fetch = |spending: Arc<Spending>| {
        async move {
            let limit = usize::from(at.policy().shown_homes);
            let allowance = spending.allowance();
            let call = at.ports.properties.active_listings(zip, day, limit, &allowance);
            let listings =
                within(&*at.ports.clock, at.policy().data_timeout, "the listings source", call).await?;
            Ok(AreaContent::ActiveListings(plausible::listings(listings, zip, day)))
        }
        .boxed()
    };
    provide(engine, work, key, Callee::Vendor, fetch).await
}
