//! A page of campaigns, with their contacts, their emails, and whether there are their agents.

use std::collections::{BTreeSet, HashMap};

use dripr_adapters::sql::legacy_tables::{
    LegacyCampaign, LegacyContact, LegacyRow, OptOut, RowProblem, Table, agent, campaign, contact, email,
    opt_out_of_campaign,
};
use dripr_core::{
    content::ZipCode,
    ids::{CampaignId, UserId},
    schedule::{Instant, SendingRules},
};

use super::LegacyImport;
use crate::failure::Failure;

/// A page of campaigns with all that says what they mean.
pub(super) struct Page {
    rows: Vec<LegacyRow>,
    contacts: HashMap<String, LegacyContact>,
    /// The agents there are or would be; `None` if the store will tell.
    agents: Option<BTreeSet<String>>,
    latest_emails: HashMap<String, Instant>,
    unreadable: BTreeSet<String>,
    pub(super) emails: u64,
    pub(super) emails_sent: u64,
    pub(super) emails_approved: u64,
    pub(super) email_problems: Vec<RowProblem>,
}

/// A campaign that can be imported.
pub(super) struct Candidate {
    pub(super) row: LegacyRow,
    pub(super) campaign: LegacyCampaign,
}

impl Candidate {
    pub(super) fn id(&self) -> CampaignId {
        self.campaign.new.campaign.id.clone()
    }

    pub(super) fn is_removed(&self) -> bool {
        self.campaign.new.campaign.deleted_at.is_some()
    }
}

/// How a key is looked up: databases that fold letters find a row by another spelling of its key.
fn folded(key: &str) -> String {
    key.trim().to_lowercase()
}

impl Page {
    pub(super) async fn read(
        import: &mut LegacyImport<'_>,
        rows: Vec<LegacyRow>,
        dry: bool,
    ) -> Result<Self, Failure> {
        let mut page = Self {
            contacts: HashMap::new(),
            agents: dry.then(BTreeSet::new),
            latest_emails: HashMap::new(),
            unreadable: BTreeSet::new(),
            emails: 0,
            emails_sent: 0,
            emails_approved: 0,
            email_problems: Vec::new(),
            rows,
        };
        let named = |field: &'static str| -> BTreeSet<String> {
            page.rows.iter().filter_map(|row| row.stored(field)).map(str::to_owned).collect()
        };
        let (contacts, agents, ids) = (named("contact_id"), named("user_id"), named("id"));
        page.read_contacts(import, &contacts).await?;
        page.read_agents(import, &agents).await?;
        page.read_emails(import, &ids).await?;
        Ok(page)
    }

    async fn read_contacts(
        &mut self,
        import: &mut LegacyImport<'_>,
        ids: &BTreeSet<String>,
    ) -> Result<(), Failure> {
        for row in all_of(import, Table::Contacts, ids).await? {
            if let Ok(contact) = contact(&row, import.now) {
                self.contacts.insert(folded(row.key()), contact);
            }
        }
        Ok(())
    }

    async fn read_agents(
        &mut self,
        import: &mut LegacyImport<'_>,
        ids: &BTreeSet<String>,
    ) -> Result<(), Failure> {
        let Some(mut agents) = self.agents.take() else { return Ok(()) };
        for row in all_of(import, Table::Users, ids).await? {
            if let Ok(agent) = agent(&row, import.now) {
                agents.insert(agent.id.as_str().to_owned());
            }
        }
        for id in ids.iter().filter_map(|id| UserId::new(id).ok()) {
            if !agents.contains(id.as_str()) && import.agents.agent(&id).await?.is_some() {
                agents.insert(id.as_str().to_owned());
            }
        }
        self.agents = Some(agents);
        Ok(())
    }

    async fn read_emails(
        &mut self,
        import: &mut LegacyImport<'_>,
        campaigns: &BTreeSet<String>,
    ) -> Result<(), Failure> {
        let campaigns: Vec<&str> = campaigns.iter().map(String::as_str).collect();
        let mut after: Option<String> = None;
        loop {
            let page = import.tables.page_of(Table::Emails, "campaign_id", &campaigns, after.as_deref());
            let rows = page.await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = Some(last.key().to_owned());
            for row in &rows {
                self.emails += 1;
                match email(row, import.now) {
                    Ok(email) => {
                        self.emails_approved += u64::from(email.approved);
                        let Some(sent) = email.sent else { continue };
                        self.emails_sent += 1;
                        let latest = self.latest_emails.entry(folded(&email.campaign)).or_insert(sent);
                        *latest = sent.max(*latest);
                    }
                    Err(problem) => {
                        self.unreadable.extend(row.stored("campaign_id").map(folded));
                        self.email_problems.push(problem);
                    }
                }
            }
        }
    }

    /// Recipients of these campaigns who want no mail.
    pub(super) fn opt_outs(&self) -> Vec<OptOut> {
        self.rows.iter().filter_map(|row| opt_out_of_campaign(row, self.contact(row)?)).collect()
    }

    fn contact(&self, row: &LegacyRow) -> Option<&LegacyContact> {
        self.contacts.get(&folded(row.stored("contact_id")?))
    }

    /// Each campaign, or what is wrong with it.
    pub(super) fn candidates(
        self,
        rules: &SendingRules,
        now: Instant,
        knows_zip: &(dyn Fn(ZipCode) -> bool + Send + Sync),
    ) -> Vec<Result<Candidate, RowProblem>> {
        let judged: Vec<_> = self.rows.iter().map(|row| self.judge(row, rules, now, knows_zip)).collect();
        let pairs = self.rows.into_iter().zip(judged);
        pairs.map(|(row, judged)| judged.map(|campaign| Candidate { row, campaign })).collect()
    }

    fn judge(
        &self,
        row: &LegacyRow,
        rules: &SendingRules,
        now: Instant,
        knows_zip: &(dyn Fn(ZipCode) -> bool + Send + Sync),
    ) -> Result<LegacyCampaign, RowProblem> {
        let unknown = |id: &&str| self.agents.as_ref().is_some_and(|agents| !agents.contains(id.trim()));
        if row.stored("user_id").as_ref().is_some_and(unknown) {
            return Err(row.problem("user_id", "there is no such agent, or it was refused"));
        }
        let contact = self.contact(row);
        let contact = contact
            .ok_or_else(|| row.problem("contact_id", "there is no such contact, or it was refused"))?;
        let key = folded(row.key());
        if self.unreadable.contains(&key) {
            let reason = "one of its emails cannot be read, so nobody can tell whether it was sent";
            return Err(row.problem("id", reason));
        }
        let latest = self.latest_emails.get(&key).copied();
        let campaign = campaign(row, contact, latest, rules, now)?;
        if knows_zip(campaign.new.campaign.zip_code) {
            Ok(campaign)
        } else {
            Err(row
                .problem("zip_code", format!("no area has the ZIP code {}", campaign.new.campaign.zip_code)))
        }
    }
}

async fn all_of(
    import: &mut LegacyImport<'_>,
    table: Table,
    ids: &BTreeSet<String>,
) -> Result<Vec<LegacyRow>, Failure> {
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    // There are no more of them than a page has.
    Ok(import.tables.page_of(table, "id", &ids, None).await?)
}
