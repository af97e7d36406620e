//! Which keys were taken back, by a database that is later than the restored one.

use crate::{access::ApiKey, campaign::Actor, errors::PortResult, ports::ApiKeyStore};

/// Takes a key back that a later database says was taken back, as it was then. `false`, and nothing changed, if it was not, or if
/// the key is not there or was taken back before: none is made that is not there.
///
/// # Errors
/// The store's.
pub async fn take_over_key<S: ApiKeyStore + ?Sized>(store: &S, later: &ApiKey) -> PortResult<bool> {
    let Some(at) = later.revoked_at else { return Ok(false) };
    let known = store.api_key(&later.id).await?;
    if known.is_none_or(|known| known.revoked_at.is_some()) {
        return Ok(false);
    }
    let by = later.revoked_by.clone().unwrap_or(Actor::Operator);
    store.revoke_api_key(&later.id, by, at).await
}
