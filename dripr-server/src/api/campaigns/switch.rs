//! Letting many campaigns run, or halting them.

use std::sync::Arc;

use axum::{Json, extract::State};
use dripr_core::{
    access::Scope,
    campaign::{Action, Dossier},
    ids::CampaignId,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{act_on_each, find_each, view::CampaignView};
use crate::api::{
    Api,
    body::Body,
    caller::Asking,
    many::{Item, Outcomes, read},
    path::Path,
    problem::Problem,
};

/// Which campaigns are to run and which are not.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Switches {
    /// Each campaign once.
    #[schema(min_items = 1, max_items = 100)]
    items: Vec<Switch>,
}

/// Whether a campaign is to run.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Switch {
    #[schema(value_type = String, max_length = 96, pattern = "^[A-Za-z0-9._:-]+$")]
    campaign_id: CampaignId,
    /// False halts it: nothing of it is sent until it is enabled.
    enabled: bool,
}

impl Switch {
    fn action(&self) -> Action {
        if self.enabled { Action::Enable } else { Action::Disable }
    }
}

impl Item for Switch {
    const NAMES: &'static str = "campaign_id";

    fn named(&self) -> &str {
        self.campaign_id.as_str()
    }
}

/// What became of a campaign that was to be switched.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Switched {
    campaign_id: String,
    /// The campaign as it stands after it; null if it was not switched.
    campaign: Option<CampaignView>,
    /// Why it was not switched, as `enable` or `disable` of it alone would say; null if it was.
    problem: Option<Problem>,
}

impl Switched {
    fn of(api: &Api, id: &CampaignId, stands: Result<Dossier, Problem>) -> Self {
        let (campaign, problem) = match stands {
            Ok(dossier) => (Some(CampaignView::of(&api.bench, dossier)), None),
            Err(problem) => (None, Some(problem)),
        };
        Self { campaign_id: id.to_string(), campaign, problem }
    }
}

/// Lets campaigns run or halts them, up to 100 with one request, each in its own right: what stands against one hinders no other.
#[utoipa::path(
    post, path = "/agents/{agent}/campaigns/switches", tag = "campaigns", request_body = Switches,
    params(("agent" = String, Path)), responses((status = 200, body = Outcomes<Switched>))
)]
pub(super) async fn switch_campaigns(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
    Body(switches): Body<Switches>,
) -> Result<Json<Outcomes<Switched>>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Write).await?;
    let switches = read(switches.items)?;
    let ids: Vec<CampaignId> = switches.iter().map(|switch| switch.campaign_id.clone()).collect();
    let found = find_each(&api, &agent.id, ids.clone()).await?;
    let wanted = switches.iter().zip(found);
    let wanted = wanted.map(|(switch, found)| found.map(|dossier| (dossier.campaign.id, switch.action())));
    let switched = act_on_each(&api, &asking, wanted.collect()).await?;
    let stand = find_each(&api, &agent.id, ids.clone()).await?;
    let stand = switched.into_iter().zip(stand).map(|(switched, stands)| switched.and(stands));
    Ok(Json(Outcomes::of(ids.iter().zip(stand).map(|(id, stands)| Switched::of(&api, id, stands)))))
}
