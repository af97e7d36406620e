//! How an import fared.

use super::page::Page;

/// How the rows of one kind fared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Part {
    /// New ones; when only looking, those that would be.
    pub imported: u64,
    /// Those that were there already.
    pub existing: u64,
    /// Those with a problem.
    pub refused: u64,
}

impl Part {
    pub(super) fn count(&mut self, new: bool) {
        *(if new { &mut self.imported } else { &mut self.existing }) += 1;
    }
}

/// How an import fared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// Agents.
    pub agents: Part,
    /// Contacts that can be read. Those with a campaign are imported with it.
    pub contacts: u64,
    /// Contacts with a problem.
    pub contacts_refused: u64,
    /// Campaigns.
    pub campaigns: Part,
    /// Opt-outs that were not known.
    pub opted_out: u64,
    /// Campaigns whose last email may have left, and counts as sent.
    pub in_doubt: u64,
    /// Campaigns that were there already, for which the older deployment has sent since.
    pub brought_up_to_date: u64,
    /// Emails of campaigns.
    pub emails: u64,
    /// Those that left, or may have.
    pub emails_sent: u64,
    /// Those that were approved and did not leave: they are made again.
    pub emails_approved: u64,
    /// Those with a problem. Their campaigns are refused.
    pub emails_refused: u64,
    /// Those whose campaign is not there.
    pub emails_of_no_campaign: u64,
}

impl Tally {
    pub(super) fn add_emails(&mut self, page: &Page) {
        self.emails += page.emails;
        self.emails_sent += page.emails_sent;
        self.emails_approved += page.emails_approved;
        self.emails_refused += page.email_problems.len() as u64;
    }
}
