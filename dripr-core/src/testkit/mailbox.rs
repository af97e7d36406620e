//! A mailer that keeps what it accepted.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use crate::{
    email::OutgoingEmail,
    ports::{Inquiry, LookUp, Mailer, SendOutcome},
};

/// How a [`Mailbox`] behaves for the next email.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mood {
    /// Takes it and says so.
    Accept,
    /// Takes it and never says so.
    AcceptInSilence,
    /// Does not take it, and cannot say so.
    LoseInSilence,
    /// Answers with an outcome and does not take it.
    Answer(SendOutcome),
}

/// A mailer that keeps what it accepted; what it keeps is the truth about what was sent.
#[derive(Debug, Default)]
pub struct Mailbox {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    accepted: Vec<OutgoingEmail>,
    moods: std::collections::VecDeque<Mood>,
    cannot_tell: bool,
    calls: usize,
}

impl Mailbox {
    /// An empty mailbox that accepts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Behaves like this for the next email; moods are used up in order, then it accepts again.
    pub fn next(&self, mood: Mood) {
        self.lock().moods.push_back(mood);
    }

    /// From now on, look-ups cannot tell.
    pub fn forget(&self) {
        self.lock().cannot_tell = true;
    }

    /// From now on, look-ups can tell again.
    pub fn remember(&self) {
        self.lock().cannot_tell = false;
    }

    /// What was accepted, in order.
    #[must_use]
    pub fn accepted(&self) -> Vec<OutgoingEmail> {
        self.lock().accepted.clone()
    }

    /// How many emails were offered.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.lock().calls
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Mailer for Mailbox {
    async fn send(&self, emails: &[OutgoingEmail]) -> Vec<SendOutcome> {
        let mut inner = self.lock();
        emails
            .iter()
            .map(|email| {
                inner.calls += 1;
                match inner.moods.pop_front().unwrap_or(Mood::Accept) {
                    Mood::Accept => {
                        inner.accepted.push(email.clone());
                        SendOutcome::Accepted {
                            provider_message_id: Some(format!("box-{}", inner.accepted.len())),
                        }
                    }
                    Mood::AcceptInSilence => {
                        inner.accepted.push(email.clone());
                        SendOutcome::Unknown { reason: "the answer was lost".to_owned() }
                    }
                    Mood::LoseInSilence => SendOutcome::Unknown { reason: "the answer was lost".to_owned() },
                    Mood::Answer(outcome) => outcome,
                }
            })
            .collect()
    }

    async fn look_up(&self, inquiry: &Inquiry) -> LookUp {
        let inner = self.lock();
        if inner.cannot_tell {
            LookUp::CannotTell
        } else if inner.accepted.iter().any(|accepted| accepted.email_id == inquiry.email_id) {
            LookUp::Accepted { provider_message_id: None }
        } else {
            LookUp::NotAccepted
        }
    }

    fn batch(&self) -> usize {
        50
    }
}
