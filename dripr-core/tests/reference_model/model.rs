//! A campaign's life as docs/state-machine.md and docs/send-dates.md tell it, read naively.
//!
//! From the core the model takes the names of statuses and the instants of the schedule, which have second readings of
//! their own. The numbers behind the comments are the rows of the page.

use std::{ops::Range, time::Duration};

use chrono::{Datelike, TimeDelta};
use dripr_core::{
    campaign::{CampaignStatus, SubStatus},
    email::DeliveryStatus as Mail,
    schedule::{Instant, SendDay, SendingRules, Slot},
};

use CampaignStatus::{
    Dormant, Error, ReadyToCreateEmail, ReadyToSendEmail, Unsubscribed, WaitingForData,
    WaitingForHomeAnalysis,
};
use Happening as H;
use Said as S;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Happening {
    Tick,
    /// An operation is done, perhaps left out.
    Finish(usize, bool),
    /// Email creation fails for good, perhaps for want of data.
    GiveUp(bool),
    MakeEmail,
    /// By the agent, or by somebody else.
    Approve(bool),
    Reject,
    Skip,
    EditHome,
    EditDay(SendDay),
    RequireApproval(bool),
    Enable(bool),
    Pays(bool),
    OptOut,
    OptIn,
    Retry,
    Delete,
    Claim,
    /// What is heard of the newest attempt, or of an older one.
    Hear(Said, bool),
}

/// What a mailer says, and what a provider says when it is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Said {
    Accepted,
    NotSent,
    NeedsPeople,
    BadRecipient,
    Unknown,
    Found,
    NotFound,
    CannotTell,
}

/// One campaign.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    rules: SendingRules,
    pub(crate) now: Instant,
    pub(crate) status: CampaignStatus,
    pub(crate) work: [SubStatus; 7],
    omitted: [bool; 7],
    lost: [u8; 7],
    announced: Instant,
    created: Instant,
    enabled_since: Instant,
    enabled: bool,
    paying: bool,
    check: bool,
    suppressed: bool,
    pub(crate) deleted: bool,
    day: SendDay,
    /// The day by which the slot was planned.
    planned_for: SendDay,
    pub(crate) slot: Option<Slot>,
    last: Option<(Slot, Option<Instant>)>,
    ever_sent: bool,
    /// Every email ever made. The last may be the present one, and what follows is about that.
    pub(crate) mails: Vec<Mail>,
    present: bool,
    automatic: bool,
    made: Instant,
    began: Instant,
    unknown_since: Option<Instant>,
    absent_since: Option<Instant>,
    not_before: Option<Instant>,
    cycle_over: bool,
    home_changed: bool,
    failure: Option<(CampaignStatus, Instant)>,
}

/// The operations that begin with a status.
pub(crate) fn own(status: CampaignStatus) -> Range<usize> {
    match status {
        WaitingForData => 0..5,
        WaitingForHomeAnalysis => 5..6,
        ReadyToCreateEmail => 6..7,
        _ => 0..0,
    }
}

impl Model {
    /// A campaign that was just made.
    pub(crate) fn new(rules: SendingRules, day: SendDay, now: Instant) -> Self {
        Self {
            rules,
            now,
            status: Dormant,
            work: Default::default(),
            omitted: [false; 7],
            lost: [0; 7],
            announced: now,
            created: now,
            enabled_since: now,
            enabled: true,
            paying: true,
            check: false,
            suppressed: false,
            deleted: false,
            day,
            planned_for: day,
            slot: None,
            last: None,
            ever_sent: false,
            mails: Vec::new(),
            present: false,
            automatic: false,
            made: now,
            began: now,
            unknown_since: None,
            absent_since: None,
            not_before: None,
            cycle_over: false,
            home_changed: false,
            failure: None,
        }
    }

    /// Whether a happening is taken. What is refused changes nothing.
    pub(crate) fn happens(&mut self, what: Happening) -> bool {
        match what {
            H::Pays(pays) => self.paying = pays,
            H::OptIn => self.suppressed = false,
            _ => {}
        }
        let mut after = self.clone();
        after.settle();
        let taken = after.take(what);
        after.settle();
        if taken {
            *self = after;
        }
        taken
    }

    /// What is compared.
    pub(crate) fn seen(&self) -> (CampaignStatus, [SubStatus; 7], Vec<Mail>, Option<Slot>) {
        (self.status, self.work, self.mails.clone(), self.slot.filter(|_| !self.deleted))
    }

    fn settle(&mut self) {
        for _ in 0..32 {
            let lease = self.began + TimeDelta::seconds(30);
            if self.mail() == Some(Mail::Transmitting) && self.now >= lease {
                self.put(Mail::Unknown);
                self.unknown_since = Some(lease);
            }
            self.plan();
            if !self.row() {
                return;
            }
        }
        panic!("the rows go round in circles: {self:?}");
    }

    /// A slot for a campaign that has none or whose day was edited. Outside DORMANT that is row 10.
    fn plan(&mut self) {
        if self.deleted || self.live() || self.status == Unsubscribed {
            return;
        }
        // What never sent counts as made when it was last enabled. No month has two due dates.
        let first = self.rules.first_slot(self.enabled_since, self.day);
        let month = |slot: Slot| slot.cycle().date().with_day(1);
        let planned = match self.last {
            Some((last, sent)) if self.ever_sent || month(first) <= month(last) => {
                self.rules.next_slot(last, sent, self.day)
            }
            _ => first,
        };
        let resumed = self.rules.resume(planned, self.now, self.day).slot;
        if self.slot.is_none() {
            (self.slot, self.planned_for) = (Some(planned), self.day);
        } else if self.planned_for != self.day && (self.status == Dormant || self.slot == Some(resumed)) {
            (self.slot, self.planned_for) = (Some(resumed), self.day);
        }
    }

    /// Makes the first row of the table that is asked for, if one is.
    fn row(&mut self) -> bool {
        let (now, mail, approved) = (self.now, self.mail(), self.mail() == Some(Mail::Approved));
        let over = self.slot.is_some_and(|slot| now >= self.rules.grace_end(slot));
        let done = self.work[own(self.status)].iter().all(|work| *work == SubStatus::Ready);
        let halted = !self.enabled || !self.paying;
        match self.status {
            _ if self.deleted => return false,
            ReadyToSendEmail if matches!(mail, Some(Mail::Complete | Mail::Held)) => {
                self.end_cycle(Some(self.began)); // 6
            }
            status if self.suppressed && status != Unsubscribed => {
                if !self.live() && self.present {
                    self.end_mail(Mail::Skipped);
                    self.end_cycle(None);
                }
                self.begin(Unsubscribed, self.live()); // 12
            }
            _ if self.live() => return false,
            Unsubscribed if self.suppressed => return false,
            Unsubscribed => {
                // One that has done nothing yet begins as a new one does.
                self.slot = self.slot.filter(|_| self.ever_sent || self.last.is_some());
                self.begin(Dormant, false); // 13
            }
            Dormant if halted => return false,
            Dormant if over => {
                let resumed = self.rules.resume(self.slot.unwrap(), now, self.day);
                self.last = resumed.skipped.last().map(|cycle| (self.rules.slot_of_cycle(*cycle), None));
                self.slot = Some(resumed.slot); // 2
            }
            Dormant => {
                let made = if self.ever_sent { self.created } else { self.enabled_since };
                if now < self.rules.preparation(made, self.slot.unwrap(), self.check) {
                    return false;
                }
                self.enter(WaitingForData); // 1
            }
            _ if halted => {
                self.end_mail(Mail::Superseded);
                self.begin(Dormant, false); // 9
            }
            _ if self.cycle_over || over => {
                self.end_mail(if mail == Some(Mail::Created) { Mail::Expired } else { Mail::Skipped });
                self.end_cycle(None); // 8
            }
            _ if self.planned_for != self.day => {
                self.end_mail(Mail::Superseded);
                self.begin(Dormant, false); // 10
            }
            _ if self.home_changed || self.outdated() => {
                self.end_mail(Mail::Superseded);
                (self.present, self.home_changed, self.failure) = (false, false, None);
                self.enter(WaitingForData); // 11
            }
            Error => {
                let Some((status, _)) = self.failure.filter(|(_, retry)| now >= *retry) else { return false };
                let fetch_again = status == WaitingForData;
                (self.status, self.failure) = (status, None); // 15
                for n in 0..7 {
                    if fetch_again && n >= 5 {
                        self.work[n] = SubStatus::Dormant;
                    } else if fetch_again && self.omitted[n] || self.work[n] == SubStatus::Error {
                        (self.work[n], self.lost[n]) = (SubStatus::WaitingForData, 0);
                    }
                }
            }
            _ if self.failure.is_some() => self.status = Error, // 14
            WaitingForData if done => self.enter(WaitingForHomeAnalysis), // 3
            WaitingForHomeAnalysis if done => self.enter(ReadyToCreateEmail), // 4
            ReadyToCreateEmail if approved && now >= self.leaves() => self.status = ReadyToSendEmail, // 5
            ReadyToSendEmail if !approved => self.status = ReadyToCreateEmail, // 7
            _ => return false,
        }
        self.announced = now;
        true
    }

    fn take(&mut self, what: Happening) -> bool {
        let (now, mail, live) = (self.now, self.mail(), self.live());
        let (idle, sends) = (matches!(self.status, Dormant | Unsubscribed), self.status == ReadyToSendEmail);
        let unsent = matches!(mail, Some(Mail::Created | Mail::Approved));
        let wanted = |n| own(self.status).contains(&n) && self.work[n] == SubStatus::WaitingForData;
        match what {
            H::Tick | H::Pays(_) | H::OptIn => self.announce_again(),
            H::Hear(said, false) if live => self.hear(said, sends && !self.deleted),
            _ if self.deleted => return false,
            H::Finish(n, omitted) if wanted(n) => {
                (self.work[n], self.omitted[n]) = (SubStatus::Ready, omitted);
            }
            H::GiveUp(true) if wanted(6) => self.give_up(WaitingForData),
            H::GiveUp(false) if wanted(6) => self.give_up(ReadyToCreateEmail),
            H::MakeEmail if wanted(6) => {
                self.work[6] = SubStatus::Ready;
                self.mails.push(if self.check { Mail::Created } else { Mail::Approved });
                (self.present, self.automatic, self.made) = (true, !self.check, now);
            }
            H::Approve(true) if unsent => {
                self.automatic &= mail == Some(Mail::Approved);
                self.put(Mail::Approved);
            }
            H::Reject if unsent => {
                self.put(Mail::Rejected);
                self.cycle_over = true;
            }
            H::Skip if !live && !idle => {
                self.end_mail(Mail::Skipped);
                self.cycle_over = true;
            }
            H::EditHome => self.home_changed = !idle,
            H::EditDay(day) => self.day = day,
            H::RequireApproval(check) => {
                self.check = check;
                if mail == Some(Mail::Approved) {
                    self.put_back();
                }
            }
            H::Enable(true) if !self.enabled => {
                (self.enabled, self.enabled_since) = (true, now);
                self.slot = self.slot.filter(|_| self.ever_sent || self.status != Dormant);
            }
            H::Enable(enable) => self.enabled = enable,
            H::OptOut => self.suppressed = true,
            H::Retry if self.status == Error => self.failure = self.failure.map(|(status, _)| (status, now)),
            H::Delete => {
                self.end_mail(Mail::Superseded);
                self.deleted = true;
            }
            H::Claim if mail == Some(Mail::Approved) && sends && now >= self.leaves() => {
                self.put(Mail::Transmitting);
                (self.began, self.not_before) = (now, None);
                (self.unknown_since, self.absent_since) = (None, None);
            }
            _ => return false,
        }
        true
    }

    /// Work that nobody finished is announced again after 5 minutes. What was lost five times is given up.
    fn announce_again(&mut self) {
        if self.deleted || self.now < self.announced + TimeDelta::minutes(5) {
            return;
        }
        for n in own(self.status).filter(|n| self.work[*n] == SubStatus::WaitingForData).collect::<Vec<_>>() {
            self.lost[n] += 1;
            self.announced = self.now;
            if self.lost[n] == 5 && n == 6 {
                self.give_up(ReadyToCreateEmail);
            } else if self.lost[n] == 5 {
                (self.work[n], self.omitted[n]) = (SubStatus::Ready, true);
            }
        }
    }

    fn give_up(&mut self, retry_in: CampaignStatus) {
        self.work[6] = SubStatus::Error;
        self.failure = Some((retry_in, self.now + TimeDelta::days(1)));
    }

    /// A campaign that was unsubscribed or removed meanwhile does not send again: with the outcome its cycle is over.
    fn hear(&mut self, said: Said, sends: bool) {
        let (now, day) = (self.now, TimeDelta::days(1));
        match said {
            S::Unknown => {
                self.unknown_since.get_or_insert(now);
                self.absent_since = None;
                self.put(Mail::Unknown);
                return;
            }
            S::CannotTell if self.unknown_since.is_none_or(|since| now < since + day) => return,
            // Believed when it has been so for a call, its lease and a minute.
            S::NotFound if now < *self.absent_since.get_or_insert(now) + TimeDelta::seconds(90) => return,
            S::Accepted | S::Found => self.put(Mail::Complete),
            S::CannotTell => self.put(Mail::Held),
            _ if sends => self.put_back(),
            _ => self.put(Mail::Skipped),
        }
        match said {
            S::NotSent => self.not_before = Some(now + TimeDelta::hours(1)),
            S::NeedsPeople if sends => self.failure = Some((ReadyToSendEmail, now + day)),
            S::BadRecipient => self.suppressed = true,
            _ => {}
        }
        let sent = matches!(said, S::Accepted | S::Found | S::CannotTell);
        self.ever_sent |= sent;
        if !sends {
            self.close(sent.then_some(self.began));
        }
    }

    /// When the sender may begin: in the window, and not before the slot, the first-time delay and a deferral.
    fn leaves(&self) -> Instant {
        let delay = TimeDelta::hours(self.rules.first_time_delay().hours().into());
        let delayed = (!self.ever_sent).then_some(self.enabled_since + delay);
        let earliest = self.slot.map(Slot::at).max(delayed).max(self.not_before).max(Some(self.now)).unwrap();
        self.rules.start_at(earliest, Duration::from_secs(20))
    }

    /// Whether an automatically approved email would be more than 3 days old, and one made now would not.
    fn outdated(&self) -> bool {
        let (lead, keeps) = (TimeDelta::hours(self.rules.lead().hours().into()), TimeDelta::days(3));
        let late = self.leaves() > self.made + keeps && self.now >= self.leaves() - lead.min(keeps);
        self.mail() == Some(Mail::Approved) && self.automatic && late
    }

    fn mail(&self) -> Option<Mail> {
        self.mails.last().copied().filter(|_| self.present)
    }

    fn live(&self) -> bool {
        matches!(self.mail(), Some(Mail::Transmitting | Mail::Unknown))
    }

    fn put(&mut self, mail: Mail) {
        *self.mails.last_mut().unwrap() = mail;
    }

    /// What was approved automatically waits for an approval that was asked for since.
    fn put_back(&mut self) {
        self.put(if self.check && self.automatic { Mail::Created } else { Mail::Approved });
    }

    fn end_mail(&mut self, mail: Mail) {
        if matches!(self.mail(), Some(Mail::Created | Mail::Approved)) {
            self.put(mail);
        }
    }

    fn enter(&mut self, status: CampaignStatus) {
        self.status = status;
        self.lost[own(status)].fill(0);
        self.work[own(status).start..].fill(SubStatus::Dormant);
        self.work[own(status)].fill(SubStatus::WaitingForData);
    }

    fn begin(&mut self, status: CampaignStatus, keep: bool) {
        (self.status, self.work, self.present) = (status, Default::default(), keep);
        (self.cycle_over, self.home_changed, self.failure, self.not_before) = (false, false, None, None);
    }

    fn close(&mut self, sent: Option<Instant>) {
        self.last = self.slot.map(|slot| (slot, sent));
        self.slot = self.slot.map(|slot| self.rules.next_slot(slot, sent, self.day));
        (self.planned_for, self.present) = (self.day, false);
    }

    fn end_cycle(&mut self, sent: Option<Instant>) {
        self.close(sent);
        self.begin(Dormant, false);
    }
}
