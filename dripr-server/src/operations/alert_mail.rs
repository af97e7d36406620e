//! Alerts by mail.

use std::{pin::pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use dripr_core::{
    alerts::{What, Word},
    email::{EmailAddress, Message, MessageId, OutgoingEmail, Party},
    errors::{Fault, PortError, PortResult},
    ids::{AttemptId, EmailId, InvalidId, UserId},
    policy::after,
    ports::{AlertRoute, Clock, Mailer, SendOutcome},
};
use futures_util::future::{Either, select};

/// Whose mail it is, for a provider's metadata.
const OPERATOR: &str = "operator";

/// Alerts by mail, from the operator's own address to it, as mail to agents goes.
pub struct AlertMail {
    to: EmailAddress,
    mailer: Arc<dyn Mailer>,
    clock: Arc<dyn Clock>,
    timeout: Duration,
}

impl AlertMail {
    /// To an address.
    #[must_use]
    pub fn new(to: EmailAddress, mailer: Arc<dyn Mailer>, clock: Arc<dyn Clock>, timeout: Duration) -> Self {
        Self { to, mailer, clock, timeout }
    }

    fn email(&self, word: &Word) -> Result<OutgoingEmail, InvalidId> {
        let email_id = EmailId::new(&word.id)?;
        let party = Party { name: "dripr".to_owned(), address: self.to.clone() };
        let subject = match word.what {
            What::Raised => format!("dripr: {}", word.alert.title()),
            What::Resolved => format!("dripr: resolved: {}", word.alert.title()),
        };
        let since = word.since.format("%-d %B %Y, %H:%M UTC");
        let at = word.at.format("%-d %B %Y, %H:%M UTC");
        let when = match word.what {
            What::Raised => format!("Since {since}."),
            What::Resolved => format!("From {since} to {at}."),
        };
        let text = format!("{}\n\n{when}\n\nAlert: {}\n", word.detail, word.alert.as_str());
        let html = format!(
            "<!DOCTYPE html><html lang=\"en\"><body><p>{}</p><p>{when}</p><p>Alert: {}</p></body></html>",
            handlebars::html_escape(&word.detail),
            word.alert.as_str()
        );
        Ok(OutgoingEmail {
            attempt_id: AttemptId::of(&email_id, 1),
            campaign_id: None,
            user_id: UserId::new(OPERATOR)?,
            message_id: MessageId::of(&email_id, &self.to),
            date: self.clock.now(),
            email_id,
            message: Arc::new(Message {
                from: party.clone(),
                to: party,
                subject,
                html,
                text,
                opt_out_link: None,
                opt_out_mailto: None,
            }),
        })
    }
}

#[async_trait]
impl AlertRoute for AlertMail {
    async fn tell(&self, word: &Word) -> PortResult<()> {
        let email = self
            .email(word)
            .map_err(|error| PortError::new(Fault::Invalid, "the alert's name is no id").caused_by(error))?;
        let late = self.clock.sleep_until(after(self.clock.now(), self.timeout));
        let sending = self.mailer.send(std::slice::from_ref(&email));
        let outcome = match select(pin!(sending), late).await {
            Either::Left((outcomes, _)) => outcomes.into_iter().next(),
            Either::Right(((), _)) => None,
        };
        let failed = |fault, reason: String| Err(PortError::new(fault, reason));
        match outcome {
            Some(SendOutcome::Accepted { .. }) => Ok(()),
            Some(SendOutcome::NotSent { reason, .. } | SendOutcome::Unknown { reason }) => {
                failed(Fault::Unavailable, reason)
            }
            Some(SendOutcome::NeedsPeople { reason } | SendOutcome::BadRecipient { reason }) => {
                failed(Fault::Misconfigured, reason)
            }
            None => failed(Fault::Unavailable, "the mailer did not answer in time".to_owned()),
        }
    }
}
