//! A provider's log: a line for each thing that happened.

use std::path::Path;

/// What became of an email, by the provider's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// It is the provider's now.
    Accepted,
    /// Whoever sent it was told so.
    Answered,
    /// The connection ended after it was accepted, and before anybody was told.
    AnswerLost,
    /// It was accepted, and the answer was a failure of the server.
    Broken,
    /// It was accepted, and the answer could not be read.
    Garbled,
    /// The connection ended before it was accepted.
    EmailLost,
    /// It was refused for now.
    Later,
    /// It was refused for good.
    Refused,
    /// It had been accepted, and a search did not show it yet.
    Hidden,
    /// An access token had expired.
    Expired,
    /// No access was given: the account's owner took the grant back.
    Revoked,
}

const EVENTS: [(Event, &str); 11] = [
    (Event::Accepted, "accepted"),
    (Event::Answered, "answered"),
    (Event::AnswerLost, "answer-lost"),
    (Event::Broken, "broken"),
    (Event::Garbled, "garbled"),
    (Event::EmailLost, "email-lost"),
    (Event::Later, "later"),
    (Event::Refused, "refused"),
    (Event::Hidden, "hidden"),
    (Event::Expired, "expired"),
    (Event::Revoked, "revoked"),
];

/// Which email, as far as the provider was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    /// Of which account, where there are several.
    pub(crate) account: String,
    pub(crate) recipient: String,
    pub(crate) message_id: String,
    /// dripr's own name for it.
    pub(crate) email_id: String,
}

impl Letter {
    /// No email, but something that concerns an account.
    pub(super) fn none_of(account: &str) -> Self {
        let none = || "-".to_owned();
        Self { account: account.to_owned(), recipient: none(), message_id: none(), email_id: none() }
    }
}

/// A line of the log.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Milliseconds since 1970.
    pub(crate) at: u128,
    pub(crate) event: Event,
    pub(crate) letter: Letter,
    /// The provider's own name for an email that it accepted.
    pub(crate) name: String,
}

impl Entry {
    pub(super) fn line(&self) -> String {
        let (_, event) = EVENTS.iter().find(|(known, _)| *known == self.event).unwrap();
        let Letter { account, recipient, message_id, email_id } = &self.letter;
        format!("{} {event} {account} {recipient} {message_id} {email_id} {}\n", self.at, self.name)
    }

    fn of(line: &str) -> Self {
        let parts: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let Ok([at, event, account, recipient, message_id, email_id, name]) = <[String; 7]>::try_from(parts)
        else {
            panic!("a line of the provider's log: {line:?}")
        };
        Self {
            at: at.parse().unwrap(),
            event: EVENTS.iter().find(|(_, name)| **name == event).unwrap().0,
            letter: Letter { account, recipient, message_id, email_id },
            name,
        }
    }
}

/// What a log says.
pub(crate) fn read(log: &Path) -> Vec<Entry> {
    let text = std::fs::read_to_string(log).unwrap();
    // The last line may be half written by now.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(Entry::of).collect()
}
