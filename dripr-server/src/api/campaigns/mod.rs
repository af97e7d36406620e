//! `/agents/{agent}/campaigns`: what homeowners get every month, and what keeps it from them.

mod change;
mod create;
mod disable;
mod enable;
mod explain;
mod history;
mod home;
mod list;
mod phase;
mod read;
mod remove;
mod retry;
mod skip;
mod view;

use std::sync::Arc;

use dripr_core::{
    access::Scope,
    campaign::{Action, Command, Dossier},
    ids::{CampaignId, UserId},
    ports::CampaignStore,
};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::view::CampaignView;
pub(super) use self::{create::NewCampaign, home::GivenHome};
use super::{Api, caller::Asking, problem::Problem, version::Versioned};

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list::list_campaigns, create::create_campaign))
        .routes(routes!(read::read_campaign, change::change_campaign, remove::remove_campaign))
        .routes(routes!(enable::enable_campaign))
        .routes(routes!(disable::disable_campaign))
        .routes(routes!(retry::retry_campaign))
        .routes(routes!(skip::skip_cycle))
        .routes(routes!(explain::explain_campaign))
        .routes(routes!(history::read_campaign_history))
}

/// The campaign of an agent that a path names.
pub(super) async fn find(api: &Api, user: &UserId, named: &str) -> Result<Dossier, Problem> {
    let none = || Problem::not_found("campaign");
    let id = CampaignId::new(named).map_err(|_| none())?;
    let dossier = api.store.load(std::slice::from_ref(&id)).await?.pop().flatten().ok_or_else(none)?;
    let campaign = &dossier.campaign;
    if campaign.user_id == *user && campaign.deleted_at.is_none() { Ok(dossier) } else { Err(none()) }
}

/// Does something to a campaign.
pub(super) async fn act(api: &Api, asking: &Asking, id: &CampaignId, action: Action) -> Result<(), Problem> {
    let (campaign_id, actor, desk) = (id.clone(), asking.0.actor.clone(), api.bench.clone());
    let executed = api.store.execute(vec![Command { campaign_id, actor, action, desk }]).await?;
    let execution = executed.into_iter().next().ok_or_else(Problem::lost)?;
    execution.result?;
    Ok(())
}

/// Does something to the campaign that a path names. The answer is the campaign as it stands after it.
async fn act_on(
    api: &Api,
    asking: &Asking,
    (agent, campaign): &(String, String),
    action: Action,
) -> Result<Versioned<CampaignView>, Problem> {
    let agent = asking.agent(api, agent, Scope::Write).await?;
    let dossier = find(api, &agent.id, campaign).await?;
    act(api, asking, &dossier.campaign.id, action).await?;
    Ok(CampaignView::versioned(&api.bench, find(api, &agent.id, campaign).await?))
}
