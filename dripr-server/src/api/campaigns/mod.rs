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
mod switch;
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
use super::{Api, caller::Asking, many::each, problem::Problem, version::Versioned};

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list::list_campaigns, create::create_campaign))
        .routes(routes!(read::read_campaign, change::change_campaign, remove::remove_campaign))
        .routes(routes!(enable::enable_campaign))
        .routes(routes!(disable::disable_campaign))
        .routes(routes!(switch::switch_campaigns))
        .routes(routes!(retry::retry_campaign))
        .routes(routes!(skip::skip_cycle))
        .routes(routes!(explain::explain_campaign))
        .routes(routes!(history::read_campaign_history))
}

/// The campaign of an agent that a path names.
pub(super) async fn find(api: &Api, user: &UserId, named: &str) -> Result<Dossier, Problem> {
    let id = CampaignId::new(named).map_err(|_| unknown())?;
    find_each(api, user, vec![id]).await?.pop().ok_or_else(Problem::lost)?
}

/// The campaigns of an agent that a request names, each found or not.
async fn find_each(
    api: &Api,
    user: &UserId,
    ids: Vec<CampaignId>,
) -> Result<Vec<Result<Dossier, Problem>>, Problem> {
    let found = each(ids, move |ids| Box::pin(async move { api.store.load(&ids).await })).await?;
    let own = |dossier: &Dossier| dossier.campaign.user_id == *user && dossier.campaign.deleted_at.is_none();
    let one = |found: Option<Dossier>| found.filter(own).ok_or_else(unknown);
    Ok(found.into_iter().map(|found| found.and_then(one)).collect())
}

fn unknown() -> Problem {
    Problem::not_found("campaign")
}

/// Does something to a campaign.
pub(super) async fn act(api: &Api, asking: &Asking, id: &CampaignId, action: Action) -> Result<(), Problem> {
    act_on_each(api, asking, vec![Ok((id.clone(), action))]).await?.pop().ok_or_else(Problem::lost)?
}

/// Does something to each campaign for which nothing stands against it already, with one call of the store. What becomes of each is
/// told in its place.
pub(super) async fn act_on_each(
    api: &Api,
    asking: &Asking,
    wanted: Vec<Result<(CampaignId, Action), Problem>>,
) -> Result<Vec<Result<(), Problem>>, Problem> {
    let wanted_of = |(campaign_id, action): &(CampaignId, Action)| {
        let (campaign_id, action) = (campaign_id.clone(), action.clone());
        Command { campaign_id, actor: asking.0.actor.clone(), action, desk: api.bench.clone() }
    };
    let commands: Vec<Command> = wanted.iter().flatten().map(wanted_of).collect();
    let executed = each(commands, move |all| Box::pin(async move { api.store.execute(all).await })).await?;
    let mut executed = executed.into_iter();
    let became = |wanted: Result<(CampaignId, Action), Problem>| -> Result<(), Problem> {
        wanted?;
        let execution = executed.next().ok_or_else(Problem::lost)??;
        execution.result?;
        Ok(())
    };
    Ok(wanted.into_iter().map(became).collect())
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
