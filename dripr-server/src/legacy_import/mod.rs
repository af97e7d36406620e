//! From the tables of an older deployment to agents, contacts and campaigns, page by page, so that tables of any length
//! take little memory.
//!
//! Whatever breaks, the whole import can be repeated: what is stored stays as it is, but for campaigns that the older
//! deployment has sent for meanwhile. They learn of it, so that nobody gets a second email for a cycle.

mod page;
mod tally;

pub use tally::{Part, Tally};

use std::sync::Arc;

use dripr_adapters::sql::legacy_tables::{
    LegacyRow, LegacyTables, OptOut, RowProblem, Table, agent, contact, opt_out_of_contact,
};
use dripr_core::{
    agent::Agent,
    campaign::{Action, Actor, Command, LastCycle, command::Bench},
    content::ZipCode,
    email::{Suppression, SuppressionCause},
    errors::Fault,
    events::UserCreated,
    ids::CampaignId,
    ports::{AgentStore, CampaignStore, ContactStore, Enrolment},
    schedule::Instant,
};

use crate::failure::Failure;
use page::{Candidate, Page};

/// Who hears of each problem.
pub type Told<'a> = &'a mut (dyn FnMut(&RowProblem) -> Result<(), Failure> + Send);

/// What becomes of the rows: where they come from and where they go.
pub struct LegacyImport<'a> {
    /// The older deployment.
    pub tables: &'a mut LegacyTables,
    /// Where agents go.
    pub agents: &'a dyn AgentStore,
    /// Where opt-outs go.
    pub contacts: &'a dyn ContactStore,
    /// Where campaigns go, with their contacts.
    pub campaigns: &'a dyn CampaignStore,
    /// The clock and the numbers by which campaigns go on.
    pub desk: Arc<Bench>,
    /// The present instant.
    pub now: Instant,
    /// Whether there is such a ZIP code.
    pub knows_zip: &'a (dyn Fn(ZipCode) -> bool + Send + Sync),
}

/// Which campaigns a pass is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    /// Removed ones, which a live one for the same home inherits from; and all opt-outs.
    Removed,
    Live,
}

impl LegacyImport<'_> {
    /// Only looks; tells of every row that would be refused.
    ///
    /// # Errors
    /// A database's, or `told`'s.
    pub async fn check(&mut self, told: Told<'_>) -> Result<Tally, Failure> {
        Run { import: self, dry: true, tally: Tally::default(), told }.all().await
    }

    /// Imports. Tells only of what no look at the row alone shows, such as a second campaign for one home.
    ///
    /// # Errors
    /// A database's, or `told`'s. What was stored before stays; repeating the import goes on.
    pub async fn import(&mut self, told: Told<'_>) -> Result<Tally, Failure> {
        Run { import: self, dry: false, tally: Tally::default(), told }.all().await
    }
}

/// One run over all tables.
struct Run<'a, 'b> {
    import: &'a mut LegacyImport<'b>,
    dry: bool,
    tally: Tally,
    told: Told<'a>,
}

impl Run<'_, '_> {
    async fn all(mut self) -> Result<Tally, Failure> {
        self.agents().await?;
        // First, so that no campaign to such an address is ever awake.
        self.contacts().await?;
        self.campaigns(Which::Removed).await?;
        self.campaigns(Which::Live).await?;
        let emails = self.import.tables.count(Table::Emails).await?;
        self.tally.emails_of_no_campaign = emails.saturating_sub(self.tally.emails);
        Ok(self.tally)
    }

    /// Tells of a problem that a row alone shows: once, when it is looked at.
    fn refused(&mut self, problem: &RowProblem) -> Result<(), Failure> {
        if self.dry { (self.told)(problem) } else { Ok(()) }
    }

    async fn agents(&mut self) -> Result<(), Failure> {
        let (mut after, mut read) = (None, 0);
        loop {
            let rows = self.import.tables.page(Table::Users, after.as_deref()).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.key().to_owned());
            read += rows.len() as u64;
            for row in &rows {
                match agent(row, self.import.now) {
                    Ok(agent) => {
                        let new = self.register(agent).await?;
                        self.tally.agents.count(new);
                    }
                    Err(problem) => {
                        self.tally.agents.refused += 1;
                        self.refused(&problem)?;
                    }
                }
            }
        }
        self.complete(Table::Users, read).await
    }

    /// Whether the agent is new.
    async fn register(&self, agent: Agent) -> Result<bool, Failure> {
        if self.dry {
            return Ok(self.import.agents.agent(&agent.id).await?.is_none());
        }
        let event = UserCreated {
            event_id: None,
            user_id: agent.id.clone(),
            email: agent.email.clone(),
            first_name: agent.first_name.clone(),
            last_name: agent.last_name.clone(),
            managed_client_id: agent.managed_client_id.clone(),
            timestamp: self.import.now,
        };
        Ok(self.import.agents.register(agent, event, Actor::Operator).await?)
    }

    async fn contacts(&mut self) -> Result<(), Failure> {
        let (mut after, mut read) = (None, 0);
        loop {
            let rows = self.import.tables.page(Table::Contacts, after.as_deref()).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.key().to_owned());
            read += rows.len() as u64;
            for row in &rows {
                if let Some(opt_out) = opt_out_of_contact(row) {
                    self.suppress(opt_out).await?;
                }
                match contact(row, self.import.now) {
                    Ok(_) => self.tally.contacts += 1,
                    Err(problem) => {
                        self.tally.contacts_refused += 1;
                        self.refused(&problem)?;
                    }
                }
            }
        }
        self.complete(Table::Contacts, read).await
    }

    async fn suppress(&mut self, OptOut { user_id, address }: OptOut) -> Result<(), Failure> {
        if self.import.contacts.suppression(&user_id, &address).await?.is_some() {
            return Ok(());
        }
        self.tally.opted_out += 1;
        if !self.dry {
            let (cause, since) = (SuppressionCause::OptOut, self.import.now);
            let suppression = Suppression { user_id, address, cause, since, carried_from: None };
            self.import.contacts.suppress(suppression, Actor::Operator).await?;
        }
        Ok(())
    }

    async fn campaigns(&mut self, which: Which) -> Result<(), Failure> {
        let (mut after, mut read) = (None, 0);
        loop {
            let rows = self.import.tables.page(Table::Campaigns, after.as_deref()).await?;
            let Some(last) = rows.last() else { break };
            after = Some(last.key().to_owned());
            read += rows.len() as u64;
            self.page(rows, which).await?;
        }
        self.complete(Table::Campaigns, read).await
    }

    async fn page(&mut self, rows: Vec<LegacyRow>, which: Which) -> Result<(), Failure> {
        let page = Page::read(self.import, rows, self.dry).await?;
        if which == Which::Removed {
            for opt_out in page.opt_outs() {
                self.suppress(opt_out).await?;
            }
        } else {
            self.tally.add_emails(&page);
            for problem in &page.email_problems {
                self.refused(problem)?;
            }
        }
        let rules = self.import.desk.policy.rules;
        let mut candidates = Vec::new();
        for candidate in page.candidates(&rules, self.import.now, self.import.knows_zip) {
            match candidate {
                Ok(candidate) if candidate.is_removed() == (which == Which::Removed) => {
                    candidates.push(candidate);
                }
                Ok(_) => {}
                Err(problem) if which == Which::Live => {
                    self.tally.campaigns.refused += 1;
                    self.refused(&problem)?;
                }
                // Told of in the pass over the live ones.
                Err(_) => {}
            }
        }
        self.tally.in_doubt += candidates.iter().map(|one| u64::from(one.campaign.in_doubt)).sum::<u64>();
        if self.dry {
            let ids: Vec<CampaignId> = candidates.iter().map(Candidate::id).collect();
            let known = self.import.campaigns.load(&ids).await?;
            known.iter().for_each(|known| self.tally.campaigns.count(known.is_none()));
            return Ok(());
        }
        self.enrol(candidates).await
    }

    async fn enrol(&mut self, candidates: Vec<Candidate>) -> Result<(), Failure> {
        let new = candidates.iter().map(|one| one.campaign.new.clone()).collect();
        let enrolments = match self.import.campaigns.enrol(new).await {
            Ok(enrolments) => enrolments.into_iter().map(Ok).collect(),
            // One that cannot be is not to stop the others.
            Err(error) if error.fault() == Fault::Invalid => {
                let mut each = Vec::new();
                for one in &candidates {
                    each.push(match self.import.campaigns.enrol(vec![one.campaign.new.clone()]).await {
                        Ok(mut enrolments) => {
                            enrolments.pop().ok_or_else(|| "the database gave no answer".to_owned())
                        }
                        Err(error) if error.fault() == Fault::Invalid => Err(error.to_string()),
                        Err(error) => return Err(error.into()),
                    });
                }
                each
            }
            Err(error) => return Err(error.into()),
        };
        let mut sent_meanwhile = Vec::new();
        for (one, enrolment) in candidates.iter().zip(enrolments) {
            let refused = match enrolment {
                Ok(Enrolment::Enrolled(_)) => {
                    self.tally.campaigns.imported += 1;
                    continue;
                }
                Ok(Enrolment::Exists(id)) => {
                    sent_meanwhile.extend(one.campaign.ended().map(|ended| (id.clone(), ended)));
                    // A removed one is stored beside a live one for the same home.
                    if id == one.id() || self.is_stored(one.id()).await? {
                        self.tally.campaigns.existing += 1;
                        continue;
                    }
                    one.row
                        .problem("contact_id", format!("campaign {id} has the same agent, address and home"))
                }
                // None of these brings one.
                Ok(Enrolment::ExternalIdTaken(id)) => {
                    one.row.problem("contact_id", format!("contact {id} has its external id"))
                }
                Ok(Enrolment::NoAgent(_)) => one.row.problem("user_id", "there is no such agent"),
                Err(reason) => one.row.problem("contact_id", reason),
            };
            self.tally.campaigns.refused += 1;
            (self.told)(&refused)?;
        }
        self.carry_over(sent_meanwhile).await
    }

    async fn is_stored(&self, id: CampaignId) -> Result<bool, Failure> {
        Ok(self.import.campaigns.load(&[id]).await?.iter().any(Option::is_some))
    }

    /// Tells campaigns that are stored already of cycles that ended in the older deployment since.
    async fn carry_over(&mut self, ended: Vec<(CampaignId, LastCycle)>) -> Result<(), Failure> {
        let ids: Vec<CampaignId> = ended.iter().map(|(id, _)| id.clone()).collect();
        let known = self.import.campaigns.load(&ids).await?;
        for ((campaign_id, ended), known) in ended.into_iter().zip(known) {
            let Some(campaign) = known.map(|dossier| dossier.campaign) else { continue };
            let news = LastCycle::later(campaign.last_cycle, Some(ended)) != campaign.last_cycle
                || campaign.last_sent_email_datetime < ended.sent;
            if campaign.deleted_at.is_some() || !news {
                continue;
            }
            let (actor, desk) = (Actor::Operator, self.import.desk.clone());
            let command = Command { campaign_id, actor, action: Action::CarryOver { ended }, desk };
            for execution in self.import.campaigns.execute(vec![command]).await? {
                execution.result?;
            }
            self.tally.brought_up_to_date += 1;
        }
        Ok(())
    }

    /// Looks whether a whole table was read: with values of several types in its key, pages could pass rows over.
    async fn complete(&mut self, table: Table, read: u64) -> Result<(), Failure> {
        let rows = self.import.tables.count(table).await?;
        if read >= rows {
            return Ok(());
        }
        Err(Failure::new(format!(
            "{read} of {rows} rows of {} were read: rows were added meanwhile, or its key has values of several types; repeat the import",
            table.as_str()
        )))
    }
}
