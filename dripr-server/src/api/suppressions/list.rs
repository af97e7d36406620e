//! Listing addresses that an agent must not write to.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{
    access::Scope,
    email::{EmailAddress, Suppression},
    ids::ContactId,
    ports::ContactStore,
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{CauseView, SuppressionView};
use crate::api::{
    Api,
    body::Parameters,
    caller::Asking,
    page::{Page, Part},
    path::Path,
    problem::Problem,
};

/// Which addresses are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Only those that get no mail for this reason.
    #[param(inline)]
    cause: Option<CauseView>,
    /// Only this address.
    #[param(value_type = Option<String>, format = "email")]
    email: Option<EmailAddress>,
}

/// The addresses that an agent must not write to.
#[utoipa::path(
    get, path = "/agents/{agent}/suppressions", tag = "suppressions",
    params(("agent" = String, Path), Filter, Part), responses((status = 200, body = Page<SuppressionView>))
)]
pub(super) async fn list_suppressions(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
    Parameters(filter): Parameters<Filter>,
    Parameters(part): Parameters<Part>,
) -> Result<Json<Page<SuppressionView>>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    let (limit, after) = (part.limit()?, part.after::<String>()?);
    let cause = filter.cause.map(CauseView::cause);
    let suppressions = match filter.email {
        None => api.store.suppressions(&agent.id, cause, after, limit + 1).await?,
        Some(address) => {
            let known = api.store.suppression(&agent.id, &address).await?;
            let wanted = |known: &Suppression| {
                cause.is_none_or(|cause| known.cause == cause)
                    && after.as_ref().is_none_or(|after| known.address.key() > *after)
            };
            known.filter(wanted).into_iter().collect()
        }
    };
    let addresses: Vec<EmailAddress> = suppressions.iter().map(|known| known.address.clone()).collect();
    let contacts = api.store.contacts_at(&agent.id, &addresses).await?;
    let found: Vec<(Suppression, Option<ContactId>)> = suppressions.into_iter().zip(contacts).collect();
    let key = |(known, _): &(Suppression, Option<ContactId>)| known.address.key();
    Ok(Json(Page::of(found, limit, key, |(known, contact)| SuppressionView::of(known, contact))))
}
