//! The links in mail to agents.

use chrono::TimeDelta;

use super::ReportLinks;
use crate::{
    campaign::Actor,
    email::{ApprovalLinks, Email},
    ids::UserId,
    mail_account::{AccountMark, ConnectClaim, ConnectLinks},
    schedule::Instant,
};

/// For how many days links about one report work. The next morning's mail has new ones.
const REPORT_DAYS: i64 = 3;
/// For how many days a link to connect a mail account works.
const CONNECT_DAYS: i64 = 14;

/// How the links in mail to agents are made.
#[derive(Debug, Clone)]
pub struct NoticeLinks {
    approval: ApprovalLinks,
    connect: Option<(ConnectLinks, String)>,
}

impl NoticeLinks {
    /// Links by which reports are approved.
    #[must_use]
    pub fn new(approval: ApprovalLinks) -> Self {
        Self { approval, connect: None }
    }

    /// The same, with links by which a lost mail account is connected again, at a provider such as `gmail`.
    #[must_use]
    pub fn with_connect(self, links: ConnectLinks, provider: impl Into<String>) -> Self {
        Self { connect: Some((links, provider.into())), ..self }
    }

    /// The links about one report.
    #[must_use]
    pub fn report(&self, email: &Email, now: Instant) -> ReportLinks {
        let approve = self.approval.link(email, now + TimeDelta::days(REPORT_DAYS));
        ReportLinks { skip: format!("{approve}/skip"), edit_intro: format!("{approve}/intro"), approve }
    }

    /// The link by which an agent connects their mail account again, whose consent is lost since an instant, where that is done by one.
    #[must_use]
    pub fn connect(&self, user: &UserId, lost_since: Instant, now: Instant) -> Option<String> {
        let (links, provider) = self.connect.as_ref()?;
        let mark = AccountMark::lost(lost_since);
        let claim = ConnectClaim { user_id: user.clone(), by: Actor::System, mark };
        Some(links.link(provider, &claim, now + TimeDelta::days(CONNECT_DAYS)))
    }
}
