//! What is left of each thing: nothing that a person could be told by.

use crate::{
    campaign::{AuditEntry, Campaign, Operations},
    contact::Contact,
    email::{DeliveryStatus, Email, EmailAddress, Suppression},
    errors::{Fault, PortError, PortResult},
    feedback::{Feedback, Happening},
    schedule::Instant,
};

/// The domain of addresses that stand for erased ones. It never exists (RFC 2606).
const DOMAIN: &str = "erased.invalid";

/// Whether an address stands for one that was erased, and is nobody's.
#[must_use]
pub fn stands_for_erased(address: &EmailAddress) -> bool {
    address.domain() == DOMAIN
}

/// An address that stands for one that was erased: of a domain that never exists, another for each text.
///
/// # Errors
/// None; the type is that of every address.
pub fn address(of: &str) -> PortResult<EmailAddress> {
    // FNV-1a: it only has to tell contacts apart.
    let hash = of.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("erased-{hash:016x}@{DOMAIN}").parse().map_err(|error| {
        PortError::new(Fault::Invalid, "no address can stand for an erased one").caused_by(error)
    })
}

impl Contact {
    /// The contact without the person.
    ///
    /// # Errors
    /// As [`address`].
    pub fn erased(&self, at: Instant) -> PortResult<Self> {
        Ok(Self {
            id: self.id.clone(),
            user_id: self.user_id.clone(),
            first_name: String::new(),
            last_name: String::new(),
            email: address(self.id.as_str())?,
            external_id: None,
            created_at: self.created_at,
            deleted_at: self.deleted_at.or(Some(at)),
        })
    }
}

impl Suppression {
    /// What stands for an address without the one where it was decided, if one of the two is the erased one, by its key: that both
    /// were one person's is forgotten, and it is the address's own from then on. `None` if there is nothing to forget.
    #[must_use]
    pub fn erased(&self, key: &str) -> Option<Self> {
        let decided_at = self.carried_from.as_ref()?;
        let is_theirs = self.address.key() == key || decided_at.key() == key;
        is_theirs.then(|| Self { carried_from: None, ..self.clone() })
    }
}

impl Campaign {
    /// The removed campaign without the person: what it reported on, and every text.
    #[must_use]
    pub fn erased(&self) -> Self {
        Self {
            home: None,
            operations: Operations::default(),
            email_id: None,
            intro_edit: None,
            cycle_over: None,
            prepare_again: None,
            failure: None,
            send_deferred_because: None,
            version: self.version.saturating_add(1),
            ..self.clone()
        }
    }
}

impl Email {
    /// The email without its recipient. That it was made, and what became of it, stays.
    #[must_use]
    pub fn erased(&self, recipient: EmailAddress) -> Self {
        // One that was never handed over leaves with its campaign.
        let delivery_status =
            if self.delivery_status.is_unsent() { DeliveryStatus::Superseded } else { self.delivery_status };
        Self { recipient, cause: None, provider_message_id: None, delivery_status, ..self.clone() }
    }
}

impl Feedback {
    /// What happened, without who, by what and where.
    #[must_use]
    pub fn erased(&self) -> Self {
        let what = match self.what.clone() {
            Happening::Bounced(mut bounce) => {
                bounce.detail = String::new();
                Happening::Bounced(bounce)
            }
            Happening::Opened { .. } => Happening::Opened { user_agent: String::new() },
            Happening::Clicked { .. } => {
                Happening::Clicked { link: String::new(), user_agent: String::new() }
            }
            other @ (Happening::Delivered
            | Happening::Complained
            | Happening::OptedOut
            | Happening::OptedIn) => other,
        };
        Self { recipient: None, what, ..self.clone() }
    }
}

impl AuditEntry {
    /// What happened and when, without the words: a provider's may hold an address.
    #[must_use]
    pub fn erased(&self) -> Self {
        Self { cause: None, ..self.clone() }
    }
}
