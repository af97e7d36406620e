//! `/statistics`, `/agents/{agent}/statistics`: what agents have, and what they achieved in some days.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use chrono::{Days, NaiveDate};
use dripr_core::{
    access::{Reach, Scope},
    ports::StatisticsStore,
    statistics::{CameBackEmails, Period, Statistics},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Api, body::Parameters, caller::Asking, path::Path, problem::Problem};
use crate::contacts_file::start_of_day;

/// Days that are counted unless a caller says which.
const USUAL_DAYS: u64 = 30;

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(read_statistics)).routes(routes!(read_agent_statistics))
}

/// Which days are wanted, in the deployment's sending zone.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// The first day; 29 days before the last one if it is not given.
    from: Option<NaiveDate>,
    /// The last day; today if it is not given.
    to: Option<NaiveDate>,
}

/// What agents have now, and what they achieved in some days.
#[derive(Debug, Serialize, ToSchema)]
struct StatisticsView {
    /// The first day that is counted.
    from: NaiveDate,
    /// The last day that is counted.
    to: NaiveDate,
    /// The zone of these days.
    zone: String,
    now: NowView,
    period: PeriodView,
}

/// How things stand now.
#[derive(Debug, Serialize, ToSchema)]
struct NowView {
    contacts: u64,
    /// How many campaigns stand in each status; removed ones are left out.
    campaigns: BTreeMap<String, u64>,
    /// Campaigns that cannot go on without their agent.
    campaigns_needing_agent: u64,
    /// Emails that wait for approval.
    emails_awaiting_approval: u64,
    /// How many addresses are not written to, by cause.
    suppressed: BTreeMap<String, u64>,
}

/// What became of emails in the days that are counted.
#[derive(Debug, Serialize, ToSchema)]
struct PeriodView {
    /// Emails that were to leave then and were sent.
    sent: u64,
    /// Emails that the recipient's server took then. This and the following count each email once, whenever it was sent.
    delivered: u64,
    /// Emails whose pictures were loaded, which many mail programs do by themselves.
    opened: u64,
    /// Emails of which a link was followed.
    clicked: u64,
    /// Emails that came back; automatic answers of people do not count.
    bounced: u64,
    /// Emails that were reported as spam.
    complained: u64,
    /// Addresses that opted out, and did not opt in again since.
    opted_out: u64,
}

/// What all agents in reach have and achieved, together.
#[utoipa::path(
    get, path = "/statistics", tag = "statistics", params(Wanted), responses((status = 200, body = StatisticsView))
)]
async fn read_statistics(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<StatisticsView>, Problem> {
    asking.may(Scope::Read)?;
    count(&api, &asking.0.reach, &wanted).await
}

/// What an agent has and achieved.
#[utoipa::path(
    get, path = "/agents/{agent}/statistics", tag = "statistics", params(("agent" = String, Path), Wanted),
    responses((status = 200, body = StatisticsView))
)]
async fn read_agent_statistics(
    State(api): State<Arc<Api>>,
    asking: Asking,
    Path(agent): Path<String>,
    Parameters(wanted): Parameters<Wanted>,
) -> Result<Json<StatisticsView>, Problem> {
    let agent = asking.agent(&api, &agent, Scope::Read).await?;
    count(&api, &Reach::Agent(agent.id), &wanted).await
}

async fn count(api: &Api, of: &Reach, wanted: &Wanted) -> Result<Json<StatisticsView>, Problem> {
    let zone = api.bench.policy.rules.zone();
    let to = wanted.to.unwrap_or_else(|| api.bench.clock.now().with_timezone(&zone).date_naive());
    let from = wanted.from.or_else(|| to.checked_sub_days(Days::new(USUAL_DAYS - 1)));
    let from = from.ok_or_else(|| Problem::invalid("to", "is no day of any calendar in use"))?;
    if from > to {
        return Err(Problem::invalid("from", "must not be after the last day"));
    }
    let first = start_of_day(from, zone).ok_or_else(|| Problem::invalid("from", "is no day of that zone"))?;
    let after = to.succ_opt().and_then(|day| start_of_day(day, zone));
    let after = after.ok_or_else(|| Problem::invalid("to", "is no day of that zone"))?;
    let found = api.store.statistics(of, Period { from: first, until: after }).await?;
    let Statistics { contacts, campaigns, needing_agent, awaiting_approval, suppressed, .. } = found;
    let CameBackEmails { delivered, opened, clicked, bounced, complained } = found.came_back;
    Ok(Json(StatisticsView {
        from,
        to,
        zone: zone.name().to_owned(),
        now: NowView {
            contacts,
            campaigns: campaigns.into_iter().map(|(status, count)| (status.to_string(), count)).collect(),
            campaigns_needing_agent: needing_agent,
            emails_awaiting_approval: awaiting_approval,
            suppressed: suppressed
                .into_iter()
                .map(|(cause, count)| (cause.as_str().to_owned(), count))
                .collect(),
        },
        period: PeriodView {
            sent: found.sent,
            delivered,
            opened,
            clicked,
            bounced,
            complained,
            opted_out: found.opted_out,
        },
    }))
}
