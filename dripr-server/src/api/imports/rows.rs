//! What became of the rows of an import.

use std::{collections::HashMap, sync::Arc};

use axum::{Json, extract::State};
use dripr_core::{
    access::Scope,
    contact::Contact,
    ids::{CampaignId, UserId},
    imports::ImportLine,
    ports::{CampaignStore, ImportLineFilter, ImportStore},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    find,
    view::{OutcomeView, RowView},
};
use crate::api::{
    Api,
    body::Parameters,
    caller::Asking,
    page::{Page, Part},
    path::Path,
    problem::Problem,
};

/// Which rows are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Only those of which this became.
    #[param(inline)]
    outcome: Option<OutcomeView>,
    /// Those of people who want no mail, or all others.
    opted_out: Option<bool>,
    /// Those of which nobody could tell whether their address takes mail, or all others.
    not_verified: Option<bool>,
}

/// The rows of an import that are reported, in the order of the file: each one, if the import's `report` is `every_row`; else those
/// that cannot be used, were there already, are of people who want no mail, or could not be verified. All others went as they stand
/// in the file.
#[utoipa::path(
    get, path = "/agents/{agent}/imports/{import}/rows", tag = "imports",
    params(("agent" = String, Path), ("import" = String, Path), Filter, Part),
    responses((status = 200, body = Page<RowView>))
)]
pub(super) async fn list_import_rows(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, import)): Path<(String, String)>,
    Parameters(filter): Parameters<Filter>,
    Parameters(part): Parameters<Part>,
) -> Result<Json<Page<RowView>>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    let import = find(&api, &agent.id, &import).await?;
    let (limit, after) = (part.limit()?, part.after::<u64>()?);
    let filter = ImportLineFilter {
        fate: filter.outcome.map(OutcomeView::name),
        opted_out: filter.opted_out,
        not_verified: filter.not_verified,
    };
    let lines = api.store.import_lines(&import.id, filter, after, limit + 1).await?;
    let contacts = contacts(&api, &agent.id, &lines).await?;
    let view = |line: ImportLine| {
        let contact = line.fate.campaign().and_then(|id| contacts.get(id));
        RowView::of(line, contact)
    };
    Ok(Json(Page::of(lines, limit, |line: &ImportLine| line.row.to_string(), view)))
}

/// The contacts that there still are of the campaigns that lines tell of.
async fn contacts(
    api: &Api,
    user: &UserId,
    lines: &[ImportLine],
) -> Result<HashMap<CampaignId, Contact>, Problem> {
    let ids: Vec<CampaignId> = lines.iter().filter_map(|line| line.fate.campaign()).cloned().collect();
    let dossiers = api.store.load(&ids).await?.into_iter().flatten();
    let there = dossiers.filter(|known| {
        known.campaign.user_id == *user
            && known.campaign.deleted_at.is_none()
            && known.contact.deleted_at.is_none()
    });
    Ok(there.map(|known| (known.campaign.id.clone(), known.contact)).collect())
}
