//! From what Postmark answered to what became of each email. What Postmark may have is never called "not sent".
//!
//! Postmark's own words are not repeated: they hold addresses, and may hold anything.

use dripr_core::{
    email::OutgoingEmail,
    errors::{Fault, PortError},
    ports::SendOutcome,
    schedule::Instant,
};
use serde::Deserialize;
use serde_json::Value;

use crate::http::{Answer, Refusal, Unanswered, json};

/// What Postmark says of an email, or of a whole request.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Said {
    #[serde(deserialize_with = "json::integer")]
    pub(super) error_code: Option<u32>,
    #[serde(deserialize_with = "json::text")]
    message: Option<String>,
    #[serde(rename = "MessageID", deserialize_with = "json::text")]
    message_id: Option<String>,
}

/// What became of the emails of one request.
pub(super) struct Verdict {
    /// One for each.
    pub(super) outcomes: Vec<SendOutcome>,
    /// Whether another request may follow at once.
    pub(super) go_on: bool,
}

impl Verdict {
    fn of_all(emails: &[&OutgoingEmail], outcome: impl Fn(&OutgoingEmail) -> SendOutcome) -> Self {
        Self { outcomes: emails.iter().map(|email| outcome(email)).collect(), go_on: false }
    }

    /// What became of emails that were handed over together.
    pub(super) fn of(emails: &[&OutgoingEmail], answer: Result<Answer, Unanswered>) -> Self {
        match answer {
            Ok(answer) if answer.status.is_success() => Self::of_success(emails, &answer),
            Ok(answer) => Self::of_refusal(emails, &answer),
            Err(Unanswered::NotAsked(error)) => Self::of_all(emails, |email| not_sent(&error, email.date)),
            Err(Unanswered::NotHeard(error)) => {
                let reason = format!("Postmark may have the email, no answer could be read: {error}");
                Self::of_all(emails, |_| SendOutcome::Unknown { reason: reason.clone() })
            }
        }
    }

    fn of_success(emails: &[&OutgoingEmail], answer: &Answer) -> Self {
        let parsed: Option<Value> = serde_json::from_slice(&answer.body).ok();
        let entries = match (parsed, emails) {
            (Some(one @ Value::Object(_)), [_]) => vec![one],
            (Some(Value::Array(entries)), [_, _, ..]) => entries,
            // It does not say of which email it speaks.
            _ => Vec::new(),
        };
        if entries.len() > emails.len() {
            let reason = "Postmark may have the email: it answered about more emails than it was given";
            return Self::of_all(emails, |_| SendOutcome::Unknown { reason: reason.to_owned() });
        }
        let mut said = entries.into_iter().map(json::as_record::<Said>);
        let outcomes = emails.iter().map(|email| {
            let said = said.next().flatten();
            said.and_then(|said| said.of_an_email(email)).unwrap_or_else(|| SendOutcome::Unknown {
                reason: "Postmark may have the email: its answer says nothing of it that can be read"
                    .to_owned(),
            })
        });
        Self { outcomes: outcomes.collect(), go_on: true }
    }

    fn of_refusal(emails: &[&OutgoingEmail], answer: &Answer) -> Self {
        let status = answer.status.as_u16();
        match status {
            429 => {
                let reason = "Postmark asks for a pause: it was given too many emails (HTTP 429)".to_owned();
                let error = Refusal::of(answer).as_error(Fault::Throttled, reason);
                return Self::of_all(emails, |email| not_sent(&error, email.date));
            }
            // Somebody on the way had no patience; what Postmark got meanwhile is not known.
            408 => {}
            400..=499 => {
                let said: Said =
                    serde_json::from_slice(&answer.body).ok().and_then(json::as_record).unwrap_or_default();
                return Self::of_all(emails, |email| said.of_a_request(email, emails.len(), status));
            }
            _ => {}
        }
        let reason =
            format!("Postmark may have the email: it answered HTTP {status} when it was handed over");
        Self::of_all(emails, |_| SendOutcome::Unknown { reason: reason.clone() })
    }
}

impl Said {
    /// What became of an email that these words are about; nothing if they say nothing.
    fn of_an_email(&self, email: &OutgoingEmail) -> Option<SendOutcome> {
        Some(match self.error_code? {
            0 if self.will_not_deliver() => SendOutcome::BadRecipient { reason: INACTIVE.to_owned() },
            0 => SendOutcome::Accepted { provider_message_id: self.message_id.clone() },
            429 => {
                let reason = "Postmark asks for a pause: it was given too many emails (ErrorCode 429)";
                not_sent(&PortError::new(Fault::Throttled, reason), email.date)
            }
            406 => SendOutcome::BadRecipient { reason: INACTIVE.to_owned() },
            300 if self.blames_the_recipient() => SendOutcome::BadRecipient { reason: NO_ADDRESS.to_owned() },
            code => {
                SendOutcome::NeedsPeople { reason: format!("Postmark {} (ErrorCode {code})", self.why(code)) }
            }
        })
    }

    /// What became of an email whose whole request was refused with these words.
    fn of_a_request(&self, email: &OutgoingEmail, emails: usize, status: u16) -> SendOutcome {
        let blames_one = self.error_code == Some(406) || self.blames_the_recipient();
        if emails > 1 && blames_one && !self.names(email) {
            let reason = "Postmark refused all emails of a request because of the recipient of another one";
            return SendOutcome::NotSent { reason: reason.to_owned(), not_before: None };
        }
        match self.error_code {
            None | Some(0) => SendOutcome::NeedsPeople { reason: refused_without_code(status) },
            Some(_) => self
                .of_an_email(email)
                .unwrap_or_else(|| SendOutcome::NeedsPeople { reason: refused_without_code(status) }),
        }
    }

    /// Taken, and thrown away: so Postmark speaks where some of several recipients are inactive. dripr has one.
    fn will_not_deliver(&self) -> bool {
        self.message().contains("will not deliver to")
    }

    /// Every doubt goes to people: a bad recipient gets no mail any more.
    fn blames_the_recipient(&self) -> bool {
        self.error_code == Some(300) && self.message().contains("Invalid 'To' address")
    }

    fn names(&self, email: &OutgoingEmail) -> bool {
        let address = email.message.to.address.key();
        let message = self.message().to_lowercase();
        message
            .split(|c: char| c.is_whitespace() || ",;'\"<>()".contains(c))
            .any(|word| word.trim_end_matches('.') == address)
    }

    fn message(&self) -> &str {
        self.message.as_deref().unwrap_or_default()
    }

    fn why(&self, code: u32) -> String {
        let fixed = match code {
            10 => "refuses the server token",
            300 => {
                const FIELDS: [&str; 6] = ["From", "To", "ReplyTo", "Subject", "Header", "metadata"];
                let field = FIELDS.iter().find(|field| {
                    let quoted = format!("'{field}'");
                    self.message().contains(&quoted) || self.message().contains(&format!("Invalid {field} "))
                });
                return match field {
                    Some(field) => format!("says that the email is not valid: its {field}"),
                    None => "says that the email is not valid".to_owned(),
                };
            }
            400 => "does not know the sender's address or domain",
            401 => "wants the sender's address or domain to be confirmed first",
            405 => "does not let this account send any more",
            409 | 410 => "cannot read the request",
            412 => "has not approved this account yet: it may write to its own domain only",
            _ => "refuses the email",
        };
        fixed.to_owned()
    }
}

const INACTIVE: &str = "Postmark delivers nothing to this recipient any more: mail came back, was reported as spam, or was \
                        not wanted (ErrorCode 406)";
const NO_ADDRESS: &str = "Postmark says that the recipient's address is none (ErrorCode 300)";

fn refused_without_code(status: u16) -> String {
    let what = match status {
        401 | 403 => "refuses the server token",
        404 => "has nothing at the address that was asked",
        413 => "says that the emails are too large",
        _ => "refuses the emails",
    };
    format!("Postmark {what} (HTTP {status})")
}

/// The email did not leave. A pause counts from the instant of sending.
pub(super) fn not_sent(error: &PortError, date: Instant) -> SendOutcome {
    let not_before = error
        .pause()
        .and_then(|pause| chrono::TimeDelta::from_std(pause).ok())
        .and_then(|pause| date.checked_add_signed(pause));
    SendOutcome::NotSent { reason: error.to_string(), not_before }
}
