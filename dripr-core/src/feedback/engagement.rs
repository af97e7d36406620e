//! What a homeowner makes of their emails, in a form that explains itself.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Feedback, Happening, Visitor};
use crate::{email::Email, ids::EmailId, schedule::Instant};

/// So many links of one email, followed within so many seconds of each other, are followed by a filter.
const MANY_LINKS: usize = 3;
const MANY_LINKS_SECONDS: i64 = 3;

/// How much a homeowner makes of their emails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// No email was sent yet.
    New,
    /// Of the last three emails none was opened by a person, as far as can be told.
    Quiet,
    /// One of the last three was opened.
    Reading,
    /// In one of the last three a link was followed.
    Active,
}

/// What came back of the emails of one campaign, counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Engagement {
    /// What it comes to.
    pub level: Level,
    /// Emails that were sent.
    pub sent: usize,
    /// Emails that a person opened.
    pub opened: usize,
    /// Emails in which a person followed a link other than the one by which they opt out, which says nothing of what they read.
    pub clicked: usize,
    /// Openings and clicks by programs, which count for nothing.
    pub by_programs: usize,
    /// Emails that came back.
    pub bounced: usize,
    /// When a person did something last.
    pub last_seen: Option<Instant>,
    /// The same in a sentence, for the agent.
    pub because: String,
}

impl Engagement {
    /// Counts what came back. `sent` has each email with the instant of its sending, the oldest first.
    ///
    /// ```
    /// use dripr_core::feedback::{Engagement, Level};
    /// let none = Engagement::of(&[], &[]);
    /// assert_eq!((none.level, none.because.as_str()), (Level::New, "no email was sent yet"));
    /// ```
    #[must_use]
    pub fn of(sent: &[(Email, Instant)], feedback: &[Feedback]) -> Self {
        let emails: BTreeMap<&EmailId, &(Email, Instant)> =
            sent.iter().map(|sent| (&sent.0.id, sent)).collect();
        let (mut opened, mut clicked, mut bounced) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let (mut by_programs, mut last_seen) = (0, None);
        for thing in feedback {
            let Some((email, sent_at)) = emails.get(&thing.email_id) else { continue };
            let seconds = (thing.at - *sent_at).num_seconds();
            let by_person = match &thing.what {
                Happening::Opened { user_agent } => Visitor::of(user_agent, seconds) == Visitor::Person,
                Happening::Clicked { user_agent, .. } => {
                    Visitor::of(user_agent, seconds) == Visitor::Person && !is_one_of_many(thing, feedback)
                }
                Happening::Bounced(bounce) => {
                    if bounce.kind.is_failure() {
                        bounced.insert(&thing.email_id);
                    }
                    continue;
                }
                _ => continue,
            };
            if !by_person {
                by_programs += 1;
                continue;
            }
            last_seen = last_seen.max(Some(thing.at));
            // Who follows a link has the email open, whether its pictures were loaded or not.
            opened.insert(&thing.email_id);
            if thing.link_for_others(email).is_some() {
                clicked.insert(&thing.email_id);
            }
        }
        let latest: Vec<&EmailId> = sent.iter().rev().take(3).map(|(email, _)| &email.id).collect();
        let level = if sent.is_empty() {
            Level::New
        } else if latest.iter().any(|id| clicked.contains(id)) {
            Level::Active
        } else if latest.iter().any(|id| opened.contains(id)) {
            Level::Reading
        } else {
            Level::Quiet
        };
        let mut engagement = Self {
            level,
            sent: sent.len(),
            opened: opened.len(),
            clicked: clicked.len(),
            by_programs,
            bounced: bounced.len(),
            last_seen,
            because: String::new(),
        };
        engagement.because = engagement.sentence();
        engagement
    }

    fn sentence(&self) -> String {
        if self.sent == 0 {
            return "no email was sent yet".to_owned();
        }
        let emails = if self.sent == 1 { "1 email".to_owned() } else { format!("{} emails", self.sent) };
        let mut sentence =
            format!("of {emails} {} opened, {} with a link followed", self.opened, self.clicked);
        if self.bounced > 0 {
            sentence.push_str(&format!(", {} came back", self.bounced));
        }
        if self.by_programs > 0 {
            let times = if self.by_programs == 1 { "once" } else { "times" };
            let count = if self.by_programs == 1 { String::new() } else { format!("{} ", self.by_programs) };
            sentence.push_str(&format!("; programs looked {count}{times}, which does not count"));
        }
        sentence
    }
}

/// Whether a click is one of several on other links of the same email within seconds, which no person makes.
fn is_one_of_many(click: &Feedback, feedback: &[Feedback]) -> bool {
    let links: BTreeSet<&str> = feedback
        .iter()
        .filter(|other| other.email_id == click.email_id)
        .filter(|other| (other.at - click.at).num_seconds().abs() <= MANY_LINKS_SECONDS)
        .filter_map(|other| match &other.what {
            Happening::Clicked { link, .. } => Some(link.as_str()),
            _ => None,
        })
        .collect();
    links.len() >= MANY_LINKS
}
