//! The first key of a deployment, so that somebody can use its API at all.

use dripr_core::{
    access::{ApiKey, Caller, MintedKey, NewApiKey, Reach, Scopes},
    campaign::Actor,
    errors::PortResult,
    ports::ApiKeyStore,
};

use crate::compose::Deployment;

/// Makes an operator's key, if there is no key at all yet. Who starts several processes at once may be given several.
///
/// # Errors
/// The store's.
pub async fn first_key(deployment: &Deployment) -> PortResult<Option<MintedKey>> {
    if !deployment.store.api_keys(&Reach::Deployment, None, 1).await?.is_empty() {
        return Ok(None);
    }
    let new = NewApiKey {
        name: "the first key".to_owned(),
        reach: Reach::Deployment,
        scopes: Scopes::all(),
        expires_at: None,
    };
    let by = Caller { actor: Actor::System, ..Caller::operator() };
    let minted = ApiKey::mint(new, &by, &*deployment.entropy, deployment.clock.now());
    let stored = deployment.store.put_api_key(minted.key.clone()).await?;
    Ok(stored.then_some(minted))
}
