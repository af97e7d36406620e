//! What really happened, by the provider's own log.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

use dripr_core::email::{DeliveryStatus, Email};

use crate::fake_provider::{Entry, Event};

/// How many milliseconds an answer may take to be stored.
const STORING: u128 = 3_000;

/// When processes were killed, in milliseconds since 1970.
#[derive(Default)]
pub(crate) struct Ended {
    pub(crate) programs: Vec<u128>,
    pub(crate) providers: Vec<u128>,
}

/// What really happened.
pub(crate) struct Truth {
    pub(crate) homeowners: usize,
    pub(crate) log: Vec<Entry>,
    pub(crate) ended: Ended,
}

impl Truth {
    /// How often something happened.
    pub(crate) fn count(&self, event: Event) -> usize {
        self.log.iter().filter(|entry| entry.event == event).count()
    }

    fn accepted(&self) -> impl Iterator<Item = &Entry> {
        self.log.iter().filter(|entry| entry.event == Event::Accepted)
    }

    /// Recipients, the agents included, who got more than one email.
    pub(crate) fn twice(&self) -> Vec<String> {
        let mut counts = BTreeMap::new();
        for entry in self.accepted() {
            *counts.entry(&entry.letter.recipient).or_insert(0) += 1;
        }
        let twice = counts.into_iter().filter(|(_, count)| *count > 1);
        twice.map(|(to, count)| format!("{to}: {count}")).collect()
    }

    /// Homeowners without an email that the provider has or that is held.
    pub(crate) fn lost(&self, emails: &[Email]) -> Vec<String> {
        let has: BTreeSet<&str> = self.accepted().map(|entry| entry.letter.recipient.as_str()).collect();
        let held = emails
            .iter()
            .filter(|email| email.delivery_status == DeliveryStatus::Held && email.cause.is_some());
        let held: BTreeSet<&str> = held.map(|email| email.recipient.as_str()).collect();
        let homeowners = (0..self.homeowners).map(|n| format!("owner{n}@home.example"));
        homeowners.filter(|to| !has.contains(to.as_str()) && !held.contains(to.as_str())).collect()
    }

    /// Emails that are sent by the store and not by the provider's log, under the name that the provider gave them.
    pub(crate) fn invented(&self, emails: &[Email]) -> Vec<String> {
        let names: BTreeMap<&str, &str> =
            self.accepted().map(|entry| (entry.letter.message_id.as_str(), entry.name.as_str())).collect();
        let sent = emails.iter().filter(|email| email.delivery_status == DeliveryStatus::Complete);
        let invented = sent.filter(|email| {
            let id = email.attempt.as_ref().unwrap().message_id.as_str();
            email.provider_message_id.as_deref() != names.get(id).copied() || !names.contains_key(id)
        });
        invented.map(|email| format!("{email:?}")).collect()
    }

    /// Emails that are neither sent nor held for a reason that really was one. A call may take so many milliseconds.
    pub(crate) fn unexplained(&self, emails: &[Email], mail_timeout: u128) -> Vec<String> {
        let ended = [DeliveryStatus::Complete, DeliveryStatus::Superseded];
        let open = emails.iter().filter(|email| !ended.contains(&email.delivery_status));
        let unexplained = open.filter(|email| {
            email.delivery_status != DeliveryStatus::Held || !self.was_cut_off(email, mail_timeout)
        });
        unexplained.map(|email| format!("{email:?}")).collect()
    }

    /// When the provider's log first says something of an email's last try.
    fn said(&self, event: Event, email: &Email) -> Option<u128> {
        let id = email.attempt.as_ref().unwrap().message_id.as_str();
        let began = began(email);
        let said =
            |entry: &&Entry| entry.event == event && entry.letter.message_id == id && entry.at >= began;
        self.log.iter().find(said).map(|entry| entry.at)
    }

    /// While an email's last try was under way: until its program died, or until its answer must have been stored.
    pub(crate) fn during(&self, email: &Email, mail_timeout: u128) -> RangeInclusive<u128> {
        let began = began(email);
        let over = self.said(Event::Answered, email).map_or(began + mail_timeout, |at| at + STORING);
        let died = self.ended.programs.iter().find(|at| **at >= began);
        began..=died.map_or(over, |died| over.min(*died))
    }

    /// Whether the last try at an email was ended by somebody's death or by the provider's mood.
    fn was_cut_off(&self, email: &Email, mail_timeout: u128) -> bool {
        let during = self.during(email, mail_timeout);
        let died = |deaths: &[u128]| deaths.iter().any(|at| during.contains(at));
        let said = |event| self.said(event, email).is_some();
        let moods = [Event::AnswerLost, Event::EmailLost, Event::Broken, Event::Garbled];
        let unanswered = !said(Event::Answered);
        died(&self.ended.programs)
            || (unanswered && (died(&self.ended.providers) || moods.into_iter().any(said)))
    }
}

fn began(email: &Email) -> u128 {
    u128::try_from(email.attempt.as_ref().unwrap().started_at.timestamp_millis()).unwrap()
}
