//! Mails that come back to the senders of emails: bounces, complaints, automatic replies, and opt-outs by mail.
//!
//! A deployment that receives such mails gives each to [`read`], which says what it tells. Nothing is sent, stored or
//! asked here, and whatever the mail holds, reading it ends soon: a mail is anybody's to write.
//!
//! | file | what it knows |
//! |---|---|
//! | `parts` | the parts of a mail |
//! | `origin` | which email it is about |
//! | `report` | reports for programs (RFC 3464, RFC 5965) |
//! | `letters` | bounces and automatic replies that are written as letters |
//! | `replies` | replies of mail servers in such letters |
//! | `reasons` | what kind of failure codes and words tell of |

mod letters;
mod origin;
mod parts;
mod reasons;
mod replies;
mod report;

use crate::said;
use dripr_core::{
    email::EmailAddress,
    feedback::{Bounce, BounceKind, Feedback, Happening},
    ids::{EmailId, FeedbackId},
    schedule::Instant,
};
use sha2::{Digest, Sha256};

use self::{
    parts::{Mail, Role},
    report::{Fields, Outcome},
};

/// The longest mail that is read, in bytes: 10 MB. A longer one is no report.
pub const LONGEST_MAIL: usize = 10_000_000;
const LONGEST_SUBJECT: usize = 500;

/// What a mail tells.
///
/// ```
/// use dripr_adapters::returned_mail::{Returned, read};
///
/// let mail = "From: kim@home.example\r\nSubject: unsubscribe u1/c1/3f9a\r\n\r\n";
/// let came = "2026-03-02T17:00:00Z".parse()?;
/// let subject = "unsubscribe u1/c1/3f9a".to_owned();
/// assert_eq!(read(mail.as_bytes(), came), Returned::OptOut { subject });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Returned {
    /// Something came back of an email. Whether there is such an email is for the store to say: anybody may write
    /// what looks like it.
    Feedback(Feedback),
    /// Somebody opts out by mail. Whether the subject is genuine says
    /// [`OptOutLinks::read_subject`](dripr_core::email::OptOutLinks::read_subject).
    OptOut {
        /// The subject of the mail, decoded.
        subject: String,
    },
    /// A bounce or a complaint about some other mail.
    NotOurs,
    /// Any other mail: from people, to people. Also a notice that an email is late, for nothing has failed yet, and an
    /// automatic reply to some other mail.
    Other,
}

/// Reads a mail that came to a sender of emails, or to the address for opting out. `received_at` is when it came.
///
/// - The email it is about is told by the header `X-Dripr-Email-Id` of the returned or quoted email, else by a
///   `Message-ID` there or among those that the mail answers.
/// - The [`FeedbackId`] is made of the mail's own `Message-ID`, or else of its content: reading it twice gives the same.
/// - It happened at the last attempt, if that is told, else when the report was written, else when its writer had got the
///   email; and never after `received_at`.
/// - A delay is no failure and gives [`Returned::Other`]: if the email fails in the end, another mail says so.
///
/// A mail that cannot be read, or is longer than [`LONGEST_MAIL`], is [`Returned::Other`].
///
/// ```
/// use dripr_adapters::returned_mail::{Returned, read};
/// use dripr_core::feedback::{BounceKind, Happening};
///
/// let mail = "From: MAILER-DAEMON@mx.example\r
/// Subject: failure notice\r
/// Message-ID: <1@mx.example>\r
/// \r
/// Hi. This is the qmail-send program at mx.example.\r
/// I'm afraid I wasn't able to deliver your message to the following addresses.\r
/// \r
/// <kim@home.example>:\r
/// Remote host said: 550 5.1.1 <kim@home.example>: User unknown\r
/// \r
/// --- Below this line is a copy of the message.\r
/// \r
/// X-Dripr-Email-Id: c1.3\r
/// Subject: Your home report\r
/// ";
/// let Returned::Feedback(feedback) = read(mail.as_bytes(), "2026-03-02T17:00:00Z".parse()?) else {
///     panic!("it is a bounce");
/// };
/// assert_eq!(feedback.email_id.as_str(), "c1.3");
/// let Happening::Bounced(bounce) = feedback.what else { panic!("it is a bounce") };
/// assert_eq!(bounce.kind, BounceKind::NoMailbox);
/// assert_eq!(bounce.detail, "550 5.1.1 … User unknown");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn read(raw: &[u8], received_at: Instant) -> Returned {
    if raw.len() > LONGEST_MAIL {
        return Returned::Other;
    }
    let Some(mail) = Mail::of(raw) else { return Returned::Other };
    match verdict(&mail) {
        Verdict::Told(told) => match origin::of(&mail) {
            Some(email_id) => {
                feedback(&mail, told, email_id, received_at).map_or(Returned::Other, Returned::Feedback)
            }
            None if told.is_certain => Returned::NotOurs,
            None => Returned::Other,
        },
        Verdict::OptOut => {
            Returned::OptOut { subject: mail.subject().chars().take(LONGEST_SUBJECT).collect() }
        }
        Verdict::Nothing => Returned::Other,
    }
}

/// What a mail tells, whatever it is about.
enum Verdict {
    Told(Told),
    OptOut,
    Nothing,
}

struct Told {
    what: Happening,
    recipient: Option<EmailAddress>,
    last_attempt: Option<Instant>,
    arrival: Option<Instant>,
    /// Whether it is a bounce or a complaint even if it is about no email of dripr's.
    is_certain: bool,
}

impl Told {
    fn new(what: Happening, recipient: Option<EmailAddress>) -> Self {
        Self { what, recipient, last_attempt: None, arrival: None, is_certain: true }
    }

    fn bounce(kind: BounceKind, words: &str, recipient: Option<EmailAddress>) -> Self {
        Self::new(Happening::Bounced(Bounce { kind, detail: said::shown(words) }), recipient)
    }
}

fn verdict(mail: &Mail<'_>) -> Verdict {
    if let Some(verdict) = by_report(mail) {
        return verdict;
    }
    let text = letters::told(mail);
    if letters::is_hotmail_complaint(mail) {
        return Verdict::Told(Told::new(Happening::Complained, None));
    }
    match letters::is_amazon_complaint(&text) {
        Some(true) => return Verdict::Told(Told::new(Happening::Complained, None)),
        Some(false) => {
            let words = letters::amazon_bounce(&text);
            let (kind, _) = replies::judged(&words);
            return Verdict::Told(Told::bounce(kind, &words, None));
        }
        None => {}
    }
    if letters::tells_of_delay(mail, &text) {
        return Verdict::Nothing;
    }
    if letters::tells_of_failure(mail, &text) {
        return by_letter(mail, &text, true);
    }
    if is_opt_out(mail.subject()) {
        return Verdict::OptOut;
    }
    if letters::is_automatic_reply(mail) {
        // A mail system that answers of itself and quotes the email tells of a failure in words of its own.
        if letters::is_from_mail_system(mail) && letters::is_without_return(mail) {
            return by_letter(mail, &text, false);
        }
        return automatic_reply(mail);
    }
    Verdict::Nothing
}

fn automatic_reply(mail: &Mail<'_>) -> Verdict {
    let told = Told::bounce(BounceKind::AutoReply, mail.subject(), None);
    Verdict::Told(Told { is_certain: false, ..told })
}

/// Reports for programs. They are parts of a mail that has several; what people forward is inside another message.
fn by_report(mail: &Mail<'_>) -> Option<Verdict> {
    if !mail.is_multipart {
        return None;
    }
    if let Some(text) = mail.texts(Role::Complaint).next() {
        let fields = Fields::of(text);
        let Some(what) = report::complaint(&fields) else { return Some(Verdict::Nothing) };
        let recipient = fields.first("original-rcpt-to").and_then(report::address);
        return Some(Verdict::Told(Told { arrival: fields.arrival(), ..Told::new(what, recipient) }));
    }
    let fields = Fields::of(mail.texts(Role::Status).next()?);
    let text = letters::told(mail);
    Some(by_status(&fields, report::outcome(&fields, &text)?, &text))
}

fn by_status(fields: &Fields, outcome: Outcome, text: &str) -> Verdict {
    let told = match outcome {
        Outcome::Failed { kind, words, recipient } => {
            let words = if words.is_empty() { replies::judged(text).1 } else { &words };
            Told::bounce(kind, words, recipient)
        }
        Outcome::Delivered { recipient } => Told::new(Happening::Delivered, recipient),
        Outcome::Open => return Verdict::Nothing,
    };
    Verdict::Told(Told { last_attempt: fields.last_attempt(), arrival: fields.arrival(), ..told })
}

/// A bounce in words for people, in which the fields of a report may stand too.
fn by_letter(mail: &Mail<'_>, text: &str, is_certain: bool) -> Verdict {
    let fields = Fields::of(text);
    if fields.first("final-recipient").is_some()
        && let Some(outcome) = report::outcome(&fields, text)
    {
        return by_status(&fields, outcome, text);
    }
    let (kind, words) = replies::judged(text);
    if !is_certain && kind == BounceKind::Unclear {
        // Nothing says that it failed: it only answers.
        return automatic_reply(mail);
    }
    Verdict::Told(Told { is_certain, ..Told::bounce(kind, words, letters::recipient(mail)) })
}

/// `unsubscribe`, and then what may be a token of [`OptOutLinks`](dripr_core::email::OptOutLinks).
fn is_opt_out(subject: &str) -> bool {
    let mut words = subject.split_whitespace();
    words.any(|word| word.eq_ignore_ascii_case("unsubscribe")) && words.any(|word| word.contains('/'))
}

fn feedback(mail: &Mail<'_>, told: Told, email_id: EmailId, received_at: Instant) -> Option<Feedback> {
    let written = instant(&mail.header("Date"));
    let times = [told.last_attempt, written, told.arrival];
    let at = times.into_iter().flatten().find(|at| *at <= received_at).unwrap_or(received_at);
    let id = name(mail, &told.what, &email_id)?;
    Some(Feedback { id, email_id, recipient: told.recipient, at, what: told.what })
}

/// The name of what a mail tells. Mail systems have been seen to give a bounce the `Message-ID` of the email itself, so
/// what it tells is part of the name.
fn name(mail: &Mail<'_>, what: &Happening, email_id: &EmailId) -> Option<FeedbackId> {
    let kind = match what {
        Happening::Bounced(bounce) => format!("{:?}", bounce.kind),
        Happening::Complained => "complained".to_owned(),
        Happening::Delivered => "delivered".to_owned(),
        _ => "opted-out".to_owned(),
    };
    let message_id = mail.header("Message-ID");
    let mut hash = Sha256::new();
    for part in [kind.as_bytes(), email_id.as_str().as_bytes(), message_id.as_bytes()] {
        hash.update(part);
        hash.update([0]);
    }
    if message_id.is_empty() {
        // The headers differ when it is delivered again.
        hash.update(mail.header("Date"));
        hash.update(mail.body);
    }
    FeedbackId::new(format!("returned:{}", hex::encode(hash.finalize()))).ok()
}

/// A date of a header or a field (RFC 5322, section 3.3).
fn instant(date: &str) -> Option<Instant> {
    let date = mail_parser::DateTime::parse_rfc822(date.trim())?;
    if !date.is_valid() {
        return None;
    }
    Instant::from_timestamp(date.to_timestamp(), 0)
}
