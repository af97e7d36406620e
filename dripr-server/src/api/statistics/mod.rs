//! `/statistics`, `/statistics/agents`, `/agents/{agent}/statistics`: what agents have, and what they achieved in some days.

mod list_agents;
mod read;
mod read_agent;
mod view;

use std::sync::Arc;

use chrono::{Days, NaiveDate};
use dripr_core::{
    access::Reach,
    ports::StatisticsStore,
    statistics::{Interval, InvalidSpan, MOST_PIECES, Span},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use self::view::StatisticsView;
use super::{Api, problem::Problem};

/// Days that are counted unless a caller says which.
const USUAL_DAYS: u64 = 30;

pub(super) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(read::read_statistics))
        .routes(routes!(list_agents::list_agent_statistics))
        .routes(routes!(read_agent::read_agent_statistics))
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

/// Whether a series is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Series {
    /// Of what there is to be an entry in `series`: each day, week or month of these days. There may be 400 entries.
    #[param(inline)]
    by: Option<By>,
}

/// By what days are cut.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum By {
    Day,
    /// From Monday on.
    Week,
    Month,
}

impl From<By> for Interval {
    fn from(by: By) -> Self {
        match by {
            By::Day => Self::Day,
            By::Week => Self::Week,
            By::Month => Self::Month,
        }
    }
}

impl Wanted {
    /// The days that are wanted.
    fn span(&self, api: &Api) -> Result<Span, Problem> {
        let zone = api.bench.policy.rules.zone();
        let to = self.to.unwrap_or_else(|| api.bench.clock.now().with_timezone(&zone).date_naive());
        let from = self.from.or_else(|| to.checked_sub_days(Days::new(USUAL_DAYS - 1)));
        let from = from.ok_or_else(|| Problem::invalid("to", "is no day of any calendar in use"))?;
        Span::new(from, to, zone).map_err(|invalid| match invalid {
            InvalidSpan::Backwards => Problem::invalid("from", "must not be after the last day"),
            InvalidSpan::First => Problem::invalid("from", "is no day of any calendar in use"),
            InvalidSpan::Last => Problem::invalid("to", "is no day of any calendar in use"),
        })
    }
}

/// What is counted of all in reach together.
async fn count(api: &Api, of: &Reach, wanted: &Wanted, series: &Series) -> Result<StatisticsView, Problem> {
    let span = wanted.span(api)?;
    let too_many = || {
        let most = format!(
            "makes more than {MOST_PIECES} entries of these days; ask for fewer days, or by longer ones"
        );
        Problem::invalid("by", most)
    };
    let pieces = series.by.map(|by| span.cut(by.into())).transpose().map_err(|_| too_many())?;
    let found = api.store.statistics(of, span.period()).await?;
    let Some(pieces) = pieces else { return Ok(StatisticsView::of(&span, found, None)) };
    let counts = api.store.series(of, &pieces).await?;
    Ok(StatisticsView::of(&span, found, Some((&pieces, counts))))
}
