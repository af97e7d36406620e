//! A deployment that is only tried out must not write to people.

use std::{str::FromStr, sync::Arc, time::Duration};

use async_trait::async_trait;
use serde::Deserialize;

use crate::{
    email::{EmailAddress, OutgoingEmail},
    ports::{Inquiry, LookUp, Mailer, SendOutcome},
};

/// The recipients that a deployment may write to before it is declared production: addresses, and whole domains written
/// `@example.com`.
///
/// ```
/// use dripr_core::safeguards::AllowList;
/// let list: AllowList = ["kim@home.example", "@Brokerage.example"].into_iter().map(str::parse).collect::<Result<_, _>>()?;
/// assert!(list.allows(&"Kim@Home.example".parse().unwrap()));
/// assert!(list.allows(&"ana@brokerage.example".parse().unwrap()));
/// assert!(!list.allows(&"ana@brokerage.example.net".parse().unwrap()));
/// # Ok::<(), dripr_core::safeguards::InvalidAllowed>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowList(Vec<Allowed>);

/// An address, or all of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Allowed {
    key: String,
    all_of_domain: bool,
}

/// A text that names no recipients.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be an address such as kim@example.com, or a domain such as @example.com, not {value:?}")]
pub struct InvalidAllowed {
    /// What was given, cut to 100 characters.
    pub value: String,
}

impl FromStr for Allowed {
    type Err = InvalidAllowed;

    fn from_str(text: &str) -> Result<Self, InvalidAllowed> {
        let invalid = || InvalidAllowed { value: text.chars().take(100).collect() };
        // A domain is one in which there can be addresses.
        let all_of_domain = text.starts_with('@');
        let written = if all_of_domain { format!("a{text}") } else { text.to_owned() };
        let address: EmailAddress = written.parse().map_err(|_| invalid())?;
        let key = address.key();
        let (_, domain) = key.rsplit_once('@').ok_or_else(invalid)?;
        Ok(Self { key: if all_of_domain { domain.to_owned() } else { key }, all_of_domain })
    }
}

impl TryFrom<String> for Allowed {
    type Error = InvalidAllowed;

    fn try_from(text: String) -> Result<Self, InvalidAllowed> {
        text.parse()
    }
}

impl FromIterator<Allowed> for AllowList {
    fn from_iter<T: IntoIterator<Item = Allowed>>(allowed: T) -> Self {
        Self(allowed.into_iter().collect())
    }
}

impl AllowList {
    /// Whether an address may be written to.
    #[must_use]
    pub fn allows(&self, address: &EmailAddress) -> bool {
        let key = address.key();
        let domain = key.rsplit_once('@').map(|(_, domain)| domain);
        self.0.iter().any(|allowed| {
            if allowed.all_of_domain { domain == Some(&*allowed.key) } else { allowed.key == key }
        })
    }

    /// How many addresses and domains there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Hands emails to allowed recipients to a mailer, and all others to another one that reaches nobody, such as a folder.
pub struct ToAllowedOnly {
    allowed: AllowList,
    mailer: Arc<dyn Mailer>,
    instead: Arc<dyn Mailer>,
}

impl ToAllowedOnly {
    /// `mailer` gets what goes to allowed recipients, `instead` the rest.
    #[must_use]
    pub fn new(allowed: AllowList, mailer: Arc<dyn Mailer>, instead: Arc<dyn Mailer>) -> Self {
        Self { allowed, mailer, instead }
    }

    async fn hand_over(&self, emails: &[OutgoingEmail], allowed: bool) -> Vec<SendOutcome> {
        let those = |email: &&OutgoingEmail| self.allowed.allows(&email.message.to.address) == allowed;
        let own: Vec<OutgoingEmail> = emails.iter().filter(those).cloned().collect();
        if own.is_empty() {
            return Vec::new();
        }
        if allowed { self.mailer.send(&own).await } else { self.instead.send(&own).await }
    }
}

#[async_trait]
impl Mailer for ToAllowedOnly {
    async fn send(&self, emails: &[OutgoingEmail]) -> Vec<SendOutcome> {
        let mut allowed = self.hand_over(emails, true).await.into_iter();
        let mut others = self.hand_over(emails, false).await.into_iter();
        let missing = || SendOutcome::Unknown { reason: "the mailer gave no answer for it".to_owned() };
        let outcome = |email: &OutgoingEmail| {
            let from =
                if self.allowed.allows(&email.message.to.address) { &mut allowed } else { &mut others };
            from.next().unwrap_or_else(missing)
        };
        emails.iter().map(outcome).collect()
    }

    /// The list may have been changed since the email was handed over: it was not sent only if neither has it.
    async fn look_up(&self, inquiry: &Inquiry) -> LookUp {
        let (first, second) = if self.allowed.allows(&inquiry.recipient) {
            (&self.mailer, &self.instead)
        } else {
            (&self.instead, &self.mailer)
        };
        match first.look_up(inquiry).await {
            accepted @ LookUp::Accepted { .. } => accepted,
            answer @ (LookUp::NotAccepted | LookUp::CannotTell) => match second.look_up(inquiry).await {
                accepted @ LookUp::Accepted { .. } => accepted,
                LookUp::NotAccepted => answer,
                LookUp::CannotTell => LookUp::CannotTell,
            },
        }
    }

    fn batch(&self) -> usize {
        self.mailer.batch().min(self.instead.batch())
    }

    fn settling_time(&self) -> Option<Duration> {
        self.mailer.settling_time()
    }
}
