//! Statistics as the API shows them.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use dripr_core::{
    agent::Agent,
    statistics::{Achieved, CameBackEmails, Piece, Pieces, Span, Statistics},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::page::Page;

/// What agents have now, and what they achieved in some days.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StatisticsView {
    /// The first day that is counted.
    from: NaiveDate,
    /// The last day that is counted.
    to: NaiveDate,
    /// The zone of these days.
    zone: String,
    now: NowView,
    period: PeriodView,
    /// The same for each day, week or month of these days, in their order; null unless `by` says of which. All of them together
    /// are `period`: an email that was opened on two days counts on the first of them.
    series: Option<Vec<EntryView>>,
}

/// How things stand now.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct NowView {
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
pub(super) struct PeriodView {
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

/// What became of emails in a day, a week or a month.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EntryView {
    /// The first day of it that is counted.
    from: NaiveDate,
    /// The last day of it that is counted.
    to: NaiveDate,
    period: PeriodView,
}

/// What each of some agents has now, and achieved in some days.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AgentsStatisticsView {
    /// The first day that is counted.
    from: NaiveDate,
    /// The last day that is counted.
    to: NaiveDate,
    /// The zone of these days.
    zone: String,
    #[serde(flatten)]
    page: Page<AgentStatisticsView>,
}

/// What an agent has now, and achieved in some days.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AgentStatisticsView {
    /// The agent's id.
    id: String,
    first_name: String,
    last_name: String,
    now: NowView,
    period: PeriodView,
}

impl StatisticsView {
    pub(super) fn of(span: &Span, found: Statistics, series: Option<(&Pieces, Vec<Achieved>)>) -> Self {
        let entries = |(pieces, counts): (&Pieces, Vec<Achieved>)| {
            pieces
                .as_slice()
                .iter()
                .zip(counts)
                .map(|(piece, counted)| EntryView::of(piece, counted))
                .collect()
        };
        Self {
            from: span.first(),
            to: span.last(),
            zone: span.zone().name().to_owned(),
            period: found.achieved.into(),
            now: found.into(),
            series: series.map(entries),
        }
    }
}

impl EntryView {
    fn of(piece: &Piece, counted: Achieved) -> Self {
        Self { from: piece.first, to: piece.last, period: counted.into() }
    }
}

impl AgentsStatisticsView {
    pub(super) fn of(span: &Span, page: Page<AgentStatisticsView>) -> Self {
        Self { from: span.first(), to: span.last(), zone: span.zone().name().to_owned(), page }
    }
}

impl AgentStatisticsView {
    pub(super) fn of(agent: Agent, found: Statistics) -> Self {
        Self {
            id: agent.id.to_string(),
            first_name: agent.first_name,
            last_name: agent.last_name,
            period: found.achieved.into(),
            now: found.into(),
        }
    }
}

impl From<Statistics> for NowView {
    fn from(found: Statistics) -> Self {
        let campaigns = found.campaigns.into_iter();
        let suppressed = found.suppressed.into_iter();
        Self {
            contacts: found.contacts,
            campaigns: campaigns.map(|(status, count)| (status.to_string(), count)).collect(),
            campaigns_needing_agent: found.needing_agent,
            emails_awaiting_approval: found.awaiting_approval,
            suppressed: suppressed.map(|(cause, count)| (cause.as_str().to_owned(), count)).collect(),
        }
    }
}

impl From<Achieved> for PeriodView {
    fn from(achieved: Achieved) -> Self {
        let CameBackEmails { delivered, opened, clicked, bounced, complained } = achieved.came_back;
        Self {
            sent: achieved.sent,
            delivered,
            opened,
            clicked,
            bounced,
            complained,
            opted_out: achieved.opted_out,
        }
    }
}
