//! Homes and markets of a brokerage's own MLS.

use std::sync::Arc;

use dripr_adapters::{
    http::HttpOptions,
    layers::Layered,
    local_data::zip_centres::ZipCentres,
    reso::{Access, Enumerations, ResoOptions, ResoWebApi},
};

use super::{Asking, Providers};
use crate::{
    config::{
        mls::{self, Mls},
        sources::{Homes, Markets},
    },
    failure::Failure,
};

pub(super) fn add(all: &mut Providers, config: &Mls, asking: &Asking<'_>) -> Result<(), Failure> {
    let options = ResoOptions {
        service_root: config.url.clone(),
        source: config.source.clone(),
        access: match config.access.clone() {
            mls::Access::Token(token) => Access::Token(token),
            mls::Access::ClientCredentials { token_url, client_id, client_secret, scope } => {
                Access::ClientCredentials { token_url, client_id, client_secret, scope }
            }
        },
        enumerations: match config.enumerations.clone() {
            None => Enumerations::Texts,
            Some(namespace) => Enumerations::Types { namespace },
        },
        lacks: config.lacks.clone(),
        http: HttpOptions { timeout: asking.timeout, ..HttpOptions::default() },
    };
    let mls = ResoWebApi::new(options, asking.clock.clone())?.measuring_from(Arc::new(ZipCentres));
    let mls = Arc::new(mls);
    let layered = Arc::new(Layered::new(mls.clone(), asking.around("the MLS", "mls", config.pace)));
    all.homes.push((Homes::Mls, layered.clone()));
    all.markets.push((Markets::Mls, layered));
    all.probes.push(("the MLS", mls));
    Ok(())
}
