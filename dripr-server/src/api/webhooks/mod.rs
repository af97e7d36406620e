//! `/webhooks`: addresses of programs that want to know what happens, and what became of what they were told. Each reaches no
//! farther than who made it.

mod change;
mod create;
mod deliveries;
mod list;
mod read;
mod remove;
mod replay;
mod replay_failed;
mod rotate;
mod test;
mod view;

use std::sync::Arc;

use dripr_adapters::webhook_vault::WebhookVaultError;
use dripr_core::{
    access::Deed,
    ids::{WebhookId, WebhookMessageId},
    ports::WebhookStore,
    webhooks::{Due, Endpoint, KeptSecret, Kind, Kinds},
};
use secrecy::SecretString;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Api, caller::Asking, problem::Problem, reach::lies_within};

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list::list_webhooks, create::create_webhook))
        .routes(routes!(read::read_webhook, change::change_webhook, remove::remove_webhook))
        .routes(routes!(rotate::rotate_webhook_secret))
        .routes(routes!(test::test_webhook))
        .routes(routes!(replay_failed::replay_failed_deliveries))
        .routes(routes!(deliveries::list_deliveries))
        .routes(routes!(deliveries::read_delivery))
        .routes(routes!(replay::replay_delivery))
}

/// The endpoint that a path names, if it is the caller's to keep.
async fn find(api: &Api, asking: &Asking, named: &str) -> Result<Endpoint, Problem> {
    let keeper = asking.keeper()?;
    let none = || Problem::not_found("webhook");
    let id = WebhookId::new(named).map_err(|_| none())?;
    let endpoint = api.store.webhook(&id).await?.ok_or_else(none)?;
    if lies_within(api, &endpoint.reach, &keeper.reach).await? { Ok(endpoint) } else { Err(none()) }
}

/// The message that a path names, as it stands with an endpoint.
async fn find_delivery(api: &Api, endpoint: &Endpoint, named: &str) -> Result<Due, Problem> {
    let none = || Problem::not_found("message");
    let id = WebhookMessageId::new(named).map_err(|_| none())?;
    api.store.delivery(&endpoint.id, &id).await?.ok_or_else(none)
}

/// An address that messages may be sent to.
fn checked_url(api: &Api, url: &str) -> Result<String, Problem> {
    let url = url.trim();
    api.sender.check(url).map_err(|why| Problem::invalid("/url", why))?;
    Ok(url.to_owned())
}

/// What somebody wants to be told.
fn checked_kinds(kinds: Vec<Kind>) -> Result<Kinds, Problem> {
    if let Some(at) = kinds.iter().position(|kind| *kind == Kind::Test) {
        return Err(Problem::invalid(format!("/kinds/{at}"), "is sent when it is asked for"));
    }
    let kinds: Kinds = kinds.into_iter().collect();
    if kinds.is_empty() { Err(Problem::invalid("/kinds", "names none")) } else { Ok(kinds) }
}

/// A secret as it is stored, and as it is shown if it was made here.
fn kept_secret(
    api: &Api,
    id: &WebhookId,
    given: Option<SecretString>,
) -> Result<(KeptSecret, Option<SecretString>), Problem> {
    let made = given.is_none().then(|| api.vault.make());
    let secret = given.or_else(|| made.clone()).unwrap_or_default();
    let kept = api.vault.keep(id, &secret).map_err(|error| match error {
        WebhookVaultError::Secret => Problem::invalid("/secret", error.to_string()),
        WebhookVaultError::Key | WebhookVaultError::NotSealed | WebhookVaultError::NotOpened => {
            Problem::lost()
        }
    })?;
    Ok((kept, made))
}

/// How often a change is tried that the courier was faster than.
const TRIES: u8 = 5;

/// What a caller does about an endpoint, as history has it.
fn deed(api: &Api, asking: &Asking, endpoint: &Endpoint, what: &str, cause: Option<String>) -> Deed {
    endpoint.deed(what, asking.0.actor.clone(), api.bench.clock.now(), cause)
}

/// Changes the endpoint that a path names, if `admit` lets it pass; what the courier finds meanwhile is kept.
async fn changed(
    api: &Api,
    asking: &Asking,
    named: &str,
    what: &str,
    mut change: impl FnMut(&mut Endpoint) -> Result<(), Problem>,
) -> Result<Endpoint, Problem> {
    for _ in 0..TRIES {
        let mut endpoint = find(api, asking, named).await?;
        let before = endpoint.clone();
        change(&mut endpoint)?;
        if endpoint == before {
            return Ok(endpoint);
        }
        let deed = deed(api, asking, &endpoint, what, None);
        if api.store.put_webhook(endpoint.clone(), deed).await? {
            endpoint.version += 1;
            return Ok(endpoint);
        }
    }
    Err(Problem::changed_meanwhile())
}
