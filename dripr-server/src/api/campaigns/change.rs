//! Changing what an agent chose for a campaign.

use std::sync::Arc;

use axum::extract::State;
use dripr_core::{
    access::Scope,
    campaign::{Action, Campaign, Dossier},
    ids::UserId,
    ports::ImportStore,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    act, find,
    home::{BRINGS_ITS_OWN, GivenHome},
    view::{CampaignView, send_day, zip_code},
};
use crate::api::{
    Api,
    body::{Body, given},
    caller::Asking,
    path::Path,
    problem::Problem,
    problems::Problems,
    version::{IfMatch, Versioned},
};

/// A change of a campaign. What is absent stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CampaignChange {
    /// Null makes it a newsletter about the ZIP code alone.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<GivenHome>)]
    home: Option<Option<GivenHome>>,
    /// For a campaign without a home.
    #[serde(default)]
    #[schema(pattern = "^[0-9]{5}(-[0-9]{4})?$", nullable = false)]
    zip_code: Option<String>,
    #[serde(default, deserialize_with = "crate::api::body::whole")]
    #[schema(minimum = 1, maximum = 28, nullable = false)]
    fixed_send_day: Option<u8>,
    /// Whether the agent approves each email.
    #[serde(default)]
    #[schema(nullable = false)]
    check_before_sending: Option<bool>,
    #[serde(default)]
    #[schema(nullable = false)]
    enabled: Option<bool>,
}

/// Changes a campaign. All of it is stored, or none. An email that is made already is made again where that is needed.
#[utoipa::path(
    patch, path = "/agents/{agent}/campaigns/{campaign}", tag = "campaigns", request_body = CampaignChange,
    params(("agent" = String, Path), ("campaign" = String, Path), ("If-Match" = String, Header)),
    responses((status = 200, body = CampaignView, headers(("ETag" = String))))
)]
pub(super) async fn change_campaign(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path((agent, campaign)): Path<(String, String)>,
    seen: IfMatch,
    Body(change): Body<CampaignChange>,
) -> Result<Versioned<CampaignView>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Write).await?;
    let dossier = find(&api, &agent.id, &campaign).await?;
    let known = dossier.campaign.clone();
    let mark = known.choices_mark();
    seen.admit(&mark)?;
    let mut problems = Problems::default();
    let day = change.fixed_send_day.map(|day| send_day("/fixed_send_day", day)).transpose();
    let (home, day) = (problems.take(moved(change.home, change.zip_code, &known)), problems.take(day));
    let (home, day) = problems.unless_any(|| Some((home?, day?)))?;
    let mut changes = Vec::from_iter(home);
    changes.extend(day.map(|fixed_send_day| Action::EditSchedule { fixed_send_day }));
    if let Some(check_before_sending) = change.check_before_sending {
        if known.check_before_sending && !check_before_sending {
            // Or whoever may only write would decide by it what goes out.
            asking.may(Scope::Approve)?;
        }
        changes.push(Action::RequireApproval { check_before_sending });
    }
    if let Some(enabled) = change.enabled {
        changes.push(if enabled { Action::Enable } else { Action::Disable });
    }
    no_twin(&api, &agent.id, &dossier, &changes).await?;
    act(&api, &asking, &known.id, Action::Together { seen: Some(mark), changes }).await?;
    let dossier = find(&api, &agent.id, &campaign).await?;
    Ok(CampaignView::versioned(&api.bench, dossier))
}

/// What is done for a campaign to be about another home or ZIP code, if it is to be.
fn moved(
    home: Option<Option<GivenHome>>,
    zip: Option<String>,
    known: &Campaign,
) -> Result<Option<Action>, Problem> {
    let mut problems = Problems::default();
    let has_home = home.as_ref().map_or(known.home.is_some(), Option::is_some);
    let zip = problems.take(match zip {
        Some(_) if has_home => Err(Problem::invalid("/zip_code", BRINGS_ITS_OWN)),
        zip => zip.map(|text| zip_code("/zip_code", &text)).transpose(),
    });
    let is_without = home.as_ref().is_some_and(Option::is_none);
    let home = problems.take(home.flatten().map(|home| home.home(known.home.as_ref())).transpose());
    let (home, zip) = problems.unless_any(|| Some((home?, zip?)))?;
    Ok(match (home, zip) {
        (Some(home), _) => Some(Action::EditHome { zip_code: home.zip_code, home: Some(Box::new(home)) }),
        (None, Some(zip_code)) => Some(Action::EditHome { home: None, zip_code }),
        (None, None) if is_without => Some(Action::EditHome { home: None, zip_code: known.zip_code }),
        (None, None) => None,
    })
}

/// Refuses what would make a second campaign for one address and home.
async fn no_twin(api: &Api, user: &UserId, dossier: &Dossier, changes: &[Action]) -> Result<(), Problem> {
    for change in changes {
        let Action::EditHome { home, zip_code } = change else { continue };
        let edited =
            Campaign { home: home.as_deref().cloned(), zip_code: *zip_code, ..dossier.campaign.clone() };
        let wanted = [(dossier.contact.email.key(), edited.home_key())];
        let twin = api.store.campaigns_like(user, &wanted).await?.pop().flatten();
        if let Some(twin) = twin.filter(|twin| *twin != dossier.campaign.id) {
            return Err(Problem::twin_campaign(&twin));
        }
    }
    Ok(())
}
