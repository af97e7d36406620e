//! From contacts to campaigns, in batches, so that a file of any length takes little memory and few commits.

mod external_ids;
mod seen;

use std::{io::BufRead, sync::Arc};

use dripr_core::{
    campaign::{Action, Actor, AuditEntry, Campaign, Command, command::Bench},
    contact::Contact,
    email::{EmailAddress, Suppression, SuppressionCause},
    errors::{Fault, PortError, PortResult},
    ids::{CampaignId, ContactId, UserId},
    imports::{Fate, ImportLine, Reported, Tally},
    ports::{CampaignStore, ContactStore, Enrolment, Entropy, EntropyExt, ImportStore, NewCampaign},
    schedule::Instant,
};
use futures_util::future::try_join_all;

use crate::{
    contacts_file::{ContactsFile, NewContactRow, RowProblem},
    failure::Failure,
    verifying::{Verdict, Verifying},
};
use external_ids::of_another;

pub use seen::Seen;

/// How many contacts are stored at once.
pub(crate) const BATCH: usize = 500;
/// How many are verified and stored at once where addresses are verified: each may take a second, and progress is to be seen.
pub(crate) const VERIFIED_BATCH: usize = 40;
/// What the history says of an address that is not to be written to, as a file told.
const fn why(cause: SuppressionCause) -> &'static str {
    match cause {
        SuppressionCause::HardBounce => "an imported file says that mail to this address came back for good",
        SuppressionCause::OptOut => "an imported file says that this person wants no mail",
        SuppressionCause::Complaint => "an imported file says that this person reported mail as spam",
    }
}

/// What becomes of contacts: whose they are, and where they go.
pub struct Enroller<'a> {
    /// Where campaigns go.
    pub campaigns: &'a dyn CampaignStore,
    /// Where opt-outs and external ids go.
    pub contacts: &'a dyn ContactStore,
    /// Where a dry run looks for what is there already.
    pub imports: &'a dyn ImportStore,
    /// Where ids come from.
    pub entropy: &'a dyn Entropy,
    /// The present instant.
    pub now: Instant,
    /// The clock and the numbers by which first send dates are planned.
    pub desk: Arc<Bench>,
    /// The agent.
    pub user_id: UserId,
    /// Who imports.
    pub by: Actor,
    /// Whose emails wait for an approval.
    pub approvals: Approvals,
    /// Only look; store nothing.
    pub dry_run: bool,
    /// Of which rows there are lines.
    pub reported: Reported,
    /// Looks whether addresses take mail; without it, all are taken that are written like one.
    pub verifying: Option<Verifying<'a>>,
    /// What a dry run has seen; nothing yet.
    pub seen: Seen,
}

/// Whether the agent approves each email of the campaigns that come of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approvals {
    /// As each row says.
    AsRowsSay {
        /// Of rows that say nothing.
        otherwise: bool,
    },
    /// Of all. Rows that say no cannot be used: who imports may not do without approvals.
    Always,
}

/// A row as the file has it, or what is wrong with it.
pub type ReadRow = Result<NewContactRow, RowProblem>;

/// What became of some rows.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// How many fared how.
    pub tally: Tally,
    /// What became of those that are reported, in no order.
    pub lines: Vec<ImportLine>,
}

/// A row that is being taken in.
struct InHand {
    row: NewContactRow,
    not_verified: bool,
}

impl Approvals {
    /// Whether a row asks for no less than it has to.
    fn admit(self, row: &NewContactRow) -> bool {
        self != Self::Always || row.check_before_sending != Some(false)
    }

    const fn otherwise(self) -> bool {
        match self {
            Self::AsRowsSay { otherwise } => otherwise,
            Self::Always => true,
        }
    }
}

impl Enroller<'_> {
    /// Stores the contacts of a file; rows with a problem are left out. Of those that are reported `told` hears, in the order of the
    /// file.
    ///
    /// # Errors
    /// A store's, or `told`'s. What was stored before stays; repeating the whole file changes nothing about it.
    pub async fn enrol_file<R: BufRead>(
        &self,
        file: &mut ContactsFile<'_, R>,
        told: &mut (dyn FnMut(&ImportLine) -> Result<(), Failure> + Send),
    ) -> Result<Tally, Failure> {
        let mut tally = Tally::default();
        loop {
            let rows = file.next_rows(self.batch())?;
            if rows.is_empty() {
                return Ok(tally);
            }
            let mut taken = self.take(rows).await?;
            tally.add(&taken.tally);
            taken.lines.sort_by_key(|line| line.row);
            taken.lines.iter().try_for_each(&mut *told)?;
        }
    }

    /// How many rows are taken at once.
    pub(crate) const fn batch(&self) -> usize {
        if self.verifying.is_some() { VERIFIED_BATCH } else { BATCH }
    }

    /// Stores the contacts of some rows whose address may take mail, and the opt-outs of all.
    ///
    /// # Errors
    /// A store's. Some of them may be stored; repeating the call changes nothing about those.
    pub async fn take(&self, rows: Vec<ReadRow>) -> PortResult<Taken> {
        let mut taken = Taken::default();
        let mut usable = Vec::with_capacity(rows.len());
        let mut out = Vec::new();
        for row in rows {
            taken.tally.rows += 1;
            match row {
                Ok(row) => {
                    out.extend(row.no_mail.map(|cause| (row.email.clone(), cause)));
                    if self.approvals.admit(&row) {
                        let check = row.check_before_sending.unwrap_or(self.approvals.otherwise());
                        usable.push(NewContactRow { check_before_sending: Some(check), ..row });
                    } else {
                        taken.refuse(unapproved(row));
                    }
                }
                Err(problem) => {
                    out.extend(problem.wants_no_mail.clone());
                    taken.refuse(problem);
                }
            }
        }
        // First, so that no campaign to such an address is ever awake.
        if !self.dry_run {
            try_join_all(out.into_iter().map(|(address, cause)| self.suppress(address, cause))).await?;
        }
        let kept = self.verified(usable, &mut taken).await;
        if self.dry_run {
            self.rehearse(kept, &mut taken).await?
        } else {
            self.enrol(kept, &mut taken).await?
        }
        Ok(taken)
    }

    async fn verified(&self, rows: Vec<NewContactRow>, taken: &mut Taken) -> Vec<InHand> {
        let Some(verifying) = &self.verifying else {
            return rows.into_iter().map(|row| InHand { row, not_verified: false }).collect();
        };
        // Nobody writes to those who want no mail, so nobody need ask.
        let wanted = |row: &NewContactRow| row.no_mail.is_none();
        let addresses = rows.iter().filter(|row| wanted(row)).map(|row| row.email.clone());
        let mut verdicts = verifying.verdicts(addresses.collect()).await.into_iter();
        let mut kept = Vec::with_capacity(rows.len());
        for row in rows {
            match wanted(&row).then(|| verdicts.next()).flatten() {
                Some(Verdict::Refused(reason)) => {
                    let problem = RowProblem::new(row.row, "email", row.email.as_str(), reason);
                    taken.refuse(RowProblem { external_id: row.external_id, ..problem });
                }
                verdict => kept.push(InHand { row, not_verified: verdict == Some(Verdict::NotVerified) }),
            }
        }
        kept
    }

    /// What would become of rows. Of each it keeps a small number, so that two that are alike are seen wherever they stand.
    async fn rehearse(&self, rows: Vec<InHand>, taken: &mut Taken) -> PortResult<()> {
        let rows = self.without_taken(rows, &self.seen, taken).await?;
        let key = |known: &InHand| {
            let new = self.campaign(known.row.clone());
            (new.contact.email.key(), new.campaign.home_key())
        };
        let keys: Vec<_> = rows.iter().map(key).collect();
        let known = self.imports.campaigns_like(&self.user_id, &keys).await?;
        for ((in_hand, key), known) in rows.into_iter().zip(&keys).zip(known) {
            let fate = match known {
                Some(id) => Fate::AlreadyEnrolled(Some(id)),
                None if self.seen.before(key) => Fate::AlreadyEnrolled(None),
                None => Fate::Acceptable,
            };
            taken.note(&in_hand, fate, self.reported);
        }
        Ok(())
    }

    async fn enrol(&self, rows: Vec<InHand>, taken: &mut Taken) -> PortResult<()> {
        let (rows, called) = self.identified(rows, taken).await?;
        let new = |InHand { row, .. }: &InHand| {
            let external_id = called.get(&row.email.key()).or(row.external_id.as_ref()).cloned();
            self.campaign(NewContactRow { external_id, ..row.clone() })
        };
        let new = rows.iter().map(new).collect();
        let mut enrolled = Vec::new();
        for (enrolment, in_hand) in self.campaigns.enrol(new).await?.into_iter().zip(rows) {
            let fate = match enrolment {
                Enrolment::Enrolled(id) => {
                    enrolled.push(id.clone());
                    Fate::Enrolled(id)
                }
                Enrolment::Exists(id) => Fate::AlreadyEnrolled(Some(id)),
                Enrolment::ExternalIdTaken(holder) => {
                    taken.refuse(of_another(in_hand.row, &format!("contact {holder} has it")));
                    continue;
                }
                Enrolment::NoAgent(id) => {
                    let message = format!("there is no agent {id}; `dripr agent list` shows them");
                    return Err(PortError::new(Fault::Invalid, message));
                }
            };
            taken.note(&in_hand, fate, self.reported);
        }
        self.plan(enrolled).await
    }

    /// Plans the first send dates, and puts campaigns of people who want no mail where they belong. An engine would do
    /// so at its next tick; whoever looks at the campaigns now need not wait for it.
    async fn plan(&self, enrolled: Vec<CampaignId>) -> PortResult<()> {
        let tick = |campaign_id| Command {
            campaign_id,
            actor: Actor::System,
            action: Action::Tick,
            desk: self.desk.clone(),
        };
        self.campaigns.execute(enrolled.into_iter().map(tick).collect()).await?;
        Ok(())
    }

    async fn suppress(&self, address: EmailAddress, cause: SuppressionCause) -> PortResult<()> {
        let (user_id, since) = (self.user_id.clone(), self.now);
        let suppression = Suppression { user_id, address, cause, since, carried_from: None };
        self.contacts.suppress_because(suppression, self.by.clone(), why(cause).to_owned()).await?;
        Ok(())
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
            external_id: row.external_id,
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
        campaign.check_before_sending = row.check_before_sending.unwrap_or(self.approvals.otherwise());
        campaign.enabled = row.enabled;
        let cause = Some("imported".to_owned());
        let audit = AuditEntry::of("campaign_made", self.by.clone(), self.now, cause);
        NewCampaign { contact, campaign, audit: Some(audit), one_of_many: true }
    }
}

/// What is wrong with a row whose emails would go out without approval, of an importer who may not let them.
fn unapproved(row: NewContactRow) -> RowProblem {
    let reason = "must not be no: this import may not do without approvals";
    let problem = RowProblem::new(row.row, "check_before_sending", "no", reason);
    let wants_no_mail = row.no_mail.map(|cause| (row.email, cause));
    RowProblem { wants_no_mail, external_id: row.external_id, ..problem }
}

impl Taken {
    fn refuse(&mut self, problem: RowProblem) {
        self.tally.refused += 1;
        let RowProblem { row, field, value, reason, wants_no_mail, external_id } = problem;
        let fate = Fate::Refused { field: field.to_owned(), value, reason };
        let opted_out = wants_no_mail.is_some();
        self.tally.opted_out += u64::from(opted_out);
        self.lines.push(ImportLine { row, fate, opted_out, not_verified: false, external_id });
    }

    fn note(&mut self, in_hand: &InHand, fate: Fate, reported: Reported) {
        let InHand { row, not_verified } = in_hand;
        let tally = &mut self.tally;
        let opted_out = row.no_mail.is_some();
        tally.opted_out += u64::from(opted_out);
        tally.not_verified += u64::from(*not_verified);
        if matches!(fate, Fate::AlreadyEnrolled(_)) {
            tally.already_enrolled += 1;
        } else {
            tally.enrolled += 1;
            tally.without_address += u64::from(row.home.is_none());
            tally.to_approve += u64::from(row.check_before_sending == Some(true));
        }
        let (not_verified, external_id) = (*not_verified, row.external_id.clone());
        let line = ImportLine { row: row.row, fate, opted_out, not_verified, external_id };
        self.lines.extend(reported.includes(&line).then_some(line));
    }
}
