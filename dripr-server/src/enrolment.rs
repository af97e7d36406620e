//! From contacts to campaigns, in batches, so that a file of any length takes little memory and few commits.

use std::{io::BufRead, sync::Arc};

use dripr_core::{
    campaign::{Action, Actor, Campaign, Command, command::Bench},
    contact::Contact,
    email::{Suppression, SuppressionCause},
    errors::PortResult,
    ids::{CampaignId, ContactId, UserId},
    ports::{CampaignStore, ContactStore, Enrolment, Entropy, EntropyExt, NewCampaign},
    schedule::Instant,
};

use crate::{
    contacts_file::{ContactsFile, NewContactRow, RowProblem},
    failure::Failure,
    verifying::{Verdict, Verifying},
};

/// How many contacts are stored at once.
const BATCH: usize = 500;

/// What becomes of contacts: whose they are, and where they go.
pub struct Enroller<'a> {
    /// Where campaigns go.
    pub campaigns: &'a dyn CampaignStore,
    /// Where opt-outs go.
    pub contacts: &'a dyn ContactStore,
    /// Where ids come from.
    pub entropy: &'a dyn Entropy,
    /// The present instant.
    pub now: Instant,
    /// The clock and the numbers by which first send dates are planned.
    pub desk: Arc<Bench>,
    /// The agent.
    pub user_id: UserId,
    /// Only look; store nothing.
    pub dry_run: bool,
    /// Looks whether addresses take mail; without it, all are taken that are written like one.
    pub verifying: Option<Verifying<'a>>,
}

/// How the contacts of a file fared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Tally {
    /// Rows of the file, the header not counted.
    pub rows: u64,
    /// New campaigns; in a dry run, rows that would be stored.
    pub enrolled: u64,
    /// Rows whose campaign was there already.
    pub already_enrolled: u64,
    /// Rows whose person wants no mail; they are among the two above.
    pub opted_out: u64,
    /// New campaigns about a ZIP code alone.
    pub without_address: u64,
    /// New campaigns whose agent approves each email.
    pub to_approve: u64,
    /// Rows with a problem.
    pub refused: u64,
    /// Rows that were taken though nobody could tell whether their address takes mail, where that was asked.
    pub not_verified: u64,
}

impl Tally {
    /// Adds those of another file.
    pub fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.enrolled += other.enrolled;
        self.already_enrolled += other.already_enrolled;
        self.opted_out += other.opted_out;
        self.without_address += other.without_address;
        self.to_approve += other.to_approve;
        self.refused += other.refused;
        self.not_verified += other.not_verified;
    }
}

impl Enroller<'_> {
    /// Stores the contacts of a file; rows with a problem are told of and left out.
    ///
    /// # Errors
    /// A store's, or `told`'s. What was stored before stays; repeating the whole file changes nothing about it.
    pub async fn enrol_file<R: BufRead>(
        &self,
        file: &mut ContactsFile<'_, R>,
        told: &mut (dyn FnMut(&RowProblem) -> Result<(), Failure> + Send),
    ) -> Result<Tally, Failure> {
        let mut tally = Tally::default();
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(row) = file.next_row()? {
            tally.rows += 1;
            match row {
                Ok(row) => batch.push(row),
                Err(problem) => {
                    tally.refused += 1;
                    told(&problem)?;
                }
            }
            if batch.len() == BATCH {
                self.take_in(std::mem::take(&mut batch), &mut tally, told).await?;
            }
        }
        self.take_in(batch, &mut tally, told).await?;
        Ok(tally)
    }

    /// Stores those whose address may take mail.
    async fn take_in(
        &self,
        batch: Vec<NewContactRow>,
        tally: &mut Tally,
        told: &mut (dyn FnMut(&RowProblem) -> Result<(), Failure> + Send),
    ) -> Result<(), Failure> {
        let Some(verifying) = &self.verifying else { return self.enrol(batch, tally).await };
        // Nobody writes to those who want no mail, so nobody need ask.
        let wanted = |row: &NewContactRow| !row.opted_out;
        let addresses = batch.iter().filter(|row| wanted(row)).map(|row| row.email.clone());
        let mut verdicts = verifying.verdicts(addresses.collect()).await.into_iter();
        let mut kept = Vec::with_capacity(batch.len());
        for row in batch {
            match wanted(&row).then(|| verdicts.next()).flatten() {
                Some(Verdict::Refused(reason)) => {
                    tally.refused += 1;
                    told(&RowProblem::new(row.row, "email", row.email.as_str(), reason))?;
                    continue;
                }
                Some(Verdict::NotVerified) => tally.not_verified += 1,
                Some(Verdict::Verified) | None => {}
            }
            kept.push(row);
        }
        self.enrol(kept, tally).await
    }

    async fn enrol(&self, batch: Vec<NewContactRow>, tally: &mut Tally) -> Result<(), Failure> {
        let marks: Vec<(bool, bool)> =
            batch.iter().map(|row| (row.home.is_none(), row.check_before_sending)).collect();
        tally.opted_out += batch.iter().map(|row| u64::from(row.opted_out)).sum::<u64>();
        if self.dry_run {
            tally.enrolled += batch.len() as u64;
            for (without_address, to_approve) in marks {
                tally.without_address += u64::from(without_address);
                tally.to_approve += u64::from(to_approve);
            }
            return Ok(());
        }
        // First, so that no campaign to such an address is ever awake.
        for row in batch.iter().filter(|row| row.opted_out) {
            self.suppress(row).await?;
        }
        let new = batch.into_iter().map(|row| self.campaign(row)).collect();
        let mut enrolled = Vec::new();
        for (enrolment, (without_address, to_approve)) in
            self.campaigns.enrol(new).await?.into_iter().zip(marks)
        {
            match enrolment {
                Enrolment::Enrolled(id) => {
                    enrolled.push(id);
                    tally.enrolled += 1;
                    tally.without_address += u64::from(without_address);
                    tally.to_approve += u64::from(to_approve);
                }
                Enrolment::Exists(_) => tally.already_enrolled += 1,
                Enrolment::NoAgent(id) => {
                    return Err(Failure::new(format!(
                        "there is no agent {id}; `dripr agent list` shows them"
                    )));
                }
            }
        }
        self.plan(enrolled).await
    }

    /// Plans the first send dates, and puts campaigns of people who want no mail where they belong. An engine would do
    /// so at its next tick; whoever looks at the campaigns now need not wait for it.
    async fn plan(&self, enrolled: Vec<CampaignId>) -> Result<(), Failure> {
        let tick = |campaign_id| Command {
            campaign_id,
            actor: Actor::System,
            action: Action::Tick,
            desk: self.desk.clone(),
        };
        self.campaigns.execute(enrolled.into_iter().map(tick).collect()).await?;
        Ok(())
    }

    async fn suppress(&self, row: &NewContactRow) -> PortResult<()> {
        let suppression = Suppression {
            user_id: self.user_id.clone(),
            address: row.email.clone(),
            cause: SuppressionCause::OptOut,
            since: self.now,
        };
        self.contacts.suppress(suppression, Actor::User(self.user_id.clone())).await
    }

    fn campaign(&self, row: NewContactRow) -> NewCampaign {
        // On a virtual clock a contact may come from its future; it counts as made now.
        let created_at = row.created_at.map_or(self.now, |at| at.min(self.now));
        let contact = Contact {
            id: ContactId::from(self.entropy.id(self.now)),
            user_id: self.user_id.clone(),
            first_name: row.first_name,
            last_name: row.last_name,
            email: row.email,
            created_at,
            deleted_at: None,
        };
        let mut campaign = Campaign::new(
            CampaignId::from(self.entropy.id(self.now)),
            self.user_id.clone(),
            contact.id.clone(),
            row.zip_code,
            row.home,
            row.fixed_send_day,
            created_at,
        );
        campaign.check_before_sending = row.check_before_sending;
        NewCampaign { contact, campaign }
    }
}
