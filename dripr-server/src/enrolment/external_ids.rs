//! Rows that bring what an agent's CRM calls a person.

use std::collections::HashMap;

use dripr_core::{
    campaign::AuditEntry,
    contact::{ExternalId, ExternalIdGiven},
    email::EmailAddress,
    errors::PortResult,
    ids::ContactId,
};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{Enroller, InHand, Seen, Taken};
use crate::contacts_file::{NewContactRow, RowProblem};

/// How many contacts are looked up at a time: others want to read too.
const LOOKS: usize = 2;

impl Enroller<'_> {
    /// The rows whose external id no other contact has, and no earlier row of those that were `seen` brought to another address.
    pub(super) async fn without_taken(
        &self,
        rows: Vec<InHand>,
        seen: &Seen,
        taken: &mut Taken,
    ) -> PortResult<Vec<InHand>> {
        let (ids, addresses): (Vec<ExternalId>, Vec<EmailAddress>) = rows
            .iter()
            .filter_map(|known| Some((known.row.external_id.clone()?, known.row.email.clone())))
            .unzip();
        if ids.is_empty() {
            return Ok(rows);
        }
        let holders = self.contacts.contacts_with(&self.user_id, &ids).await?;
        let known = self.contacts.contacts_at(&self.user_id, &addresses).await?;
        // Who has the row's own id keeps that, which is the same.
        let free =
            holders.iter().zip(&known).map(|(holder, known)| known.clone().filter(|_| holder.is_none()));
        let has_one = self.have_one(free.collect()).await?;
        let mut looked_up = holders.into_iter().zip(known).zip(has_one);
        let mut kept = Vec::with_capacity(rows.len());
        for in_hand in rows {
            let Some(id) = &in_hand.row.external_id else {
                kept.push(in_hand);
                continue;
            };
            match looked_up.next() {
                Some(((Some(holder), known), _)) if known.as_ref() != Some(&holder) => {
                    taken.refuse(of_another(in_hand.row, &format!("contact {holder} has it")));
                }
                Some(((None, _), has_one)) if seen.of_another(id, &in_hand.row.email, has_one) => {
                    taken.refuse(of_another(in_hand.row, "an earlier row with another address has it"));
                }
                _ => kept.push(in_hand),
            }
        }
        Ok(kept)
    }

    /// Which of some contacts, as far as they are there, have an external id.
    async fn have_one(&self, contacts: Vec<Option<ContactId>>) -> PortResult<Vec<bool>> {
        let looks = contacts.into_iter().map(|contact| self.has_one(contact));
        stream::iter(looks).buffered(LOOKS).try_collect().await
    }

    async fn has_one(&self, contact: Option<ContactId>) -> PortResult<bool> {
        let Some(id) = contact else { return Ok(false) };
        Ok(self.contacts.contact(&id).await?.is_some_and(|contact| contact.external_id.is_some()))
    }

    /// Gives contacts that are there the external ids of their rows. Rows that name another contact by theirs are left out.
    /// Answers the others, and what people who are no contact yet are to be called, by the keys of their addresses: as the first row that
    /// names them does, although an earlier one may make the contact.
    pub(super) async fn identified(
        &self,
        rows: Vec<InHand>,
        taken: &mut Taken,
    ) -> PortResult<(Vec<InHand>, HashMap<String, ExternalId>)> {
        // New contacts get theirs only afterwards: before any is given, it is settled whose it is. What earlier steps gave is stored.
        let rows = if several_claim_one(&rows) {
            self.without_taken(rows, &Seen::default(), taken).await?
        } else {
            rows
        };
        let mut called = HashMap::new();
        let ids: Vec<(EmailAddress, ExternalId)> = rows
            .iter()
            .filter_map(|known| Some((known.row.email.clone(), known.row.external_id.clone()?)))
            .collect();
        if ids.is_empty() {
            return Ok((rows, called));
        }
        let cause = Some("external_id".to_owned());
        let audit = AuditEntry::of("contact_changed", self.by.clone(), self.now, cause);
        let mut given = self.contacts.give_external_ids(&self.user_id, ids, audit).await?.into_iter();
        let mut kept = Vec::with_capacity(rows.len());
        for in_hand in rows {
            let Some(id) = &in_hand.row.external_id else {
                kept.push(in_hand);
                continue;
            };
            match given.next() {
                Some(ExternalIdGiven::Taken(holder)) => {
                    taken.refuse(of_another(in_hand.row, &format!("contact {holder} has it")));
                    continue;
                }
                Some(ExternalIdGiven::NoContact) => {
                    called.entry(in_hand.row.email.key()).or_insert_with(|| id.clone());
                }
                Some(ExternalIdGiven::Given | ExternalIdGiven::Kept) | None => {}
            }
            kept.push(in_hand);
        }
        Ok((kept, called))
    }
}

/// Whether rows bring an external id to several addresses. Hardly any file does.
fn several_claim_one(rows: &[InHand]) -> bool {
    let mut claims: HashMap<&ExternalId, String> = HashMap::new();
    for InHand { row, .. } in rows {
        let Some(id) = &row.external_id else { continue };
        let key = row.email.key();
        if *claims.entry(id).or_insert_with(|| key.clone()) != key {
            return true;
        }
    }
    false
}

/// What is wrong with a row whose external id is another contact's.
pub(super) fn of_another(row: NewContactRow, whose: &str) -> RowProblem {
    let value = row.external_id.as_ref().map_or("", ExternalId::as_str);
    let reason = format!("is the external id of another contact: {whose}");
    let problem = RowProblem::new(row.row, "external_id", value, reason);
    let wants_no_mail = row.no_mail.map(|cause| (row.email, cause));
    RowProblem { wants_no_mail, external_id: row.external_id, ..problem }
}
