//! What becomes of contacts, campaigns, imports and mailboxes beyond what commands bring about, in the words in which it is sent.

use serde_json::json;

use super::{Kind, Message};
use crate::{
    campaign::Campaign,
    contact::Contact,
    email::Suppression,
    ids::WebhookMessageId,
    imports::{Import, Stage, Tally},
    mail_account::{Grant, MailAccount},
    schedule::Instant,
};

impl Message {
    /// That an address is not written to any more. `contact` is the agent's contact there, if there is one.
    #[must_use]
    pub fn of_suppression(suppression: &Suppression, contact: Option<&Contact>) -> Self {
        let kind = Kind::ContactOptedOut;
        let (cause, since) = (suppression.cause.as_str(), micros(suppression.since));
        let (user, key) = (suppression.user_id.as_str(), suppression.address.key());
        let id = WebhookMessageId::of(&[kind.as_str(), user, &key, cause, &since]);
        let because = suppression.cause.sentence();
        Self::of_address(kind, id, suppression, contact, suppression.since, because)
    }

    /// That an address is written to again, as far as the agent goes: `ended` is what stood against it.
    #[must_use]
    pub fn of_lifting(ended: &Suppression, contact: Option<&Contact>, at: Instant) -> Self {
        let kind = Kind::ContactOptedIn;
        let (cause, since, lifted) = (ended.cause.as_str(), micros(ended.since), micros(at));
        let (user, key) = (ended.user_id.as_str(), ended.address.key());
        let id = WebhookMessageId::of(&[kind.as_str(), user, &key, cause, &since, &lifted]);
        Self::of_address(kind, id, ended, contact, at, ended.cause.ended_sentence())
    }

    fn of_address(
        kind: Kind,
        id: WebhookMessageId,
        suppression: &Suppression,
        contact: Option<&Contact>,
        at: Instant,
        because: &str,
    ) -> Self {
        let Suppression { user_id, address, cause, .. } = suppression;
        Self {
            id,
            kind,
            at,
            user_id: Some(user_id.clone()),
            campaign_id: None,
            contact_id: contact.map(|contact| contact.id.clone()),
            address_key: Some(address.key()),
            data: json!({
                "agent_id": user_id,
                "contact_id": contact.map(|contact| &contact.id),
                "external_id": contact.and_then(|contact| contact.external_id.as_ref()),
                "address": address.as_str(),
                "cause": cause.as_str(),
                "because": because,
            }),
        }
    }

    /// That a contact has another name, address or external id than before; `None` if it has none of them. What it was before is not told, so that an
    /// address that somebody left goes nowhere.
    ///
    /// ```
    /// use dripr_core::{testkit::samples, webhooks::{Kind, Message}};
    /// let now = "2026-03-12T15:00:00Z".parse()?;
    /// let before = samples::campaign(&samples::agent("ana", now)?, 1, "98103", 12, now)?.contact;
    /// assert_eq!(Message::of_changed_contact(&before, &before, now), None);
    /// let mut contact = before.clone();
    /// contact.first_name = "Kimberly".to_owned();
    /// let told = Message::of_changed_contact(&before, &contact, now).ok_or("nothing is told")?;
    /// assert_eq!(told.data["changed"], serde_json::json!(["first_name"]));
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    #[must_use]
    pub fn of_changed_contact(before: &Contact, contact: &Contact, at: Instant) -> Option<Self> {
        let fields = [
            ("first_name", before.first_name != contact.first_name),
            ("last_name", before.last_name != contact.last_name),
            ("address", before.email != contact.email),
            ("external_id", before.external_id != contact.external_id),
        ];
        let changed: Vec<&str> =
            fields.into_iter().filter(|(_, is_other)| *is_other).map(|(name, _)| name).collect();
        if changed.is_empty() {
            return None;
        }
        let kind = Kind::ContactChanged;
        let parts = [kind.as_str(), contact.id.as_str(), &micros(at), &changed.join(",")];
        let mut message = Self::of_contact(kind, WebhookMessageId::of(&parts), contact, at);
        if let Some(fields) = message.data.as_object_mut() {
            fields.insert("changed".to_owned(), json!(changed));
            fields.insert("first_name".to_owned(), json!(contact.first_name));
            fields.insert("last_name".to_owned(), json!(contact.last_name));
        }
        Some(message)
    }

    /// That a contact was removed.
    #[must_use]
    pub fn of_removed_contact(contact: &Contact, at: Instant) -> Self {
        let kind = Kind::ContactRemoved;
        let id = WebhookMessageId::of(&[kind.as_str(), contact.id.as_str()]);
        Self::of_contact(kind, id, contact, at)
    }

    fn of_contact(kind: Kind, id: WebhookMessageId, contact: &Contact, at: Instant) -> Self {
        Self {
            id,
            kind,
            at,
            user_id: Some(contact.user_id.clone()),
            campaign_id: None,
            contact_id: Some(contact.id.clone()),
            address_key: Some(contact.email.key()),
            data: json!({
                "agent_id": contact.user_id,
                "contact_id": contact.id,
                "external_id": contact.external_id,
                "address": contact.email.as_str(),
            }),
        }
    }

    /// That a campaign was made, to a contact.
    #[must_use]
    pub fn of_new_campaign(campaign: &Campaign, contact: &Contact, at: Instant) -> Self {
        let kind = Kind::CampaignCreated;
        let id = WebhookMessageId::of(&[kind.as_str(), campaign.id.as_str()]);
        let mut message = Self::of_contact(kind, id, contact, at);
        message.campaign_id = Some(campaign.id.clone());
        if let Some(fields) = message.data.as_object_mut() {
            fields.insert("campaign_id".to_owned(), json!(campaign.id));
        }
        message
    }

    /// That an import has ended for good, with its counts; `None` if it has not. If more of it was stored than whoever ended it knew,
    /// that is another message, with higher counts.
    #[must_use]
    pub fn of_import(import: &Import) -> Option<Self> {
        let stage = match import.stage {
            Stage::Done => "done",
            Stage::Cancelled => "cancelled",
            Stage::Waiting | Stage::Running | Stage::Failed { .. } => return None,
        };
        let kind = Kind::ImportDone;
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
        Some(Self {
            // Whatever counts grows with the rows.
            id: WebhookMessageId::of(&[kind.as_str(), import.id.as_str(), &rows.to_string()]),
            kind,
            at: import.moved_at,
            user_id: Some(import.user_id.clone()),
            campaign_id: None,
            contact_id: None,
            address_key: None,
            data: json!({
                "agent_id": import.user_id,
                "import_id": import.id,
                "stage": stage,
                "dry_run": import.options.dry_run,
                "rows": rows,
                "enrolled": enrolled,
                "already_enrolled": already_enrolled,
                "refused": refused,
                "opted_out": opted_out,
                "without_address": without_address,
                "to_approve": to_approve,
                "not_verified": not_verified,
            }),
        })
    }

    /// That an agent's own mailbox does not let anything be sent any more, given how it was before; `None` if it did not then
    /// either, or does still.
    ///
    /// ```
    /// use dripr_core::{mail_account::{Grant, MailAccount}, testkit::samples, webhooks::Message};
    /// let since = "2026-03-12T15:00:00Z".parse()?;
    /// let given = samples::mail_account(&samples::agent("ana", since)?, since);
    /// let reason = "it was taken back".to_owned();
    /// let lost = MailAccount { grant: Grant::Revoked { since, reason }, ..given.clone() };
    /// let told = Message::of_lost_mailbox(&given, &lost).ok_or("nothing is told")?;
    /// assert_eq!(told.data["address"], given.address.as_str());
    /// assert_eq!(Message::of_lost_mailbox(&lost, &lost), None);
    /// assert_eq!(Message::of_lost_mailbox(&lost, &given), None);
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    #[must_use]
    pub fn of_lost_mailbox(before: &MailAccount, now: &MailAccount) -> Option<Self> {
        let Grant::Revoked { since, .. } = now.grant else { return None };
        if before.grant != Grant::Given {
            return None;
        }
        let kind = Kind::MailboxLost;
        let parts = [kind.as_str(), now.user_id.as_str(), &micros(now.connected_at), &micros(since)];
        Some(Self {
            id: WebhookMessageId::of(&parts),
            kind,
            at: since,
            user_id: Some(now.user_id.clone()),
            campaign_id: None,
            contact_id: None,
            // It is the agent's own, and no homeowner's.
            address_key: None,
            data: json!({ "agent_id": now.user_id, "address": now.address.as_str() }),
        })
    }
}

/// An instant as a part of an id.
fn micros(at: Instant) -> String {
    at.timestamp_micros().to_string()
}
