//! What became of webhooks, by a database that is later than the restored one.

use std::collections::{BTreeMap, BTreeSet};

use super::{PAGE, TRIES};
use crate::{
    access::Reach,
    campaign::Actor,
    errors::{Fault, PortError, PortResult},
    ids::WebhookId,
    ports::WebhookStore,
    schedule::Instant,
    webhooks::Endpoint,
};

/// Lets each webhook stand as a later database has it: its address, its secrets, what it is told and whether it is switched off; one
/// that was removed there, as its [deeds](crate::access::Deed) say, is removed. One of which the later database knows nothing stays, and
/// none is made that is not there. Says how many that changed.
///
/// # Errors
/// The store failed, or a webhook was changed again and again meanwhile.
pub async fn take_over_webhooks<S: WebhookStore + ?Sized>(
    store: &S,
    later: &[Endpoint],
    removed: &BTreeSet<WebhookId>,
    now: Instant,
) -> PortResult<u64> {
    let later: BTreeMap<&WebhookId, &Endpoint> =
        later.iter().map(|endpoint| (&endpoint.id, endpoint)).collect();
    let mut changed = 0;
    let mut after = None;
    loop {
        let page = store.webhooks(&Reach::Deployment, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(changed) };
        after = Some(last.id.clone());
        for known in page {
            let later = later.get(&known.id).copied();
            // A database that was begun anew after the other was lost knows none.
            if later.is_none() && !removed.contains(&known.id) {
                continue;
            }
            changed += u64::from(take_over(store, known, later, now).await?);
        }
    }
}

async fn take_over<S: WebhookStore + ?Sized>(
    store: &S,
    known: Endpoint,
    later: Option<&Endpoint>,
    now: Instant,
) -> PortResult<bool> {
    let id = known.id.clone();
    let cause = || Some("as the database was that a backup replaced".to_owned());
    let mut known = Some(known);
    for _ in 0..TRIES {
        let Some(present) = known else { return Ok(false) };
        let Some(later) = later else {
            let deed = present.deed("webhook_removed", Actor::Operator, now, cause());
            return store.remove_webhook(&id, deed).await;
        };
        let endpoint = Endpoint { version: present.version, ..later.clone() };
        if endpoint == present {
            return Ok(false);
        }
        let deed = endpoint.deed("webhook_taken_over", Actor::Operator, now, cause());
        if store.put_webhook(endpoint, deed).await? {
            return Ok(true);
        }
        known = store.webhook(&id).await?;
    }
    Err(PortError::new(Fault::Unavailable, format!("webhook {id} was changed again and again meanwhile")))
}
