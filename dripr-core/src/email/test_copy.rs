//! A copy of an email for its agent, to see it as it will arrive.

use std::sync::Arc;

use super::{Message, MessageId, OptOutLinks, OutgoingEmail, Party};
use crate::{
    agent::Agent,
    ids::{AttemptId, EmailId, InvalidId},
    schedule::Instant,
};

/// What a copy's subject begins with.
const MARK: &str = "[Test] ";

impl Message {
    /// A text of this email for anybody but its recipient: the opt-out link in it is another one, which decides nothing. By the
    /// recipient's own, whoever sees the email could opt them out, and in again.
    #[must_use]
    pub fn for_others(&self, text: &str, links: &OptOutLinks) -> String {
        match &self.opt_out_link {
            Some(link) => text.replace(link.as_str(), &links.of_tests()),
            None => text.to_owned(),
        }
    }
}

/// A copy of an email, addressed to the agent alone. The homeowner's opt-out link is another one in it, which opts nobody out:
/// whoever tries a link of a test must not lose a reader. `once` tells copies of one email from each other.
///
/// # Errors
/// [`InvalidId`] if `once` cannot be part of an id.
pub fn test_copy(
    agent: &Agent,
    message: &Message,
    links: &OptOutLinks,
    once: &str,
    now: Instant,
) -> Result<OutgoingEmail, InvalidId> {
    let email_id = EmailId::new(format!("test-{once}"))?;
    let copy = Message {
        from: message.from.clone(),
        to: Party { name: agent.full_name(), address: agent.email.clone() },
        subject: format!("{MARK}{}", message.subject),
        html: message.for_others(&message.html, links),
        text: message.for_others(&message.text, links),
        opt_out_link: None,
        opt_out_mailto: None,
    };
    Ok(OutgoingEmail {
        attempt_id: AttemptId::of(&email_id, 1),
        message_id: MessageId::of(&email_id, &agent.email),
        email_id,
        campaign_id: None,
        user_id: agent.id.clone(),
        date: now,
        message: Arc::new(copy),
    })
}
