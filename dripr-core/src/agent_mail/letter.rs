//! What a mail to an agent says.

use chrono::NaiveDate;

use super::Concern;
use crate::{
    email::EmailAddress,
    ids::{CampaignId, EmailId},
    schedule::Instant,
};

/// What a mail to an agent says.
#[derive(Debug, Clone, PartialEq)]
pub enum Letter {
    /// The morning mail.
    Morning {
        /// The civil day, in the sending zone.
        day: NaiveDate,
        /// Reports that wait for approval.
        waiting: Vec<WaitingReport>,
        /// How many more there are at least.
        more_waiting: usize,
        /// Campaigns that need the agent, and that they were not told of before.
        in_need: Vec<CampaignInNeed>,
    },
    /// Something stops the agent's mail.
    Concern {
        /// What.
        concern: Concern,
        /// Why, in a sentence for the agent.
        because: String,
        /// Where they can mend it, if it is by a link.
        link: Option<String>,
    },
}

/// A report that waits for approval.
#[derive(Debug, Clone, PartialEq)]
pub struct WaitingReport {
    /// The email.
    pub email_id: EmailId,
    /// The homeowner's name; empty if unknown.
    pub name: String,
    /// The homeowner's address.
    pub address: EmailAddress,
    /// The subject line.
    pub subject: String,
    /// How it begins.
    pub beginning: String,
    /// When it leaves at the earliest.
    pub leaves_at: Instant,
    /// What the agent can do.
    pub links: ReportLinks,
}

/// Links by which an agent decides on a report. A GET of each shows the report and asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportLinks {
    /// To look at it and approve it.
    pub approve: String,
    /// Not to send it this month.
    pub skip: String,
    /// To write its opening words.
    pub edit_intro: String,
}

/// A campaign that needs its agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignInNeed {
    /// The campaign.
    pub campaign_id: CampaignId,
    /// The homeowner's name and address, or the address alone.
    pub recipient: String,
    /// The home on one line, or the ZIP code.
    pub about: String,
    /// What is wrong, for the agent.
    pub reason: String,
}
