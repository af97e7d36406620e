//! What the templates of mail to agents see.

use chrono::DateTime;
use chrono_tz::Tz;
use dripr_core::{
    agent_mail::{CampaignInNeed, Concern, Letter, WaitingReport},
    errors::{Fault, PortError, PortResult},
    ports::NoticeContext,
};
use serde::Serialize;

use super::{clean, report_view::AgentView};

/// What the template of a mail to an agent sees, and its name.
pub(super) enum NoticeView {
    Morning(MorningView),
    Concern(ConcernView),
}

/// The morning mail.
#[derive(Debug, Serialize)]
pub(super) struct MorningView {
    agent: AgentView,
    title: String,
    waiting: Vec<WaitingView>,
    one_waits: bool,
    more_waiting: Option<usize>,
    in_need: Vec<InNeedView>,
    one_in_need: bool,
}

/// A report that waits.
#[derive(Debug, Serialize)]
struct WaitingView {
    name: Option<String>,
    address: String,
    subject: String,
    beginning: String,
    leaves: String,
    approve: String,
    skip: String,
    edit_intro: String,
}

/// A campaign that needs the agent.
#[derive(Debug, Serialize)]
struct InNeedView {
    recipient: String,
    about: String,
    reason: String,
}

/// A mail about what stops the agent's mail, or soon will.
#[derive(Debug, Serialize)]
pub(super) struct ConcernView {
    agent: AgentView,
    title: &'static str,
    account_lost: bool,
    payment_failed: bool,
    subscription_ended: bool,
    sending_paused: bool,
    because: Option<String>,
    link: Option<String>,
}

impl NoticeView {
    pub(super) fn of(context: &NoticeContext) -> PortResult<Self> {
        let agent = AgentView::of(&context.agent)?;
        match &context.letter {
            Letter::Morning { waiting, more_waiting, in_need, .. } => {
                let views = waiting.iter().map(|report| WaitingView::of(report, context.zone));
                Ok(Self::Morning(MorningView {
                    agent,
                    title: title(waiting.len() + more_waiting, in_need.len()),
                    waiting: views.collect::<PortResult<_>>()?,
                    one_waits: waiting.len() + more_waiting == 1,
                    more_waiting: Some(*more_waiting).filter(|more| *more > 0),
                    in_need: in_need.iter().map(InNeedView::of).collect(),
                    one_in_need: in_need.len() == 1,
                }))
            }
            Letter::Concern { concern, because, link } => {
                let title = match concern {
                    Concern::AccountLost { .. } => "Please connect your mail account again",
                    Concern::PaymentFailed => "Your home reports may stop: your payment failed",
                    Concern::SubscriptionEnded => "Your home reports have stopped: your subscription",
                    Concern::SendingPaused { .. } => "Your home reports have stopped",
                };
                let link = link.as_deref().map(|link| web_link(link, "the link to connect an account"));
                Ok(Self::Concern(ConcernView {
                    agent,
                    title,
                    account_lost: matches!(concern, Concern::AccountLost { .. }),
                    payment_failed: *concern == Concern::PaymentFailed,
                    subscription_ended: *concern == Concern::SubscriptionEnded,
                    sending_paused: matches!(concern, Concern::SendingPaused { .. }),
                    because: clean::some_line(because),
                    link: link.transpose()?,
                }))
            }
        }
    }
}

fn title(waiting: usize, in_need: usize) -> String {
    match (waiting, in_need) {
        (0, 1) => "A campaign needs you".to_owned(),
        (0, more) => format!("{more} campaigns need you"),
        (1, _) => "A home report waits for you".to_owned(),
        (more, _) => format!("{more} home reports wait for you"),
    }
}

impl WaitingView {
    fn of(report: &WaitingReport, zone: Tz) -> PortResult<Self> {
        let link = |link: &str| web_link(link, "a link to approve a report");
        let leaves: DateTime<Tz> = report.leaves_at.with_timezone(&zone);
        Ok(Self {
            name: clean::some_line(&report.name),
            address: report.address.as_str().to_owned(),
            subject: clean::line(&report.subject).into_owned(),
            beginning: clean::line(&report.beginning).into_owned(),
            leaves: leaves.format("%A, %B %-d, at %-I:%M %p %Z").to_string(),
            approve: link(&report.links.approve)?,
            skip: link(&report.links.skip)?,
            edit_intro: link(&report.links.edit_intro)?,
        })
    }
}

impl InNeedView {
    fn of(need: &CampaignInNeed) -> Self {
        let line = |text: &str| clean::line(text).into_owned();
        Self { recipient: line(&need.recipient), about: line(&need.about), reason: line(&need.reason) }
    }
}

fn web_link(link: &str, what: &str) -> PortResult<String> {
    let unfit =
        || PortError::new(Fault::Invalid, format!("{what} is not a web address, so no mail can carry it"));
    clean::web_link(link).map(str::to_owned).ok_or_else(unfit)
}
