//! Dates that cannot be: they were stored while the clock was wrong by months or years.

use std::time::Duration;

use super::{Campaign, Operation, dossier::Desk};
use crate::{
    email::Attempt,
    policy::{FARTHEST, Policy, after},
    schedule::{Cycle, Instant, SendingRules},
};

impl Desk<'_> {
    /// Takes back what a clock that was far ahead left behind: otherwise the campaign would be silent until those dates come.
    ///
    /// A wait until then is over. What was sent or skipped then counts as sent or skipped today, so that the minimum gap holds
    /// whenever it really was. The slot is planned again.
    ///
    /// A clock that is behind makes all dates look so, the agent's too: then nothing can be told, and nothing is done.
    pub(super) fn distrust(&mut self) {
        if self.facts().clock_is_behind() {
            return;
        }
        let now = self.now;
        let far = Far { now, limit: after(now, FARTHEST), policy: self.policy };
        let rules = *self.facts().rules;
        let slot_is_wrong = self.dossier.campaign.slot.is_some_and(|slot| self.facts().is_wrong(slot));
        if far.campaign(&mut self.dossier.campaign, &rules, slot_is_wrong) {
            let cause = "dates far ahead were stored while the clock was wrong";
            self.note("dates_taken_back", Some(cause.to_owned()));
        }
        let email = self.dossier.email.as_mut();
        if email.is_some_and(|email| email.attempt.as_mut().is_some_and(|attempt| far.attempt(attempt)))
            && let Some(email) = self.dossier.email.clone()
        {
            self.amendment.put_email(email);
        }
    }
}

/// What is too far ahead to be true.
struct Far<'a> {
    now: Instant,
    limit: Instant,
    policy: &'a Policy,
}

impl Far<'_> {
    fn campaign(&self, campaign: &mut Campaign, rules: &SendingRules, slot_is_wrong: bool) -> bool {
        let mut back = self.take_back(&mut campaign.created_at);
        back |= self.take_back(&mut campaign.enabled_at);
        back |= self.take_back(&mut campaign.status_since);
        back |= self.take_back(campaign.announced_at.as_mut());
        back |= self.take_back(campaign.send_not_before.as_mut());
        if let Some(failure) = &mut campaign.failure {
            back |= self.take_back(&mut failure.retry_at);
        }
        for operation in Operation::ALL {
            let state = &mut campaign.operations[operation];
            back |= self.take_back(state.not_before.as_mut());
            if let Some(lease) = &mut state.lease {
                back |= self.lease_anew(&mut lease.until, self.policy.operation_lease);
            }
        }
        back | self.slots(campaign, rules, slot_is_wrong)
    }

    fn attempt(&self, attempt: &mut Attempt) -> bool {
        self.take_back(&mut attempt.started_at)
            | self.lease_anew(&mut attempt.lease_until, self.policy.attempt_lease())
            | self.take_back(attempt.look_up_at.as_mut())
            | self.take_back(attempt.unknown_since.as_mut())
            | self.take_back(attempt.absent_since.as_mut())
    }

    fn slots(&self, campaign: &mut Campaign, rules: &SendingRules, slot_is_wrong: bool) -> bool {
        let mut back = self.take_back(campaign.last_sent_email_datetime.as_mut());
        if let Some(last) = &mut campaign.last_cycle {
            back |= self.take_back(last.sent.as_mut());
            if self.is_far(last.slot.at()) {
                last.slot = rules.slot_of_cycle(Cycle::new(rules.civil_date(self.now)));
                back = true;
            }
        }
        // A slot without the rules it follows from is planned again.
        let again = (back || slot_is_wrong) && campaign.slot_basis.take().is_some();
        back || again
    }

    /// Whoever has it in hand may still be at work: it is theirs for as long as if it began now.
    fn lease_anew(&self, until: &mut Instant, lease: Duration) -> bool {
        let far = self.is_far(*until);
        if far {
            *until = after(self.now, lease);
        }
        far
    }

    /// What is too far ahead becomes the present; whether it was.
    fn take_back<'a>(&self, at: impl Into<Option<&'a mut Instant>>) -> bool {
        match at.into() {
            Some(at) if self.is_far(*at) => {
                *at = self.now;
                true
            }
            _ => false,
        }
    }

    fn is_far(&self, at: Instant) -> bool {
        at > self.limit
    }
}
