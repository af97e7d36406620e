//! What executing a command brings about that somebody may want to know.

use serde_json::json;

use super::{Kind, Message};
use crate::{
    campaign::{Amendment, Campaign, CampaignStatus, Dossier},
    contact::Contact,
    email::{DeliveryStatus, Email, Suppression},
    ids::WebhookMessageId,
    schedule::Instant,
};

/// One thing that happened to a campaign.
#[derive(Debug, Clone, PartialEq)]
pub struct News {
    /// When.
    pub at: Instant,
    /// The campaign's version by then, which sets apart what happens more than once.
    pub version: u64,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// An email stands as it did not before.
    Email(Kind, Box<Email>),
    /// Its recipient is not written to any more.
    OptedOut(Box<Suppression>),
    /// The agent has something to mend.
    NeedsAttention {
        /// What, for people.
        because: String,
    },
    /// The campaign stands elsewhere.
    Status {
        /// Where it stood.
        from: CampaignStatus,
        /// Where it stands.
        to: CampaignStatus,
    },
    /// The campaign was removed.
    Removed,
}

impl News {
    /// As what it is told.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match &self.what {
            What::Email(kind, _) => *kind,
            What::OptedOut(_) => Kind::ContactOptedOut,
            What::NeedsAttention { .. } => Kind::CampaignNeedsAttention,
            What::Status { .. } => Kind::CampaignStatus,
            What::Removed => Kind::CampaignRemoved,
        }
    }

    /// The same in the words in which it is sent. It happened to this campaign, whose recipient this is.
    #[must_use]
    pub fn message(&self, campaign: &Campaign, contact: &Contact) -> Message {
        let kind = self.kind();
        let version = self.version.to_string();
        let (name, data) = match &self.what {
            What::Email(kind, email) => {
                return Message::of_email(*kind, email, contact, self.at, &version);
            }
            What::OptedOut(suppression) => {
                return Message {
                    campaign_id: Some(campaign.id.clone()),
                    ..Message::of_suppression(suppression, Some(contact))
                };
            }
            What::NeedsAttention { because } => ("", json!({ "because": because })),
            What::Status { from, to } => (to.as_str(), json!({ "from": from.as_str(), "to": to.as_str() })),
            What::Removed => ("", json!({})),
        };
        let mut data = data;
        if let Some(fields) = data.as_object_mut() {
            fields.insert("agent_id".to_owned(), json!(campaign.user_id));
            fields.insert("campaign_id".to_owned(), json!(campaign.id));
            fields.insert("contact_id".to_owned(), json!(contact.id));
            fields.insert("external_id".to_owned(), json!(contact.external_id));
        }
        Message {
            id: WebhookMessageId::of(&[kind.as_str(), campaign.id.as_str(), &version, name]),
            kind,
            at: self.at,
            user_id: Some(campaign.user_id.clone()),
            campaign_id: Some(campaign.id.clone()),
            contact_id: None,
            address_key: Some(contact.email.key()),
            data,
        }
    }

    /// What one command brought about: how the dossier was, how it is, and what is to be written for it.
    pub(crate) fn of(before: &Dossier, after: &Dossier, written: &Amendment, at: Instant) -> Vec<Self> {
        let version = after.campaign.version;
        let news = |what| Self { at, version, what };
        let mut all = Vec::new();
        for email in &written.emails {
            let known = before.email.as_ref().filter(|known| known.id == email.id);
            if let Some(kind) = told_of(email, known) {
                all.push(news(What::Email(kind, Box::new(email.clone()))));
            }
        }
        // That somebody says again what stands already is no news.
        let stood = before.suppression.as_ref().map(|known| known.cause);
        let anew = written.suppressions.iter().filter(|known| stood != Some(known.cause));
        all.extend(anew.map(|known| news(What::OptedOut(Box::new(known.clone())))));
        let (from, to) = (before.campaign.status, after.campaign.status);
        if from != to {
            all.push(news(What::Status { from, to }));
        }
        if written.campaign
            && let Some(because) = after.campaign.needs_agent()
            && before.campaign.needs_agent().as_ref() != Some(&because)
        {
            all.push(news(What::NeedsAttention { because }));
        }
        if before.campaign.deleted_at.is_none() && after.campaign.deleted_at.is_some() {
            all.push(news(What::Removed));
        }
        all
    }
}

/// As what it is told that an email stands as it does; `None` if it stood so before, or nobody need know.
fn told_of(email: &Email, before: Option<&Email>) -> Option<Kind> {
    let status = email.delivery_status;
    if before.is_some_and(|before| before.delivery_status == status) {
        return None;
    }
    match status {
        DeliveryStatus::Created => Some(Kind::EmailReady),
        DeliveryStatus::Complete => Some(Kind::EmailSent),
        DeliveryStatus::Held => Some(Kind::EmailHeld),
        DeliveryStatus::Rejected
        | DeliveryStatus::Superseded
        | DeliveryStatus::Expired
        | DeliveryStatus::Skipped => Some(Kind::EmailDropped),
        DeliveryStatus::Approved | DeliveryStatus::Transmitting | DeliveryStatus::Unknown => None,
    }
}
