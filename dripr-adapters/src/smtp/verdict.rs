//! From where a session ended, and how, to what became of the email. The honest answer is the whole point: what may have
//! been taken is never called "not sent", and what the server definitely does not have is never called unknown.

use std::time::Duration;

use dripr_core::{
    errors::{Fault, PortError},
    ports::SendOutcome,
};

use super::reply::Refusal;

/// How far a session came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Finding the server, its greeting, EHLO and TLS.
    Connect,
    /// AUTH.
    LogIn,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA, up to the server's leave to go on.
    Data,
    /// The first byte of the email may be on its way; the server's answer to its last one is not here.
    Body,
}

impl Stage {
    fn what(self) -> &'static str {
        match self {
            Self::Connect => "the connection",
            Self::LogIn => "the login",
            Self::Sender => "the sender",
            Self::Recipient => "the recipient",
            Self::Data => "the command DATA",
            Self::Body => "the email",
        }
    }
}

/// Why a session ended before the server said that it has the email.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The server refused, by a reply that can be understood.
    Refused(Refusal),
    /// No connection, the end of it, or an answer that is none.
    Broken(String),
    /// Nothing came in time.
    Late(Duration),
    /// This email, or this account, is nothing for this server, for the reason given; it was not asked.
    Unfit(String),
    /// The recipient's address is nothing for this server, for the reason given; it was not asked.
    UnfitRecipient(String),
}

impl Trouble {
    /// Whether nothing but the connection is at fault.
    pub(super) fn ends_connection(&self) -> bool {
        match self {
            Self::Broken(_) => true,
            Self::Refused(refusal) => refusal.code == 421,
            Self::Late(_) | Self::Unfit(_) | Self::UnfitRecipient(_) => false,
        }
    }
}

/// What became of an email whose session ended at a stage.
pub(super) fn of(stage: Stage, trouble: Trouble) -> SendOutcome {
    match (stage, trouble) {
        (_, Trouble::Unfit(reason)) => SendOutcome::NeedsPeople { reason },
        (_, Trouble::UnfitRecipient(reason)) => SendOutcome::BadRecipient { reason },
        (_, Trouble::Refused(refusal)) => {
            let reason = refusal_of(stage, &refusal);
            refused(stage, &refusal, reason)
        }
        (Stage::Body, Trouble::Broken(why)) => SendOutcome::Unknown {
            reason: format!("the mail server may have the email; no answer could be read: {why}"),
        },
        (Stage::Body, Trouble::Late(limit)) => SendOutcome::Unknown {
            reason: format!("the mail server may have the email; it did not answer within {limit:?}"),
        },
        (_, Trouble::Broken(why)) => not_sent(failure_at(stage, &why)),
        (_, Trouble::Late(limit)) => not_sent(format!(
            "the mail server did not get as far as the email within {limit:?}, but to {}",
            stage.what()
        )),
    }
}

/// What a session says of the server that ended before there was an email to speak of.
pub(super) fn on_the_server(stage: Stage, trouble: Trouble) -> PortError {
    let (fault, message) = match trouble {
        Trouble::Refused(refusal) => {
            let for_people = stage == Stage::LogIn && refusal.is_permanent();
            let fault = if for_people { Fault::Misconfigured } else { Fault::Unavailable };
            (fault, refusal_of(stage, &refusal))
        }
        Trouble::Broken(why) => (Fault::Unavailable, failure_at(stage, &why)),
        Trouble::Late(limit) => {
            let message = format!("the mail server did not get beyond {} within {limit:?}", stage.what());
            (Fault::Unavailable, message)
        }
        Trouble::Unfit(reason) | Trouble::UnfitRecipient(reason) => (Fault::Misconfigured, reason),
    };
    PortError::new(fault, message)
}

fn refusal_of(stage: Stage, refusal: &Refusal) -> String {
    let said = format!("the mail server refused {}: {} {}", stage.what(), refusal.code, refusal.text);
    said.trim_end().to_owned()
}

fn failure_at(stage: Stage, why: &str) -> String {
    format!("the mail server failed at {}: {why}", stage.what())
}

fn not_sent(reason: String) -> SendOutcome {
    SendOutcome::NotSent { reason, not_before: None }
}

fn refused(stage: Stage, refusal: &Refusal, reason: String) -> SendOutcome {
    if !refusal.is_permanent() {
        return not_sent(reason);
    }
    match stage {
        // Servers turn whole networks away for a while in this way.
        Stage::Connect => not_sent(reason),
        Stage::LogIn | Stage::Sender => SendOutcome::NeedsPeople { reason },
        Stage::Recipient => match (refusal.enhanced(), refusal.code) {
            // A full mailbox may have room again.
            (Some(MAILBOX_FULL), _) | (None | Some((0, _)), 552) => not_sent(reason),
            (None | Some((0, _)), 550 | 551 | 553 | 556) => SendOutcome::BadRecipient { reason },
            (Some(about), _) if is_about_the_recipient(about) => SendOutcome::BadRecipient { reason },
            _ => SendOutcome::NeedsPeople { reason },
        },
        // The recipient was taken before. Only a server that says so in so many words has changed its mind: a bad
        // recipient gets no mail any more, and most refusals here are about what the email says or whence it comes.
        Stage::Data | Stage::Body => match refusal.enhanced() {
            Some(about @ (1 | 2, _)) if about != MAILBOX_FULL && is_about_the_recipient(about) => {
                SendOutcome::BadRecipient { reason }
            }
            _ => SendOutcome::NeedsPeople { reason },
        },
    }
}

const MAILBOX_FULL: (u16, u16) = (2, 2);

/// Whether an enhanced status code (RFC 3463) blames the recipient's address, mailbox or domain. X.1.7 and X.1.8 are
/// about the sender's address, X.2.3 is about the length of the email, and X.7.z is policy: one entry in a block list
/// must not cost every homeowner their mail.
fn is_about_the_recipient(enhanced: (u16, u16)) -> bool {
    !matches!(enhanced, (1, 7 | 8) | (2, 3)) && matches!(enhanced.0, 1 | 2 | 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(outcome: &SendOutcome) -> &'static str {
        match outcome {
            SendOutcome::Accepted { .. } => "accepted",
            SendOutcome::NotSent { not_before, .. } => {
                assert_eq!(*not_before, None, "SMTP has no Retry-After");
                "not sent"
            }
            SendOutcome::NeedsPeople { .. } => "people",
            SendOutcome::BadRecipient { .. } => "recipient",
            SendOutcome::Unknown { .. } => "unknown",
        }
    }

    fn refused(stage: Stage, code: u16, text: &str) -> &'static str {
        kind(&of(stage, Trouble::Refused(Refusal { code, text: text.to_owned() })))
    }

    const ALL: [Stage; 6] =
        [Stage::Connect, Stage::LogIn, Stage::Sender, Stage::Recipient, Stage::Data, Stage::Body];

    #[test]
    fn a_temporary_refusal_is_not_sent_at_every_stage() {
        for stage in ALL {
            for code in [400, 421, 450, 451, 452, 454, 455, 499] {
                assert_eq!(refused(stage, code, "4.7.1 later"), "not sent", "{stage:?} {code}");
            }
        }
    }

    #[test]
    fn silence_is_unknown_from_the_first_byte_of_the_email_on_and_not_sent_before() {
        for stage in ALL {
            let expected = if stage == Stage::Body { "unknown" } else { "not sent" };
            assert_eq!(kind(&of(stage, Trouble::Broken("reset".to_owned()))), expected, "{stage:?}");
            assert_eq!(kind(&of(stage, Trouble::Late(Duration::from_secs(1)))), expected, "{stage:?}");
        }
    }

    #[test]
    fn a_permanent_refusal_blames_who_is_to_blame() {
        for (stage, code, text, expected) in [
            (Stage::Connect, 554, "no SMTP service here", "not sent"),
            (Stage::LogIn, 535, "5.7.8 bad credentials", "people"),
            (Stage::LogIn, 530, "", "people"),
            (Stage::LogIn, 504, "", "people"),
            (Stage::Sender, 530, "5.7.0 log in first", "people"),
            (Stage::Sender, 550, "5.1.8 bad sender", "people"),
            (Stage::Recipient, 550, "", "recipient"),
            (Stage::Recipient, 551, "", "recipient"),
            (Stage::Recipient, 553, "", "recipient"),
            (Stage::Recipient, 556, "", "recipient"),
            (Stage::Recipient, 550, "5.0.0 no", "recipient"),
            (Stage::Recipient, 550, "5.1.1 no such user", "recipient"),
            (Stage::Recipient, 501, "5.1.3 bad address syntax", "recipient"),
            (Stage::Recipient, 554, "5.2.1 mailbox disabled", "recipient"),
            (Stage::Recipient, 550, "5.4.1 recipient address rejected", "recipient"),
            (Stage::Recipient, 552, "", "not sent"),
            (Stage::Recipient, 552, "5.2.2 mailbox full", "not sent"),
            (Stage::Recipient, 550, "5.7.1 relaying denied", "people"),
            (Stage::Recipient, 554, "5.7.1 client host is on a block list", "people"),
            (Stage::Recipient, 550, "5.1.8 sender's domain not found", "people"),
            (Stage::Recipient, 554, "", "people"),
            (Stage::Recipient, 503, "", "people"),
            (Stage::Data, 554, "5.5.1 no valid recipients", "people"),
            (Stage::Body, 550, "", "people"),
            (Stage::Body, 554, "5.7.1 looks like spam", "people"),
            (Stage::Body, 550, "5.6.0 malformed", "people"),
            (Stage::Body, 552, "5.3.4 too big", "people"),
            (Stage::Body, 552, "5.2.3 too big for this mailbox", "people"),
            (Stage::Body, 550, "5.4.6 routing loop", "people"),
            (Stage::Body, 552, "5.2.2 mailbox full", "people"),
            (Stage::Body, 550, "5.1.1 no such user", "recipient"),
            (Stage::Body, 550, "5.2.1 mailbox disabled", "recipient"),
        ] {
            assert_eq!(refused(stage, code, text), expected, "{stage:?} {code} {text}");
        }
    }
}
