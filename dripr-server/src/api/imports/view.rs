//! An import as the API shows it.

use chrono::{DateTime, Utc};
use dripr_core::{
    contact::Contact,
    imports::{Fate, Import, ImportLine, Reported, Stage, Tally},
    schedule::Instant,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An import, and how far it is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ImportView {
    id: String,
    /// Only looks; stores no contact and no campaign.
    dry_run: bool,
    /// The send day of rows that name none.
    send_day: Option<u8>,
    /// Over how many days of the month rows that name no send day are spread, from the send day on.
    spread: Option<u8>,
    /// Whether a dry run asks if addresses take mail.
    verify: bool,
    /// Whether the agent approves each email of campaigns of rows that do not say so; null: unless whoever sends the file may
    /// approve.
    check_before_sending: Option<bool>,
    report: ReportView,
    stage: StageView,
    /// What was wrong with the file, if it failed.
    failure: Option<String>,
    created_at: DateTime<Utc>,
    /// When it last came on.
    moved_at: DateTime<Utc>,
    /// When somebody cancelled it.
    cancelled_at: Option<DateTime<Utc>>,
    progress: ProgressView,
}

/// Which rows of a file are told of one by one.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ReportView {
    /// Those that cannot be used, were there already, are of people who want no mail, or could not be verified.
    #[default]
    Exceptions,
    /// Every one, also in a dry run. That stores some 300 bytes a row.
    EveryRow,
}

/// How far an import is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum StageView {
    /// Its file did not come yet.
    Waiting,
    /// Its file is coming.
    Running,
    /// Somebody cancelled it while its file came: the rows in hand are still stored.
    Cancelling,
    /// Somebody cancelled it: what was stored stays, and its file is not read on, nor taken again.
    Cancelled,
    /// Every row was read.
    Done,
    /// The file cannot be read, or broke off. Send it again, whole: what was stored stays, and is not doubled.
    Failed,
}

/// How the rows of a file fared so far.
#[derive(Debug, Serialize, ToSchema)]
struct ProgressView {
    /// Rows that were read, the header not counted.
    rows: u64,
    /// New campaigns; in a dry run, rows that would make one.
    enrolled: u64,
    /// Rows whose campaign was there already.
    already_enrolled: u64,
    /// Rows that cannot be used.
    refused: u64,
    /// Rows whose person wants no mail; they get none. Also of rows that cannot be used, if they name an address.
    opted_out: u64,
    /// New campaigns about a ZIP code alone.
    without_address: u64,
    /// New campaigns whose agent approves each email.
    to_approve: u64,
    /// Rows that were taken though nobody could tell whether their address takes mail, where that was asked.
    not_verified: u64,
}

/// A row that is reported, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RowView {
    /// The line on which it begins; the header is line 1.
    row: u64,
    outcome: OutcomeView,
    /// The campaign that was made or was there; in a dry run there is none yet for a row like one before it in the file.
    campaign_id: Option<String>,
    /// The contact of that campaign; null if it was removed since.
    contact_id: Option<String>,
    /// What the row calls its person, in the agent's CRM, if it does and that can be read.
    external_id: Option<String>,
    /// The contact's address as it is now. The file is not kept, so that a row without a campaign has none.
    email: Option<String>,
    /// Its person wants no mail, and gets none.
    opted_out: bool,
    /// Nobody could tell whether its address takes mail.
    not_verified: bool,
    /// What is wrong with it.
    problem: Option<RowProblemView>,
}

/// What is wrong with a row.
#[derive(Debug, Serialize, ToSchema)]
struct RowProblemView {
    /// The field, in this API's words; `row` if it is the row itself.
    field: String,
    /// What the file has there, cut to its first characters.
    value: String,
    reason: String,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum OutcomeView {
    /// A campaign was made of it.
    Enrolled,
    /// A campaign would be made of it.
    Acceptable,
    /// There is a campaign like it already.
    AlreadyEnrolled,
    /// It cannot be used.
    Refused,
}

impl From<Reported> for ReportView {
    fn from(reported: Reported) -> Self {
        match reported {
            Reported::Exceptions => Self::Exceptions,
            Reported::EveryRow => Self::EveryRow,
        }
    }
}

impl From<ReportView> for Reported {
    fn from(report: ReportView) -> Self {
        match report {
            ReportView::Exceptions => Self::Exceptions,
            ReportView::EveryRow => Self::EveryRow,
        }
    }
}

impl OutcomeView {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Enrolled => "enrolled",
            Self::Acceptable => "acceptable",
            Self::AlreadyEnrolled => "already_enrolled",
            Self::Refused => "refused",
        }
    }
}

impl ImportView {
    pub(super) fn of(import: Import, now: Instant) -> Self {
        let (stage, is_stopping) = (import.stage_at(now), import.is_stopping(now));
        let Tally {
            rows,
            enrolled,
            already_enrolled,
            opted_out,
            without_address,
            to_approve,
            refused,
            not_verified,
        } = import.tally;
        let (stage, failure) = match stage {
            Stage::Waiting => (StageView::Waiting, None),
            Stage::Running if is_stopping => (StageView::Cancelling, None),
            Stage::Running => (StageView::Running, None),
            Stage::Cancelled => (StageView::Cancelled, None),
            Stage::Done => (StageView::Done, None),
            Stage::Failed { reason } => (StageView::Failed, Some(reason)),
        };
        Self {
            id: import.id.to_string(),
            dry_run: import.options.dry_run,
            send_day: import.options.send_day.map(|day| day.get()),
            spread: import.options.spread,
            verify: import.options.verify,
            check_before_sending: import.options.check_before_sending,
            report: import.options.report.into(),
            stage,
            failure,
            created_at: import.created_at,
            moved_at: import.moved_at,
            cancelled_at: import.cancelled_at,
            progress: ProgressView {
                rows,
                enrolled,
                already_enrolled,
                refused,
                opted_out,
                without_address,
                to_approve,
                not_verified,
            },
        }
    }
}

impl RowView {
    /// A line, with the contact of its campaign.
    pub(super) fn of(line: ImportLine, contact: Option<&Contact>) -> Self {
        let (outcome, campaign_id, problem) = match line.fate {
            Fate::Enrolled(id) => (OutcomeView::Enrolled, Some(id.to_string()), None),
            Fate::Acceptable => (OutcomeView::Acceptable, None, None),
            Fate::AlreadyEnrolled(id) => (OutcomeView::AlreadyEnrolled, id.map(|id| id.to_string()), None),
            Fate::Refused { field, value, reason } => {
                (OutcomeView::Refused, None, Some(RowProblemView { field, value, reason }))
            }
        };
        let ImportLine { row, opted_out, not_verified, external_id, .. } = line;
        Self {
            row,
            outcome,
            campaign_id,
            contact_id: contact.map(|contact| contact.id.to_string()),
            external_id: external_id.map(|id| id.as_str().to_owned()),
            email: contact.map(|contact| contact.email.as_str().to_owned()),
            opted_out,
            not_verified,
            problem,
        }
    }
}
